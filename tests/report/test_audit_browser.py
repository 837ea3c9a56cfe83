"""The audit's page in a browser: nothing is cut off, nothing is asked of the network, tables sort."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.report import audits
from tests.report.test_browser import browser as browser  # a fixture; without a browser both are left out
from tests.report.test_committee_page import PRINTED

from vqa_canary.report.audit.committee import make_committee_page
from vqa_canary.report.audit.page import make_audit_report

pytestmark = pytest.mark.whole

Open = Callable[[str], Any]


@pytest.fixture(scope="module")
def page_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """File of the page of a variant, made when it is first asked for."""
    folder = tmp_path_factory.mktemp("audits")

    def page(name: str) -> Path:
        file, audit = folder / f"{name}.html", audits.ALL[name]
        if not file.exists():
            made = make_audit_report(audit(), audits.texts(audit(), evil=True)).page
            file.write_text(made, encoding="utf-8")
        return file

    return page


@pytest.fixture
def opened(browser: Any, page_of: Callable[[str], Path]) -> Iterator[Open]:
    """Opens a variant; it must ask for nothing and complain of nothing, whatever a test does."""
    tabs: list[Any] = []
    said: list[str] = []
    asked: list[str] = []
    files = []

    def open_page(name: str) -> Any:
        tab = browser.new_page(viewport={"width": 1100, "height": 900})
        tab.set_default_timeout(60_000)
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.on("request", lambda request: asked.append(request.url))
        tabs.append(tab)
        files.append(page_of(name).as_uri())
        tab.goto(files[-1])
        return tab

    yield open_page
    assert said == []
    assert asked == files
    for tab in tabs:
        tab.close()


WIDEST = {"found", "several", "hostile", "unread", "all_failed"}
"""Variants that have every part of the page between them."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name not in WIDEST)) for name in audits.ALL]
)
def test_nothing_is_wider_than_the_screen(opened: Open, name: str) -> None:
    page = opened(name)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    for width in (390, 1100):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_hostile_texts_stay_texts(opened: Open) -> None:
    page = opened("hostile")
    assert page.locator("img").count() == 0
    assert page.locator("#answer .said").first.inner_text().endswith("{% raw %}")


def test_a_column_head_sorts(opened: Open) -> None:
    page = opened("found")
    head = page.locator("#table-methods thead th", has_text="AUROC").first
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    cells = page.locator("#table-methods tbody td[data-key]:nth-of-type(4)").all_inner_texts()
    assert cells == sorted(cells, reverse=True)
    assert len(cells) == len(audits.METHODS)


@pytest.mark.parametrize("name", ["found", "no_logprobs"])  # the latter has most warnings
def test_the_first_card_is_on_the_first_screen(opened: Open, name: str) -> None:
    page = opened(name)
    box = page.locator("#answer .card").first.bounding_box()
    assert box["y"] + 100 < 900


def test_a_table_that_goes_on_says_so_until_its_end_and_prints_whole(opened: Open) -> None:
    page = opened("found")
    sheet = page.locator(".sheet", has=page.locator("#table-policies_error"))
    edges, box, extent = sheet.locator(".edges"), sheet.locator(".scroll"), sheet.locator(".extent")
    assert extent.inner_text() == "32 rows: scroll in the table to see all."
    assert "below" in edges.get_attribute("class")
    box.focus()
    page.keyboard.press("End")
    page.wait_for_function("one => !one.classList.contains('below')", arg=edges.element_handle())
    assert page.locator(".sheet", has=page.locator("#table-asked")).locator(".extent").is_hidden()
    page.emulate_media(media="print")
    assert box.evaluate("one => one.scrollHeight - one.clientHeight") <= 4
    assert extent.is_hidden()
    assert (
        page.locator(".sheet", has=page.locator("#table-policies_error")).locator("tbody tr:visible").count()
        == 32
    )


def test_the_table_of_policies_fits_a_screen_with_the_policy_of_the_first_screen_first(opened: Open) -> None:
    page = opened("no_logprobs")  # with a reason in every row that has no policy
    page.set_viewport_size({"width": 1280, "height": 900})
    box = page.locator(".scroll", has=page.locator("#table-policies_error"))
    assert box.evaluate("one => one.scrollWidth - one.clientWidth") <= 0
    first = page.locator("#table-policies_error tbody tr").first.inner_text()
    assert first.split()[:2] == ["semantic_entropy", "exact"]


@pytest.mark.parametrize(("name", "most"), [("found", 1), ("second_look", 1), ("several", 2), ("many", 2)])
@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_the_committees_page_is_one_or_two_printed_pages(
    browser: Any, tmp_path: Path, name: str, most: int, paper: str
) -> None:
    file = tmp_path / "committee.html"
    file.write_text(make_committee_page(PRINTED[name]()), encoding="utf-8")
    tab = browser.new_page(viewport={"width": 390, "height": 844})
    tab.goto(file.as_uri())
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    printed = tab.pdf(format=paper)
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b", printed)) <= most
    tab.emulate_media(media="print")
    blocks = tab.locator(".card, .answer, .signatures").evaluate_all(
        "all => all.map(one => getComputedStyle(one).breakInside)"
    )
    assert set(blocks) == {"avoid"}
    tab.close()
