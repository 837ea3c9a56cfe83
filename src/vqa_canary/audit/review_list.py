"""The questions that a person should look at: answered wrongly, handed over, fragile, or not answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Literal

import numpy as np

from vqa_canary.audit.record.findings import Headline
from vqa_canary.estimate import number_or_none
from vqa_canary.rows import CLEAN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vqa_canary.evaluation.grid import Grid

Reason = Literal[
    "wrong, and the policy gives the answer", "wrong", "fragile", "no answer", "handed to a person"
]
LET_THROUGH: Reason = "wrong, and the policy gives the answer"
WRONG: Reason = "wrong"
FRAGILE: Reason = "fragile"
"""Right as the question stands, and wrong once its right option is hidden."""
FAILED: Reason = "no answer"
ESCALATED: Reason = "handed to a person"
REASONS = (LET_THROUGH, WRONG, FRAGILE, FAILED, ESCALATED)
"""Why a question is on the list, the gravest first."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one model did with a question."""

    model: str
    reasons: tuple[Reason, ...]
    """Why it is on the list for this model, the gravest first; empty where it is there for another one."""
    choice: int | None
    """Index of the option that was answered; None where none was named, or there is no answer."""
    failed: bool
    """Whether there is no answer."""
    method: str
    """The UE method that the uncertainty is of."""
    uncertainty: float | None
    """Uncertainty of the answer; None where the method gives none."""
    hidden: Mapping[str, int | None]
    """What was answered with the right option hidden, by condition that was asked and answered."""

    @property
    def gravity(self) -> tuple[int, float]:
        """What lists are ordered by: the gravest reason, and with it the surest answer first."""
        place = REASONS.index(self.reasons[0]) if self.reasons else len(REASONS)
        return place, np.inf if self.uncertainty is None else self.uncertainty


@dataclass(frozen=True, slots=True)
class ListedItem:
    """A question to be looked at, with what every model did with it."""

    dataset: str
    item_id: str
    findings: tuple[Finding, ...]
    """One a model, by name."""

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """All reasons, over all models, the gravest first."""
        given = {reason for finding in self.findings for reason in finding.reasons}
        return tuple(reason for reason in REASONS if reason in given)


def review_list(grids: Sequence[Grid], headlines: Sequence[Headline]) -> list[ListedItem]:
    """The questions to be looked at, those first that matter most: wrong answers that the policy lets through, then
    other wrong ones, fragile ones, those without an answer, and those that are handed to a person though right.

    Within a reason the surest answer comes first: an error that a model is sure of is what nobody looks for. Without a
    policy nothing is handed over; of a model that is not shown to be above chance nothing is called fragile.

    Parameters
    ----------
    headlines : those of the audit, which tell each model's policy and the condition that hides the right option
    """
    listed = [item for grid in grids for item in _of_dataset(grid, headlines)]
    return sorted(
        listed,
        key=lambda item: (min(one.gravity for one in item.findings), item.dataset, item.item_id),
    )


def _of_dataset(grid: Grid, headlines: Sequence[Headline]) -> Iterator[ListedItem]:
    own = sorted((row for row in headlines if row.dataset == grid.dataset), key=lambda row: row.model)
    if CLEAN not in grid.conditions:
        return
    found = sorted(
        ((at, finding) for row in own for at, finding in _of_model(grid, row)),
        key=lambda pair: (pair[0], pair[1].model),
    )
    ids = grid.items["item_id"].astype(str).tolist()
    for at, each in groupby(found, key=lambda pair: pair[0]):
        findings = tuple(finding for _, finding in each)
        if any(finding.reasons for finding in findings):
            yield ListedItem(grid.dataset, ids[at], findings)


def _of_model(grid: Grid, row: Headline) -> Iterator[tuple[int, Finding]]:
    """What a model did with each item of the grid that it was asked as it stands."""
    method = row.policy.method if row.policy else row.recommended or grid.methods[0]
    clean = grid.cell(CLEAN, row.model, method)
    # Where nothing collapses but guesses, what collapsed says nothing of a question.
    nota = row.nota_condition if row.collapse_rate.value is not None else None
    reasons = _reasons(grid, row, method, nota)
    shown = row.nota_condition if row.nota_condition in grid.conditions else None
    hidden = grid.cell(shown, row.model, method) if shown else None
    for at in np.flatnonzero(clean.asked):
        answered = hidden is not None and shown is not None and hidden.judged[at]
        yield (
            int(at),
            Finding(
                model=row.model,
                reasons=tuple(reason for reason in REASONS if reasons[reason][at]),
                choice=_index(clean.choice[at]),
                failed=bool(clean.failed[at]),
                method=method,
                uncertainty=number_or_none(clean.uncertainty[at]),
                hidden={shown: _index(hidden.choice[at])} if answered and hidden and shown else {},
            ),
        )


def _reasons(grid: Grid, row: Headline, method: str, nota: str | None) -> dict[Reason, NDArray[np.bool_]]:
    """Which items each reason applies to, shape (items of the grid,)."""
    clean = grid.cell(CLEAN, row.model, method)
    none = np.zeros(len(grid.items), bool)
    given = none
    if row.policy is not None and row.policy.found and row.policy.threshold is not None:
        given = clean.judged & (clean.uncertainty <= row.policy.threshold)
    has_policy = row.policy is not None and row.policy.found
    collapsed = none
    if nota is not None and nota in grid.conditions:
        collapsed = (clean.correct == 1) & grid.nota_valid & grid.cell(nota, row.model, method).wrong
    return {
        LET_THROUGH: clean.wrong & given,
        WRONG: clean.wrong & ~given,
        FRAGILE: np.asarray(collapsed),
        FAILED: clean.failed,
        ESCALATED: clean.judged & ~given if has_policy else none,
    }


def _index(choice: float) -> int | None:
    return None if np.isnan(choice) else int(choice)
