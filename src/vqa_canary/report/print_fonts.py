"""Fonts of printed figures: cut down to their letters once for many figures, which takes a quarter of a second each.

matplotlib cuts a font down anew for every PDF, to the letters of that PDF. Here it is given the same cut-down font
for every figure whose texts are plain letters, digits and signs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache
from typing import Any

PLAIN = "".join(map(chr, range(0x20, 0x7F))) + "\u2212\u2013\u2026\u201c\u201d\u00b1\u2264\u2265"
"""Letters and signs that every cut-down font has, so that most figures can share it: a set that is always the same,
for a figure has to give the same bytes whatever was printed before it."""
MOST = 16
"""Cut-down fonts that are remembered."""
_known: dict[tuple[Any, frozenset[int]], Any] = {}


@contextmanager
def shared_fonts() -> Iterator[None]:
    """While it is open, matplotlib's PDFs embed shared fonts of TrueType (`pdf.fonttype: 42`)."""
    from matplotlib.backends import _backend_pdf_ps

    fonts: Any = _backend_pdf_ps  # no public way leads there
    cut = fonts.get_glyphs_subset

    def shared(font: Any, glyphs: Iterable[int]) -> AbstractContextManager[Any]:
        wanted = font, frozenset(glyphs) | _plain(font)
        if wanted not in _known:
            with cut(*wanted) as found:
                _known[wanted] = found
        return nullcontext(_known[wanted])

    fonts.get_glyphs_subset = shared
    try:
        yield
    finally:
        fonts.get_glyphs_subset = cut
        while len(_known) > MOST:
            _known.pop(next(iter(_known)))


@lru_cache(MOST)
def _plain(font: Any) -> frozenset[int]:
    from matplotlib.font_manager import get_font

    return frozenset(get_font(font).get_char_index(ord(letter)) for letter in PLAIN)
