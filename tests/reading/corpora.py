"""The corpora of this folder: what models say, and what a careful person reads in it.

`answers.tsv` was written with the rules. The others were each written when the rules stood, read once, and the rules
mended by what they showed: what was read at first stands in `docs/reading.md`.
In a text `\\n` is a line end, `\\t` a tab, `\\uXXXX` a sign and `\\\\` a backslash; `-` means that it names none.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase

FOLDER = Path(__file__).parent
OPTIONS: dict[str, tuple[str, ...]] = {
    name: tuple(texts)
    for name, texts in json.loads((FOLDER / "options.json").read_text(encoding="utf-8")).items()
}


@dataclass(frozen=True)
class Wording:
    """A text, the options it was said about, and the index of the one that a careful person reads, or None."""

    language: str
    kind: str
    options: tuple[str, ...]
    right: int | None
    text: str


def wordings(name: str) -> list[Wording]:
    """All rows of a corpus of answers."""
    return [
        Wording(
            language,
            kind,
            OPTIONS[options],
            None if right == "-" else ascii_uppercase.index(right),
            _plain(text),
        )
        for language, kind, options, right, text in _rows(name)
    ]


def confidences(name: str) -> list[tuple[float, float | None, str]]:
    """Scale, share and text of each stated confidence."""
    return [
        (float(scale), None if right == "-" else float(right) / 100, _plain(text))
        for scale, right, text in _rows(name)
    ]


def truths() -> list[tuple[bool | None, str]]:
    """What each text says: True, False or neither."""
    return [({"T": True, "F": False, "-": None}[right], _plain(text)) for right, text in _rows("truths.tsv")]


def _rows(name: str) -> list[list[str]]:
    lines = (FOLDER / name).read_text(encoding="utf-8").split("\n")
    return [line.split("\t") for line in lines[1:] if line]


def _plain(text: str) -> str:
    signs = {"n": "\n", "t": "\t", "\\": "\\"}
    return re.sub(
        r"\\(u[0-9a-f]{4}|.)", lambda found: signs.get(found[1]) or chr(int(found[1][1:], 16)), text
    )
