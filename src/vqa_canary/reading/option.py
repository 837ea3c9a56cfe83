"""Which option a text names, how and where."""

from __future__ import annotations

import re
from collections.abc import Sequence
from string import ascii_uppercase
from typing import Literal

from vqa_canary.reading.outcome import OptionRead
from vqa_canary.reading.thinking import answer_part, thinks_only

By = Literal["either", "letter", "text"]


def read_option(text: str, options: Sequence[str], *, by: By = "either") -> OptionRead:
    """The option of `options` that `text` names."""
    start, end = answer_part(text)
    if start == end:
        return OptionRead(None, "thinking only" if thinks_only(text) else "nothing said")
    found = re.compile(r"\W{0,4}([A-Za-z])(?:[).:\]*\s]{0,4}\Z|[).:]\s)").match(text[:end], start)
    if found and by != "text":
        at = ascii_uppercase.find(found[1].upper())
        if 0 <= at < len(options):
            return OptionRead(at, "letter", *found.span(1), letter=True)
        return OptionRead(None, "beyond the options")
    return OptionRead(None, "no option")
