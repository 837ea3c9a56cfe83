"""How each model looks in every figure: one colour, one mark, one dash, wherever it appears."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

Fill = Literal["none", "left", "full", "right"]

HUES = ("#2b83d6", "#d9691e", "#179a74", "#c2639b", "#a8862a", "#8b6fd1", "#7a7f87", "#c9504f", "#4a9fb5")
"""Each is at least 3:1 against white and against the page's dark."""
MARKS = "osD^v"
FILLS: tuple[Fill, ...] = ("none", "left", "full", "right")
"""How much of a mark is filled."""
DASHES: tuple[tuple[float, ...], ...] = ((1.5, 1.8), (5, 2), (), (7, 2, 1.5, 2))
"""Of lines, beside the fill of the same place."""


class Style(NamedTuple):
    """One series of a figure, as its legend shows it."""

    series: str
    """What highlighting goes by, and the legend's text."""
    hue: str
    mark: str = "o"
    dash: tuple[float, ...] = ()
    note: str = ""
    """What it belongs to: the legend's heading."""
    fill: Fill = "full"


def styles(models: Iterable[str], groups: Mapping[str, str], families: Mapping[str, str]) -> dict[str, Style]:
    """Colour tells groups apart if there are several, else families, else models; marks tell families; how much of a
    mark is filled, and dashes, tell the models of a family in the order given. No two look alike while there is a look
    left: colours times marks times fills."""
    names = list(models)
    group = {name: groups.get(name, "") for name in names}
    family = {name: families.get(name, name) for name in names}
    by = group if len(set(group.values())) > 1 else family if len(set(family.values())) > 1 else None
    hue = _numbered([by[name] if by else name for name in names])
    mark = _numbered([family[name] for name in names])
    members: dict[str, list[str]] = {}
    for name in names:
        members.setdefault(family[name], []).append(name)
    by_model = dict[str, Style]()
    taken = set[tuple[int, int, int]]()
    for name in names:
        of_hue = hue[by[name] if by else name] % len(HUES)
        own = members[family[name]]
        # A family of one is full; of two the first is hollow and the second full.
        place = own.index(name) if len(own) > 2 else 2 * (own.index(name) + 2 - len(own))
        look = _free(taken, of_hue, mark[family[name]] % len(MARKS), place % len(FILLS))
        taken.add(look)
        at, m, f = look
        by_model[name] = Style(name, HUES[at], MARKS[m], DASHES[f], group[name], FILLS[f])
    return by_model


def _free(taken: Collection[tuple[int, int, int]], hue: int, mark: int, fill: int) -> tuple[int, int, int]:
    """The look that is wanted, or the nearest that nobody has: first another mark, then another fill, then colour."""
    for h in range(len(HUES)):
        for f in range(len(FILLS)):
            for m in range(len(MARKS)):
                look = (hue + h) % len(HUES), (mark + m) % len(MARKS), (fill + f) % len(FILLS)
                if look not in taken:
                    return look
    return hue, mark, fill


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
    way = f"M{x} {cy}h24" if style.fill == "full" else f"M{x} {cy}h7.5M{x + 16.5} {cy}h7.5"
    line = f'<path d="{way}" stroke="{style.hue}" stroke-width="1.6" fill="none"{dash}/>'
    shape, edge = shapes[style.mark], f'stroke="{style.hue}" stroke-width="1.2"'
    if style.fill == "full":
        return f'{line}{shape} fill="{style.hue}" {edge}/>'
    hollow = f'{line}{shape} fill="none" {edge}/>'
    if style.fill == "none":
        return hollow
    left, high = cx - (2.4 if style.fill == "left" else 0), cy - 2
    return f'{hollow}<path d="M{left} {high}h2.4v4.4h-2.4z" fill="{style.hue}"/>'
