"""Two readings compared: every kind of change is seen, and what is no change is none."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vqa_canary.evaluation.answers_compared import RULED_OUT, Change, compare
from vqa_canary.rows import Evidence, Gap, Sample

SAMPLES = (Sample("A", 0, (-0.4, -0.1)), Sample("B", 1, (-1.1, -0.1)))
ROW = Evidence(
    "m",
    "a",
    option_logprobs=(-0.5, -1.0, -3.0),
    option_mass=0.99,
    greedy_text="A",
    greedy_choice=0,
    greedy_token_logprobs=(-0.4, -0.1),
    greedy_token_entropies=(0.7, 0.2),
    samples=SAMPLES,
    p_true=0.8,
    verbalized_text="90",
    verbalized_confidence=0.9,
    prompt_tokens=100,
)


def change(**fields: Any) -> Change:
    [found] = compare([ROW], [replace(ROW, **fields)]).changes
    return found


def test_what_was_counted_or_explained_is_no_part_of_an_answer() -> None:
    found = change(prompt_tokens=7, reused_tokens=3, calls=2, gaps=(Gap("p_true", "why"),))
    assert found.identical
    assert (found.options, found.tokens, found.p_true, found.lacking) == ((0, 0, 0), 0, 0, 0)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"option_logprobs": (-0.5, -1.0, -3.25)}, {"options": (0, 0, 0.25)}),
        ({"option_logprobs": (-1.5, -1.0, -3.0)}, {"options": (1, 0, 0), "choice": True}),
        ({"greedy_token_logprobs": (-0.4, -0.35)}, {"tokens": 0.25}),
        ({"samples": (SAMPLES[0], Sample("B", 1, (-1.6, -0.1)))}, {"tokens": 0.5}),
        ({"samples": (SAMPLES[0], Sample("C", 2, (-9.0, -9.0)))}, {"samples": 1}),
        ({"samples": SAMPLES[:1]}, {"samples": 1, "lacking": 1}),
        ({"samples": (SAMPLES[0], Sample("B", 2, (-1.1, -0.1)))}, {"samples": 1}),
        ({"verbalized_confidence": 0.8}, {"verbalized": True}),
        ({"greedy_token_entropies": (0.7, 0.45)}, {"entropies": 0.25}),
        ({"greedy_token_logprobs": (-0.4,)}, {"lacking": 1}),
        ({"samples": None}, {"samples": 2, "lacking": 1}),
        ({"p_true": 0.55}, {"p_true": 0.25}),
        ({"p_true": None}, {"p_true": None, "lacking": 1}),
        ({"verbalized_text": "80", "verbalized_confidence": 0.8}, {"verbalized": True}),
        ({"option_logprobs": None}, {"options": None, "lacking": 1}),
        ({"option_mass": 0.99 * math.exp(-0.5)}, {"mass": 0.5}),
    ],
)
def test_each_change_is_seen_and_is_no_longer_identical(
    fields: dict[str, Any], expected: dict[str, Any]
) -> None:
    found, same = change(**fields), change()
    assert same.identical
    assert not found.identical
    for name in (
        "options",
        "tokens",
        "mass",
        "entropies",
        "p_true",
        "choice",
        "greedy",
        "verbalized",
        "samples",
        "lacking",
    ):
        wanted = expected.get(name, getattr(same, name))
        got = getattr(found, name)
        assert got == (pytest.approx(wanted) if wanted is not None else None), name


def test_what_is_said_about_another_greedy_answer_is_not_compared() -> None:
    found = change(greedy_text="B", greedy_choice=1, p_true=0.1, verbalized_text="3")
    assert found.greedy
    assert (found.p_true, found.verbalized, found.lacking) == (None, False, 0)


def test_infinite_and_missing_numbers_are_equal_to_themselves_and_far_from_others() -> None:
    dead = (-math.inf, -1.0, math.nan)
    [found] = compare([replace(ROW, option_logprobs=dead)], [replace(ROW, option_logprobs=dead)]).changes
    assert found.options == (0.0, 0.0, 0.0)
    assert change(option_logprobs=dead).options == (-RULED_OUT - 0.5, 0, -RULED_OUT)


def test_without_log_probs_the_named_option_is_the_choice() -> None:
    silent = replace(ROW, option_logprobs=None)
    [found] = compare([silent], [replace(silent, greedy_choice=2)]).changes
    assert found.choice


def rows(ids: list[str], status: str = "ok") -> list[Evidence]:
    return [replace(ROW, instance_id=one, status=status) for one in ids]


def test_every_instance_is_counted_once() -> None:
    failed = rows(["c", "d"], "failed")
    found = compare([*rows(["a", "b"]), *failed], [*rows(["b", "c", "e"]), *rows(["d"], "failed")])
    assert found.instances == ["b"]
    assert found.in_one_only == ("a", "c", "e")
    assert found.in_neither == ("d",)


logprobs = st.lists(st.floats(-50, 0), min_size=2, max_size=5)


@settings(deadline=None)
@given(logprobs, st.data())
def test_differences_are_those_of_the_definition_and_order_is_no_matter(one: list[float], data: Any) -> None:
    other = data.draw(st.lists(st.floats(-50, 0), min_size=len(one), max_size=len(one)))
    first, second = (replace(ROW, option_logprobs=tuple(values)) for values in (one, other))
    extra = rows(["z", "y"])
    found = compare([first, *extra], [*extra[::-1], second]).changes[0]
    assert found.options == tuple(abs(a - b) for a, b in zip(one, other, strict=True))
    assert found.choice == (one.index(max(one)) != other.index(max(other)))
    assert found.identical == (one == other)
