"""A figure: panels drawn by matplotlib, as SVG text that takes the colour of the page's own text.

Every panel is an SVG of its own, so that a narrow page stacks them at a readable size; a file holds
them all, with the legend. Marks are `<g class="series" data-series="...">` with a `<title>`.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from vqa_canary.report.pen import INK
from vqa_canary.report.pen import Pen as Pen
from vqa_canary.report.pen import printable as printable
from vqa_canary.report.printing import in_columns, smallest_type
from vqa_canary.report.styles import Style, swatch

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas
    from matplotlib.text import Text

POINTS_AN_INCH = 72
NEARLY = (0.2, 0.2, 0.75, 0.7)
"""About where axes are in a panel: left, bottom, width and height, as parts of it."""
MARGIN = 3.0
"""Points around all that is drawn."""
LEAST_ON_SCREEN = 10.0
"""Pixels of type that is still legible on a small screen."""
LEAST = 0.2
"""Part of a panel that axes keep, however long their labels."""


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
    printed: Mapping[str, bytes] = field(default_factory=dict)
    """PDF of each width of column, and perhaps a PNG, by the end of the file's name: see `printing.in_columns`."""

    smallest: float = 7.5
    """Points of the smallest type in the panels."""

    @property
    def widest(self) -> float:
        """Points of the widest panel."""
        return max(_size(panel)[0] for panel in self.panels)

    @property
    def readable(self) -> float:
        """Pixels of a screen at which the smallest type of the widest panel is as high as `LEAST_ON_SCREEN`."""
        return self.widest * LEAST_ON_SCREEN / self.smallest

    @property
    def files(self) -> dict[str, str | bytes]:
        """All files of the figure, by name: one SVG, and those for print."""
        return {f"{self.name}.svg": self.file} | {
            f"{self.name}{end}": content for end, content in self.printed.items()
        }

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
    name: str,
    title: str,
    caption: str,
    panels: Iterable[Panel],
    legend: Iterable[Style] = (),
    pictured: bool = False,
) -> Figure:
    """The panels drawn; a figure without panels has nothing to show.

    Parameters
    ----------
    pictured : whether it is wanted as PNG, too, for programs that show no SVG
    """
    title, caption = printable(title), printable(caption)
    legend = [style._replace(series=printable(style.series)) for style in legend]
    drawn = [
        panel_svg(panel, f"{name}-{at}", f"{title}: {panel.title}" if panel.title else title)
        for at, panel in enumerate(panels)
    ]
    if not drawn:
        return Figure(name, title, caption, (), tuple(legend))
    canvases = [canvas for _, canvas in drawn]
    smallest = min(map(smallest_type, canvases))
    files = in_columns(title, canvases, legend, pictured)
    return Figure(name, title, caption, tuple(svg for svg, _ in drawn), tuple(legend), files, smallest)


def panel_svg(panel: Panel, salt: str, label: str) -> tuple[str, Canvas]:
    """One panel as SVG, and as matplotlib can draw it again in a PDF.

    Parameters
    ----------
    salt : makes its inner ids its own
    label : what a screen reader says
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure as Canvas

    settings: Any = {"svg.fonttype": "none", "svg.hashsalt": salt, "font.size": 8, "text.parse_math": False}
    settings |= {"figure.autolayout": False, "figure.constrained_layout.use": False}
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with mpl.rc_context(settings):
        canvas = Canvas(figsize=(panel.width, panel.height), dpi=POINTS_AN_INCH)
        pen = Pen(canvas.add_subplot())
        panel.draw(pen)
        title = pen.axes.set_title(panel.title, fontsize=8.5, color=INK, loc="left")
        _plain(pen.axes)
        _lay_out(canvas, pen.axes)
        _keep_inside(canvas, pen.axes, title)
        buffer = io.StringIO()
        canvas.savefig(buffer, format="svg", transparent=True, metadata=nothing)
    text = _tidy(printable(buffer.getvalue()), pen.marks)
    return text.replace("<svg ", f'<svg role="img" aria-label="{escape(printable(label))}" ', 1), canvas


def _lay_out(canvas: Canvas, axes: Axes) -> None:
    """Give the axes all the room that their labels leave, measured once where they will nearly be."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    FigureCanvasSVG(canvas)  # it is an SVG whose texts are measured
    axes.set_position(NEARLY)
    around, inside, whole = axes.get_tightbbox(for_layout_only=True), axes.bbox, canvas.bbox
    assert around is not None
    left, right = inside.x0 - around.x0 + MARGIN, around.x1 - inside.x1 + MARGIN
    below, above = inside.y0 - around.y0 + MARGIN, around.y1 - inside.y1 + MARGIN
    width, height = (
        max(LEAST, 1 - used / size)
        for used, size in ((left + right, whole.width), (below + above, whole.height))
    )
    axes.set_position((left / whole.width, below / whole.height, width, height))


def _keep_inside(canvas: Canvas, axes: Axes, title: Text) -> None:
    """Move a title that would leave the panel at its right to the left, as far as the panel reaches."""
    box = title.get_window_extent()
    beyond = box.x1 + MARGIN - canvas.bbox.width
    if beyond > 0:
        title.set_x(-min(beyond, box.x0 - MARGIN) / axes.bbox.width)


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
