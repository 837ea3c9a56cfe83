"""Lists and mappings written as text: JSON, as Python prints them, or as numpy does."""

from __future__ import annotations

import ast
import re
from typing import Any

from vqa_canary.quoting import quoted
from vqa_canary.tabular.json_records import parse_cell

LONGEST = 2**16
"""Most characters of a text that is read as a list."""

_STRING = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_ARRAY = re.compile(r"(?:np\.|numpy\.)?array\((.*?)(?:,\s*dtype=[^()]*)?\)", re.DOTALL)
_BEGINS = re.compile(r"[\[{]|\(\s*['\"]|(?:np\.|numpy\.)?array\(")


class NoList(ValueError):
    """A text that begins like a list or a mapping and is none; the message says why."""


def looks_like_list(text: str) -> bool:
    """Whether the text begins as a list, a tuple of texts, a mapping or a numpy array is written."""
    return bool(_BEGINS.match(text))


def parsed_list(text: str) -> Any:
    """The list or mapping that the text writes out.

    JSON is tried first, then Python's way (`['a', "b's"]`, `('a', 'b')`, `{'A': 'a'}`; `nan` and `None` are null), then
    numpy's (`['a' 'b']`, `array(['a', 'b'], dtype=object)`). Nothing is ever run.

    Raises
    ------
    NoList : longer than `LONGEST`, broken, a key that stands twice, or something else than texts, numbers and lists
    """
    if len(text) > LONGEST:
        raise NoList(f"longer than {LONGEST} characters")
    try:
        return parse_cell(text)
    except ValueError as error:
        # A key that stands twice is an answer of its own: no other way of reading may hide it.
        if "stands twice" in str(error):
            raise NoList(str(error)) from error
        told = str(error)
    if found := _ARRAY.fullmatch(text):
        text = found[1].strip()
    # Before Python's way: Python joins texts that stand side by side, so `['a' 'b']` would become one option.
    if (texts := _without_commas(text)) is not None:
        return texts
    try:
        # The syntax tree is walked, never run: of names only those of missing values are known.
        return _value(ast.parse(text, mode="eval").body)
    except NoList:
        raise
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        what = told if text.startswith(("[", "{")) else type(error).__name__
        raise NoList(what[:100]) from error


def _without_commas(text: str) -> list[str] | None:
    """The texts of a list that has no commas between them, as numpy prints it; Python would join such texts.

    Raises
    ------
    NoList : commas stand between some of the texts alone
    """
    if not (text.startswith("[") and text.endswith("]")):
        return None
    body, at = text[1:-1], 0
    parts, gaps = list[str](), list[str]()
    for found in _STRING.finditer(body):
        gaps.append(body[at : found.start()])
        parts.append(found[0])
        at = found.end()
    gaps.append(body[at:])
    between = gaps[1:-1]
    if (
        len(parts) < 2
        or any(gap.strip() for gap in (gaps[0], gaps[-1]))
        or not any(not gap.strip() for gap in between)
    ):
        return None
    if any(gap.strip() for gap in between):
        raise NoList("commas stand between some of its texts alone")
    return [str(ast.literal_eval(part)) for part in parts]


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant) and (
        node.value is None or isinstance(node.value, (str, int, float, bool))
    ):
        return node.value
    if isinstance(node, (ast.List, ast.Tuple)):
        return [_value(part) for part in node.elts]
    if isinstance(node, ast.Name) and node.id in ("nan", "NaN", "null"):
        return None
    if (
        isinstance(node, ast.UnaryOp)
        and isinstance(node.op, ast.USub)
        and isinstance(node.operand, ast.Constant)
    ):
        value = node.operand.value
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return -value
    if isinstance(node, ast.Dict):
        return _mapping(node)
    raise NoList("holds something else than texts, numbers, lists and mappings")


def _mapping(node: ast.Dict) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, part in zip(node.keys, node.values, strict=True):
        name = str(_value(key)) if key is not None else None
        if name is None:
            raise NoList("holds a mapping inside a mapping (`**`)")
        if name in found:
            raise NoList(f"the key {quoted(name)} stands twice")
        found[name] = _value(part)
    return found
