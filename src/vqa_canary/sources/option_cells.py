"""Options that stand in one cell, in every form in which people write them; what may be read in two ways is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from vqa_canary.quoting import listed, quoted
from vqa_canary.sources.cells import Refused, text_of
from vqa_canary.sources.list_text import NoList, looks_like_list, parsed_list
from vqa_canary.sources.option_labels import LETTERS, inline_labelled
from vqa_canary.tabular import Unreadable

_SEPARATORS = {"|": "|", "\n": "\n", ";": ";；", "\t": "\t"}
"""Marks that may stand between options without being named in the settings, each with its full-width form."""
_AS_LIST = 'write them as a JSON list (["...", "..."])'


def listed_options(cell: Any, separator: str | None) -> list[Any]:
    """The options in one cell: a list, a mapping of letters to texts, or a text; empty where the cell is.

    Parameters
    ----------
    separator : what stands between options in a text; None for whichever one of `|`, `;`, tab and line end the text has

    Raises
    ------
    Refused : it can be read in no way, or in two
    """
    if isinstance(cell, Unreadable):
        raise Refused(f"options: {cell.why}")
    if isinstance(cell, Mapping):
        return _of_mapping(cell)
    if isinstance(cell, (list, tuple)):
        # Parquet's type for mappings comes as a list of pairs.
        if cell and all(isinstance(part, tuple) and len(part) == 2 for part in cell):  # a map of Parquet
            pairs = dict(cell)
            if len(pairs) < len(cell):
                raise Refused("options: a letter stands twice in the mapping; keep one")
            return _of_mapping(pairs)
        return [_of_pair(part, at) for at, part in enumerate(cell)]
    text = text_of(cell, "options")
    if looks_like_list(text):
        try:
            parsed = parsed_list(text)
        except NoList as error:
            raise Refused(
                f"options: {quoted(text)} begins like a list and is none ({error}); {_AS_LIST}"
            ) from error
        return listed_options(parsed, separator)
    return _of_text(text, separator) if text else []


def _of_text(text: str, separator: str | None) -> list[Any]:
    # A separator that was named in the settings is taken at its word, empty texts included.
    if separator is not None:
        return list(text.split(separator))
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    present = [name for name, marks in _SEPARATORS.items() if any(mark in lines for mark in marks)]
    # One kind of mark alone can only be the separator; two kinds may be a list in a list, or marks within a text.
    if len(present) == 1:
        parts = re.split(f"[{re.escape(_SEPARATORS[present[0]])}]", lines)
        # Blank lines between options are layout, whereas an empty text between two other marks may be a missing option.
        if present[0] == "\n":
            return [part for part in parts if part.strip()]
        return _without_last_gap(parts, present[0])
    # `A) lung B) liver` on one line: labels tell where each option begins.
    labelled = inline_labelled(" ".join(lines.split()))
    if labelled is not None:
        return list(labelled)
    if len(present) > 1:
        raise Refused(
            f"options: {quoted(text)} holds {' and '.join(map(repr, present))}; say with `separator` which stands "
            f"between options, or {_AS_LIST}"
        )
    if re.search("[,，、/]", text):
        raise Refused(
            f"options: {quoted(text)} may be one text or several, since `,` and `/` also stand within one; {_AS_LIST}, "
            "or say what stands between options (`separator`)"
        )
    return [text]


def _without_last_gap(parts: list[str], mark: str) -> list[Any]:
    """The texts without an empty one behind the last separator.

    Raises
    ------
    Refused : another text is empty (`x || y`, `|x|y|`), and letters may or may not count it
    """
    told = parts[:-1] if parts and not parts[-1].strip() else parts
    if len(told) > 1 and not all(part.strip() for part in told):
        raise Refused(
            f"options: {mark!r} stands twice or before the first text, so that letters may or may not count an empty "
            f"option; say with `separator` what stands between options, or {_AS_LIST}"
        )
    return list(told)


def _of_mapping(cell: Mapping[Any, Any]) -> list[Any]:
    if both := _letters_beside_texts(cell):
        return both
    # Keys in another order than A, B, ... are sorted: a mapping has no order that means anything.
    letters = {str(key).strip().upper(): key for key in cell}
    if len(letters) < len(cell) or sorted(letters) != list(LETTERS[: len(cell)]):
        raise Refused(
            f"options: the keys {listed(cell)} are not A, B, ... without a gap; name them so, or {_AS_LIST}"
        )
    return [cell[letters[letter]] for letter in sorted(letters)]


def _letters_beside_texts(cell: Mapping[Any, Any]) -> list[Any] | None:
    """The options of a mapping of two lists, letters and texts: `{"label": ["A", "B"], "text": ["x", "y"]}`."""
    if set(cell) not in ({"label", "text"}, {"letter", "text"}):
        return None
    labels, texts = cell.get("label", cell.get("letter")), cell["text"]
    if not isinstance(labels, Sequence) or not isinstance(texts, Sequence) or isinstance(texts, str):
        return None
    if [str(label).strip().upper() for label in labels] != list(LETTERS[: len(texts)]):
        raise Refused(f"options: the labels {listed(labels)} are not A, B, ... in order; {_AS_LIST}")
    return list(texts)


def _of_pair(part: Any, at: int) -> Any:
    """The text of a pair such as `{"letter": "A", "content": "x"}` or `["A", "x"]`; any other part as it is."""
    if isinstance(part, Mapping):
        values = list(part.values())
    elif isinstance(part, (list, tuple)) and len(part) > 1:
        values = list(part)
    else:
        return part
    letters = [value for value in values if isinstance(value, str) and value in tuple(LETTERS)]
    if len(values) == 2 and letters == [LETTERS[at : at + 1]]:
        return values[1 - values.index(letters[0])]
    whole = dict(part) if isinstance(part, Mapping) else part
    raise Refused(f"options: {quoted(whole)} is not option {LETTERS[at % 26]} and its text; {_AS_LIST}")
