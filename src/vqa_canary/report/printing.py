"""Figures as PDF for print, and as PNG for programs that show no SVG: panels that are already drawn, set in one or two
columns of a page, with their legend."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from vqa_canary.masking import conceal
from vqa_canary.report.print_fonts import shared_fonts
from vqa_canary.report.styles import Style

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas
    from PIL.Image import Image

COLUMNS: Mapping[str, float] = {"single": 86 / 25.4 * 72, "double": 178 / 25.4 * 72}
"""Width in points of a column, and of two with what is between them, as most journals have them."""
LARGEST_SCALE = 1.15
"""Panels are set at no more than this times their size, in which type has 6.35 to 8.5 points."""
LEAST_TYPE = 6.0
"""Points: panels stand beside one another only as far as all type is as large as this."""
ENTRY, SIZE = 14.0, 7.5
"""Height of a line of the legend and its type, in points."""
PIXELS, FEW_PIXELS = 1600, 640
"""Width of a PNG, which is two columns wide; and of one that stands beside text, as a note in MLflow, which shows every
picture at its own size."""


def in_columns(
    title: str, panels: Sequence[Canvas], legend: Sequence[Style], pictured: bool
) -> dict[str, bytes]:
    """The figure by the end of a file's name: a PDF for each width of column, and a PNG where it is wanted; the same
    panels give the same bytes.

    Parameters
    ----------
    title : in the properties of the PDF
    panels : laid out, with 72 dots an inch; at least one
    pictured : whether it is wanted as PNG, too
    """
    pages = {name: _page(panels, legend, width) for name, width in COLUMNS.items()}
    files = {f"_{name}.pdf": _pdf(title, page) for name, page in pages.items()}
    return files | ({".png": _png(pages["double"])} if pictured else {})


def smallest_type(panel: Canvas) -> float:
    """Points of the smallest type in a panel."""
    from matplotlib.text import Text

    return min(float(text.get_fontsize()) for text in panel.findobj(Text) if text.get_text())


class _Placed(NamedTuple):
    """A drawing on a page."""

    canvas: Canvas
    scale: float
    """Times its size."""
    x: float
    """Points from the left edge of the page."""
    y: float
    """Points from its lower edge."""


class _Page(NamedTuple):
    width: float
    """In points, as is the height."""
    height: float
    placed: list[_Placed]


def _page(panels: Sequence[Canvas], legend: Sequence[Style], width: float) -> _Page:
    sizes = [tuple(72 * inches for inches in panel.get_size_inches()) for panel in panels]
    widest, highest = max(w for w, _ in sizes), max(h for _, h in sizes)
    least = LEAST_TYPE / min(map(smallest_type, panels))
    beside = min(len(panels), max(1, int(width / (least * widest))))
    scale = min(LARGEST_SCALE, width / (beside * widest))
    rows = -(-len(panels) // beside)
    key = _legend(legend, width) if legend else None
    below = 72 * float(key.get_size_inches()[1]) if key else 0.0
    height = rows * scale * highest + below
    placed = [
        _Placed(
            panel, scale, at % beside * scale * widest, height - at // beside * scale * highest - scale * h
        )
        for at, (panel, (_, h)) in enumerate(zip(panels, sizes, strict=True))
    ]
    return _Page(width, height, placed + ([_Placed(key, 1.0, 0.0, 0.0)] if key else []))


def _pdf(title: str, page: _Page) -> bytes:
    import matplotlib as mpl
    from matplotlib.backends import backend_pdf

    pdf: Any = backend_pdf  # its functions have no types
    nothing = dict.fromkeys(("Creator", "Producer", "CreationDate"))  # a date would differ from run to run
    buffer = io.BytesIO()
    with mpl.rc_context({"pdf.fonttype": 42}), shared_fonts():  # embedded as TrueType, which journals ask for
        file = pdf.PdfFile(buffer, metadata={**nothing, "Title": conceal(title)})
        file.newPage(page.width / 72, page.height / 72)
        for canvas, times, x, y in page.placed:
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


def _png(page: _Page) -> bytes:
    """The page on white."""
    from matplotlib.backends import backend_agg
    from PIL.Image import frombytes, new

    agg: Any = backend_agg  # its functions have no types
    zoom = PIXELS / page.width
    whole = new("RGB", (PIXELS, round(zoom * page.height)), "white")
    for canvas, times, x, y in page.placed:
        was, dots = canvas.dpi, 72 * times * zoom
        w, h = (round(dots * inches) for inches in canvas.get_size_inches())
        renderer = agg.RendererAgg(w, h, dots)
        renderer.draw_text = _concealing(renderer.draw_text)
        canvas.dpi = dots
        canvas.draw(renderer)
        canvas.dpi = was
        drawn = frombytes("RGBA", (w, h), bytes(renderer.buffer_rgba()))
        whole.paste(drawn, (round(zoom * x), whole.height - round(zoom * y) - h), drawn)
    return _as_png(whole)


def smaller(png: bytes) -> bytes:
    """The same picture with `FEW_PIXELS`."""
    from PIL.Image import Resampling
    from PIL.Image import open as opened

    whole = opened(io.BytesIO(png)).convert("RGB")
    size = FEW_PIXELS, round(whole.height * FEW_PIXELS / whole.width)
    return _as_png(whole.resize(size, Resampling.LANCZOS))


def _as_png(picture: Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _concealing(draw_text: Any) -> Any:
    """Draws texts without secrets: none can be masked in a file that is written."""
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
        line = Line2D([x / 72, (x + 12) / 72, (x + 24) / 72], [y / 72] * 3, color=style.hue, marker=style.mark,
                      markevery=[1], ms=5, lw=1.3, fillstyle=style.fill, markerfacecoloralt="none",
                      transform=canvas.dpi_scale_trans)  # fmt: skip
        if style.dash:
            line.set_dashes(style.dash)
        canvas.add_artist(line)
        canvas.text((x + 29) / width, y / (72 * canvas.get_figheight()), style.series, fontsize=SIZE, va="center",
                    parse_math=False)  # fmt: skip
    return canvas
