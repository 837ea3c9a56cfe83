"""What a review changes: accuracy by the old keys and by the new ones, on the same answers, paired by image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from vqa_canary.audit.record.findings import Headline
from vqa_canary.audit.record.policies import Policy
from vqa_canary.audit.record.review import FollowedFile, PolicyThen, Review, ReviewedItem, ReviewEffect
from vqa_canary.counting import counted
from vqa_canary.estimate import Estimate, undefined
from vqa_canary.rows import CLEAN
from vqa_canary.statistics.means import mean_estimate

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from vqa_canary.evaluation.grid import Grid

NOT_KEPT = "the audit that was reviewed is not kept"


@dataclass(frozen=True)
class GivenReview:
    """What came back from reviewers."""

    applied: Mapping[str, Any]
    """What `review.json` holds: the files, and what they change."""
    reviewed: Mapping[str, Any] | None
    """The record of the audit that was reviewed first, as `audit.json` holds it; None where it is not kept."""


def review_effect(
    given: GivenReview, grids: Sequence[Grid], headlines: Sequence[Headline], asked: int
) -> Review:
    """What reviewers have changed, and what that changes for each data set and model.

    Parameters
    ----------
    grids, headlines : of this audit, by the reviewed keys
    asked : questions of this audit
    """
    items = tuple(ReviewedItem.model_validate(one) for one in given.applied["changes"])
    files = tuple(FollowedFile.model_validate(one) for one in given.applied["files"])
    unanswerable = sum(one.unanswerable for one in items)
    listed = int(given.applied["listed"])
    return Review(
        files=files,
        asked=asked + unanswerable,
        listed=listed,
        filled=int(given.applied["filled"]),
        keys=sum(_other_key(one) for one in items),
        nota_valid=sum(one.nota_valid_before != one.nota_valid_after for one in items),
        unanswerable=unanswerable,
        items=items,
        effects=tuple(_effects(given, items, grids, headlines)),
        caution=caution(listed, asked + unanswerable),
    )


def caution(listed: int, asked: int) -> str:
    """Which way numbers lean after a review of a list that was chosen by the model's own answers."""
    if listed >= asked:
        return (
            "Every question was on the reviewer's list. Whoever fills it in sees what the model answered, though, and "
            "may agree with it more readily than the keys deserve."
        )
    return (
        f"A reviewer was shown {listed:,} of {counted(asked, 'question')}: those that the model answers wrongly, is "
        "unsure of or changes its mind about. A wrong key is found where the model disagrees with it, and not where "
        "the model makes the same mistake. So accuracy after a review leans upwards, and errors under a policy lean "
        "downwards. Numbers that lean to neither side need a review of questions drawn at random, or of all."
    )


def key_difference(
    choice: ArrayLike, judged: ArrayLike, before: ArrayLike, after: ArrayLike, images: ArrayLike
) -> Estimate:
    r"""Accuracy by other keys minus accuracy by the first ones, on the same answers.

    The mean over judged answers of :math:`[c_i = a'_i] - [c_i = a_i]`, with its image-robust interval; see `Mean`. An
    answer that names no option is wrong by either key.

    Parameters
    ----------
    choice : shape (n,), index of the option that was answered, NaN where none was named
    judged : shape (n,), whether there is an answer that is right or wrong; the others are left out
    before, after : shape (n,), index of the right option by the first key and by the other one
    images : shape (n,), image of each question

    Returns
    -------
    value from -1 to 1; undefined where nothing is judged

    Examples
    --------
    Ten answers, of which two are wrong by the first keys; one of these was a wrong key.

    >>> answers, first = [0] * 10, [0] * 8 + [1, 1]
    >>> key_difference(answers, [True] * 10, first, [0] * 9 + [1], range(10)).value
    0.1
    """
    known = np.asarray(judged, bool)
    if not known.any():
        return undefined("no question that is asked as it stands has an answer")
    answered = np.asarray(choice, np.float64)[known]
    old, new = (np.asarray(key, np.float64)[known] for key in (before, after))
    gain = (answered == new).astype(np.float64) - (answered == old)
    return mean_estimate(gain, np.asarray(images)[known], -1.0, 1.0)


def _effects(
    given: GivenReview, items: Sequence[ReviewedItem], grids: Sequence[Grid], headlines: Sequence[Headline]
) -> Iterator[ReviewEffect]:
    earlier = {
        (one["dataset"], one["model"]): Headline.model_validate(one)
        for one in (given.reviewed or {}).get("headline", ())
    }
    by_dataset = {grid.dataset: grid for grid in grids}
    for row in headlines:
        grid = by_dataset[row.dataset]
        old = earlier.get((row.dataset, row.model))
        difference, right, wrong = _by_key(grid, row, items)
        yield ReviewEffect(
            dataset=row.dataset,
            model=row.model,
            accuracy_before=old.accuracy if old else undefined(NOT_KEPT),
            accuracy_after=row.accuracy,
            difference=difference,
            became_right=right,
            became_wrong=wrong,
            collapse_before=old.collapse_rate if old else undefined(NOT_KEPT),
            collapse_after=row.collapse_rate,
            policy_before=_then(old.policy if old else None, None if old else NOT_KEPT),
            policy_after=_then(row.policy, None),
        )


def _by_key(grid: Grid, row: Headline, items: Sequence[ReviewedItem]) -> tuple[Estimate, int, int]:
    """The difference that the keys make, and how many answers became right and wrong."""
    if CLEAN not in grid.conditions:
        return undefined(f"{CLEAN} was not asked"), 0, 0
    cell = grid.cell(CLEAN, row.model, _own_method(grid, row))
    after = grid.items["answer_index"].to_numpy(np.float64)
    before = _keys_before(grid, items, after)
    difference = key_difference(cell.choice, cell.judged, before, after, cell.images)
    was, now = cell.judged & (cell.choice == before), cell.judged & (cell.choice == after)
    return difference, int((now & ~was).sum()), int((was & ~now).sum())


def _keys_before(
    grid: Grid, items: Sequence[ReviewedItem], after: NDArray[np.float64]
) -> NDArray[np.float64]:
    old = {one.item_id: one.answer_before for one in items if one.dataset == grid.dataset}
    ids = grid.items["item_id"].astype(str)
    return np.array([old.get(name, key) for name, key in zip(ids, after, strict=True)], np.float64)


def _own_method(grid: Grid, row: Headline) -> str:
    """The method whose own answers the headline is about, where methods have such."""
    return row.policy.method if row.policy else row.recommended or grid.methods[0]


def _then(policy: Policy | None, why: str | None) -> PolicyThen:
    if policy is None:
        nothing = undefined(why or "no policy was sought")
        return PolicyThen(outcome=why or "not sought", threshold=None, coverage=nothing, risk=nothing)
    held = policy.held_out
    return PolicyThen(
        outcome=policy.outcome, threshold=policy.threshold, coverage=held.coverage, risk=held.risk
    )


def _other_key(one: ReviewedItem) -> bool:
    return one.answer_before != one.answer_after and not one.unanswerable
