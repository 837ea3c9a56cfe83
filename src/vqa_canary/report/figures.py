"""Figures as SVG text that takes the page's own text colour, so that dark pages stay readable."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INK = "#010203"
"""Stands for the page's text colour until the SVG is written."""
_HUES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a6d3b", "#7f7f7f", "#6a3d9a")
_MARKS = "osD^vPX*<"


class Point(NamedTuple):
    """An estimate to draw; interval ends are None where there is none."""

    label: str
    series: str
    x: float
    value: float
    low: float | None = None
    high: float | None = None


class Slope(NamedTuple):
    """A value before and after."""

    label: str
    before: float
    after: float


def scatter(points: Sequence[Point], x_label: str, y_label: str, reference: Sequence[Point] = ()) -> str:
    """Points of several series with their intervals; `reference` points are hollow and joined."""

    def draw(axes: Axes) -> None:
        axes.axhline(0.5, color=_INK, lw=0.8, ls=":", label="chance")
        if reference:
            ordered = sorted(reference, key=lambda point: point.x)
            xs, ys = [point.x for point in ordered], [point.value for point in ordered]
            axes.plot(xs, ys, "--", color=_INK, marker="o", mfc="none", lw=0.9, label=ordered[0].series)
        for series, hue, mark in _series(points):
            own = [point for point in points if point.series == series]
            axes.plot([p.x for p in own], [p.value for p in own], mark, color=hue, ms=6, label=series)
            for point in own:
                if point.low is not None and point.high is not None:
                    axes.plot([point.x] * 2, [point.low, point.high], color=hue, lw=0.9, alpha=0.6)
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize=8)

    return _svg(draw, width=7.2, height=3.6)


def intervals(points: Sequence[Point], x_label: str, null: float) -> str:
    """One row a label with its estimate and interval, and a line where there would be no effect."""

    def draw(axes: Axes) -> None:
        axes.axvline(null, color=_INK, lw=0.8, ls=":")
        labels = list(dict.fromkeys(point.label for point in points))
        groups = list(_series(points))
        for at, (series, hue, mark) in enumerate(groups):
            shift = 0.5 * ((at + 0.5) / len(groups) - 0.5)
            for point in (one for one in points if one.series == series):
                row = labels.index(point.label) + shift
                if point.low is not None and point.high is not None:
                    axes.plot([point.low, point.high], [row, row], color=hue, lw=1.4)
                axes.plot(point.value, row, mark, color=hue, ms=6)
        axes.set_yticks(range(len(labels)), labels)
        axes.invert_yaxis()
        axes.set_xlabel(x_label)
        if len(groups) > 1:
            _legend_of_series(axes, groups)

    rows = len({point.label for point in points})
    return _svg(draw, width=7.2, height=1.1 + 0.32 * rows)


def slopes(panels: Sequence[tuple[str, Sequence[Slope]]], before: str, after: str) -> str:
    """One panel a quantity: a line for each label from its value before to its value after."""

    def draw(figure: Figure) -> None:
        for at, (title, lines) in enumerate(panels):
            axes = figure.add_subplot(1, len(panels), at + 1)
            for line, hue in zip(lines, cycle(_HUES), strict=False):
                axes.plot([0, 1], [line.before, line.after], "-o", color=hue, ms=5, label=line.label)
            axes.set_xticks([0, 1], [before, after])
            axes.set_xlim(-0.2, 1.2)
            axes.set_ylim(0, 1)
            axes.set_title(title, fontsize=9, color=_INK)
            axes.legend(frameon=False, fontsize=7, loc="upper center", bbox_to_anchor=(0.5, -0.12), ncol=2)
            _plain(axes)

    return _render(draw, width=7.2, height=4.4)


def _series(points: Sequence[Point]) -> Sequence[tuple[str, str, str]]:
    names = dict.fromkeys(point.series for point in points)
    return list(zip(names, cycle(_HUES), cycle(_MARKS), strict=False))


def _legend_of_series(axes: Axes, groups: Sequence[tuple[str, str, str]]) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=hue, marker=mark, label=name) for name, hue, mark in groups]
    axes.legend(handles=handles, loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize=8)


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(_INK)
    axes.tick_params(colors=_INK, labelsize=8)
    axes.xaxis.label.set_color(_INK)
    axes.yaxis.label.set_color(_INK)
    legend = axes.get_legend()
    for text in legend.get_texts() if legend else ():
        text.set_color(_INK)


def _svg(draw: Callable[[Axes], None], width: float, height: float) -> str:
    def draw_one(figure: Figure) -> None:
        axes = figure.add_subplot()
        draw(axes)
        _plain(axes)

    return _render(draw_one, width, height)


def _render(draw: Callable[[Figure], None], width: float, height: float) -> str:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    settings: Any = {"svg.fonttype": "none", "svg.hashsalt": "vqa-canary", "font.family": "sans-serif"}
    with mpl.rc_context(settings):
        figure = Figure(figsize=(width, height), layout="tight")
        draw(figure)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, bbox_inches="tight", metadata={"Date": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :].replace(_INK, "currentColor")
    text = re.sub(r'<svg ([^>]*?)width="[^"]*"', r'<svg \1width="100%"', text, count=1)
    return re.sub(r'(<svg [^>]*?) height="[^"]*"', r"\1", text, count=1)
