"""Colours of the heat maps: brown below the middle, green above, white in it."""

from __future__ import annotations

SCALE = (
    "#543005", "#8c510a", "#bf812d", "#dfc27d", "#f6e8c3", "#f5f5f5", "#c7eae5", "#80cdc1",
    "#35978f", "#01665e", "#003c30",
)  # fmt: skip
"""ColorBrewer's BrBG of eleven steps (Harrower & Brewer 2003): colour-blind people tell its two sides apart."""
MISSING = "#c9ccd1"
"""Of a cell without a number."""


def shade(level: float) -> str:
    """The colour of a level, mixed from the two nearest steps.

    Parameters
    ----------
    level : -1 (brownest) to 1 (greenest), 0 in the middle; what lies beyond has the colour of the end

    Examples
    --------
    >>> shade(0), shade(-7), shade(1), shade(0.1)
    ('#f5f5f5', '#543005', '#003c30', '#def0ed')
    """
    place = (max(-1.0, min(1.0, level)) + 1) / 2 * (len(SCALE) - 1)
    at = min(int(place), len(SCALE) - 2)
    part = place - at
    mixed = [
        round((1 - part) * int(SCALE[at][k : k + 2], 16) + part * int(SCALE[at + 1][k : k + 2], 16))
        for k in (1, 3, 5)
    ]
    return "#" + "".join(f"{value:02x}" for value in mixed)
