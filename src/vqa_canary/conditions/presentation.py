"""Items under conditions: the instances that models are asked about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from random import Random

from vqa_canary.conditions.gallery import Gallery, Images
from vqa_canary.conditions.registration import (
    CONDITIONS,
    NotApplicable,
    Shown,
    naming,
    refuse_chance,
    shown_by,
    unknown_image,
)
from vqa_canary.conditions.truthfulness import refuse_untrue
from vqa_canary.errors import BadInput
from vqa_canary.registry import UnknownName
from vqa_canary.rows import Instance, Item, Refusal, instance_id
from vqa_canary.seeding import random_for


def show(
    items: Iterable[Item], conditions: Sequence[str], seed: int, gallery: Gallery
) -> Iterator[Instance | Refusal]:
    """Each item under each condition: an `Instance`, or a `Refusal` where the condition does not fit.

    Raises
    ------
    BadInput : an unknown condition; near names are suggested. A condition that breaks, that contradicts the item, that
        asks for images of an unknown kind, or that shows an item in two ways; it is named with the item
    """
    try:
        for name in conditions:
            CONDITIONS[name]
    except UnknownName as error:
        raise BadInput(f"parameters: conditions: {error}") from error
    for item in items:
        for name in dict.fromkeys(conditions):
            try:
                rng = random_for(seed, item.item_id, name)
                shown = shown_by(name, item, rng)
                refuse_chance(name, item, seed, shown)
                refuse_untrue(name, item, shown)
                yield _instance(item, name, shown, _images(item, name, shown, gallery, rng))
            except NotApplicable as error:
                key = f"{item.dataset}/{item.item_id} {name}"
                row = {"source_id": item.source_id, "question": item.question, "options": item.options}
                yield Refusal("conditions", key, f"{name}: {error}", row)


def show_all(
    items: Iterable[Item], conditions: Sequence[str], seed: int, gallery: Gallery
) -> tuple[list[Instance], list[Refusal]]:
    """What `show` yields, instances and refusals apart."""
    shown = list(show(items, conditions, seed, gallery))
    instances = [row for row in shown if isinstance(row, Instance)]
    return instances, [row for row in shown if isinstance(row, Refusal)]


def _images(item: Item, name: str, shown: Shown, gallery: Gallery, rng: Random) -> Images:
    if callable(shown.image):
        with naming(name, item):
            return gallery.changed(item, shown.image)
    match shown.image:
        case "own":
            return item.images
        case "blank":
            return gallery.blank(item)
        case "other":
            return gallery.other(item, rng)
    raise BadInput(unknown_image(name, item, shown.image))


def _instance(item: Item, name: str, shown: Shown, images: Images) -> Instance:
    question = item.question if shown.question is None else shown.question
    content = (item.dataset, item.item_id, name, question, shown.options, shown.answer_index)
    first, *more = images
    return Instance(
        instance_id=instance_id(*content, *(image.image_sha256 for image in images)),
        dataset=item.dataset,
        item_id=item.item_id,
        condition=name,
        question=question,
        options=shown.options,
        **first._asdict(),
        answer_index=shown.answer_index,
        nota_index=shown.nota_index,
        more_images=tuple(more) or None,
    )
