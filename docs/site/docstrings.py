"""Docstrings of this project as Markdown, for the reference pages of `make docs`.

The house writes `name : what it is` in the sections of a docstring, with types in the signature alone. What reads
docstrings in numpy's style would take that text for a type.
"""

from __future__ import annotations

import re
from typing import Any

from griffe import Extension, Object

SECTIONS = ("Parameters", "Returns", "Yields", "Raises", "Examples", "References", "Notes")
_HEAD = re.compile(rf"^({'|'.join(SECTIONS)})\n-+\n", re.MULTILINE)
_ENTRY = re.compile(r"^(\S[^:\n]*?) : ", re.MULTILINE)
_MATH = re.compile(r"^\.\. math:: (.*(?:\n[ ]+\S.*)*)", re.MULTILINE)


def as_markdown(docstring: str) -> str:
    """Sections under bold heads, their entries as lists, formulas as blocks of code."""
    text = _MATH.sub(
        lambda found: f"```text\n{re.sub(r'^[ ]+', '', found[1], flags=re.MULTILINE)}\n```", docstring
    )
    head, *rest = _HEAD.split(text)
    parts = [head]
    for name, body in zip(rest[::2], rest[1::2], strict=True):
        entries = (
            _ENTRY.sub(lambda found: f"- `{found[1]}`: ", body) if name in ("Parameters", "Raises") else body
        )
        parts.append(f"**{name}**\n\n{entries}")
    return "".join(parts)


class HouseDocstrings(Extension):
    """Rewrites every docstring as it is read."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        if obj.docstring:
            obj.docstring.value = as_markdown(obj.docstring.value)
