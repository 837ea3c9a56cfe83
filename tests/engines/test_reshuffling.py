"""Samples that each see the options in another order, against instances that show them in that order."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.engines.conftest import draw_noise, some_instances
from tests.engines.endpoint.asking import ask as ask_endpoint
from tests.engines.endpoint.asking import draw, make_instances
from tests.engines.endpoint.fake_model import shown
from tests.engines.endpoint.fault_server import serving
from tests.optional import not_none

from vqa_canary.engines.endpoint.plan import calls_an_instance
from vqa_canary.engines.endpoint.requests import data_url, seed_of
from vqa_canary.engines.prompts import LETTERS, Prompts
from vqa_canary.engines.registration import make_engine
from vqa_canary.engines.reshuffling import Reshuffled, refuse_other_orders
from vqa_canary.engines.sampling import Sampling
from vqa_canary.errors import BadInput
from vqa_canary.reading import read_option
from vqa_canary.rows import Evidence, Instance

SEED = 11
OPTIONS = ("left lung", "right lung", "both lungs", "neither of the two", "the heart")
WORDINGS = (
    "{letter}",
    "{small}",
    "({letter})",
    "{letter}) {text}",
    "{letter}. {text}",
    "The answer is {letter}.",
    "It is too small to be anything else.\nAnswer: {letter}",
    '{{"answer": "{letter}"}}',
    "**{letter}**",
    "{text}",
)
"""Ways to name an option, by its letter, by its text, or by both."""


@pytest.mark.parametrize("wording", WORDINGS)
@pytest.mark.parametrize("prefix", ["", "The answer is ("])
@given(st.permutations(range(len(OPTIONS))), st.integers(0, len(OPTIONS) - 1))
def test_what_is_named_by_a_letter_is_the_same_option_in_the_letters_of_the_instance(
    wording: str, prefix: str, order: list[int], place: int
) -> None:
    reshuffled, own = Reshuffled(tuple(order)), some_instances()[0]
    seen = reshuffled.shown(replace(own, options=OPTIONS)).options
    letter = LETTERS[place]
    text = wording.format(letter=letter, small=letter.lower(), text=seen[place])
    read = read_option(prefix + text, seen)
    if read.choice is None:  # such as a prefix that does not go with it
        assert reshuffled.in_own_letters(text, read, prefix) == text
        return
    mapped = reshuffled.in_own_letters(text, read, prefix)
    assert OPTIONS[not_none(reshuffled.own(read.choice))] == seen[read.choice]
    assert read_option(prefix + mapped, OPTIONS).choice == reshuffled.own(read.choice)


def test_an_answer_that_names_none_or_by_the_prefix_stays_as_it_is() -> None:
    order = Reshuffled((1, 0))
    for text, prefix in (("B) left", ""), ("I cannot tell.", ""), (" is right", "B"), ("", "B) right.")):
        read = read_option(prefix + text, ("right", "left"))
        told = order.in_own_letters(text, read, prefix)
        assert told == ("A) left" if text == "B) left" else text)
    assert order.own(None) is None


def test_orders_depend_on_seed_instance_and_sample_alone_and_are_all_alike_likely() -> None:
    one, other, *_ = (replace(each, options=OPTIONS[:3]) for each in some_instances())
    orders = Counter(Reshuffled.of(SEED, one, at).order for at in range(1200))
    assert len(orders) == 6
    # 200 expected of each; 6 standard deviations of a binomial count are 78.
    assert all(abs(n - 200) < 78 for n in orders.values())
    first = [Reshuffled.of(SEED, one, at).order for at in range(20)]
    elsewhere = replace(one, question="Another?", image_id="x", options=("a", "b", "c"))
    assert [Reshuffled.of(SEED, elsewhere, at).order for at in range(20)] == first
    assert [Reshuffled.of(SEED + 1, one, at).order for at in range(20)] != first
    assert [Reshuffled.of(SEED, other, at).order for at in range(20)] != first


def test_a_protocol_is_its_settings_and_nothing_else() -> None:
    spelt = {"n_samples": 10, "temperature": 0.6, "top_p": 0.9, "option_order": "reshuffled"}
    paper = Sampling.model_validate({"protocol": "paper", "max_new_tokens": 16})
    assert paper.model_dump() == Sampling.model_validate({**spelt, "max_new_tokens": 16}).model_dump()
    assert paper.model_dump() == spelt | {"max_new_tokens": 16}
    assert Sampling.model_validate({"protocol": "paper", "n_samples": 3}).n_samples == 3
    # Evidence that was asked before there was such a setting keeps its key.
    assert Sampling().model_dump() == {"n_samples": 10, "temperature": 1.0, "max_new_tokens": 8}
    with pytest.raises(ValidationError, match="'paper'"):
        Sampling.model_validate({"protocol": "papers"})


RESHUFFLED = Sampling(n_samples=4, max_new_tokens=4, temperature=1.0, option_order="reshuffled")
IN_ORDER = RESHUFFLED.model_copy(update={"option_order": "shown"})
MODEL = Path(__file__).parents[2] / "data/06_models/reference/phantom-llava-nota-1600"
"""A model whose letters and texts agree."""
MODALITIES = ("CT", "MRI", "radiograph", "ultrasound", "None of the above")


def phantoms() -> list[Instance]:
    """Two questions about each of two images, each under two conditions."""
    made = [
        replace(one, question="Which modality is this image?", options=MODALITIES[: 3 + at % 3])
        for at, one in enumerate(some_instances()[:8])
    ]
    return [
        replace(one, item_id=str(at // 2), image_id=f"image {at // 4}", image_path=f"{at // 4}.png")
        for at, one in enumerate(made)
    ]


def asked(instances: list[Instance], sampling: Sampling, reading: str = "full prompts") -> list[Evidence]:
    engine: Any = make_engine(
        "m", {"path": str(MODEL), "reading": reading}, Prompts(), sampling, SEED, Path()
    )
    found: list[Evidence] = engine.answer(instances, draw_noise)
    assert engine.facts["reading"] == reading
    assert {one.status for one in found} == {"ok"}
    return found


@pytest.fixture(scope="module")
def turned() -> list[list[Evidence]]:
    """For each sample what instances get that show their options in the order which that sample sees."""
    return [
        asked([Reshuffled.of(SEED, one, at).shown(one) for one in phantoms()], IN_ORDER)
        for at in range(RESHUFFLED.n_samples)
    ]


@pytest.fixture(scope="module")
def plain() -> list[Evidence]:
    return asked(phantoms(), IN_ORDER)


@pytest.mark.parametrize("reading", ["tree", "packed tree", "repeated cache", "full prompts"])
def test_local_samples_are_those_of_instances_in_that_order(
    reading: str, turned: list[list[Evidence]], plain: list[Evidence]
) -> None:
    found = asked(phantoms(), RESHUFFLED, reading)
    moved = 0
    for at, expected in enumerate(turned):
        for instance, mine, theirs in zip(phantoms(), found, expected, strict=True):
            order = Reshuffled.of(SEED, instance, at)
            sample, other = not_none(mine.samples)[at], not_none(theirs.samples)[at]
            read = read_option(other.text, order.shown(instance).options)
            assert (sample.text, sample.choice) == (
                order.in_own_letters(other.text, read),
                order.own(read.choice),
            )
            assert sample.token_logprobs == pytest.approx(other.token_logprobs, abs=1e-4)
            if sample.choice is not None:  # a letter with the text of another option stays as it was written
                assert read_option(sample.text, instance.options).choice == sample.choice
            moved += sample.choice != read.choice
    assert moved > 8
    for mine, theirs in zip(found, plain, strict=True):
        # What is asked beside the samples is the same as ever.
        assert mine.option_logprobs == pytest.approx(not_none(theirs.option_logprobs), abs=1e-4)
        assert (mine.greedy_text, mine.verbalized_text) == (theirs.greedy_text, theirs.verbalized_text)
        assert mine.p_true == pytest.approx(not_none(theirs.p_true), abs=1e-4)
        assert len(not_none(mine.samples)) == RESHUFFLED.n_samples
        reused, read_anew = not_none(mine.reused_tokens), reading == "full prompts"
        assert (reused == 0) == read_anew


def test_each_sample_of_an_endpoint_is_a_request_of_its_own() -> None:
    sampling = Sampling(n_samples=4, option_order="reshuffled")
    with serving() as server:
        engine, found = ask_endpoint(server, n=6, sampling=sampling)
    assert engine.facts["n"] == "not needed"
    fewest, most = calls_an_instance(sampling, "auto")
    assert (fewest, most) == (5, 8)
    assert all(fewest <= not_none(one.calls) <= most for one in found)
    assert not any("n" in body for body in server.requests)
    by_id = {one.instance_id: one for one in make_instances(6)}
    for one in found:
        instance = by_id[one.instance_id]
        for at, sample in enumerate(not_none(one.samples)):
            order = Reshuffled.of(7, instance, at)
            seen = order.shown(instance)
            text = Prompts().question_chat(seen.question, seen.options)[0]["content"][1]["text"]
            sent = [
                body
                for body in server.requests
                if shown(body)[1] == text and body["seed"] == seed_of(7, instance.instance_id, f"sample {at}")
            ]
            assert [body["messages"][0]["content"][0]["image_url"]["url"] for body in sent] == [
                data_url(draw(instance), None)
            ]
            [said] = [choice["message"]["content"] for choice in server.model.choices(sent[0])]
            read = read_option(said, seen.options)
            assert sample.choice == order.own(read.choice)
            assert sample.text == order.in_own_letters(said, read).strip()


def test_an_engine_that_does_not_know_of_it_is_refused() -> None:
    class Plain:
        """Shows all samples one order."""

    class Recorded:
        """Was asked before."""

        cannot_be_asked = "it was asked before"

    maker: Any = Plain
    with pytest.raises(BadInput, match=r"sampling\.option_order: models\.m is of an engine that shows all"):
        refuse_other_orders("m", maker, RESHUFFLED)
    refuse_other_orders("m", maker, IN_ORDER)
    maker = Recorded
    refuse_other_orders("m", maker, RESHUFFLED)
