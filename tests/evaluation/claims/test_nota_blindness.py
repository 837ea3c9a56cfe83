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
    assert found.blind() == found.still() == ("supported", None)
    assert found.p_blind <= found.p_still < 0.05 < found.p_against
    assert found.rise.value == pytest.approx(0.5, abs=0.05)
    assert found.response == pytest.approx(0, abs=0.3)
    assert not found.vacuous


@pytest.mark.parametrize(
    ("moved", "blind", "still"),
    [
        (0.6, "not supported", "not supported"),
        (0.2, "inconclusive", "inconclusive"),
        (-0.2, "supported", "inconclusive"),
        (-0.6, "supported (falls)", "not supported (falls)"),
    ],
)
def test_a_fall_is_blind_and_no_stillness(pairs: PairedItems, moved: float, blind: str, still: str) -> None:
    found = blindness(replace(pairs, shown=pairs.shown + moved * pairs.clean.std()))
    assert (found.blind()[0], found.still()[0]) == (blind, still)
    assert found.falls == (moved == -0.6)


def test_p_values_are_those_of_the_parts(pairs: PairedItems) -> None:
    """By the definition: all parts of a line at once, either part of what opposes it."""
    for moved in (-0.3, -0.1, 0.0, 0.1, 0.3):
        found = blindness(replace(pairs, shown=pairs.shown + moved * pairs.clean.std()))
        drop, d = found.drop, found.shift
        assert found.p_blind == max(drop.p_above(0.1), d.p_below(0.2))
        assert found.p_still == max(drop.p_above(0.1), d.p_below(0.2), d.p_above(-0.2))
        assert found.p_against == min(1, 2 * min(d.p_above(0.2), drop.p_below(0.1)))
        assert found.blind()[0].startswith("supported") == (drop.lower(0.05) > 0.1 and d.upper(0.05) < 0.2)


def test_the_higher_the_shift_the_weaker_the_case_for_blindness(pairs: PairedItems) -> None:
    shifts = np.linspace(-0.6, 0.6, 13)
    found = [blindness(replace(pairs, shown=pairs.shown + s * pairs.clean.std())) for s in shifts]
    assert (np.diff([one.p_blind for one in found]) >= 0).all()
    assert (np.diff([one.p_against for one in found]) <= 0).all()


def test_no_drop_is_not_supported_however_still_the_uncertainty(pairs: PairedItems) -> None:
    found = blindness(replace(pairs, shown_correct=pairs.clean_correct))
    assert found.blind()[0] == found.still()[0] == "not supported"
    assert found.p_against < 0.01
    assert found.p_blind == found.p_still == 1
    assert found.p_against == 2 * found.drop.p_below(0.1)
    falls = blindness(replace(pairs, shown_correct=pairs.clean_correct, shown=pairs.shown - 1))
    assert falls.blind()[0] == falls.still()[0] == "not supported"
    assert not falls.falls


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
    assert found.blind()[0] == found.still()[0] == "supported"
    assert found.vacuous
    assert not_none(found.blind()[1]).startswith("proves little: these errors deserve a shift of 0.1")


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
