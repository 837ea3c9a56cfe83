"""Whether instances are what the items give under their conditions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

from vqa_canary.conditions.image_pairs import Known, known_answers, swapped_answer
from vqa_canary.conditions.registration import NotApplicable, Shown, shown_by
from vqa_canary.errors import BadInput
from vqa_canary.rows import Instance, Item
from vqa_canary.seeding import random_for


def refuse_disagreement(items: Iterable[Item], instances: Iterable[Instance], seed: int) -> None:
    """Show every item anew and compare: question, options, right answer, place of NOTA, and whose image it is.

    Raises
    ------
    BadInput : an instance of no item, or one that shows something else; the message names it and the field
    """
    known = {(item.dataset, item.item_id): item for item in items}
    answers = cache(
        lambda: known_answers(known.values())
    )  # which only a condition that swaps images asks for
    for instance in instances:
        item = known.get((instance.dataset, instance.item_id))
        field = "item_id" if item is None else _differing_field(item, instance, seed, answers)
        if field:
            raise BadInput(
                f"instances, {instance.instance_id} ({instance.dataset}/{instance.item_id}, {instance.condition}), "
                f"{field}: it is not what the table items gives under this condition. Run `kedro run --pipeline "
                "data_engineering`, then the stages after it. If that does not help, the condition shows one item in "
                "two ways: all its chance must come from `rng`, and no order from a set."
            )


def _differing_field(item: Item, instance: Instance, seed: int, answers: Callable[[], Known]) -> str | None:
    try:
        shown = shown_by(instance.condition, item, random_for(seed, item.item_id, instance.condition))
    except NotApplicable:
        return "condition"
    expected = {
        "question": item.question if shown.question is None else shown.question,
        "options": shown.options,
        "nota_index": shown.nota_index,
    }
    if shown.image == "swap":
        if not _is_right(item, instance, answers()):
            return "answer_index"
    else:
        expected["answer_index"] = shown.answer_index
    for field, value in expected.items():
        if getattr(instance, field) != value:
            return field
    return _differing_images(item, instance, shown)


def _differing_images(item: Item, instance: Instance, shown: Shown) -> str | None:
    own, images = ([image.image_id for image in row.images] for row in (item, instance))
    if not images or shown.image == "none":
        return "image_id" if images or shown.image != "none" else None
    if own[:1] != images[:1] and shown.image == "own":
        return "image_id"
    if len(own) != len(images) or (own == images) != (shown.image == "own"):
        return "more_images" if len(own) > 1 or len(images) > 1 else "image_id"
    return None


def _is_right(item: Item, instance: Instance, answers: Known) -> bool:
    """Whether the items about the images that are swapped in say that the instance's answer is right of these."""
    other = answers.get((instance.dataset, tuple(image.image_id for image in instance.images)), {})
    at = swapped_answer(item, other)
    if at is None or instance.answer_index is None or not 0 <= instance.answer_index < len(instance.options):
        return False
    return instance.options[instance.answer_index] == item.options[at]
