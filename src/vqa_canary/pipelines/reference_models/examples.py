"""Examples for the training of reference VLMs: from phantoms, and from any data set's items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from vqa_canary.seeding import generator_for, random_for

if TYPE_CHECKING:
    from PIL.Image import Image
    from transformers import ProcessorMixin

    from vqa_canary.reference_models.corpus import Example, Question
    from vqa_canary.rows import Item


def examples_from_scenes(
    processor: ProcessorMixin, split: str, seed: int, first: int = 0
) -> Iterator[Example]:
    """Phantoms without end from number `first`, each drawn once, all its types of question asked."""
    from PIL import Image

    from vqa_canary.reference_models.corpus import Example, Question, pixels_of
    from vqa_canary.sources.phantom import draw_options, pick_questions
    from vqa_canary.sources.phantom_drawing import draw_scene, render

    for number in count(first):
        name = f"phantom/{split}/{number}"
        scene = draw_scene(generator_for(seed, name, "scene"))
        image = Image.fromarray(render(scene, generator_for(seed, name, "pixels"), taught=True))
        rng = random_for(seed, name, "questions")
        questions = []
        for asked in pick_questions(scene, rng):
            options, at = draw_options(asked, rng)
            wording = rng.choice(asked.wordings)
            questions.append(Question(wording, asked.answer, options, at, asked.question_type))
        yield Example(pixels_of(processor, image), tuple(questions), scene.modality)


def examples_from_items(
    processor: ProcessorMixin, items: Sequence[Item], images: Mapping[str, Image], seed: int
) -> Iterator[Example]:
    """The images of `items` without end, in a new order each round, options drawn anew each time.

    An open question's wrong options are answers of its question type, among them those that its
    item shows; a closed one keeps its options. Both are shuffled.

    Parameters
    ----------
    images : by `image_path`
    """
    from vqa_canary.reference_models.corpus import Example, pixels_of

    by_image: dict[str, list[Item]] = {}
    for item in items:
        by_image.setdefault(item.image_path, []).append(item)
    pixels = {path: pixels_of(processor, images[path]) for path in by_image}
    wrong = _wrong_answers(items)
    for turn in count():
        rng = random_for(seed, str(turn), "round of examples")
        for path in rng.sample(sorted(by_image), len(by_image)):
            own = by_image[path]
            questions = tuple(_redrawn(item, wrong[item.item_id], rng) for item in own)
            yield Example(pixels[path], questions, own[0].modality or "")


def _wrong_answers(items: Sequence[Item]) -> dict[str, list[str]]:
    """For each open item the answers of its question type that neither contain nor are contained
    in a right answer to the same question about the same image."""
    right: dict[tuple[str, str], set[str]] = {}
    pools: dict[tuple[str, str], set[str]] = {}
    for item in items:
        answer = item.options[item.answer_index]
        right.setdefault((item.image_id, item.question), set()).add(answer.casefold())
        pools.setdefault((item.question_type, item.answer_type), set()).add(answer)
    return {
        item.item_id: [
            answer
            for answer in sorted(pools[item.question_type, item.answer_type])
            if not any(
                answer.casefold() in known or known in answer.casefold()
                for known in right[item.image_id, item.question]
            )
        ]
        for item in items
    }


def _redrawn(item: Item, wrong: Sequence[str], rng: Random) -> Question:
    from vqa_canary.reference_models.corpus import Question

    answer = item.options[item.answer_index]
    n = len(item.options)
    own = [option for option in item.options if option != answer]
    options = own if item.answer_type == "closed" or rng.random() < 0.5 else _draw(own, wrong, rng)
    options = rng.sample(options, len(options))
    at = rng.randrange(n)
    options.insert(at, answer)
    return Question(item.question, answer, tuple(options), at, item.question_type)


def _draw(own: Sequence[str], wrong: Sequence[str], rng: Random) -> list[str]:
    """As many wrong options as `own`, from `wrong` and, where these do not suffice, from `own`."""
    drawn = rng.sample(wrong, min(len(own), len(wrong)))
    return drawn + [option for option in own if option not in drawn][: len(own) - len(drawn)]


def open_images(items: Sequence[Item], root: Path) -> dict[str, Image]:
    """The decoded image of each item, by `image_path`.

    Raises
    ------
    BadInput : one cannot be read, or changed since the items were made; an item shows several
    """
    from vqa_canary.errors import BadInput
    from vqa_canary.sources.images import image_opener

    opened = image_opener(root)
    by_path = {item.image_path: item for item in items}
    if several := [item for item in items if item.more_images]:
        raise BadInput(
            f"items, {several[0].dataset}/{several[0].item_id}: shows {len(several[0].images)} images, and reference "
            "models learn from questions about one. Take a dataset without such questions."
        )
    return {path: opened(item) for path, item in by_path.items()}
