"""Keeps kedro-viz from asking the network: PyPI for its newest release, and Google for a font of its page.

Neither has a switch. Where PyPI does not answer, the page even announces a release "None".
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

PAGE = Path(".viz/page")
"""Where, in the project, a copy of kedro-viz's page lies that names no other host."""
_ELSEWHERE = re.compile(r"<link[^>]*href=\"https?://[^>]*>\s*")


def ask_nobody() -> None:
    """Take the release that is installed for the newest one."""
    from kedro_viz import __version__
    from kedro_viz.integrations import pypi
    from packaging.version import Version

    pypi.get_latest_version = lambda: Version(__version__)


def show_own_page(project: Path) -> None:
    """Serve, and build, a page that loads nothing from elsewhere.

    It is for processes that draw the pipelines, which have loaded kedro-viz's server.
    """
    from kedro_viz.api import apps
    from kedro_viz.api.rest.responses import version
    from kedro_viz.integrations import pypi
    from kedro_viz.integrations.deployment import base_deployer

    version.get_latest_version = pypi.get_latest_version  # it was imported by its name
    page = project / PAGE
    shutil.copytree(apps._HTML_DIR, page, dirs_exist_ok=True)
    index = page / "index.html"
    index.write_text(_ELSEWHERE.sub("", index.read_text(encoding="utf-8")), encoding="utf-8")
    apps._HTML_DIR = base_deployer._HTML_DIR = page
