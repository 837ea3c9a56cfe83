"""Answers that are asked for anew, apart from any stored evidence, and an instance with other images."""

from __future__ import annotations

from collections.abc import Sequence

from vqa_canary.engines.answered_rows import ASKED_ANEW, answered_rows, naming
from vqa_canary.engines.protocols import Engine, ImageOpener
from vqa_canary.rows import Evidence, Instance, with_images


def together(engine: Engine, instances: Sequence[Instance], open_image: ImageOpener) -> list[Evidence]:
    """Evidence of all instances, asked in one go; nothing is kept or resumed.

    Raises
    ------
    BadInput : the engine cannot be asked, breaks, or did not give exactly one row for each instance
    """
    with naming(ASKED_ANEW, engine):
        answers = engine.answer(instances, open_image)
    return [*answered_rows(ASKED_ANEW, engine, instances, answers)]


def one_by_one(engine: Engine, instances: Sequence[Instance], open_image: ImageOpener) -> list[Evidence]:
    """Evidence of all instances, each asked by itself, with nothing else in its batch."""
    return [row for one in instances for row in together(engine, [one], open_image)]


def with_images_of(instance: Instance, other: Instance) -> Instance:
    """The instance with the same words and the images of another."""
    return with_images(instance, other.images)
