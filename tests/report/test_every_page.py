"""What holds for every page in a browser: axe-core finds nothing to mend, a small screen and paper cut nothing off."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from tests.report import audits
from tests.report.test_browser import browser as browser  # a fixture; without a browser both are left out
from tests.report.test_review_page import ENTRY, ITEM
from tests.report.test_watch_page import watch

from vqa_canary.audit.record.document import read
from vqa_canary.report.audit.committee import make_committee_page
from vqa_canary.report.audit.page import make_audit_report
from vqa_canary.report.monitoring.page import make_watch_report
from vqa_canary.report.rendering import Report
from vqa_canary.report.reviewing.page import review_page

pytestmark = pytest.mark.whole
sync_playwright = pytest.importorskip(
    "axe_playwright_python.sync_playwright", reason="axe-core is not installed"
)

MADE: dict[str, Callable[[], str]] = {
    "audit": lambda: make_audit_report(audits.found(), audits.texts(audits.found())).page,
    "committee": lambda: make_committee_page(audits.found()),
    "committee for several": lambda: make_committee_page(audits.ALL["several"]()),
    "watch": lambda: make_watch_report(watch(0.1, 0.3), "monitor").page,
    "review": lambda: review_page(read(audits.found()), [ENTRY], [ITEM], {}, texts=True, name="attempt 1"),
}
NAMES = ["report", *MADE]
PIXELS_A_MM = 96 / 25.4
ON_PAPER = {"review": (188, 275), "committee": (184, 281), "committee for several": (184, 281)}
"""Millimetres between the margins; of all others `LANDSCAPE`."""
LANDSCAPE = (275, 188)


@pytest.fixture(scope="module")
def files(report: Report, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    found = {}
    for name, make in {"report": lambda: report.page, **MADE}.items():
        found[name] = folder / f"{name}.html"
        found[name].write_text(make(), encoding="utf-8")
    return found


@pytest.fixture(params=NAMES)
def opened(request: pytest.FixtureRequest, browser: Any, files: dict[str, Path]) -> Iterator[tuple[str, Any]]:
    """A page with all of it open: folded parts, and an item of the explorer."""
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    tab.set_default_timeout(60_000)
    tab.goto(files[request.param].as_uri())
    tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    if request.param == "report":
        tab.locator("#explorer-list button").first.click()
    yield request.param, tab
    tab.close()


def test_axe_finds_nothing_to_mend(opened: tuple[str, Any]) -> None:
    _, page = opened
    for width, scheme in ((1280, "light"), (390, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        found = sync_playwright.Axe().run(page).response
        assert len(found["passes"]) > 20
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == []


def test_a_small_screen_shows_all_and_figures_are_legible(opened: tuple[str, Any]) -> None:
    name, page = opened
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    heights = page.locator(".panels text").evaluate_all(
        """all => all.map(text => {
            const svg = text.ownerSVGElement, size = parseFloat(getComputedStyle(text).fontSize);
            return size * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
        })"""
    )
    assert heights or name in ("committee", "committee for several", "review")
    assert all(height >= 9.9 for height in heights)


def test_paper_cuts_nothing_off(opened: tuple[str, Any]) -> None:
    name, page = opened
    width, height = (round(PIXELS_A_MM * length) for length in ON_PAPER.get(name, LANDSCAPE))
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(media="print")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for only_on_screen in ("nav", ".filters", "#explorer", ".extent"):
        assert page.locator(f"{only_on_screen}:visible").count() == 0
    reader = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    text = " ".join(" ".join(sheet.extract_text() for sheet in reader.pages).split())
    assert page.locator("h1").inner_text() in text
    assert len(reader.pages) <= 40
