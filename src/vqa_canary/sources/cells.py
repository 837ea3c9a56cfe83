"""What stands in one cell of a record: text, a truth value, or something that is neither."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from vqa_canary.quoting import quoted
from vqa_canary.spelling import visible
from vqa_canary.tabular import Unreadable

_TRUE, _FALSE = {"true", "yes", "1", "y"}, {"false", "no", "0", "n"}
_SHOWN, _MEMBERS, _DEEPEST = 300, 26, 4
GAPS = frozenset({"nan", "NaN", "<NA>", "NaT"})
"""Texts that pandas writes for a cell without a value."""
MAYBE_GAPS = frozenset({"None", "none", "NA", "N/A", "n/a", "null", "NULL"})
"""Texts that stand for a missing value in some files, and for an answer in others."""
_BASE64 = re.compile(r"(?:\[\s{0,9}['\"])?(?:(?i:data):[^,]{0,99},)?[A-Za-z0-9+/_\s-]{250}")


class Refused(ValueError):
    """A record that is not used; the message names the field and says why."""


def text_of(value: Any, field: str) -> str:
    """The cell as text; empty where it is null, NaN (or its text: see `GAPS`), an empty list, or holds nothing visible.

    Whole numbers have no point (`2.0` is `2`: tables with gaps turn integers into such), truth values are `Yes`
    and `No`, a list of one is its part.

    Raises
    ------
    Refused : a list of several, a mapping, bytes, or text that is not Unicode
    """
    while isinstance(value, (list, tuple)) and len(value) < 2:
        value = value[0] if value else None
    if isinstance(value, Unreadable):
        raise Refused(f"{field}: {value.why}")
    if value is None or value != value:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if not isinstance(value, (str, int, float, Decimal, date)):
        raise Refused(f"{field}: {quoted(shown(value))} is {_kind(value)}, not a text")
    text = str(value).strip()
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Refused(f"{field}: {quoted(shown(text))} is not Unicode text") from error
    return text if visible(text) and text not in GAPS else ""


def needed_text(value: Any, field: str) -> str:
    """The cell as text.

    Raises
    ------
    Refused : it is empty, or no text
    """
    text = text_of(value, field)
    if not text:
        raise Refused(f"{field}: is empty")
    return text


def truth_of(value: Any, field: str) -> bool | None:
    """The cell as a truth value; None where it is empty.

    Raises
    ------
    Refused : it is neither true, yes, 1 nor false, no, 0
    """
    text = visible(text_of(value, field)).casefold()
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if text:
        raise Refused(f"{field}: {quoted(text)} is neither yes nor no")
    return None


def shown(value: Any, depth: int = 0) -> Any:
    """The cell as `quarantine` keeps it: bounded in length, members and depth, and fit for a UTF-8 file."""
    if isinstance(value, (Mapping, list, tuple)) and depth == _DEEPEST:
        return "..."
    if isinstance(value, Mapping):
        pairs = islice(value.items(), _MEMBERS)
        return {str(shown(str(name))): shown(part, depth + 1) for name, part in pairs}
    if isinstance(value, (list, tuple)):
        return [shown(part, depth + 1) for part in value[:_MEMBERS]]
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"<{len(value)} bytes>"
    if isinstance(value, str):
        if len(value) > _SHOWN and _BASE64.match(value):
            return f"<base64 of {len(value)} characters>"
        cut = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}... ({len(value)} characters)"
        return cut.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, int) and value.bit_length() > 64:
        return f"<a number of {value.bit_length()} bits>"
    return value if value is None or isinstance(value, (bool, int, float)) else shown(str(value))


def _kind(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return "a list of several"
    return "a mapping" if isinstance(value, Mapping) else f"a value of type {type(value).__name__}"
