"""Claim 2: who can be asked, and what is said of each kind of model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.made_up_answers import MakeAnswers
from tests.optional import not_none

from vqa_canary.estimate import Undefined
from vqa_canary.evaluation.claims.nota_blindness import PairedItems, blindness


@pytest.fixture
def pairs(answers: MakeAnswers) -> PairedItems:
    """A model that is right on most clean items, collapses, and does not notice."""
    data = answers(np.random.default_rng(0), 150, accuracy=0.7, signal=0.7)
    rng = np.random.default_rng(1)
    return PairedItems(
        clean=data.uncertainty,
        shown=data.uncertainty + rng.normal(0, 0.3, len(data.wrong)),
        clean_correct=(~data.wrong).astype(float),
        shown_correct=(~data.wrong & (rng.random(len(data.wrong)) < 0.3)).astype(float),
        images=data.images,
        chance=0.25,
    )


def test_blind(pairs: PairedItems) -> None:
    found = blindness(pairs)
    assert found.verdict()[0] == "supported"
    assert found.p_supported < 0.05 < found.p_not_supported
    assert found.rise.value == pytest.approx(0.5, abs=0.05)
    assert found.response == pytest.approx(0, abs=0.3)
    assert not found.vacuous


@pytest.mark.parametrize(
    ("moved", "verdict"),
    [(0.6, "not supported"), (-0.6, "supported (falls)"), (0.2, "inconclusive")],
)
def test_moved(pairs: PairedItems, moved: float, verdict: str) -> None:
    shown = pairs.shown + moved * pairs.clean.std()
    assert blindness(replace(pairs, shown=shown)).verdict()[0] == verdict


def test_no_drop_is_not_supported_however_still_the_uncertainty(pairs: PairedItems) -> None:
    found = blindness(replace(pairs, shown_correct=pairs.clean_correct))
    assert found.verdict()[0] == "not supported"
    assert found.p_not_supported < 0.01
    assert found.p_supported == 1
    assert found.p_not_supported == 2 * found.drop.p_below(0.1)
    falls = replace(pairs, shown_correct=pairs.clean_correct, shown=pairs.shown - 1)
    assert blindness(falls).verdict()[0] == "not supported"


def test_a_full_response_is_one(pairs: PairedItems) -> None:
    """Uncertainty that rises as the errors deserve has a response ratio of 1."""
    wrong = pairs.clean_correct == 0
    gap = pairs.clean[wrong].mean() - pairs.clean[~wrong].mean()
    drop = pairs.clean_correct.mean() - pairs.shown_correct.mean()
    found = blindness(replace(pairs, shown=pairs.clean + drop * gap))
    assert found.response == pytest.approx(1)
    assert found.shift.value == pytest.approx(found.deserved)


def test_a_weak_method_passes_for_free_and_is_flagged(answers: MakeAnswers, pairs: PairedItems) -> None:
    data = answers(np.random.default_rng(5), 150, accuracy=0.7, signal=0.25)
    weak = replace(pairs, clean=data.uncertainty, shown=data.uncertainty, images=data.images)
    weak = replace(weak, clean_correct=(~data.wrong).astype(float))
    weak = replace(weak, shown_correct=weak.clean_correct * (np.arange(len(data.wrong)) % 3 == 0))
    found = blindness(weak)
    assert found.verdict()[0] == "supported"
    assert found.vacuous
    assert not_none(found.verdict()[1]).startswith("vacuous: these errors deserve a shift of 0.1")


def test_who_cannot_be_asked(pairs: PairedItems) -> None:
    guess = replace(pairs, chance=0.6)
    with pytest.raises(Undefined, match=r"nothing to lose: the lower limit .* chance 0.600"):
        blindness(guess)
    frozen = replace(pairs, clean=np.where(np.arange(len(pairs.clean)) % 30 == 0, pairs.clean, 0.1))
    with pytest.raises(Undefined, match="cannot move: one value on 97%"):
        blindness(frozen)
    noise = replace(pairs, clean=np.random.default_rng(2).random(len(pairs.clean)))
    with pytest.raises(Undefined, match=r"cannot move: the lower limit .* of clean AUROC"):
        blindness(noise)
    perfect = replace(pairs, clean_correct=np.ones(len(pairs.clean)))
    with pytest.raises(Undefined, match="clean AUROC is undefined: one class only"):
        blindness(perfect)
