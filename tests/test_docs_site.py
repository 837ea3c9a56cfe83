"""The documentation as a site, and the page whose numbers a script writes."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import yaml
from PIL import Image

import vqa_canary


def script(root: Path, name: str) -> ModuleType:
    """A script of docs/site as a module."""
    spec = importlib.util.spec_from_file_location(name, root / f"docs/site/{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_docstrings_become_markdown(root: Path) -> None:
    sections = "Parameters\n----------\nx, y : what\n    more\n\nReturns\n-------\na number : not a list\n"
    given = f"Head.\n\n.. math:: a\n          + b\n\n{sections}"
    made = script(root, "docstrings").as_markdown(given)
    assert "```text\na\n+ b\n```" in made
    assert "**Parameters**\n\n- `x, y`: what\n    more" in made
    assert "**Returns**\n\na number : not a list" in made


def test_version_and_licence_are_the_same_everywhere(root: Path) -> None:
    cited = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["version"] == vqa_canary.__version__
    assert f'license = "{cited["license"]}"' in (root / "pyproject.toml").read_text(encoding="utf-8")
    changes = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (\S+?),", changes, re.MULTILINE)[0] == vqa_canary.__version__


def test_help_lists_every_target(root: Path) -> None:
    told = subprocess.run(["make", "help"], cwd=root, capture_output=True, text=True, check=True).stdout
    targets = re.search(r"^\.PHONY: (.*)$", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert targets
    assert set(re.findall(r"^make (\S+)", told, re.MULTILINE)) == set(targets[1].split())


class _Addresses(HTMLParser):
    """What a page loads when it is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("script", "img", "iframe"):
            self.loaded.append(given.get("src", ""))
        if tag == "link" and given.get("rel") in ("stylesheet", "icon", "preconnect"):
            self.loaded.append(given.get("href", ""))


@pytest.mark.whole
def test_the_site_is_built_and_every_link_of_it_is_there(root: Path, tmp_path: Path) -> None:
    """`strict` ends with an error at a link, an anchor or a page that is lost."""
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")],
        cwd=root,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) > 30
    for page in pages:
        reader = _Addresses()
        reader.feed(page.read_text(encoding="utf-8"))
        assert reader.loaded
        assert not [one for one in reader.loaded if re.match(r"(https?:)?//", one)], page
    reference = (tmp_path / "site/reference/python.html").read_text(encoding="utf-8")
    assert "ScoredAnswers" in reference
    assert "share of errors among given answers that is tolerated" in reference


@pytest.mark.whole
def test_the_worked_example_is_what_a_model_answers(root: Path, tmp_path: Path) -> None:
    """Words as they stand on the page; numbers but for the last digit, which differs between processors."""
    _, _, tables = script(root, "worked_example").look(tmp_path)
    page = (root / "docs/worked_example.md").read_text(encoding="utf-8")
    number = r"-?\d+\.\d{3}"
    for name, made in tables.items():
        kept = re.search(rf"<!-- {name} -->\n\n(.*?)\n\n<!-- end -->", page, re.DOTALL)
        assert kept
        assert re.sub(number, "#", kept[1]) == re.sub(number, "#", made)
        told, found = (np.array(re.findall(number, text), float) for text in (kept[1], made))
        assert len(found) > 0 or name == "shown"
        assert told == pytest.approx(found, abs=2e-3, rel=1e-4)
    with (
        Image.open(root / "docs/worked_example.png") as one,
        Image.open(tmp_path / "worked_example.png") as other,
    ):
        assert np.array_equal(np.asarray(one), np.asarray(other))
