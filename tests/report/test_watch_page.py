"""The page of a watch: what it says, in which colour, and that no text of the log can break it."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from tests.monitoring.conftest import POLICY, batch_of, grid, logged

from vqa_canary.monitoring.record import Entry
from vqa_canary.report.monitoring.page import make_watch_report

pytestmark = pytest.mark.usefixtures("undrawn")


@pytest.fixture(autouse=True)
def few_exchanges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vqa_canary.statistics.image_gaps.N_EXCHANGES", 99)


def watch(*errors: float, n_images: int = 80, **changed: Any) -> list[Entry]:
    return logged(
        *(
            batch_of(grid(n_images, error, seed=at, name="xyz"[at], **changed), f"2026-0{at + 1}-28")
            for at, error in enumerate(errors)
        )
    )


def tone(page: str) -> str:
    found = re.search(r'<article class="answer (\w+)">', page)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("errors", "n_images", "expected"),
    [((0.4,), 80, "none"), ((0.0, 0.0), 120, "found"), ((0.0,), 8, "open"), ((0.4, 0.0, 0.0), 80, "none")],
)
def test_green_only_where_the_interval_lies_within_the_target(
    errors: tuple[float, ...], n_images: int, expected: str
) -> None:
    assert tone(make_watch_report(watch(*errors, n_images=n_images), "monitor").page) == expected


def test_drift_takes_the_green_away() -> None:
    entries = watch(0.0, 0.0, n_images=120, shift=0.35)
    assert tone(make_watch_report(entries, "monitor").page) == "open"


def test_a_batch_that_another_version_answered_is_named_and_never_green() -> None:
    entries = watch(0.0, 0.0, n_images=120)
    other = [entries[0], entries[1].model_copy(update={"answered_as": ("m-1", "m-2")})]
    page = make_watch_report(other, "monitor").page
    assert tone(page) == "open"
    assert "In the audit m-1; on 2026-02-28 m-1 and m-2." in page
    assert "Another version of the model answers" not in make_watch_report(entries, "monitor").page


def test_what_a_reader_must_know_stands_before_the_answer() -> None:
    entries = watch(0.0, correct=np.full(240, np.nan))
    unclaimed = POLICY.model_copy(update={"unclaimed": "The target was changed after answers were seen."})
    changed = [entries[0].model_copy(update={"policy": unclaimed, "vouched_by": "A. Reader"})]
    page = make_watch_report(changed, "monitor").page
    for said in (
        "The audit may not claim its confidence",
        "The target was changed after answers were seen.",
        "The audit has no protocol lock",
        "said by A. Reader",
        "Batches without labels",
        "There is no labelled answer yet.",
    ):
        assert said in page
    assert page.index("The audit may not claim") < page.index('id="answer"')


def test_no_text_of_the_log_is_markup() -> None:
    evil = POLICY.model_copy(update={"model": "<script>alert(1)</script>", "study": "<b>a"})
    entries = [watch(0.1)[0].model_copy(update={"policy": evil, "vouched_by": "<img src=x>"})]
    page = make_watch_report(entries, "<i>watch").page
    assert "<script>alert" not in page
    for raw in ("<b>a", "<img src=x>", "<i>watch"):
        assert raw not in page


def test_every_file_that_the_page_names_is_made() -> None:
    made = make_watch_report(watch(0.1, 0.2), "monitor")
    named = set(re.findall(r"watch_(?:figures|tables)/([\w.]+)", made.page))
    drawn = {name for name in made.figures if name.endswith(".svg")}
    assert {name for name in named if name.endswith(".svg")} == drawn
    assert {name for name in named if name.endswith(".csv")} == {n for n in made.tables if n.endswith(".csv")}
    assert made.tables["batches.csv"].count("\n") == 3


def test_the_same_log_gives_the_same_page() -> None:
    entries = watch(0.1, 0.2)
    assert make_watch_report(entries, "w") == make_watch_report(entries, "w")
