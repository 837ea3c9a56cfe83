"""Drawing on one panel of a figure, so that each mark keeps its series and its numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from vqa_canary.report.styles import Style

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

INK = "#010203"
"""Stands for the page's text colour until the SVG is written."""
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Pen:
    """Draws on one panel and remembers which mark belongs to which series."""

    def __init__(self, axes: Axes) -> None:
        self.axes = axes
        self.marks: dict[str, tuple[str, str]] = {}

    def line(self, style: Style, xs: Sequence[float], ys: Sequence[float], title: str, **kwargs: Any) -> None:
        """A curve of one series; one of a single point is a mark, for a line through it has no length."""
        alone: dict[str, Any] = {"marker": style.mark, "ms": 4.5} if len(xs) == 1 else {}
        look = {"lw": 1.3, "fillstyle": style.fill, "markerfacecoloralt": "none"} | alone | kwargs
        drawn = self.axes.plot(xs, ys, color=style.hue, **look)[0]
        if style.dash:
            drawn.set_dashes(style.dash)
        self._name(drawn, style.series, title)

    def point(self, style: Style, x: float, y: float, title: str, **kwargs: Any) -> None:
        """A mark of one series."""
        look: dict[str, Any] = {"color": style.hue, "marker": style.mark, "ms": 4.5, "ls": ""}
        look |= {"fillstyle": style.fill, "markerfacecoloralt": "none"} | kwargs
        self._name(self.axes.plot([x], [y], **look)[0], style.series, title)

    def bar(
        self, style: Style, x: Sequence[float | None], y: Sequence[float | None], title: str, **kwargs: Any
    ) -> None:
        """An interval from (x0, y0) to (x1, y1), if it has both ends."""
        xs, ys = ([end for end in ends if end is not None] for ends in (x, y))
        if len(xs) == len(ys) == 2:
            look: dict[str, Any] = {"color": style.hue, "lw": 1.2} | kwargs
            self._name(self.axes.plot(xs, ys, **look)[0], style.series, title)

    def between(
        self, style: Style, low: float, high: float | None, y: float, title: str, **kwargs: Any
    ) -> None:
        """A number that lies between two ends, in row `y`: a broad line with a mark at each; an open end has none."""
        for x in (low, high):
            if x is not None:
                self.point(style, x, y, title, mfc="none", **kwargs)
        if high is not None:
            self.bar(style, [low, high], [y, y], title, lw=3, alpha=0.55)

    def ink(self, xs: Sequence[float], ys: Sequence[float], title: str, ls: str = "--") -> None:
        """A reference in the colour of the text; it has no series."""
        self._name(self.axes.plot(xs, ys, color=INK, lw=0.8, ls=ls)[0], "", title)

    def band(self, xs: Sequence[float], low: Sequence[float], high: Sequence[float], title: str) -> None:
        """A shaded reference."""
        self._name(self.axes.fill_between(xs, low, high, color=INK, alpha=0.13, lw=0), "", title)

    def cell(
        self, place: tuple[int, int], colour: str, text: str, series: str, title: str, bold: bool = False
    ) -> None:
        """A square of a heat map, at column and row, with a number in it that is legible on its colour."""
        column, row = place
        square = self.axes.fill([column, column + 1, column + 1, column], [row, row, row + 1, row + 1],
                                facecolor=colour, edgecolor="#80868e", lw=0.3)[0]  # fmt: skip
        self._name(square, series, title)
        self.axes.text(
            column + 0.5, row + 0.54, text, color=_legible_on(colour), fontsize=6.35, ha="center", va="center",
            weight="bold" if bold else "normal", clip_on=True, in_layout=False,
        )  # fmt: skip

    def in_percent(self, *axes: Literal["x", "y"], unit: str = "%") -> None:
        """Ticks of an axis of shares, as shares are written everywhere, but for a digit that all would have as 0."""
        from matplotlib.ticker import PercentFormatter

        for name in axes:
            axis = self.axes.xaxis if name == "x" else self.axes.yaxis
            axis.set_major_formatter(PercentFormatter(1.0, symbol=f" {unit}"))

    def _name(self, artist: Artist, series: str, title: str) -> None:
        mark = f"mark-{len(self.marks)}"
        artist.set_gid(mark)
        self.marks[mark] = (printable(series), printable(title))


def _legible_on(colour: str) -> str:
    """Near black or white, whichever has the more contrast with a colour: relative luminance of WCAG 2.

    Black itself would be left out of the SVG as the default, and so follow the page's colours.
    """
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return "#111111" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 else "#ffffff"


def printable(text: str) -> str:
    """Without what no XML may hold, such as control characters."""
    return _NOT_IN_XML.sub("\ufffd", text)
