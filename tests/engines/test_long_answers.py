"""What goes wrong in long answers alone: see `test_families.py` for those of every family."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from tests.engines.families.building import WORDS
from tests.engines.test_families import BOUND, PROMPTS, SEED, open_image
from tests.engines.test_families import instances as instances  # a fixture

from vqa_canary.engines.local.decoding import Request
from vqa_canary.engines.local.features import FeatureStore
from vqa_canary.engines.local.image_tokens import image_tokens
from vqa_canary.engines.local.loading import TransformersModel, load
from vqa_canary.engines.local.race import Race
from vqa_canary.engines.local.rendering import Renderer
from vqa_canary.engines.local.tree import TreeReading
from vqa_canary.engines.local.whole_passes import difference
from vqa_canary.engines.registration import make_engine
from vqa_canary.engines.sampling import Sampling
from vqa_canary.rows import Instance

SAMPLING = Sampling(n_samples=1, max_new_tokens=2)


def test_an_image_may_have_as_many_keys_as_the_tree_has_columns(
    family_folder: Callable[[str], Path], instances: list[Instance]
) -> None:
    """Mllama's text attends to keys of the image beside those of the text: of one number, they look alike."""
    loaded = load("m", TransformersModel(path=str(family_folder("mllama"))))
    renderer = Renderer(loaded.processor, image_tokens(loaded))
    first, image = instances[0], open_image(instances[0])
    prompt = renderer.render(PROMPTS.question_chat(first.question, first.options), [image])
    with torch.no_grad():
        n_keys = loaded.model(**prompt.inputs).past_key_values.layers[1].get_seq_length()
    chats = (PROMPTS.question_chat("it " * n, WORDS[:2]) for n in range(n_keys))
    prompt = next(one for one in (renderer.render(chat, [image]) for chat in chats) if len(one.ids) == n_keys)
    tree = TreeReading(loaded, renderer, Race(), FeatureStore(loaded.model))
    with torch.no_grad():
        [found] = tree.read([Request(prompt, (), (), 5, endless=True)])
        assert difference(loaded, Request(prompt), found) < BOUND


def test_a_model_that_goes_by_the_number_of_columns_is_found_out_before_there_are_as_many(
    family_folder: Callable[[str], Path], instances: list[Instance], tmp_path: Path
) -> None:
    """Llama 4 takes the temperature of some layers from the length of the cache, in steps of `floor_scale` tokens: in a
    tree, that is the number of all columns, and no token's depth. `test_families.py` reads it with steps of the usual
    length as a tree."""
    from tests.engines.breaking import copied, edit_json

    folder = copied(family_folder("llama4"), tmp_path)
    edit_json(folder / "config.json", lambda config: config["text_config"].update(floor_scale=2048))
    engine: Any = make_engine("m", {"path": str(folder)}, PROMPTS, SAMPLING, SEED, Path())
    engine.answer(instances[:4], open_image)
    assert engine.facts["reading"] == "repeated cache"
