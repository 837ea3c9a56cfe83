"""Whether questions and answers are still like those of the audit: what can be told without a label.

Drift is a change of what is asked or answered. It is no error: a model may err as before on other questions, or err
more while nothing that is compared here moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from vqa_canary.estimate import ALPHA, Undefined, number_or_none
from vqa_canary.monitoring.observing import answers_of
from vqa_canary.monitoring.record import Drift
from vqa_canary.seeding import generator_for
from vqa_canary.statistics.image_gaps import Gap, below_levels, gap, image_means, p_value
from vqa_canary.statistics.multiplicity import holm

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

Quantity = Literal["uncertainty", "coverage", "answers"]
QUANTITIES: tuple[Quantity, ...] = get_args(Quantity)


@dataclass(frozen=True, slots=True)
class _Compared:
    """One quantity of both groups, image by image."""

    audit: NDArray[np.float64]
    batch: NDArray[np.float64]
    kind: Gap
    told: tuple[float | None, float | None]
    """The audit's number and the batch's, for people."""


def drifts(audit: pd.DataFrame, batch: pd.DataFrame, seed: int, batch_id: str) -> tuple[Drift, ...]:
    """Uncertainty, coverage and answers of a batch against those of the audit's held-out questions.

    Whole images are exchanged between the two, so that the tests hold whatever questions of one image have in common.
    Of the audit only held-out images are taken: the threshold was chosen on the others, which are therefore not
    exchangeable with new ones where coverage is compared.

    Parameters
    ----------
    audit, batch : rows of `observations`; images of the batch that were seen before are left out
    seed, batch_id : of the exchanges

    Returns
    -------
    one row a quantity, with p-values after Holm over the three
    """
    new = batch[~batch["seen"].to_numpy(bool)]
    rows = [_row(name, audit, new, seed, batch_id) for name in QUANTITIES]
    adjusted = holm([np.nan if row.p_value is None else row.p_value for row in rows])
    return tuple(
        row.model_copy(update={"adjusted": number_or_none(value)})
        for row, value in zip(rows, adjusted, strict=True)
    )


def drifted(rows: tuple[Drift, ...]) -> tuple[Drift, ...]:
    """Those that are named: 5 %, after Holm over the comparisons of the batch."""
    return tuple(row for row in rows if row.adjusted is not None and row.adjusted <= ALPHA)


def _row(name: Quantity, audit: pd.DataFrame, batch: pd.DataFrame, seed: int, batch_id: str) -> Drift:
    try:
        found = _COMPARED[name](audit, batch)
        p = p_value(found.audit, found.batch, found.kind, generator_for(seed, batch_id, f"drift of {name}"))
    except Undefined as error:
        return Drift(
            quantity=name, audit=None, batch=None, gap=None, p_value=None, adjusted=None, reason=str(error)
        )
    return Drift(
        quantity=name,
        audit=found.told[0],
        batch=found.told[1],
        gap=gap(found.audit, found.batch, found.kind),
        p_value=p,
        adjusted=None,
        reason=None,
    )


def _of_uncertainty(audit: pd.DataFrame, batch: pd.DataFrame) -> _Compared:
    values = [part["uncertainty"].to_numpy(np.float64, na_value=np.nan) for part in (audit, batch)]
    if any(np.isnan(part).all() for part in values):
        raise Undefined("no question has an uncertainty on one of the two sides")
    below = below_levels(*values)
    means = [image_means(part, rows["image"])[1] for part, rows in zip(below, (audit, batch), strict=True)]
    medians = [float(np.nanmedian(part)) for part in values]
    return _Compared(means[0], means[1], "largest", (medians[0], medians[1]))


def _of_coverage(audit: pd.DataFrame, batch: pd.DataFrame) -> _Compared:
    means = [image_means(part["answered"].to_numpy(np.float64), part["image"])[1] for part in (audit, batch)]
    told = [float(part.mean()) if len(part) else None for part in means]
    return _Compared(means[0], means[1], "largest", (told[0], told[1]))


def _of_answers(audit: pd.DataFrame, batch: pd.DataFrame) -> _Compared:
    answers = [answers_of(part) for part in (audit, batch)]
    names = sorted({*answers[0], *answers[1]})
    means = [
        image_means(
            np.array([[float(one == name) for name in names] for one in part]).reshape(len(part), len(names)),
            rows["image"],
        )[1]
        for part, rows in zip(answers, (audit, batch), strict=True)
    ]
    return _Compared(means[0], means[1], "half of all", (None, None))


_COMPARED = {"uncertainty": _of_uncertainty, "coverage": _of_coverage, "answers": _of_answers}
