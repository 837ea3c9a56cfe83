"""What marks of the study's figures look like: their colours, and which of them are bold or hollow."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from vqa_canary.report.numbers import prose
from vqa_canary.report.study.contents import Study, views
from vqa_canary.report.study.figures.curves import reliability
from vqa_canary.report.study.figures.overview import overview
from vqa_canary.report.study.figures.shades import shade
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
