"""How long a run still takes: what is known of the present stage, and what those after it took elsewhere."""

from __future__ import annotations

from collections.abc import Iterable

PER_INSTANCE = {"ue_scoring": 0.0014, "measuring": 0.0025, "reporting": 0.0005}
"""Seconds that a stage takes for each instance of each model: measured on the study `phantom`, on two busy cores. They
only make the time left a guess instead of none; no result rests on them."""


def seconds_left(done: int, total: int, spent: float, later: Iterable[str], n_instances: int) -> float | None:
    """Seconds that the present step and the later stages will probably take; None where nothing is known yet.

    Parameters
    ----------
    done, total : how far the present step is, such as instances that are asked
    spent : seconds that it has taken so far
    later : the stages that have not begun
    n_instances : instances of all models together
    """
    if total and not done:
        return None
    own = spent * (total - done) / done if done else 0.0
    return own + n_instances * sum(PER_INSTANCE.get(stage, 0.0) for stage in later)


def in_words(seconds: float) -> str:
    """`40 s`, `4 min`, `2 h 10 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
