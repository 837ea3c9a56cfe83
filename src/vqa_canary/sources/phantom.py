"""The `phantom` data set: drawn by the project, so that the whole benchmark runs with no download."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Annotated

from pydantic import Field

from vqa_canary.rows import Item, Refusal, content_id
from vqa_canary.seeding import generator_for, random_for
from vqa_canary.sources.images import write_whole
from vqa_canary.sources.phantom_drawing import Image, Scene, draw_scene, render
from vqa_canary.sources.phantom_questions import PhantomQuestion, questions
from vqa_canary.sources.registration import source

QUESTIONS_PER_IMAGE = (2, 4)
"""Fewest and most questions about an image of the test set; no two of one type."""
MOST_OPTIONS = 5


@source
def phantom(
    folder: Path, seed: int, *, n_images: Annotated[int, Field(ge=1, le=1_000_000)] = 80, split: str = "test"
) -> Iterator[Item | Refusal]:
    """Draw `n_images` phantoms, write them as PNG files to `folder`, and ask about each.

    Every image depends on (`seed`, `split`, its number) alone: more images leave the first
    ones as they are. A file that is already there with the same bytes is left alone.

    Yields
    ------
    two to four items an image, in the order drawn; a phantom is never refused
    """
    for number in range(n_images):
        name = f"phantom/{split}/{number}"
        pixels = generator_for(seed, name, "pixels")
        scene = draw_scene(generator_for(seed, name, "scene"))
        digest = _write_png(render(scene, pixels), folder)
        rng = random_for(seed, name, "questions")
        for asked in pick_questions(scene, rng, rng.randint(*QUESTIONS_PER_IMAGE)):
            yield _item(asked, scene, digest, folder, split, f"{name}/{asked.question_type}", seed, rng)


def pick_questions(scene: Scene, rng: Random, n: int | None = None) -> list[PhantomQuestion]:
    """At most `n` questions about the scene in random order, one a type; all types if None."""
    by_type: dict[str, list[PhantomQuestion]] = {}
    for asked in questions(scene):
        by_type.setdefault(asked.question_type, []).append(asked)
    picked = [rng.choice(group) for group in by_type.values()]
    rng.shuffle(picked)
    return picked[:n]


def draw_options(asked: PhantomQuestion, rng: Random) -> tuple[tuple[str, ...], int]:
    """Options and the index of the right one, every place equally likely.

    A closed question shows all its answers; an open one two to five of them.
    """
    most = min(len(asked.wrong), MOST_OPTIONS - 1)
    n_wrong = len(asked.wrong) if asked.closed else rng.randint(min(2, most), most)
    options = rng.sample(asked.wrong, n_wrong)
    answer_index = rng.randint(0, n_wrong)
    options.insert(answer_index, asked.answer)
    return tuple(options), answer_index


def _item(
    asked: PhantomQuestion,
    scene: Scene,
    digest: str,
    folder: Path,
    split: str,
    source_id: str,
    seed: int,
    rng: Random,
) -> Item:
    question, rephrased = rng.sample(asked.wordings, 2)
    image_id = digest[:16]
    item_id = content_id("phantom", image_id, question, asked.answer)
    options, answer_index = draw_options(asked, random_for(seed, item_id, "options"))
    return Item(
        dataset="phantom",
        item_id=item_id,
        split=split,
        image_id=image_id,
        image_path=(folder / f"{image_id}.png").as_posix(),
        image_sha256=digest,
        question=question,
        options=options,
        answer_index=answer_index,
        question_type=asked.question_type,
        answer_type="closed" if asked.closed else "open",
        nota_valid=len(options) > 2,
        source_id=source_id,
        modality=scene.modality,
        body_region=scene.region,
        rephrased_question=rephrased,
    )


def _write_png(pixels: Image, folder: Path) -> str:
    """Write an image under the first 16 hex digits of its SHA-256; returns all 64."""
    from PIL import Image as Pillow

    buffer = io.BytesIO()
    Pillow.fromarray(pixels).save(buffer, "PNG")
    return write_whole(folder, buffer.getvalue(), ".png").sha256


def vocabulary() -> Sequence[str]:
    """Every question and every answer that a phantom can give rise to."""
    from itertools import combinations

    from vqa_canary.sources.phantom_drawing import KINDS, MODALITIES, REGIONS, SIZES

    texts: set[str] = set()
    for region in (*REGIONS, None):
        for n in range(4):
            for affected in combinations(range(4), n):
                for asked in questions(Scene(MODALITIES[0], region, affected, KINDS[0], SIZES[0])):
                    texts |= {*asked.wordings, asked.answer, *asked.wrong}
    return sorted(texts)
