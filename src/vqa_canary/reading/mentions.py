"""All places where a text speaks of an option."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vqa_canary.reading.folding import Folded
from vqa_canary.reading.languages import words
from vqa_canary.reading.phrases import NOUN_BEFORE, Phrase, lettered, phrase_at
from vqa_canary.reading.shown import LATIN, ShownOptions


def letters_in(view: Folded) -> list[int]:
    """Where a single letter stands by itself."""
    return [found.start() for found in _SINGLE.finditer(view.small)]


_SINGLE = re.compile(rf"(?<![{LATIN}'])(?<![{LATIN}]-)(?<![{LATIN}][./])[a-z](?![{LATIN}])")


def is_marked(view: Folded, at: int) -> bool:
    """Whether a bracket or a noun stands before the letter at `at`."""
    before = view.small[max(0, at - 30) : at]
    return (before[-1:] in ("(", "[") and view.small[at + 1 : at + 2] in (")", "]")) or bool(
        NOUN_BEFORE.search(before)
    )


def begin_of(view: Folded, phrase: Phrase) -> int:
    """Where a naming begins with its article, noun and bracket."""
    before = view.small[max(0, phrase.start - 40) : phrase.start]
    lead = re.search(
        rf"(?:(?<![{LATIN}])(?:{words('articles')} )?{words('nouns')}[ :#]{{0,2}}|(?<![{LATIN}])"
        rf"{words('articles')} )?[(\"'\[]{{0,2}}\Z",
        before,
    )
    return phrase.start - (len(lead[0]) if lead else 0)


def mentions(view: Folded, shown: ShownOptions) -> Iterator[Phrase]:
    for at in letters_in(view):
        if view.written[at] != view.small[at] or is_marked(view, at) or _starts_line(view.small, at):
            one = mention_at(view, at, shown)
            if one and (one.problem != "beyond the options" or one.marked or view.small[at] not in "ai"):
                yield one
    for start, _ in text_mentions(view, shown):
        if one := phrase_at(view, start, shown, skip=False):
            yield one


def _starts_line(small: str, at: int) -> bool:
    return not small[:at].strip() or small[at - 1] == "\n"


def text_mentions(view: Folded, shown: ShownOptions) -> list[tuple[int, int | None]]:
    """Where option texts of two signs or more stand whole, the longest at each place, none within another."""
    if shown.by == "letter":
        return []
    flat, found = view.small.replace("\n", " "), []
    for key, _ in shown.keys:
        at = flat.find(key) if len(key) > 1 or key.isdigit() else -1
        while at >= 0:
            found.append((at, -len(key)))
            at = flat.find(key, at + 1)
    kept: list[tuple[int, int | None]] = []
    until = 0
    for start, _ in sorted(found):
        named = shown.text_at(view, start) if start >= until and _is_whole(view, start) else None
        if named:
            kept.append((start, named[0]))
            until = named[1]
    return kept


def _is_whole(view: Folded, at: int) -> bool:
    before, sign = view.small[at - 1 : at] if at else "", view.small[at]
    latin = re.compile(f"[{LATIN}]")
    if not before or not latin.match(sign):
        return True
    return not latin.match(before) and before not in "-%^&+~<>/" and not (sign.isdigit() and before in ".,")


def marked_letters(view: Folded, shown: ShownOptions) -> list[Phrase]:
    """Letters in brackets, behind a noun, or with their own text."""
    if shown.by == "text":
        return []
    places = [at for at in letters_in(view) if view.written[at] != view.small[at] or is_marked(view, at)]
    found = (mention_at(view, at, shown) for at in places)
    return [one for one in found if one and (one.marked or (one.text and one.capital))]


def mention_at(view: Folded, at: int, shown: ShownOptions) -> Phrase | None:
    """The option that the single letter at `at` names."""
    marked = is_marked(view, at)
    return lettered(view, at, shown, marked, view.small[at - 1 : at] in ("(", "[") and at > 0)
