"""Telling instances that a model fails on from a model that fails on everything."""

from __future__ import annotations

from collections.abc import Iterable

from vqa_canary.errors import BadInput
from vqa_canary.rows import Evidence, Instance, ShownImage


class Setbacks:
    """What a model has failed on while it had answered nothing yet."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._answered = False
        self._failed: list[tuple[str, tuple[ShownImage, ...]]] = []

    def count(self, asked: Iterable[tuple[Instance, Evidence]]) -> None:
        """Take note of what became of some instances.

        Those without an image are left out: a model may answer all others though it takes none of these.

        Raises
        ------
        BadInput : nothing has been answered yet, and instances about several images failed for one and the same reason
        """
        rows = [row for row in asked if row[0].images]
        self._answered |= any(evidence.status == "ok" for _, evidence in rows)
        if self._answered:
            return
        self._failed += [(str(evidence.error), instance.images) for instance, evidence in rows]
        reasons = {reason for reason, _ in self._failed}
        images = {shown for _, shown in self._failed}
        if len(reasons) == 1 and len(images) > 1:
            what = "images" if all(len(shown) == 1 for shown in images) else "sets of images"
            raise BadInput(
                f"model {self._name!r} failed on all of the first {len(self._failed)} instances, which are about "
                f"{len(images)} {what}, for one reason: {reasons.pop()}. So the instances are not at fault: mend the "
                "model's files or settings, or take the model out of `models`. Nothing was written for them."
            )


class NoSetbacks:
    """Takes no note: instances that a model fails on stay rows with their reasons."""

    def count(self, asked: Iterable[tuple[Instance, Evidence]]) -> None:
        """Do nothing."""
