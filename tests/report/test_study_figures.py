"""What marks of the study's figures look like: their colours, and which of them are bold or hollow."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from vqa_canary.report import drawing
from vqa_canary.report.numbers import prose
from vqa_canary.report.study.contents import Study, views
from vqa_canary.report.study.figures.curves import reliability
from vqa_canary.report.study.figures.overview import overview
from vqa_canary.report.study.figures.shades import shade
from vqa_canary.report.study.words.card import card
from vqa_canary.report.study.words.first_screen import TITLES
from vqa_canary.rows import CLEAN


def test_a_cell_has_the_colour_of_its_number_and_is_bold_where_its_interval_leaves_chance_out(
    study: Study,
) -> None:
    [view] = views(study)
    made = overview(view)
    assert made is not None
    panel = made.panels[0]
    fills = dict(re.findall(r'<title>(m-[^<:]*): [^<]*</title><path [^>]*style="fill: (#\w{6})', panel))
    numbers = {
        f"{model}, {method}": view.get(model, CLEAN, "auroc", method)
        for model in study.models
        for method in study.methods
    }
    assert len(fills) == 4
    for about, fill in fills.items():
        value = numbers[about].value or 0
        red, green = int(fill[1:3], 16), int(fill[3:5], 16)
        assert fill == shade((value - 0.5) / 0.5)
        assert (green > red) == (value > 0.5)
    bold = re.findall(r"<text style=\"[^\"]*font-weight: 700[^\"]*\"[^>]*>([^<]*)</text>", panel)
    clear = [
        prose(number.value or 0)
        for number in numbers.values()
        if not (number.ci_low or 0) <= 0.5 <= (number.ci_high or 0)
    ]
    assert 0 < len(clear) < len(numbers)
    assert sorted(bold) == sorted(clear)


def test_marks_are_hollow_where_the_answer_is_hidden_and_there_alone(study: Study) -> None:
    made = reliability(views(study)[0])
    assert made is not None
    hollow = {
        (mark.get("data-series", "").rpartition(", ")[2], "fill-opacity: 0" in use.get("style", ""))
        for mark in ET.fromstring(made.panels[0]).iter()
        if mark.get("class") == "series"
        for use in mark.iter("{http://www.w3.org/2000/svg}use")
    }
    assert hollow == {("clean", False), ("nota_replace", True)}


def test_a_study_of_two_methods_has_whole_titles(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """No title of the overview ends beyond its panel, however few methods make a panel narrow."""
    ends: list[tuple[float, float]] = []

    def measured(canvas: Any, axes: Any, title: Any) -> None:
        keep_inside(canvas, axes, title)
        box = title.get_window_extent()
        ends.append((box.x0, canvas.bbox.width - box.x1))

    keep_inside = drawing._keep_inside
    monkeypatch.setattr(drawing, "_keep_inside", measured)
    assert len(study.methods) == 2
    assert overview(views(study)[0]) is not None
    assert len(ends) == 3
    assert min(min(end) for end in ends) >= 0


def test_a_card_says_why_too_few_models_leave_a_claim_open(study: Study) -> None:
    [view] = views(study)
    told = {name: card(view, name) for name in TITLES}
    still_open = [one for one in told.values() if one and one.tone == "inconclusive"]
    assert still_open
    assert all(one.decides for one in still_open)
    assert any(one.decides.startswith("Fewer than ") for one in still_open)
