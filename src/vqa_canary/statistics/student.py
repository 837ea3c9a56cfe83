"""Student's t by `scipy.special`: the numbers of `scipy.stats.t` to the last bit, at a fraction of the time."""

from __future__ import annotations

from scipy.special import stdtr, stdtrit


def exceeded_by(alpha: float, df: float) -> float:
    """The value that a t variable with `df` degrees of freedom exceeds with probability `alpha`.

    Examples
    --------
    >>> round(exceeded_by(0.025, df=4), 3)
    2.776
    """
    return -float(stdtrit(df, alpha))


def chance_above(t: float, df: float) -> float:
    """Probability that a t variable with `df` degrees of freedom exceeds `t`; NaN stays NaN.

    Examples
    --------
    >>> round(chance_above(2.776, df=4), 4)
    0.025
    """
    return float(stdtr(df, -t))
