"""How many of what there are, as every message and page says it."""

from __future__ import annotations


def counted(n: int, noun: str, plural: str = "") -> str:
    """`1 image`, `1,203 images`, `2 boxes`.

    Parameters
    ----------
    n : how many, 0 upwards
    noun : in the singular
    plural : where it is not the noun with an s
    """
    return f"{n:,} {noun if n == 1 else plural or f'{noun}s'}"
