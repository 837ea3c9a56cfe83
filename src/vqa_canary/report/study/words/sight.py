"""Accuracy in words, and beside it what it is without the image: so much can be answered unseen."""

from __future__ import annotations

from collections.abc import Iterable

from vqa_canary.report.numbers import end_values, span
from vqa_canary.report.study.contents import View
from vqa_canary.rows import CLEAN, UNSEEN


def accuracy_words(view: View, models: Iterable[str], subset: str | None = None) -> str:
    """`accuracy .55 to .95 (without the image, under no_image: .38 to .47)`; empty where no accuracy is defined.

    Parameters
    ----------
    subset : of the questions; without it, all
    """
    asked = [*models]
    seen = _span(view, asked, CLEAN, subset)
    return f"accuracy {seen} ({unseen_words(view, asked, subset)})" if seen else ""


def unseen_words(view: View, models: Iterable[str], subset: str | None = None) -> str:
    """Accuracy of the models without the image, or why there is none."""
    asked = [*models]
    condition = view.unseen
    if condition is None:
        return f"without the image: not asked, for neither {' nor '.join(UNSEEN)} is among the conditions"
    values = _span(view, asked, condition, subset)
    about = f"without the image, under {condition}"
    if not values:
        reasons = {view.get(model, condition, "accuracy", "", subset).reason for model in asked}
        return f"{about}: undefined{''.join(f', {reason}' for reason in sorted(filter(None, reasons))[:1])}"
    n = {view.accuracy(model, condition, view.plainest, subset).n for model in asked}
    every = {view.accuracy(model, CLEAN, view.plainest, subset).n for model in asked}
    return f"{about}: {values}" + (f", on {max(n):,} of the questions" if max(n) < max(every) else "")


def _span(view: View, models: Iterable[str], condition: str, subset: str | None) -> str:
    shown = [view.shown_accuracy(model, condition, view.plainest, subset) for model in models]
    values = [value for accuracy in shown for value in end_values(accuracy)]
    return span(min(values), max(values)) if values else ""
