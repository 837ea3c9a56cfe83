"""Every figure as PDF: one page of the width of a column, or of two, with the same words as the SVG, large enough."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from PIL import Image
from pypdf import PdfReader
from pypdf.generic import ContentStream
from tests.report import audits
from tests.report.test_watch_page import watch

from vqa_canary.report.audit.page import make_audit_report
from vqa_canary.report.drawing import Panel, figure
from vqa_canary.report.monitoring.page import make_watch_report
from vqa_canary.report.study.contents import Study
from vqa_canary.report.study.page import make_report
from vqa_canary.report.styles import HUES, Style

LEAST = 6.0
"""Points of the smallest type that is still legible in print."""
WIDTHS = {"single": 86, "double": 178}
"""Millimetres."""


def letters(pdf: bytes) -> tuple[list[str], list[float]]:
    """Its texts, and the size of each in points of the page."""
    texts, sizes = [], []

    def visit(text: str, page: list[float], own: list[float], font: object, size: float) -> None:
        if text.strip():
            scale = [abs(m[0] * m[3] - m[1] * m[2]) ** 0.5 for m in (page, own)]
            texts.append(text.strip())
            sizes.append(size * scale[0] * scale[1])

    [page] = PdfReader(io.BytesIO(pdf), strict=True).pages
    page.extract_text(visitor_text=visit)
    return texts, sizes


def hues(pdf: bytes) -> set[str]:
    """Colours of the lines that begin inside the page after the last panel: those of the legend."""
    reader = PdfReader(io.BytesIO(pdf))
    [page] = reader.pages
    found: set[str] = set()
    colour = ""
    for operands, operator in ContentStream(page.get_contents(), reader).operations:
        if operator == b"RG":
            colour = "#" + "".join(f"{round(255 * float(part)):02x}" for part in operands)
        elif operator == b"m" and 0 <= float(operands[0]) <= float(page.mediabox.width):
            found.add(colour)
        elif operator == b"cm" and float(operands[0]) != 1:
            found.clear()
    return found


def look_at(figures: Mapping[str, str | bytes]) -> None:
    """What is true of the files of every page."""
    drawn = {name.removesuffix(".svg"): str(svg) for name, svg in figures.items() if name.endswith(".svg")}
    assert drawn
    assert {name for name in figures if not name.endswith(".png")} == {
        f"{name}{end}" for name in drawn for end in (".svg", "_single.pdf", "_double.pdf")
    }
    for name, svg in drawn.items():
        words = {
            "".join(text.itertext()) for text in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
        }
        for column, width in WIDTHS.items():
            pdf = figures[f"{name}_{column}.pdf"]
            assert isinstance(pdf, bytes)
            page: Any = PdfReader(io.BytesIO(pdf)).pages[0]
            assert float(page.mediabox.width) / 72 * 25.4 == pytest.approx(width, abs=0.1)
            fonts = [font["/DescendantFonts"][0] for font in page["/Resources"]["/Font"].values()]
            assert all("/FontFile2" in font["/FontDescriptor"] for font in fonts)  # embedded as TrueType
            texts, sizes = letters(pdf)
            assert min(sizes) >= (5.5 if (name, column) == ("overview", "single") else LEAST), (
                f"{name}_{column}.pdf"
            )
            assert Counter("".join(words).replace(" ", "")) <= Counter("".join(texts).replace(" ", ""))


def test_of_a_study(study: Study) -> None:
    figures = make_report(study).figures
    look_at(figures)
    widths = {"overview.png": 1600, "overview_small.png": 640} | {f"claim{n}.png": 1600 for n in (1, 2, 3)}
    assert {name for name in figures if name.endswith(".png")} == widths.keys()
    for name, width in widths.items():
        picture = figures[name]
        assert isinstance(picture, bytes)
        assert Image.open(io.BytesIO(picture)).width == width


def test_the_legend_shows_the_looks() -> None:
    looks = [Style("a", HUES[0], "s"), Style("b", HUES[1], "D", (5, 2), fill="none")]
    drawn = figure("f", "t", "", [Panel("p", lambda pen: pen.ink([0, 1], [0, 1], "line"))], looks)
    for pdf in drawn.printed.values():
        assert hues(pdf) >= {look.hue for look in looks}


def test_of_an_audit_and_of_a_watch() -> None:
    look_at(make_audit_report(audits.ALL["found"]()).figures)
    look_at(make_watch_report(watch(0.1, 0.3), "monitor").figures)
