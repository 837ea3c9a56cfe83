"""`make picture`: the README's picture, a screenshot of the default study's page, and what it was made from.

A picture depends on the fonts of the machine, so pictures cannot be compared. The words and numbers that it shows can:
they are kept in the picture, in a text chunk of the PNG.
"""

from __future__ import annotations

import html
import re
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / "docs/report.png"
PAGE = ROOT / "data/08_reporting/phantom/report.html"
SHOWN = "What it shows"
"""Key of the text chunk."""
WIDTH, HEIGHT = 1280, 1950


def first_screen(page: str) -> str:
    """The words and numbers of a study's page up to its first section on a claim, those of its figures among them."""
    part = page.split("<body>")[1].split('<section id="tracking">')[0]
    marks = re.findall(r"<title>([^<]*)</title>", part)
    words = re.sub(r"(?s)<svg\b.*?</svg>|<[^>]+>", " ", part)
    return "\n".join(html.unescape(" ".join(text.split())) for text in (words, *marks))


def shown_by(picture: Path) -> str:
    """What a picture says it was made from; empty where it says nothing."""
    from PIL import Image

    with Image.open(picture) as image:
        return str(image.info.get(SHOWN, ""))


def draw(page: Path, picture: Path) -> None:
    """A screenshot of the top of a page, in 255 colours, with what it shows.

    Parameters
    ----------
    page : a study's `report.html`
    picture : where the PNG goes
    """
    from PIL import Image, PngImagePlugin
    from playwright.sync_api import sync_playwright

    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        tab.goto(page.as_uri())
        tab.screenshot(path=picture)
        browser.close()
    about = PngImagePlugin.PngInfo()
    about.add_text(SHOWN, first_screen(page.read_text(encoding="utf-8")), zip=True)
    with Image.open(picture) as image:
        few = image.convert("RGB").quantize(255)
    few.save(picture, pnginfo=about, optimize=True)


if __name__ == "__main__":
    draw(PAGE, PICTURE)
