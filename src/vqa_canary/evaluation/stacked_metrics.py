"""Metrics of many cells at once: of all models and methods on the same items under one condition.

A cell is small, and there are tens of thousands of them, so most of the time would go into calling functions. Cells
that keep exactly the same items are one stack of rows; every row has the numbers that it would have alone, to the last
bit.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np

from vqa_canary.estimate import Estimate, Undefined, undefined
from vqa_canary.evaluation.cell import Cell
from vqa_canary.evaluation.collapse import collapsed
from vqa_canary.statistics.auroc import rankings
from vqa_canary.statistics.clusters import count
from vqa_canary.statistics.jackknife import stacked_levels
from vqa_canary.statistics.means import means
from vqa_canary.statistics.power import smallest_auroc_seen
from vqa_canary.statistics.precision_recall import auprcs
from vqa_canary.statistics.risk_coverage import caught_of_rows, risk_coverages
from vqa_canary.statistics.standardised_shift import shifts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Images = NDArray[np.int64]

Metrics = dict[str, Estimate]
Key = TypeVar("Key", bound=Hashable)
_NOTHING = undefined("no items")


class Pair(NamedTuple):
    """A cell under a condition, and the same items when clean."""

    cell: Cell
    clean: Cell | None
    """None where the condition is clean itself, or clean was not run."""
    lowest: float = 0.0
    """The smallest uncertainty that the method may give."""


def uncertainty_metrics(pairs: Mapping[Key, Pair]) -> dict[Key, Metrics]:
    """What depends on uncertainties and answers, cell by cell.

    AUROC, AUPRC, AURC, excess AURC and PRR, mean uncertainty; held against clean also the shift of uncertainty, the
    fragility AUROC and the share of collapses among the 20 % most uncertain; else the smallest AUROC that would have
    been seen.

    Parameters
    ----------
    pairs : cells of the same items of one data set under one condition, by name
    """
    found: dict[Key, Metrics] = {key: {} for key in pairs}
    for part in (_ranked, _averaged, _shifted, _fragile):
        for key, metrics in part(pairs):
            found[key] |= metrics
    return found


def _ranked(pairs: Mapping[Key, Pair]) -> Iterator[tuple[Key, Metrics]]:
    scored = {key: ~np.isnan(pair.cell.uncertainty) & pair.cell.judged for key, pair in pairs.items()}
    for keys, kept in _stacks(scored):
        cells = [pairs[key].cell for key in keys]
        u = np.stack([cell.uncertainty[kept] for cell in cells])
        wrong, images = np.stack([cell.wrong[kept] for cell in cells]), cells[0].images[kept]
        rows = zip(keys, _aurocs(u, wrong, images), _ordered(u, wrong, images), strict=True)
        for key, (area, smallest), metrics in rows:
            seen = {"smallest_auroc_seen": smallest} if pairs[key].clean is None else {}
            yield key, {"auroc": area, **seen, **metrics}


def _averaged(pairs: Mapping[Key, Pair]) -> Iterator[tuple[Key, Metrics]]:
    for keys, kept in _stacks({key: ~np.isnan(pair.cell.uncertainty) for key, pair in pairs.items()}):
        cells = [pairs[key].cell for key in keys]
        u, lowest = np.stack([cell.uncertainty[kept] for cell in cells]), [pairs[key].lowest for key in keys]
        found = means(u, cells[0].images[kept], lowest, np.inf) if kept.any() else None
        for row, key in enumerate(keys):
            yield key, {"mean_uncertainty": found[row].estimate() if found else _NOTHING}


def _shifted(pairs: Mapping[Key, Pair]) -> Iterator[tuple[Key, Metrics]]:
    both = {
        key: ~(np.isnan(pair.cell.uncertainty) | np.isnan(pair.clean.uncertainty))
        for key, pair in pairs.items()
        if pair.clean is not None
    }
    for keys, kept in _stacks(both):
        of_stack = [(pairs[key].clean, pairs[key].cell) for key in keys]
        before, after = (
            np.stack([cell.uncertainty[kept] for cell in side if cell is not None])
            for side in zip(*of_stack, strict=True)
        )
        images = pairs[keys[0]].cell.images[kept]
        for key, found in zip(keys, shifts(before, after, images), strict=True):
            if isinstance(found, Undefined):
                yield key, {"uncertainty_shift": undefined(str(found), len(images), count(images))}
            else:
                yield key, {"uncertainty_shift": found.estimate()}


def _fragile(pairs: Mapping[Key, Pair]) -> Iterator[tuple[Key, Metrics]]:
    at_risk: dict[Key, Bools] = {}
    collapses: dict[Key, Bools] = {}
    for key, pair in pairs.items():
        if pair.clean is not None:
            risk, collapses[key] = collapsed(pair.clean.correct, pair.cell.correct)
            at_risk[key] = risk & ~np.isnan(pair.clean.uncertainty)
    for keys, kept in _stacks(at_risk):
        u = np.stack([clean.uncertainty[kept] for key in keys if (clean := pairs[key].clean) is not None])
        collapse = np.stack([collapses[key][kept] for key in keys])
        images = pairs[keys[0]].cell.images[kept]
        rows = zip(keys, _aurocs(u, collapse, images), _caught(u, collapse, images), strict=True)
        for key, (area, smallest), escalated in rows:
            yield (
                key,
                {
                    "fragility_auroc": area,
                    "smallest_fragility_auroc_seen": smallest,
                    "collapse_caught_at_20": escalated,
                },
            )


def _stacks(kept: Mapping[Key, Bools]) -> Iterator[tuple[list[Key], Bools]]:
    """The cells that keep the same items, together: their names, and which items these are."""
    alike: dict[bytes, list[Key]] = {}
    for key, mask in kept.items():
        alike.setdefault(mask.tobytes(), []).append(key)
    for keys in alike.values():
        yield keys, kept[keys[0]]


def _aurocs(u: Floats, wrong: Bools, images: Images) -> list[tuple[Estimate, Estimate]]:
    """Of each row the AUROC, and the smallest one that would be found with its standard error."""
    nothing = (len(images), count(images))
    return [
        (undefined(str(found), *nothing),) * 2
        if isinstance(found, Undefined)
        else (found.estimate(), smallest_auroc_seen(found))
        for found in rankings(u, wrong, images)
    ]


def _ordered(u: Floats, wrong: Bools, images: Images) -> list[Metrics]:
    """Of each row what depends on the order of its items."""
    names = ("auprc", "aurc", "excess_aurc", "prr")
    metrics = [dict.fromkeys(names, _NOTHING) for _ in u]
    for rows, levels in stacked_levels(u, wrong, images) if len(images) else ():
        found = zip(rows, auprcs(levels), risk_coverages(levels), strict=True)
        for row, precision, curve in found:
            values = precision, curve.aurc, curve.excess_aurc, curve.prr
            metrics[row] = dict(zip(names, values, strict=True))
    return metrics


def _caught(u: Floats, collapse: Bools, images: Images) -> list[Estimate]:
    """Of each row the share of collapses among the most uncertain fifth."""
    shares = [_NOTHING for _ in u]
    for rows, levels in stacked_levels(u, collapse, images) if len(images) else ():
        for row, share in zip(rows, caught_of_rows(levels), strict=True):
            shares[row] = share
    return shares
