"""How numbers are written, by one rule for every page and message; it stands in docs/report.md.

Shares are in percent with one digit after the point, and are never rounded to nothing or everything. What was set
stands as it was set. Other numbers have a digit before the point and three after it.
"""

from __future__ import annotations

MINUS = "\N{MINUS SIGN}"
POINTS = "points"
"""Unit of a difference between two shares, in hundredths."""


def percent(share: float | None, sign: bool = False, unit: str = "%") -> str:
    """A share that was measured.

    Parameters
    ----------
    share : -1 to 1; None is a dash
    sign : whether a plus is written, too
    unit : `POINTS` for a difference of two shares

    Examples
    --------
    >>> percent(0.62), percent(0.0002), percent(0.9999), percent(1.0), percent(None)
    ('62.0 %', 'under 0.1 %', 'over 99.9 %', '100.0 %', '-')
    >>> percent(0.094, sign=True, unit=POINTS)
    '+9.4 points'
    """
    if share is None:
        return "-"
    size = abs(share) * 100
    # Below 0: between that and nothing, so that an interval shows on which side its ends are.
    if 0 < size < 0.05:
        return f"under 0.1 {unit}" if share > 0 else f"above {MINUS}0.1 {unit}"
    if 99.95 <= size < 100:
        return f"over 99.9 {unit}" if share > 0 else f"under {MINUS}99.9 {unit}"
    return (MINUS if share < 0 else "+" if sign and share else "") + f"{size:.1f} {unit}"


def limits(low: float, high: float, sign: bool = False, unit: str = "%") -> str:
    """The ends of an interval of a share, with their unit once.

    Examples
    --------
    >>> limits(0.601, 0.724)
    '60.1 to 72.4 %'
    """
    return f"{percent(low, sign, unit).removesuffix(f' {unit}')} to {percent(high, sign, unit)}"


def stated(share: float) -> str:
    """A share that was set, as it was set: what keeps to 12.5 % need not keep to 12 %.

    Examples
    --------
    >>> stated(0.125), stated(1 - 0.05)
    ('12.5 %', '95 %')
    """
    return f"{100 * share:.10g} %"


def decimal(value: float, digits: int = 3, sign: bool = False) -> str:
    """A number that is no share.

    Examples
    --------
    >>> decimal(0.8124), decimal(-0.0001), decimal(0.02, sign=True)
    ('0.812', '0.000', '+0.020')
    """
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0:
        return text
    return (MINUS if value < 0 else "+" if sign else "") + text


def significant(value: float | None) -> str:
    """A threshold or an uncertainty, with the six digits that were tested: a rounded one would answer other questions.

    Examples
    --------
    >>> significant(0.314159), significant(None)
    ('0.314159', '-')
    """
    return "-" if value is None else (MINUS if value < 0 else "") + f"{abs(value):.6g}"


def p_text(p: float | None) -> str:
    """A p-value, with a word before it; a dash where there is none.

    Examples
    --------
    >>> p_text(0.0314), p_text(0.0004), p_text(None), p_text(float("nan"))
    ('0.031', '< 0.001', '-', '-')
    """
    if p is None or p != p:  # NaN is no number either
        return "-"
    return "< 0.001" if p < 0.001 else decimal(p)


def p_equals(p: float | None) -> str:
    """`p = 0.031`, `p < 0.001`."""
    text = p_text(p)
    return f"p {text}" if text.startswith("<") else f"p = {text}"
