"""What could be read of a model's answers, against counting row by row."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from random import Random
from statistics import median
from typing import Any, Literal

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.optional import not_none

from vqa_canary.evaluation.accuracy_range import accuracy_range
from vqa_canary.evaluation.grid import grids
from vqa_canary.evaluation.readability import readability_table
from vqa_canary.frames import frame
from vqa_canary.reading import shape_of
from vqa_canary.rows import Evidence, Instance, Item, Sample
from vqa_canary.statistics.proportions import proportion
from vqa_canary.ue.table import scores_table

METHODS = ("max_probability", "self_consistency")
CONDITIONS = ("clean", "no_image")
OPTIONS = ("lung", "heart", "liver")
CUT = "the answer was cut at 16 tokens"
N = 60


def made_up(rate: float = 0.3, letters: bool = True) -> tuple[list[Evidence], list[Instance], list[Item]]:
    """Two models under two conditions: one that is read at `rate` and cut now and then, and one always read."""
    rng = Random(5)
    evidence, instances, items = [], [], []
    for k in range(N):
        picture = (f"g{k // 4}", "a.png", "00")
        items.append(
            Item(
                "d",
                f"q{k:02d}",
                "test",
                *picture,
                "Which?",
                OPTIONS,
                k % 3,
                "organ",
                "open",
                k % 2 > 0,
                f"s{k}",
            )
        )
        for condition in CONDITIONS:
            shown = ("blank", "b.png", "01") if condition == "no_image" else picture
            answer = None if condition == "no_image" and k % 10 == 0 else k % 3
            instances.append(
                Instance(f"{condition}{k}", "d", f"q{k:02d}", condition, "Which?", OPTIONS, *shown, answer)
            )
            for model in ("odd", "plain"):
                evidence.append(_row(model, f"{condition}{k}", rng, rate if model == "odd" else 1.0, letters))
    return evidence, instances, items


def _row(model: str, instance: str, rng: Random, rate: float, letters: bool) -> Evidence:
    if model == "odd" and rng.random() < 0.1:
        error = rng.choice([CUT, "the server is away"])
        return Evidence(model, instance, "failed", error=error)
    logs = tuple(-rng.uniform(0.1, 3) for _ in OPTIONS)
    choice = (
        rng.choice([None, 0, 1]) if rng.random() > rate else max(range(3), key=lambda option: logs[option])
    )
    return Evidence(
        model,
        instance,
        option_logprobs=logs if letters else None,
        option_mass=0.9 * rng.random() if letters else None,
        greedy_text=rng.choice(["", "well", "I cannot tell you that", "Z"])
        if choice is None
        else "ABC"[choice],
        greedy_choice=choice,
        samples=tuple(Sample("?", rng.choice([None, 0, 2]), (-1.0,)) for _ in range(3)),
    )


def cuts(instance: str) -> int | None:
    """Answers of an instance that were cut before they named an option: many when clean, few without an image."""
    number = int(instance.removeprefix("clean").removeprefix("no_image"))
    return (None, 1)[number % 2] if instance.startswith("clean") else int(number % 10 == 0)


def table(
    evidence: list[Evidence],
    instances: list[Instance],
    items: list[Item],
    label: Literal["choice", "native"] = "choice",
    n_cut: Callable[[str], int | None] = lambda instance: None,
) -> list[dict[str, Any]]:
    found, shown, asked = frame(evidence, "evidence"), frame(instances, "instances"), frame(items, "items")
    scores = scores_table(found, shown, METHODS, label)
    found["cut_answers"] = pd.array([n_cut(row) for row in found["instance_id"]], "Int64")
    return readability_table(found, shown, asked, grids(scores, shown, asked), ("question_type",))


@pytest.mark.parametrize("letters", [True, False])
def test_every_count_is_that_of_a_loop_over_rows(letters: bool) -> None:
    evidence, instances, items = made_up(letters=letters)
    about = {one.instance_id: one for one in instances}
    image = {one.item_id: one.image_id for one in items}
    rows = table(evidence, instances, items, n_cut=cuts)
    assert [(row["model"], row["condition"]) for row in rows] == [
        (model, condition) for model in ("odd", "plain") for condition in ("", *CONDITIONS)
    ]
    for row in rows:
        own = [one for one in evidence if one.model == row["model"]]
        own = [one for one in own if row["condition"] in ("", about[one.instance_id].condition)]
        given_ = [one for one in own if one.greedy_text is not None or one.error == CUT]
        named = [one for one in given_ if one.greedy_choice is not None]
        masses = [one.option_mass for one in own if one.option_mass is not None]
        texts = [one.greedy_text for one in given_ if one.status == "ok" and one.greedy_choice is None]
        contrary = [
            one.option_logprobs[one.greedy_choice or 0] < max(one.option_logprobs)
            for one in named
            if one.option_logprobs
        ]
        samples = [sample for one in own for sample in one.samples or ()]
        assert row["instances"] == len(own)
        assert row["failed"] == sum(one.status == "failed" for one in own)
        assert (row["answers"], row["named"]) == (len(given_), len(named))
        assert row["unnamed"] == len(texts)
        assert row["cut"] == sum(one.error == CUT for one in own)
        assert row["beyond"] == texts.count("Z")
        assert (row["beyond"] > 0) == (row["model"] == "odd")
        assert row["answerable"] == sum(about[one.instance_id].answer_index is not None for one in own)
        assert row["named"] + row["unnamed"] + row["cut"] == row["answers"]
        assert (row["samples"], row["samples_named"]) == (
            len(samples),
            sum(s.choice is not None for s in samples),
        )
        n_cut = sum(cuts(one.instance_id) or 0 for one in own)
        assert row["cut_answers"] == n_cut
        assert row["median_mass"] == (pytest.approx(median(masses)) if masses else None)
        assert (row["compared"], row["contrary"]) == (len(contrary), sum(contrary))
        shapes = Counter(shape_of(text or "", OPTIONS) for text in texts)
        assert {one["shape"]: one["n"] for one in row["shapes"]} == shapes
        assert [one["n"] for one in row["shapes"]] == sorted(shapes.values(), reverse=True)
        share = proportion(
            [one in named for one in given_], [image[about[one.instance_id].item_id] for one in given_]
        )
        assert row["read"]["value"] == share.value
        assert (row["read"]["ci_low"], row["read"]["ci_high"]) == (share.ci_low, share.ci_high)
        understood = len(named) + texts.count("Z")
        expected = ["unread"] * (understood < 0.95 * len(given_))
        expected += ["beyond"] * (len(named) < 0.95 * len(given_) <= understood)
        expected += ["cut"] * (row["cut"] > 0 or n_cut > 0.05 * (len(given_) + len(samples)))
        expected += ["contrary"] * (bool(contrary) and sum(contrary) > 0.05 * len(contrary))
        expected += ["mass"] * (bool(masses) and median(masses) < 0.5)
        assert row["warnings"] == expected


@pytest.mark.parametrize("label", ["choice", "native"])
def test_accuracy_lies_between_unread_as_wrong_and_unread_left_out(
    label: Literal["choice", "native"],
) -> None:
    evidence, instances, items = made_up()
    about = {one.instance_id: one for one in instances}
    image = {one.item_id: one.image_id for one in items}
    valid = {one.item_id for one in items if one.nota_valid}
    scores = scores_table(frame(evidence, "evidence"), frame(instances, "instances"), METHODS, label)
    by_method = dict(scores.set_index(["model", "instance_id", "method"]).iterrows())
    rows = {
        (row["model"], row["condition"]): row["accuracy"] for row in table(evidence, instances, items, label)
    }
    assert all(not found for (model, condition), found in rows.items() if model == "plain" or not condition)
    for condition in CONDITIONS:
        found = {(one["subset"], one["method"]): one for one in rows["odd", condition]}
        assert set(found) == {
            (subset, method)
            for subset in ("all", "nota_valid", "question_type=organ")
            for method in (METHODS if label == "native" else ("",))
        }
        for (subset, method), one in found.items():
            answers = []
            for row in evidence:
                shown = about[row.instance_id]
                if row.model != "odd" or shown.condition != condition or shown.answer_index is None:
                    continue
                if row.status == "failed" and row.error != CUT:
                    continue
                if subset == "nota_valid" and shown.item_id not in valid:
                    continue
                score = by_method["odd", row.instance_id, method or METHODS[0]]
                read = row.greedy_choice is not None and not pd.isna(score["choice"])
                read = read or row.greedy_text == "Z"  # a letter beyond the options is understood
                answers.append((read and bool(score["correct"]), read, image[shown.item_id]))
            right = sum(correct for correct, _, _ in answers)
            known = sum(read for _, read, _ in answers)
            assert 0 < known < len(answers)
            assert one["unread_wrong"]["value"] == pytest.approx(right / len(answers))
            assert one["unread_left_out"]["value"] == pytest.approx(right / known)
            assert (one["unread_wrong"]["n"], one["unread_left_out"]["n"]) == (len(answers), known)
            assert one["unread_wrong"]["n_clusters"] == len({cluster for *_, cluster in answers})


def test_what_is_read_well_is_warned_of_by_nothing() -> None:
    evidence, instances, items = made_up()
    sure = [replace(one, option_mass=0.9) for one in evidence if one.model == "plain"]
    for row in table(sure, instances, items):
        assert row["warnings"] == []
        assert row["accuracy"] == []
        assert row["read"]["value"] == 1


def test_answers_without_a_text_are_neither_read_nor_unread() -> None:
    """Recorded letter probabilities alone: there is nothing to be read."""
    evidence, instances, items = made_up()
    bare = [
        replace(one, greedy_text=None, greedy_choice=None, option_mass=None)
        for one in evidence
        if one.model == "plain"
    ]
    for row in table(bare, instances, items):
        assert (row["answers"], row["read"]["value"], row["warnings"]) == (0, None, [])
        assert row["read"]["reason"] == "no items"


def test_equally_likely_letters_contradict_no_text() -> None:
    evidence, instances, items = made_up()
    even = [replace(one, option_logprobs=(-1.0, -1.0, -1.0)) for one in evidence if one.model == "plain"]
    for row in table(even, instances, items):
        assert row["compared"] == row["instances"]
        assert row["contrary"] == 0


@pytest.mark.parametrize("letters", [True, False])
def test_letters_beyond_the_options_are_understood(letters: bool) -> None:
    """They are warned of, and accuracy stays a number."""
    evidence, instances, items = made_up(letters=letters)
    odd = [
        replace(one, greedy_text="Z", greedy_choice=None, option_mass=None) if k % 3 == 0 else one
        for k, one in enumerate(one for one in evidence if one.model == "plain")
    ]
    odd = [replace(one, option_mass=None) for one in odd]
    for row in table(odd, instances, items):
        assert row["warnings"] == ["beyond"]
        assert row["accuracy"] == []
        assert row["named"] + row["beyond"] == row["answers"] == row["instances"]
        assert row["shapes"] == [{"shape": "a letter beyond the options", "n": row["beyond"]}]


answers = st.lists(
    st.tuples(st.booleans(), st.booleans(), st.sampled_from("abcdef")), min_size=1, max_size=40
)


@given(answers)
def test_the_two_ends_are_in_order_and_hold_the_counts(rows: list[tuple[bool, bool, str]]) -> None:
    correct, read, images = zip(*rows, strict=True)
    low, high = accuracy_range(correct, read, images)
    assert low.value is not None
    assert low.value == pytest.approx(sum(c and r for c, r, _ in rows) / len(rows))
    assert low.n == len(rows)
    if not any(read):
        assert (high.value, high.reason) == (None, "no answer could be read")
        return
    assert high.value is not None
    assert low.value <= high.value + 1e-12
    assert high.n == sum(read)
    if all(read):
        assert low == high == proportion(correct, images)
    for one in (low, high):
        assert one.ci_low is None or one.ci_low <= not_none(one.value) <= not_none(one.ci_high)
        assert one.value is not None
        assert math.isfinite(one.value)
