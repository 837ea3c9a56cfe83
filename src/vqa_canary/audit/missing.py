"""Answers that are missing are not missing at random: which kinds of question failed, and what accuracy may be.

A server that cuts long answers, or a filter that refuses some questions, takes away questions of one kind. Accuracy is
then about the other kinds. So the kinds that failed are named in the first sentence, and where many answers are missing
accuracy is told as a range, which supposes nothing of the missing ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.audit.record.missing import Missing, MissingKind
from vqa_canary.audit.subgroups import subgroup_masks
from vqa_canary.counting import counted
from vqa_canary.estimate import ALPHA, MIN_IMAGES, Estimate, number_or_none
from vqa_canary.rows import CLEAN
from vqa_canary.statistics.clusters import number, sums
from vqa_canary.statistics.multiplicity import holm
from vqa_canary.statistics.proportions import proportion
from vqa_canary.statistics.student import chance_above

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from vqa_canary.evaluation.grid import Grid

MANY = 0.05
"""Share of missing answers from which on accuracy is told as a range as well, and the first sentence tells of them."""
OPTIONS = "options"
"""Stands in `column` for what the options of a question are."""
YES_OR_NO = "yes or no"


def tied_p(failed: ArrayLike, of_kind: ArrayLike, images: ArrayLike) -> float:
    r"""Two-sided p-value of "questions of this kind fail as often as the others", images as the unit.

    The score test of a difference of two shares with an image-robust variance,

    .. math:: T = \frac{\sum_g s_g}{\sqrt{\sum_g s_g^2}}, \quad
              s_g = \sum_{i \in g} (f_i - \bar f)(x_i - \bar x)

    by t with G - 1 degrees of freedom. Unlike a difference of shares it has a variance where all of one kind failed and
    none of the others. |T| is at most the root of G, so that few images never say much.

    Parameters
    ----------
    failed : shape (n,), whether each question has no answer
    of_kind : shape (n,), whether it is of the kind
    images : shape (n,), image of each question

    Returns
    -------
    0 to 1; NaN with fewer than 5 images, or where all questions or none failed, or are of the kind

    Examples
    --------
    Twenty questions about an image each. All ten yes/no questions failed and nothing else did; then every second one.

    >>> kind = [1] * 10 + [0] * 10
    >>> tied_p(kind, kind, range(20)) < 0.001
    True
    >>> round(tied_p([0, 1] * 10, kind, range(20)), 3)
    1.0

    References
    ----------
    Boos (1992), On Generalized Score Tests, The American Statistician 46(4), with images as the independent units.
    """
    f, x = np.asarray(failed, np.float64), np.asarray(of_kind, np.float64)
    if not len(f) or f.min() == f.max() or x.min() == x.max():
        return float("nan")
    codes, n_images = number(images)
    if n_images < MIN_IMAGES:
        return float("nan")
    scores = sums((f - f.mean()) * (x - x.mean()), codes, n_images)
    size = float(np.sqrt((scores**2).sum()))
    return min(1.0, 2 * chance_above(abs(float(scores.sum())) / size, n_images - 1)) if size > 0 else 1.0


def range_if_missing(correct: ArrayLike, failed: ArrayLike, images: ArrayLike) -> tuple[Estimate, Estimate]:
    """Accuracy if all missing answers were wrong, and if all were right: nothing is supposed of them.

    Parameters
    ----------
    correct : shape (n,), 1 or 0; of a missing answer anything
    failed : shape (n,), whether the answer is missing
    images : shape (n,), image of each question

    Examples
    --------
    >>> [end.value for end in range_if_missing([1, 1, 0, 0], [False, False, False, True], range(4))]
    [0.5, 0.75]

    References
    ----------
    Horowitz & Manski (1998), Censoring of Outcomes and Regressors due to Survey Nonresponse, section 2.
    """
    lost, at = np.asarray(failed, bool), np.asarray(images)
    right = np.where(lost, False, np.nan_to_num(np.asarray(correct, np.float64)) > 0)
    return proportion(right, at), proportion(right | lost, at)


def missing_table(grids: Sequence[Grid], columns: Sequence[str]) -> list[Missing]:
    """Missing answers to the questions as they stand, of each data set and model.

    Parameters
    ----------
    columns : of `items`, whose values are kinds of question; what the options are is always one
    """
    return [
        _missing(grid, model, columns) for grid in grids if CLEAN in grid.conditions for model in grid.models
    ]


def _missing(grid: Grid, model: str, columns: Sequence[str]) -> Missing:
    # Whether an instance failed is the same for every method; of methods with answers of their own the first counts.
    cell = grid.cell(CLEAN, model, grid.methods[0])
    asked = cell.only(cell.asked)
    failed = asked.failed
    wrong, right = range_if_missing(asked.correct, failed, asked.images)
    kinds = _kinds(grid, columns, cell.asked, failed, asked.images) if failed.any() else []
    n, n_failed = len(failed), int(failed.sum())
    return Missing(
        dataset=grid.dataset,
        model=model,
        asked=n,
        failed=n_failed,
        kinds=tuple(kinds),
        sentence=_sentence(n, n_failed, kinds),
        tied=any(_tied(one) for one in kinds),
        many=bool(n_failed and n_failed >= MANY * n),
        all_wrong=wrong,
        all_right=right,
    )


def _kinds(
    grid: Grid,
    columns: Sequence[str],
    asked: NDArray[np.bool_],
    failed: NDArray[np.bool_],
    images: NDArray[np.int64],
) -> list[MissingKind]:
    """Every kind, tied ones first."""
    masks = [(column, value, mask[asked]) for column, value, mask in _masks(grid, columns)]
    masks = [one for one in masks if one[2].any()]
    adjusted = holm([tied_p(failed, mask, images) for _, _, mask in masks])
    found = [
        MissingKind(
            column=column,
            value=value,
            asked=int(mask.sum()),
            failed=int(failed[mask].sum()),
            share=proportion(failed[mask], images[mask]),
            elsewhere=None if mask.all() else float(failed[~mask].mean()),
            p_value=number_or_none(float(p)),
        )
        for (column, value, mask), p in zip(masks, adjusted, strict=True)
    ]
    return sorted(found, key=_place)


def _place(one: MissingKind) -> tuple[float, float, str, str]:
    excess = (one.share.value or 0.0) - (one.elsewhere or 0.0)
    return (2.0 if one.p_value is None else one.p_value), -excess, one.column, one.value


def _masks(grid: Grid, columns: Sequence[str]) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    """Column, value and items of each kind."""
    yield from subgroup_masks(grid, columns)
    named = np.array([options_of(list(options)) for options in grid.items["options"]], str)
    for value in np.unique(named):
        yield OPTIONS, str(value), named == value


def options_of(options: Sequence[str]) -> str:
    """What the options of a question are: `yes or no`, or how many.

    Examples
    --------
    >>> options_of(["No", "yes"]), options_of(["left", "right", "both"])
    ('yes or no', '3 options')
    """
    texts = {str(text).strip().casefold() for text in options}
    return YES_OR_NO if texts == {"yes", "no"} else counted(len(options), "option")


def _tied(one: MissingKind) -> bool:
    return one.p_value is not None and one.p_value <= ALPHA


def _sentence(asked: int, failed: int, kinds: Sequence[MissingKind]) -> str:
    """`It answered 100 of 205 questions; the missing ones are all of options “yes or no”.`"""
    if not failed:
        return ""
    if failed == asked:
        return f"It answered none of {counted(asked, 'question')}."
    told = f"It answered {asked - failed:,} of {counted(asked, 'question')}; "
    more = [one for one in kinds if _tied(one) and (one.share.value or 0.0) > (one.elsewhere or 0.0)]
    every = [one for one in more if one.failed == failed]
    if every:
        return f"{told}the missing ones are all {_named(every[0])}."
    if more:
        one = more[0]
        return (
            f"{told}missing are {one.failed:,} of {one.asked:,} {_named(one)}, and {failed - one.failed:,} of "
            f"{asked - one.asked:,} others."
        )
    if any(one.p_value is not None for one in kinds):
        return f"{told}no kind of question is shown to be missing more often than others."
    return f"{told}they are too few to tell whether some kind of question is missing more often."


def _named(one: MissingKind) -> str:
    if one.column == OPTIONS:
        return "yes/no questions" if one.value == YES_OR_NO else f"questions with {one.value}"
    return f"questions with {one.column.replace('_', ' ')} “{one.value}”"
