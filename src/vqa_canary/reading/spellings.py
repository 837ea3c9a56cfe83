"""Other spellings of an option's text that a reader takes for the same: "X ray" for "X-ray", "T1" for "T1-weighted"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_NUMERAL = re.compile(r"(?P<before>\S{3,40}) (?P<numeral>[0-9]{1,2}[a-c]?|i{1,3}|iv|vi{0,3})")
_GENERIC = ("scan", "image", "view", "plane", "projection", "section", "lobe", "stage", "stain", "imaging")
"""Nouns that an answer may leave out: "frontal" for "Frontal lobe"."""
_MEASURE = re.compile(r"(?P<number>[0-9]{1,4}(?:[.,][0-9]{1,3})?) ?(?P<unit>%|mm|cm|ml|kg|mg)")


def other_spellings(texts: Sequence[str]) -> dict[str, int]:
    """Spellings of option texts, each with the index of its option; none that is a text or may mean two options."""
    found: dict[str, set[int]] = {}
    last = [text.rpartition(" ")[2] for text in texts if " " in text]
    shared = [word for word in dict.fromkeys(last) if len(word) > 3 and last.count(word) > 1]
    for index, text in enumerate(texts):
        said_more = [f"{text} {word}" for word in shared if not text.endswith(word)]  # "C-section delivery"
        for one in (*_spellings(text), *said_more):
            found.setdefault(one, set()).add(index)
    return {one: at.pop() for one, at in found.items() if len(at) == 1 and one not in texts}


def shortened(texts: Sequence[str]) -> dict[str, int]:
    """Texts without a noun that says what kind of thing they are, each with the index of its option."""
    parts = [text.rpartition(" ") for text in texts]
    found = {head: index for index, (head, _, last) in enumerate(parts) if head and last in _GENERIC}
    heads = [head for head, _, _ in parts]
    return {head: index for head, index in found.items() if head not in texts and heads.count(head) == 1}


def _spellings(text: str) -> Iterator[str]:
    if re.search("[a-z]-[a-z]|[a-z][0-9]-[a-z]", text):
        yield text.replace("-", " ")
    if text == "x-ray":
        yield "xray"
    if text.endswith("-weighted"):
        weighting = text.removesuffix("-weighted")
        yield from (weighting, f"{weighting}w", f"{weighting}-w")
    if re.fullmatch("t[12]", text):
        yield from (f"{text}-weighted", f"{text} weighted", f"{text}w")
    if measure := _MEASURE.fullmatch(text):
        yield from (f"{measure['number']} {measure['unit']}", f"{measure['number']}{measure['unit']}")
    if (counted := _NUMERAL.fullmatch(text)) and "-" in counted["before"]:
        yield f"{counted['before']} type {counted['numeral']}"
