"""A figure: panels drawn by matplotlib, as SVG text that takes the colour of the page's own text.

Every panel is an SVG of its own, so that a narrow page stacks them at a readable size; a file holds
them all, with the legend. Marks are `<g class="series" data-series="...">` with a `<title>`.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Literal

from vqa_canary.report.styles import Style, swatch

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

INK = "#010203"
"""Stands for the page's text colour until the SVG is written."""
POINTS_AN_INCH = 72
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
            column + 0.5, row + 0.54, text, color=_legible_on(colour), fontsize=6.4, ha="center", va="center",
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
    """Black or white, whichever has the more contrast with a colour: relative luminance of WCAG 2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return "#000000" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 else "#ffffff"


@dataclass(frozen=True)
class Panel:
    """One pair of axes."""

    title: str
    draw: Callable[[Pen], None]
    width: float = 3.0
    """Inches."""
    height: float = 2.4


@dataclass(frozen=True)
class Figure:
    """Panels that belong together, drawn."""

    name: str
    """Of its file; the same figure of another data set has another."""
    title: str
    caption: str
    panels: tuple[str, ...]
    """SVG text of each."""
    legend: tuple[Style, ...] = ()

    @property
    def widest(self) -> float:
        """Points of the widest panel."""
        return max(_size(panel)[0] for panel in self.panels)

    @property
    def file(self) -> str:
        """All panels and the legend as one SVG."""
        sizes = [_size(panel) for panel in self.panels]
        width, height = max(w for w, _ in sizes), max(h for _, h in sizes)
        columns = min(4, len(sizes))
        longest = 34 + 6 * max((len(style.series) for style in self.legend), default=0)
        entries = max(1, int(columns * width // longest))
        top = -(-len(sizes) // columns) * height
        body = [
            panel.replace("<svg ", f'<svg x="{at % columns * width}" y="{at // columns * height}" '
                          f'width="{w}" height="{h}" ', 1)
            for at, (panel, (w, h)) in enumerate(zip(self.panels, sizes, strict=True))
        ]  # fmt: skip
        for at, style in enumerate(self.legend):
            x, y = 8 + at % entries * longest, top + 6 + at // entries * 16
            text = f'<text x="{x + 30}" y="{y + 10}" font-size="9">{escape(style.series)}</text>'
            body.append(swatch(style, x, y) + text)
        total = columns * width, top + 10 + -(-len(self.legend) // entries) * 16
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'viewBox="0 0 {total[0]:g} {total[1]:g}" width="{total[0]:g}pt" height="{total[1]:g}pt" '
            f'font-family="sans-serif" fill="currentColor"><title>{escape(self.title)}</title>\n'
            + "\n".join(body)
            + "</svg>\n"
        )


def figure(
    name: str, title: str, caption: str, panels: Iterable[Panel], legend: Iterable[Style] = ()
) -> Figure:
    """The panels drawn; a figure without panels has nothing to show."""
    title, caption = printable(title), printable(caption)
    legend = [style._replace(series=printable(style.series)) for style in legend]
    drawn = tuple(
        panel_svg(panel, f"{name}-{at}", f"{title}: {panel.title}" if panel.title else title)
        for at, panel in enumerate(panels)
    )
    return Figure(name, title, caption, drawn, tuple(legend))


def panel_svg(panel: Panel, salt: str, label: str) -> str:
    """One panel as SVG; `salt` makes its inner ids its own, `label` is what a screen reader says."""
    import matplotlib as mpl
    from matplotlib.figure import Figure as Canvas

    settings: Any = {"svg.fonttype": "none", "svg.hashsalt": salt, "font.size": 8, "text.parse_math": False}
    settings |= {"figure.autolayout": False, "figure.constrained_layout.use": False}  # else see `_lay_out`
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with mpl.rc_context(settings):
        canvas = Canvas(figsize=(panel.width, panel.height), dpi=POINTS_AN_INCH, layout="constrained")
        pen = Pen(canvas.add_subplot())
        panel.draw(pen)
        pen.axes.set_title(panel.title, fontsize=8.5, color=INK, loc="left")
        _plain(pen.axes)
        _lay_out(canvas)
        buffer = io.StringIO()
        canvas.savefig(buffer, format="svg", transparent=True, metadata=nothing)
    text = _tidy(printable(buffer.getvalue()), pen.marks)
    return text.replace("<svg ", f'<svg role="img" aria-label="{escape(printable(label))}" ', 1)


def _lay_out(canvas: Canvas) -> None:
    """Place the axes, as saving would do by drawing the whole panel once more than is needed."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    FigureCanvasSVG(canvas)  # it is an SVG whose texts are measured
    engine = canvas.get_layout_engine()
    assert engine is not None
    engine.execute(canvas)
    # Not "none", which leaves a placeholder: of a canvas that has one, saving draws everything once to lay it out.
    canvas.set_layout_engine(None)


def _plain(axes: Axes) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(INK)
    axes.tick_params(colors=INK, labelsize=7.5)
    axes.xaxis.label.set_color(INK)
    axes.yaxis.label.set_color(INK)


def _tidy(text: str, marks: dict[str, tuple[str, str]]) -> str:
    """Without what a page must not repeat: styles for all of it, ids, fonts, needless digits."""
    text = text[text.index("<svg") :]
    text = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", text, count=1, flags=re.DOTALL)
    text = re.sub(r'<g id="[^"]*"/>', "", text)  # ticks of no length
    text = re.sub(r"; font-family: [^;\"]*", "", text)
    text = re.sub(r" transform=\"rotate\(-0 [^)]*\)\"", "", text)
    text = re.sub(r"<[^>]*>", lambda tag: _LONG_NUMBER.sub(_rounded, tag[0]), text)  # not in names and labels
    text = re.sub(r"\s*\n\s*", " ", text).replace("> <", "><").replace(INK, "currentColor")
    text = re.sub(r' (width|height)="[\d.]+pt"', "", text, count=2)
    return re.sub(r'<g id="([^"]*)">', lambda match: _opened(match[1], marks), text)


_LONG_NUMBER = re.compile(r"\d+\.\d{4,}")


def _rounded(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}"


def printable(text: str) -> str:
    """Without what no XML may hold, such as control characters."""
    return _NOT_IN_XML.sub("\ufffd", text)


def _opened(name: str, marks: dict[str, tuple[str, str]]) -> str:
    if name not in marks:
        return "<g>"
    series, title = marks[name]
    kind = f'class="series" data-series="{escape(series)}"' if series else 'class="reference"'
    return f"<g {kind}><title>{escape(title)}</title>"


def _size(svg: str) -> tuple[float, float]:
    match = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    assert match is not None
    return float(match[1]), float(match[2])
