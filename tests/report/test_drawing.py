"""Panels as SVG: marks that carry their series and numbers, and nothing that leaks into the page."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest
from PIL import Image

from vqa_canary.report.drawing import Panel, Pen, figure, printable
from vqa_canary.report.styles import Style, styles, swatch

EVIL = '<script>"&$x^2$'


def draw(pen: Pen) -> None:
    look = Style(EVIL, "#2b83d6", "s", (5, 2))
    pen.line(look, [0, 1], [0, 1], f"line {EVIL}")
    pen.point(look, 0.5, 0.5, "point")
    pen.bar(look, [0.5, 0.5], [0.2, None], "half an interval is none")
    pen.ink([0, 1], [0.5, 0.5], "chance")
    pen.axes.set_xlabel(EVIL)


def test_marks_know_their_series() -> None:
    made = figure("f", "A figure", "", [Panel(EVIL, draw), Panel("b", draw)], [Style(EVIL, "#2b83d6")])
    root = ET.fromstring(made.file)
    marks = [one for one in root.iter() if one.get("class") == "series"]
    assert [one.get("data-series") for one in marks] == [EVIL] * 4
    assert [one[0].text for one in marks][:2] == [f"line {EVIL}", "point"]
    assert "script" not in {one.tag.split("}")[-1] for one in root.iter()}


def test_no_ids_are_shared_and_no_style_is_global() -> None:
    made = figure("f", "A figure", "", [Panel("a", draw), Panel("a", draw)])
    ids = [one.get("id") for panel in made.panels for one in ET.fromstring(panel).iter() if one.get("id")]
    assert ids
    assert len(ids) == len(set(ids))
    assert "<style" not in made.file


def test_the_same_figure_every_time() -> None:
    assert figure("f", "t", "", [Panel("a", draw)]) == figure("f", "t", "", [Panel("a", draw)])


def test_a_printed_figure_is_a_pdf_for_each_width_of_column_and_a_png() -> None:
    panels, legend = (
        [Panel(title, draw) for title in "abc"],
        [Style(EVIL, "#2b83d6", fill="none")],
    )
    first, again = (figure("f", "t", "", panels, legend, pictured=True) for _ in range(2))
    assert first.printed == again.printed
    assert sorted(first.files) == ["f.png", "f.svg", "f_double.pdf", "f_single.pdf"]
    assert all(b"CreationDate" not in file for file in first.printed.values())
    figure("g", "t", "", [Panel("\u00e9\u03b1", draw)])  # other letters, which must not stay with the fonts
    assert figure("f", "t", "", panels, legend).printed.items() < first.printed.items()


def test_a_png_has_each_panel_where_the_pdf_has_it() -> None:
    """Three panels of one colour each, of which two fit beside one another, and the legend below."""

    def filled(colour: str) -> Panel:
        return Panel("", lambda pen: pen.axes.set_facecolor(colour))

    colours = ["#ff0000", "#00ff00", "#0000ff"]
    made = figure("f", "t", "", map(filled, colours), [Style("l", "#ff00ff")], pictured=True)
    png = Image.open(io.BytesIO(made.printed[".png"])).convert("RGB")
    assert png.width == 1600
    middles = [png.getpixel((x, y)) for y in (315, 945) for x in (400, 1200)]
    assert middles == [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]
    legend = np.asarray(png)[1270:]
    marks = np.nonzero((legend == (255, 0, 255)).all(axis=-1))[1]
    text = np.nonzero((legend == 0).all(axis=-1))[1]
    assert 15 < marks.min() < marks.max() < text.min()


def test_no_secret_is_printed_wherever_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two figures that differ by their secrets alone are the same PDF and PNG."""

    def printed(secret: str) -> Any:
        def draw_all(pen: Pen) -> None:
            pen.axes.set_yticks([0, 1], [secret, "b"])
            pen.axes.set_xlabel(secret)
            pen.axes.annotate(secret, (0.5, 0.5))

        legend = [Style(secret, "#2b83d6")]
        return figure("f", secret, "", [Panel(secret, draw_all)], legend, pictured=True).printed

    one, two = printed("secret1"), printed("secret2")
    assert all(one[end] != two[end] for end in one)
    monkeypatch.setattr("vqa_canary.report.printing.conceal", lambda text: re.sub(r"secret\d", "***", text))
    assert printed("secret1") == printed("secret2")


@pytest.mark.parametrize("wanted", [False, True])
def test_a_panel_is_drawn_once_for_the_page_and_once_for_each_width_of_print(
    wanted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever layout a person's own settings of matplotlib want."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    drawn = []
    draw_all = Figure.draw

    def counted(self: Figure, renderer: Any) -> None:
        drawn.append(self)
        draw_all(self, renderer)

    usual = figure("f", "t", "", [Panel("a", draw)])
    monkeypatch.setattr(Figure, "draw", counted)
    with mpl.rc_context({"figure.autolayout": wanted, "figure.constrained_layout.use": wanted}):
        assert figure("f", "t", "", [Panel("a", draw)]) == usual
    assert len(drawn) == 3


def test_looks_tell_groups_then_families_then_models() -> None:
    names = ["a-1", "a-2", "b-1"]
    families = {"a-1": "a", "a-2": "a", "b-1": "b"}
    grouped = styles(names, {"a-1": "x", "a-2": "x", "b-1": "y"}, families)
    assert grouped["a-1"].hue == grouped["a-2"].hue != grouped["b-1"].hue
    assert grouped["a-1"].dash != grouped["a-2"].dash
    alone = styles(names, {}, dict.fromkeys(names, "a"))
    assert len({one.hue for one in alone.values()}) == 3
    assert [one.fill for one in alone.values()] == ["none", "left", "full"]
    many = [f"{family}-{n}" for family in "abcdefg" for n in range(1, 6)]
    looks = styles(many, {name: "xy"[name[0] > "c"] for name in many}, {name: name[0] for name in many})
    assert len({(one.hue, one.mark, one.fill) for one in looks.values()}) == len(many)
    for one in grouped.values():
        ET.fromstring(f"<svg>{swatch(one)}</svg>")


HOSTILE = [
    "<script>alert(1)</script>", "]]>", "javascript:alert(1)", "--><svg onload=alert(1)>", '" onload="x', "' onload='x",
    '<g id="mark-0">', "&lt;script&gt;", "\x00\x0b\x1b[31m", "$x^2$", "model-0.20240501", '<svg width="1pt"',
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_only_a_name(name: str) -> None:
    def draw_all(pen: Pen) -> None:
        look = Style(name, "#2b83d6")
        pen.line(look, [0, 1], [0, 1], name)
        pen.axes.set_xlabel(name)
        pen.axes.set_yticks([0, 1], [name, name])
        pen.axes.annotate(name, (0.5, 0.5))

    made = figure("f", name, name, [Panel(name, draw_all)], [Style(name, "#2b83d6")])
    for svg in (made.file, *made.panels):
        root = ET.fromstring(svg)
        tags = {one.tag.split("}")[-1] for one in root.iter()}
        assert tags <= {"svg", "g", "title", "text", "path", "defs", "use", "clipPath", "rect", "circle"}
        assert not [key for one in root.iter() for key in one.attrib if key.startswith("on")]
        links = {value for one in root.iter() for key, value in one.attrib.items() if key.endswith("href")}
        assert all(link.startswith("#") for link in links)
        texts = {one.text for one in root.iter() if one.tag.endswith("text")}
        assert printable(name) in texts
