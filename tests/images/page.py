"""The rules that docs/images.md tells, to be compared with those that are applied."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs/images.md"


def told_rules() -> set[str]:
    """The last column of the tables, numbers as N."""
    return without_numbers(re.findall(r"^\| [^|]+ \| [^|]+ \| `([^`]+)` \|$", PAGE.read_text(), re.MULTILINE))


def without_numbers(rules: Iterable[str]) -> set[str]:
    """Rules with `N` for every number."""
    return {re.sub(r"-?\d[\d.]*(e\+\d+)?", "N", rule) for rule in rules}
