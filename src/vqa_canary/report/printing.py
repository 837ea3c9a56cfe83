"""Figures as PDF for print: panels that are already drawn, set in one or two columns of a page, with their legend."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vqa_canary.masking import conceal
from vqa_canary.report.styles import Style

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

COLUMNS: Mapping[str, float] = {"single": 86 / 25.4 * 72, "double": 178 / 25.4 * 72}
"""Width in points of a column, and of two with what is between them, as most journals have them."""
LARGEST_SCALE = 1.15
"""Panels are set at no more than this times their size, in which type has 6.4 to 8.5 points."""
ENTRY, SIZE = 14.0, 7.5
"""Height of a line of the legend and its type, in points."""


def in_columns(title: str, panels: Sequence[Canvas], legend: Sequence[Style]) -> dict[str, bytes]:
    """A PDF for each width of column; the same panels give the same bytes.

    Parameters
    ----------
    title : in the properties of the file
    panels : laid out, with 72 dots an inch; at least one
    """
    return {name: _page(title, panels, legend, width) for name, width in COLUMNS.items()}


def _page(title: str, panels: Sequence[Canvas], legend: Sequence[Style], width: float) -> bytes:
    import matplotlib as mpl
    from matplotlib.backends import backend_pdf

    pdf: Any = backend_pdf  # its functions have no types
    sizes = [tuple(72 * inches for inches in panel.get_size_inches()) for panel in panels]
    widest, highest = max(w for w, _ in sizes), max(h for _, h in sizes)
    beside = min(len(panels), max(1, round(width / widest)))
    scale = min(LARGEST_SCALE, width / (beside * widest))
    rows = -(-len(panels) // beside)
    key = _legend(legend, width) if legend else None
    below = 72 * float(key.get_size_inches()[1]) if key else 0.0
    height = rows * scale * highest + below
    placed = [
        (panel, scale, at % beside * scale * widest, height - at // beside * scale * highest - scale * h)
        for at, (panel, (_, h)) in enumerate(zip(panels, sizes, strict=True))
    ]
    placed += [(key, 1.0, 0.0, 0.0)] if key else []
    nothing = dict.fromkeys(("Creator", "Producer", "CreationDate"))  # a date would differ from run to run
    buffer = io.BytesIO()
    with mpl.rc_context({"pdf.fonttype": 42}):  # embedded as TrueType, which journals ask for
        file = pdf.PdfFile(buffer, metadata={**nothing, "Title": conceal(title)})
        file.newPage(width / 72, height / 72)
        for canvas, times, x, y in placed:
            w, h = canvas.get_size_inches()
            file.output(pdf.Op.gsave)
            file.output(times, 0, 0, times, x, y, pdf.Op.concat_matrix)
            renderer = pdf.RendererPdf(file, 72, h, w)
            renderer.draw_text = _concealing(renderer.draw_text)
            canvas.draw(renderer)
            renderer.finalize()
            file.output(pdf.Op.grestore)
        file.finalize()
    return buffer.getvalue()


def _concealing(draw_text: Any) -> Any:
    """Draws texts without secrets: none can be masked in a PDF that is written."""
    return lambda gc, x, y, text, *rest, **more: draw_text(gc, x, y, conceal(text), *rest, **more)


def _legend(legend: Sequence[Style], width: float) -> Canvas:
    """The looks with their names, as many beside one another as fit."""
    from matplotlib.figure import Figure as Canvas
    from matplotlib.lines import Line2D

    longest = max(len(style.series) for style in legend)
    beside = max(1, int(width // (34 + 0.62 * SIZE * longest)))
    rows = -(-len(legend) // beside)
    canvas = Canvas(figsize=(width / 72, (ENTRY * rows + 6) / 72), dpi=72)
    for at, style in enumerate(legend):
        x, y = 6 + at % beside * width / beside, ENTRY * (rows - at // beside - 0.5) + 3
        line = Line2D([x, x + 12, x + 24], [y] * 3, color=style.hue, marker=style.mark, markevery=[1], ms=5, lw=1.3,
                      fillstyle=style.fill, markerfacecoloralt="none")  # fmt: skip
        if style.dash:
            line.set_dashes(style.dash)
        canvas.add_artist(line)
        canvas.text((x + 29) / width, y / (72 * canvas.get_figheight()), style.series, fontsize=SIZE, va="center",
                    parse_math=False)  # fmt: skip
    return canvas
