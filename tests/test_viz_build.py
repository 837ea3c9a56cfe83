"""The folder that `kedro viz build` leaves, in a browser."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from tests.report.test_browser import browser as browser  # a fixture; without a browser this is left out

pytestmark = pytest.mark.whole


@pytest.fixture
def served(finished: Path) -> Iterator[str]:
    """Address of what `kedro viz build` leaves, served by Python alone."""
    words = [str(Path(sys.executable).with_name("kedro")), "viz", "build", "--include-previews"]
    done = subprocess.run(words, cwd=finished, capture_output=True, text=True, check=True)
    assert "Success" in done.stdout
    handler = partial(SimpleHTTPRequestHandler, directory=str(finished / "build"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_what_is_built_is_shown_without_a_network(served: str, browser: Any) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(served)
    page.wait_for_selector(".pipeline-node >> text=models")
    page.locator(".pipeline-node", has_text="metrics").first.click()
    page.wait_for_selector("text=accuracy clean")
    foreign = [url for url in asked if not url.startswith((served, "data:", "blob:"))]
    assert len(asked) > 3
    assert foreign == []
    page.close()
