"""Items under conditions: the instances that models are asked about."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random
from types import MappingProxyType

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
from vqa_canary.rows import Instance, Item, Refusal, image_columns, instance_id
from vqa_canary.seeding import random_for

Part = Collection[tuple[str, str]]
"""Datasets and ids of the items that a condition is limited to."""


def show(
    items: Iterable[Item],
    conditions: Sequence[str],
    seed: int,
    gallery: Gallery,
    parts: Mapping[str, Part] = MappingProxyType({}),
) -> Iterator[Instance | Refusal]:
    """Each item under each condition: an `Instance`, or a `Refusal` where the condition does not fit.

    Parameters
    ----------
    parts : of each condition that only some of the items are shown under, which those are

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
            if name in parts and (item.dataset, item.item_id) not in parts[name]:
                continue
            try:
                rng = random_for(seed, item.item_id, name)
                shown = shown_by(name, item, rng)
                refuse_chance(name, item, seed, shown)
                refuse_untrue(name, item, shown)
                if shown.image == "swap":
                    shown, images = _swapped(item, shown, gallery, seed)
                else:
                    images = _images(item, name, shown, gallery, rng)
                yield _instance(item, name, shown, images)
            except NotApplicable as error:
                key = f"{item.dataset}/{item.item_id} {name}"
                row = {"source_id": item.source_id, "question": item.question, "options": item.options}
                yield Refusal("conditions", key, f"{name}: {error}", row)


def show_all(
    items: Iterable[Item],
    conditions: Sequence[str],
    seed: int,
    gallery: Gallery,
    parts: Mapping[str, Part] = MappingProxyType({}),
) -> tuple[list[Instance], list[Refusal]]:
    """What `show` yields, instances and refusals apart."""
    shown = list(show(items, conditions, seed, gallery, parts))
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
        case "none":
            return ()
    raise BadInput(unknown_image(name, item, shown.image))


def _swapped(item: Item, shown: Shown, gallery: Gallery, seed: int) -> tuple[Shown, Images]:
    """The item with the images of its partner, and the option right that is right for them."""
    swap = gallery.swapped(item, seed)
    if swap.right not in shown.options:
        raise NotApplicable("the option that is right for the other image is not offered")
    return replace(shown, answer_index=shown.options.index(swap.right)), swap.images


def _instance(item: Item, name: str, shown: Shown, images: Images) -> Instance:
    question = item.question if shown.question is None else shown.question
    content = (item.dataset, item.item_id, name, question, shown.options, shown.answer_index)
    return Instance(
        instance_id=instance_id(*content, *(image.image_sha256 for image in images)),
        dataset=item.dataset,
        item_id=item.item_id,
        condition=name,
        question=question,
        options=shown.options,
        **image_columns(images),
        answer_index=shown.answer_index,
        nota_index=shown.nota_index,
    )
