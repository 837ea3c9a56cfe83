"""The page says what the tables say, escapes what they hold, and needs nothing from elsewhere."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from vqa_canary.report.figures import Point, Slope, intervals, scatter, slopes
from vqa_canary.report.numbers import Numbers, headline
from vqa_canary.report.page import Study, render_page
from vqa_canary.tables import Instance, Item, Refusal, frame

EVIL = "<script>alert('x')</script>"


def metric(
    name: str, value: float | None, method: str = "", condition: str = "clean", **rest: Any
) -> dict[str, Any]:
    known = {
        "model": "m",
        "dataset": "d",
        "condition": condition,
        "subset": headline(condition),
        "method": method,
        "metric": name,
        "value": value,
        "ci_low": None if value is None else value - 0.1,
        "ci_high": None if value is None else value + 0.1,
        "n": 40,
        "n_clusters": 9,
        "reason": None,
    }
    return known | rest


def claim(name: str, level: str, **rest: Any) -> dict[str, Any]:
    known = {
        "claim": name, "level": level, "dataset": "d", "condition": "nota_replace", "group": "", "model": "",
        "method": "margin", "statement": f"{name} holds", "statistic": "a number", "estimate": 0.61, "ci_low": 0.5,
        "ci_high": 0.7, "p_value": 0.01, "verdict": "supported", "n_models": 1, "n_items": 40, "rule": "by rule",
        "reason": None, "details": {},
    }  # fmt: skip
    return known | rest


@pytest.fixture
def study() -> Study:
    item = Item("d", "i", "test", "im", "p.png", "s", EVIL, (EVIL, "b", "c"), 0, "t", "open", True, "f")
    shown = Instance("n", "d", "i", "clean", EVIL, (EVIL, "b", "c"), "im", "p.png", "s", 0)
    hidden = replace(shown, instance_id="h", condition="nota_replace")
    metrics = [
        metric("accuracy", 0.8),
        metric("accuracy", 0.3, condition="nota_replace"),
        metric("auroc", 0.7431, "margin"),
        metric("auroc", None, "p_true", reason=f"no p_true: {EVIL}"),
        metric("auroc_not_distinguishable_from_best", 1.0, "margin"),
        metric("mean_uncertainty", 0.2, "margin"),
        metric("mean_uncertainty", 0.25, "margin", "nota_replace"),
        metric("fragility_auroc", 0.66, "margin", "nota_replace"),
    ]
    return Study(
        name="s",
        items=frame([item], "items"),
        instances=frame([shown, hidden], "instances"),
        quarantine=frame(
            [Refusal("sources", f"d/{n}", f"record {n}: {EVIL} has no answer") for n in range(3)],
            "quarantine",
        ),
        metrics=frame(metrics, "metrics"),
        claims=[
            claim("ue_tracks_accuracy", "headline", verdict="inconclusive", reason="fewer than 5 models (1)"),
            claim(
                "nota_blindness", "cell", model=EVIL, verdict=None, estimate=None, ci_low=None, ci_high=None
            ),
            claim("fragility_is_foreseeable", "headline"),
        ],
        labels=[
            {
                "dataset": "d",
                "model": "m",
                "n_methods": 2,
                "kendall_tau": 0.25,
                "largest_change": -0.125,
                "method": "p_true",
            }
        ],
        label="choice",
        settings={"seed": "7"},
    )


class Outline(HTMLParser):
    """Tags, and attributes that would fetch something."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.fetched: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetched += [
            value or ""
            for name, value in attrs
            if name in {"src", "href", "xlink:href"} and (value or "")[:1] != "#"
        ]


def test_the_page_needs_nothing_from_elsewhere_and_runs_nothing(study: Study) -> None:
    page = render_page(study)
    outline = Outline(page)
    assert outline.fetched == []
    assert "script" not in outline.tags
    assert EVIL not in page
    assert "&lt;script&gt;" in page
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)


def test_numbers_verdicts_and_reasons_are_on_the_page(study: Study) -> None:
    page = render_page(study)
    assert page.count('class="best"') == 1
    for text in (
        "0.743",
        "0.643 to 0.843",
        "fewer than 5 models (1)",
        "not asked",
        "Rule: by rule.",
        "(3 rows)",
        "-0.125",
    ):
        assert text in page
    refusals = re.search(r"<caption>Quarantined.*?</table>", page, re.DOTALL)
    assert refusals is not None
    assert refusals[0].count("<tr>") == 2  # the head, and one row for the reason that three records share


def test_the_page_is_the_same_every_time(study: Study) -> None:
    assert render_page(study) == render_page(study)


def test_one_figure_a_claim_is_drawn(study: Study) -> None:
    assert Outline(render_page(study)).tags.count("svg") == 2  # the second claim has no headline here
    assert render_page(study).count("currentColor") > 10


def test_what_was_not_measured_says_so(study: Study) -> None:
    numbers = Numbers(study.metrics)
    assert numbers.get("m", "d", "clean", "ece", "margin").reason == "not measured"
    assert numbers.get("m", "d", "nota_replace", "accuracy").text == "0.300"
    assert numbers.get("m", "d", "clean", "auroc", "p_true").text == "-"


@pytest.mark.parametrize(
    "svg",
    [
        scatter([Point("m", "x<y", 0.4, 0.6, 0.5, 0.7)], "a", "b", [Point("m", "ref", 0.4, 0.6)]),
        intervals([Point("one", "m", 0.6, 0.6)], "a", 0.5),
        slopes([("t", [Slope("m", 0.8, 0.2)])], "before", "after"),
    ],
)
def test_figures_are_well_formed(svg: str) -> None:
    assert ET.fromstring(svg).tag.endswith("svg")
    assert "#010203" not in svg
