"""Colours of the heat maps: brown below the middle, green above, white in it."""

from __future__ import annotations

MISSING = "#c9ccd1"
"""Of a cell without a number."""


def shade(level: float) -> str:
    """The colour of a level, of ColorBrewer's BrBG (Harrower & Brewer 2003): colour-blind people tell its two sides
    apart.

    Parameters
    ----------
    level : -1 (brownest) to 1 (greenest), 0 in the middle; what lies beyond has the colour of the end

    Examples
    --------
    >>> shade(0), shade(-7), shade(1), shade(0.1)
    ('#f5f5f5', '#543005', '#003c30', '#def0ed')
    """
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    return to_hex(colormaps["BrBG"].resampled(1001)((level + 1) / 2))  # steps too small to be seen
