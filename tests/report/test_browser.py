"""The page in a browser: it sorts, filters and explores by mouse and keyboard, and asks the network nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vqa_canary.report.rendering import Report

pytestmark = pytest.mark.whole

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
if CHROMIUM is None:
    pytest.skip("no chromium on PATH", allow_module_level=True)
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def file(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(report.page, encoding="utf-8")
    return path


@pytest.fixture
def page(browser: Any, file: Path) -> Iterator[Any]:
    """The page, freshly opened; it must ask for nothing and complain of nothing, whatever a test does."""
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    tab.set_default_timeout(60_000)
    said: list[str] = []
    asked: list[str] = []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(file.as_uri())
    yield tab
    assert said == []
    assert asked == [file.as_uri()]
    tab.close()


def column(page: Any, table: str, at: int) -> list[str]:
    rows = page.locator(f"#table-{table} tbody tr:visible")
    return [
        text.split()[0] if text else ""
        for text in rows.locator(f":scope > :nth-child({at})").all_inner_texts()
    ]


def test_a_column_head_sorts_both_ways(page: Any) -> None:
    head = page.locator("#table-leaderboard thead th", has_text="AUROC").first
    at = page.locator("#table-leaderboard thead th").all_inner_texts().index(head.inner_text()) + 1
    head.get_by_role("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    falling = [float(text) for text in column(page, "leaderboard", at)]
    assert falling == sorted(falling, reverse=True)
    head.get_by_role("button").press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    assert [float(text) for text in column(page, "leaderboard", at)] == falling[::-1]
    page.locator("#table-leaderboard thead th", has_text="method").get_by_role("button").click()
    assert head.get_attribute("aria-sort") is None
    methods = column(page, "leaderboard", 2)
    assert methods == sorted(methods)


def test_what_is_undefined_stays_last(page: Any) -> None:
    page.evaluate("document.querySelectorAll('#reliability details').forEach(one => one.open = true)")
    heads = page.locator("#table-calibration thead th")
    at = heads.all_inner_texts().index("ECE as it stands") + 1
    for _ in range(2):
        heads.nth(at - 1).get_by_role("button").click()
        values = column(page, "calibration", at)
        assert "-" not in values[:4]
        assert values[4:] == ["-"] * 4


def test_a_choice_filters_rows_and_says_how_many(page: Any) -> None:
    bar = page.locator("#leaderboard .filters").first
    bar.get_by_label("method").select_option("margin")
    assert set(column(page, "leaderboard", 2)) == {"margin"}
    assert bar.locator("output").inner_text() == "4 of 8 rows"


def test_a_legend_entry_follows_a_model_through_the_figures(page: Any) -> None:
    key = page.locator("#tracking button.key", has_text="m-1100").first
    key.click()
    assert key.get_attribute("aria-pressed") == "true"
    assert page.locator("figure.lit").count() > 5
    assert set(page.locator(".series.on").evaluate_all("all => all.map(one => one.dataset.series)")) == {
        "m-1100"
    }
    page.keyboard.press("Escape")
    page.mouse.move(0, 0)
    key.evaluate("one => one.blur()")
    assert page.locator("figure.lit").count() == 0


def test_a_legend_is_one_stop_of_the_tab_key(page: Any) -> None:
    keys = page.locator("#tracking .legend").first.locator("button.key")
    names = keys.evaluate_all("all => all.map(one => one.dataset.series)")
    keys.first.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.dataset.series") == names[1]
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.series") not in names


def test_the_tab_key_goes_to_the_claims_first(page: Any) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the claims"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('nav') !== null")


def test_the_explorer_pages_filters_and_searches(page: Any) -> None:
    entries = page.locator("#explorer-list button")
    assert entries.count() == 50
    page.get_by_role("button", name="Next").click()
    assert entries.count() == 10
    page.locator("#explorer [name=modality]").select_option("CT")
    assert page.locator("#explorer-count").inner_text() == "20 of 60 items"
    page.locator("#explorer [name=search]").fill("number 4?")
    assert entries.count() == 1
    page.locator("#explorer [name=search]").fill("nothing like it")
    assert entries.count() == 0


def test_the_explorer_shows_what_each_condition_did(page: Any) -> None:
    page.locator("#explorer [name=state]").select_option("nota_replace")
    entry = page.locator("#explorer-list button").first
    assert "✓ right" in entry.inner_text()
    entry.press("Enter")
    item = page.locator("#explorer-item")
    assert page.evaluate("document.activeElement.id") == "explorer-item"
    rows = dict(
        zip(
            item.locator("table").first.locator("tbody th").all_inner_texts(),
            item.locator("table").first.locator("tbody tr").all_inner_texts(),
            strict=True,
        )
    )
    assert list(rows) == ["clean", "nota_replace", "nota_control", "answer_removed"]
    assert "✓ right" in rows["clean"]
    assert "✗ wrong" in rows["nota_replace"]
    assert "None of the above" in rows["nota_replace"]
    assert "nothing is right" in rows["answer_removed"]
    assert page.evaluate("location.hash").startswith("#item=d/item")
    assert item.locator(".strip button").count() == 4
    assert item.locator(".strip [aria-pressed=true]").count() == 1
    before = rows["clean"]
    page.locator("#explorer [name=method]").select_option("max_probability")
    assert item.locator("tbody tr").first.inner_text() != before


def test_an_item_has_an_address_and_neighbours(page: Any, file: Path) -> None:
    page.goto(f"{file.as_uri()}#item=d/item07")
    heading = page.locator("#explorer-item h3")
    assert heading.inner_text() == "Question number 7?"
    page.get_by_role("button", name="Next item").click()
    assert heading.inner_text() == "Question number 8?"
    page.get_by_role("button", name="Previous item").press("Enter")
    assert heading.inner_text() == "Question number 7?"
    every = page.locator("#explorer-item table").nth(1)
    assert every.locator("thead th").all_inner_texts() == ["condition", "margin", "max_probability"]
    assert every.locator("tbody tr").count() == 4


def test_evil_texts_stay_texts_in_the_explorer(page: Any) -> None:
    page.locator("#explorer [name=search]").fill("onerror")
    page.locator("#explorer-list button").first.click()
    assert page.locator("#explorer-item h3").inner_text().startswith("</script><img")
    assert page.locator("img").count() == 0


def test_nothing_is_wider_than_the_screen(page: Any) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    page.locator("#explorer-list button").first.click()
    for width, scheme in ((390, "light"), (1280, "dark")):
        page.set_viewport_size({"width": width, "height": 844})
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_scripts_all_but_the_explorer_is_there(browser: Any, file: Path) -> None:
    tab = browser.new_page(java_script_enabled=False)
    tab.goto(file.as_uri())
    assert tab.locator("noscript").inner_text().startswith("The item explorer needs JavaScript")
    assert tab.locator("#table-leaderboard tbody tr:visible").count() == 8
    assert not tab.locator("#explorer-app").is_visible()
    tab.close()
