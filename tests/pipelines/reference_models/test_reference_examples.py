from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from vqa_canary.engines.prompts import Prompts
from vqa_canary.pipelines.reference_models.examples import examples_from_items, examples_from_scenes
from vqa_canary.reference_models.architecture import Architecture, build_processor
from vqa_canary.reference_models.corpus import pixels_of, sentences
from vqa_canary.rows import Item
from vqa_canary.seeding import generator_for
from vqa_canary.sources.phantom import vocabulary
from vqa_canary.sources.phantom_drawing import draw_scene, render

if TYPE_CHECKING:
    from transformers import ProcessorMixin


def _item(number: int, image: str, question: str, options: tuple[str, ...], closed: bool = False) -> Item:
    return Item(
        dataset="d",
        item_id=str(number),
        split="train",
        image_id=image,
        image_path=f"{image}.png",
        image_sha256=image,
        question=question,
        options=options,
        answer_index=0,
        question_type="closed" if closed else "organ",
        answer_type="closed" if closed else "open",
        nota_valid=True,
        source_id=str(number),
    )


ITEMS = [
    _item(0, "a", "Which organ?", ("Lung", "Liver", "Heart")),
    _item(1, "a", "Which organ?", ("Right lung", "Liver")),
    _item(2, "b", "Which organ?", ("Kidney", "Liver", "Spleen")),
    _item(3, "b", "Healthy?", ("Yes", "No"), closed=True),
    _item(4, "c", "What is this?", ("Liver", "Bone")),
]


@pytest.fixture(scope="module")
def processor() -> ProcessorMixin:
    return build_processor(Architecture(), sentences(Prompts(), vocabulary()))


def test_every_phantom_sentence_is_known_to_the_tokenizer(processor: ProcessorMixin) -> None:
    tokenizer = processor.tokenizer
    for text in sentences(Prompts(), vocabulary()):
        assert tokenizer.unk_token_id not in tokenizer(text)["input_ids"], text


def test_scenes_are_fresh_and_follow_from_the_seed(processor: ProcessorMixin) -> None:
    first, again, other = (
        list(islice(examples_from_scenes(processor, split, 3), 5)) for split in ("train", "train", "held out")
    )
    for one, two, three in zip(first, again, other, strict=True):
        assert one.questions == two.questions
        assert (one.pixels == two.pixels).all()
        assert (one.pixels != three.pixels).any()
        assert all(q.options[q.answer_index] == q.answer for q in one.questions)
        assert len({q.question_type for q in one.questions}) == len(one.questions) >= 3
    assert len({one.pixels.tobytes() for one in first}) == 5


def test_items_are_redrawn_each_round(processor: ProcessorMixin) -> None:
    images = {
        f"{name}.png": Image.new("L", (80, 80), grey) for name, grey in zip("abc", (0, 90, 200), strict=False)
    }
    examples = list(islice(examples_from_items(processor, ITEMS, images, 0), 3 * 60))
    shown: dict[str, set[tuple[str, ...]]] = {}
    for start in range(0, len(examples), 3):
        seen = {float(example.pixels.mean()) for example in examples[start : start + 3]}
        assert len(seen) == 3, "each image once a round"
    for example in examples:
        for question in example.questions:
            assert question.options[question.answer_index] == question.answer
            assert len(set(question.options)) == len(question.options)
            shown.setdefault(question.answer, set()).add(question.options)
    assert {frozenset(options) for options in shown["Yes"]} == {frozenset({"Yes", "No"})}
    assert {options.index("Yes") for options in shown["Yes"]} == {0, 1}
    lung = {option for options in shown["Lung"] for option in options}
    assert lung == {"Lung", "Liver", "Heart", "Kidney"}, "never the other right answer of this image"
    assert {len(options) for options in shown["Lung"]} == {3}
    blank = pixels_of(processor, images["a.png"])
    assert blank.shape == (3, 64, 64)
    assert np.allclose(blank, -1)


def test_models_learn_from_phantoms_as_clear_as_taught(processor: ProcessorMixin) -> None:
    for number, example in enumerate(islice(examples_from_scenes(processor, "train", 3), 12)):
        name = f"phantom/train/{number}"
        scene = draw_scene(generator_for(3, name, "scene"))
        taught = render(scene, generator_for(3, name, "pixels"), taught=True)
        assert np.array_equal(example.pixels, pixels_of(processor, Image.fromarray(taught)))
