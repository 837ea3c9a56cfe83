"""How each model looks in every figure: one colour, one mark, one dash, wherever it appears."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

HUES = ("#2b83d6", "#d9691e", "#179a74", "#c2639b", "#a8862a", "#8b6fd1", "#7a7f87", "#c9504f", "#4a9fb5")
"""Each is at least 3:1 against white and against the page's dark."""
MARKS = "osD^v"
DASHES: tuple[tuple[float, ...], ...] = ((), (5, 2), (1.5, 1.8))


class Style(NamedTuple):
    """One series of a figure, as its legend shows it."""

    series: str
    """What highlighting goes by, and the legend's text."""
    hue: str
    mark: str = "o"
    dash: tuple[float, ...] = ()
    note: str = ""
    """What it belongs to: the legend's heading."""


def styles(models: Iterable[str], groups: Mapping[str, str], families: Mapping[str, str]) -> dict[str, Style]:
    """Colour tells groups apart if there are several, else families, else models; then marks tell
    families, and dashes the models of a family, in the order given."""
    names = list(models)
    group = {name: groups.get(name, "") for name in names}
    family = {name: families.get(name, name) for name in names}
    by = group if len(set(group.values())) > 1 else family if len(set(family.values())) > 1 else None
    hue = _numbered([by[name] if by else name for name in names])
    mark = _numbered([family[name] for name in names])
    place: dict[str, int] = {}
    by_model = {}
    for name in names:
        place[family[name]] = place.get(family[name], -1) + 1
        by_model[name] = Style(
            name,
            HUES[hue[by[name] if by else name] % len(HUES)],
            MARKS[mark[family[name]] % len(MARKS)],
            DASHES[place[family[name]] % len(DASHES)],
            group[name],
        )
    return by_model


def _numbered(names: Sequence[str]) -> dict[str, int]:
    return {name: at for at, name in enumerate(dict.fromkeys(names))}


def swatch(style: Style, x: float = 0, y: float = 0) -> str:
    """The line and mark of a legend entry, 24 by 12, as SVG elements."""
    cx, cy = x + 12, y + 6
    dash = f' stroke-dasharray="{" ".join(map(str, style.dash))}"' if style.dash else ""
    shapes = {
        "o": f'<circle cx="{cx}" cy="{cy}" r="3.5"',
        "s": f'<rect x="{cx - 3}" y="{cy - 3}" width="6" height="6"',
        "D": f'<path d="M{cx} {cy - 4.4}l4.4 4.4l-4.4 4.4l-4.4 -4.4z"',
        "^": f'<path d="M{cx} {cy - 4}l4 7.4h-8z"',
        "v": f'<path d="M{cx} {cy + 4}l4 -7.4h-8z"',
    }
    line = f'<path d="M{x} {cy}h24" stroke="{style.hue}" stroke-width="1.6" fill="none"{dash}/>'
    return f'{line}{shapes[style.mark]} fill="{style.hue}"/>'
