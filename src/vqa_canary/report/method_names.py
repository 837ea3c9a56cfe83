"""The order in which methods stand in every figure and table, and how the paper abbreviates them."""

from __future__ import annotations

from collections.abc import Iterable

ABBREVIATIONS = {
    "label_nll": "Label NLL",
    "anll": "ANLL",
    "max_nll": "Max NLL",
    "self_consistency": "SC",
    "semantic_entropy": "SE",
    "pro": "PRO",
    "embedding_eigen": "EE",
    "radial_dispersion": "RDS",
}
"""The paper's names of its eight methods, in its order: by probabilities, by agreement of samples, by their vectors."""


def in_order(methods: Iterable[str]) -> list[str]:
    """The paper's methods in its order, then all others by name.

    Examples
    --------
    >>> in_order(["pro", "margin", "anll", "a_method_of_yours"])
    ['anll', 'pro', 'a_method_of_yours', 'margin']
    """
    papers = [*ABBREVIATIONS]
    return sorted(methods, key=lambda name: (papers.index(name) if name in papers else len(papers), name))


def abbreviated(method: str) -> str:
    """How the paper writes it, where space is short; other methods keep their name.

    Examples
    --------
    >>> abbreviated("radial_dispersion"), abbreviated("margin")
    ('RDS', 'margin')
    """
    return ABBREVIATIONS.get(method, method)
