"""The names under which a model answered, as its facts tell them."""

from __future__ import annotations

import re

NONE = "none"
"""What the fact `reported_model` says of a server that gives no name."""


def answering_names(fact: str | None) -> tuple[str, ...]:
    """Each name once, in order of the first mention: a run lists its names with commas, and runs are joined by `;`.

    Examples
    --------
    >>> answering_names("m-1; m-1, m-2")
    ('m-1', 'm-2')
    >>> answering_names("none")
    ()
    """
    names = re.split(r"[;,] ", fact or NONE)
    return tuple(dict.fromkeys(name for name in names if name != NONE))
