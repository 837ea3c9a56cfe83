"""One cell of a study: a model and a method on some items of a dataset under one condition."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

REASONS = ("no_value", "no_confidence")
"""Fields of a cell that are texts and no arrays."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Arrays of shape (n,), item by item; NaN where there is no value."""

    uncertainty: NDArray[np.float64]
    confidence: NDArray[np.float64]
    """Probability of being right, by the study's setting `calibration`: see `evaluation.confidences`."""
    stated: NDArray[np.float64]
    """The method's own probability of being right, for methods that are one: 1 - uncertainty."""
    correct: NDArray[np.float64]
    """1 for a right answer, 0 for a wrong one, NaN where nothing is right or nothing was answered."""
    named: NDArray[np.float64]
    """1 if the answer named an option, 0 if not, NaN if there was no answer."""
    choice: NDArray[np.float64]
    """Index of the option that was answered, NaN if none was named."""
    failed: NDArray[np.bool_]
    """Whether the model was asked and could not answer."""
    chance: NDArray[np.float64]
    """One over the number of options; NaN where the item was not shown."""
    images: NDArray[np.int64]
    """Image of each item: the clusters of every interval."""
    no_value: str | None
    """The commonest reason why uncertainties are missing."""
    no_confidence: str | None = None
    """Why confidences are missing although there are uncertainties."""

    @property
    def asked(self) -> NDArray[np.bool_]:
        """Items that the model was asked about, answered or failed."""
        return self.failed | ~np.isnan(self.named)

    @property
    def judged(self) -> NDArray[np.bool_]:
        """Items whose answer is right or wrong."""
        return ~np.isnan(self.correct)

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Items that were answered wrongly."""
        return np.asarray(self.correct == 0)

    def only(self, mask: NDArray[np.bool_]) -> Cell:
        """The items of `mask`, shape (n,)."""
        arrays = {f.name: getattr(self, f.name)[mask] for f in fields(self) if f.name not in REASONS}
        return replace(self, **arrays)

    def scored(self) -> Cell:
        """The items with an uncertainty and an answer that is right or wrong: what an AUROC is about."""
        return self.only(~(np.isnan(self.uncertainty) | np.isnan(self.correct)))

    def confident(self) -> Cell:
        """The items with a confidence and an answer that is right or wrong: what calibration is about."""
        return self.only(~(np.isnan(self.confidence) | np.isnan(self.correct)))

    def as_stated(self) -> Cell:
        """The same with the method's own confidences in place of those by the study's setting."""
        return replace(self, confidence=self.stated, no_confidence=None)
