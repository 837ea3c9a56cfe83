"""What becomes of answers and of confidence where a model is shown another image, a worse one, or none."""

from __future__ import annotations

from vqa_canary.report.numbers import is_measured
from vqa_canary.report.sheet import Cell, Column, Sheet
from vqa_canary.report.study.contents import View

SWAP = "image_swap_pair"
_ANSWERS = (
    ("accuracy", "goes with the image (accuracy)"),
    ("swap_kept_share", "right answers that stay, and are wrong now"),
)


def swap_answers(view: View) -> Sheet:
    """One row a model: how many answers go with a swapped image, and how many stay; no row where none was swapped."""
    columns = (Column("model", "model", "text"), *(Column(key, title) for key, title in _ANSWERS))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (model, *(_of_model(view, model, key) for key, _ in _ANSWERS)) for model in view.study.asked
    )
    caption = f"Answers with the image of a pair swapped, {view.dataset}; 95 % intervals over pairs of images"
    return Sheet(view.name("swap_answers"), caption, columns, rows if _is_asked(view) else ())


def swap_sensitivity(view: View) -> Sheet:
    """One row a model and method: does confidence fall when the swap makes the answer wrong?"""
    columns = (
        Column("model", "model", "text", filtered=True),
        Column("method", "method", "text", filtered=True),
        Column("swap_sensitivity", "less sure when the swap makes the answer wrong"),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (model, method, view.get(model, SWAP, "swap_sensitivity", method))
        for model in view.study.asked
        for method in view.study.methods
    )
    caption = (
        f"Swap sensitivity, {view.dataset}: of the right answers that the other image makes wrong, the share that a "
        "method is less sure of then; 0.50 where it does not notice; 95 % intervals over pairs of images"
    )
    return Sheet(view.name("swap_sensitivity"), caption, columns, rows if _is_asked(view) else ())


def _is_asked(view: View) -> bool:
    instances = view.study.instances
    return bool(((instances["dataset"] == view.dataset) & (instances["condition"] == SWAP)).any())


def _of_model(view: View, model: str, metric: str) -> Cell:
    """The model's number; where methods are judged on answers of their own, that of the plainest."""
    if metric == "accuracy":
        return view.shown_accuracy(model, SWAP, view.plainest)
    own = view.get(model, SWAP, metric)
    return own if is_measured(own) else view.get(model, SWAP, metric, view.plainest)
