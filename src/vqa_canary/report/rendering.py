"""What every page is made of: sections, templates, one script, and the files that lie beside it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from vqa_canary.counting import counted
from vqa_canary.report import sheet, styles
from vqa_canary.report.drawing import Figure
from vqa_canary.report.sheet import Sheet

if TYPE_CHECKING:
    from jinja2 import Environment

ROWS_IN_SIGHT = 14
"""A table of more rows than these ends in a box that scrolls; the script measures it, where scripts run."""
ROWS_ON_PAPER = 40
"""Of a table of more rows than these, paper shows the first (`.sheet.long` in the style): who prints reads no more."""

Part = TypeVar("Part", bound=Figure | Sheet)


@dataclass(frozen=True)
class Section:
    """One heading of the page with what stands under it."""

    anchor: str
    title: str
    text: str
    figures: tuple[Figure, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    folded: tuple[Sheet | Figure, ...] = ()
    """Shown when opened: long tables, and further figures."""
    rules: tuple[str, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    """Terms of this section and what they mean."""
    nav: str = ""
    """What the navigation calls it; empty: the title."""
    absent: str = ""
    """Said where there is no figure, so that no heading stands alone."""


class Report(NamedTuple):
    """What `reporting` writes."""

    page: str
    figures: dict[str, str | bytes]
    """File name to SVG text, or to the bytes of a PDF."""
    tables: dict[str, str]
    """File name to CSV or LaTeX text."""


def environment() -> Environment:
    """Templates that escape every text, and fail on a name they do not know."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("vqa_canary.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(
        shown=sheet.shown,
        small=sheet.small,
        sort_key=sheet.sort_key,
        swatch=styles.swatch,
        is_sheet=lambda x: isinstance(x, Sheet),
        counted=counted,
        rows_in_sight=ROWS_IN_SIGHT,
        rows_on_paper=ROWS_ON_PAPER,
    )
    return made


def source(templates: Environment, name: str) -> str:
    """A template's text as it stands in its file."""
    assert templates.loader is not None
    return templates.loader.get_source(templates, name)[0]


def rendered(template: str, skip_to: str, *styles: str, scripted: bool = True, **values: Any) -> str:
    """A page from its template, in the frame that all pages share.

    Parameters
    ----------
    template : its file, which extends `frame.html`
    skip_to : what a reader of the keyboard may skip to, in words
    styles : further style sheets, after the one of all pages
    scripted : whether tables sort and figures light up; without it the page lets no script run
    values : what the template names
    """
    templates = environment()
    script = source(templates, "page.js") if scripted else ""
    return templates.get_template(template).render(
        skip_to=skip_to,
        style="".join(source(templates, name) for name in ("page.css", *styles)),
        script=script,
        script_hash=script_hash(script),
        **values,
    )


def script_hash(script: str) -> str:
    """What the page's policy lets run, and nothing else."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def figure_files(figures: Iterable[Figure]) -> dict[str, str | bytes]:
    """Every figure as files, by name."""
    return {name: file for figure in figures for name, file in figure.files.items()}


def table_files(sections: Sequence[Section]) -> dict[str, str]:
    """Every table of the sections as CSV and as LaTeX, by name."""
    tables: dict[str, str] = {}
    for one in parts(sections, Sheet):
        tables |= {f"{one.name}.csv": one.csv, f"{one.name}.tex": one.latex}
    return tables


def parts(sections: Sequence[Section], kind: type[Part]) -> Iterator[Part]:
    """All figures or all tables of the sections, in their order."""
    for section in sections:
        for part in (*section.figures, *section.sheets, *section.folded):
            if isinstance(part, kind):
                yield part
