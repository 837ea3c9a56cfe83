"""What the trial of a tree has to reach, and what of a shard's prompts is prepared and kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.engines.families.building import WORDS
from tests.engines.test_families import PROMPTS, SEED, open_image
from tests.engines.test_families import instances as instances  # a fixture

from vqa_canary.engines.local import columns, ladder, prepared_images
from vqa_canary.engines.local.cached_prompts import FullPrompts
from vqa_canary.engines.local.columns import Columns, columns_of
from vqa_canary.engines.local.decoding import Request
from vqa_canary.engines.local.engine import TransformersEngine
from vqa_canary.engines.local.packing import PackedRows
from vqa_canary.engines.local.race import Race
from vqa_canary.engines.local.rendering import Prompt, Renderer
from vqa_canary.engines.registration import make_engine
from vqa_canary.engines.sampling import Sampling
from vqa_canary.rows import Instance

SAMPLING = Sampling(n_samples=5)


@pytest.fixture(scope="module")
def folder(family_folder: Callable[[str], Path]) -> Path:
    return family_folder("llava")


def engine_of(folder: Path) -> Any:
    return make_engine("m", {"path": str(folder)}, PROMPTS, Sampling(), SEED, Path())


@pytest.mark.parametrize(
    ("reading", "n_samples", "order"),
    [
        ("tree", 4, "shown"),
        ("packed tree", 40, "shown"),
        ("tree", 3, "reshuffled"),
        ("packed tree", 12, "reshuffled"),
    ],
)
def test_no_tree_grows_beyond_its_bound(
    reading: str,
    n_samples: int,
    order: Any,
    folder: Path,
    instances: list[Instance],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two questions about each image; of one there are few conditions, with many words, and of the other many."""
    monkeypatch.setattr(columns, "_FEWEST", 1)
    monkeypatch.setattr(columns, "_rounded", lambda n: n)
    bounds: list[Columns] = []
    find, proving = ladder.find_reading, False

    def found(*args: Any) -> Any:
        nonlocal proving
        bounds.append(args[-1])
        proving = True
        proven = find(*args)
        proving = False
        return proven

    monkeypatch.setattr("vqa_canary.engines.local.proofs.find_reading", found)
    wordy = [
        replace(one, question=" ".join(WORDS[:5]) * 6, instance_id=f"w{one.instance_id}") for one in instances
    ]
    asked = [*instances[:4], *wordy[4:6], *wordy[8:10], *instances[12:16]]
    sampling = Sampling(n_samples=n_samples, max_new_tokens=12, option_order=order)
    model = {"path": str(folder), "reading": reading}
    engine: Any = make_engine("m", model, PROMPTS, sampling, SEED, Path())
    widest = 0
    read = PackedRows.read

    def wide(self: PackedRows, *args: Any) -> Any:
        nonlocal widest
        logits = read(self, *args)
        if not proving:
            widest = max(widest, self.cache.get_seq_length() - self.cache.beyond)
        return logits

    monkeypatch.setattr(PackedRows, "read", wide)
    assert {one.status for one in engine.answer(asked, open_image)} == {"ok"}
    assert engine.facts["reading"] == reading
    assert bounds[-1].of(reading) / 4 < widest <= bounds[-1].of(reading)


def test_prompts_that_cannot_be_cut_have_no_part_in_a_bound(
    folder: Path, instances: list[Instance], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns, "_rounded", lambda n: n)
    engine = engine_of(folder)
    renderer = engine._renderer
    asked = [engine._prepare(one, (open_image(one),)) for one in instances[:3]]
    bound = columns_of(asked[:2], PROMPTS, renderer, 3, SAMPLING)
    for text in ("no image", asked[2].prompt.text.replace("<image>", "") + "<image>"):
        other = replace(asked[2], prompt=Prompt(text, asked[2].prompt.images, renderer))
        assert columns_of([*asked[:2], other], PROMPTS, renderer, 3, SAMPLING) == bound
        assert columns_of([other], PROMPTS, renderer, 3, SAMPLING).of_prompts < 100
    assert bound.with_answers == bound.of_prompts + 2 * 8 * 3


def test_whole_prompts_of_a_shard_hold_each_image_once(
    folder: Path, instances: list[Instance], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepared_images, "PIXEL_BYTES", 30_000)  # room for one image
    engine = engine_of(folder)
    images = {one.image_id: open_image(one) for one in instances}  # kept, as the last ones of a study are
    asked = [engine._prepare(one, (images[one.image_id],)) for at in range(3) for one in instances[at::8]]
    requests = [Request(one.prompt) for one in asked]
    with torch.no_grad():
        FullPrompts(engine._loaded, engine._renderer, Race(), 4).read(requests)
    pixels = {(one.prompt.key, one.prompt.inputs["pixel_values"].data_ptr()) for one in asked}
    assert len(pixels) == len({one.prompt.key for one in asked}) == 3


@pytest.mark.parametrize("limits", [{}, {"repetition_penalty": 1.3}])
def test_a_tree_prepares_one_prompt_of_a_question_and_keeps_no_pixels(
    limits: dict[str, Any], folder: Path, instances: list[Instance], monkeypatch: pytest.MonkeyPatch
) -> None:
    sampling = Sampling(n_samples=2, max_new_tokens=2, **limits)
    engine: Any = make_engine("m", {"path": str(folder)}, PROMPTS, sampling, SEED, Path())
    rows = [*instances[:4], *instances[8:12]]
    right = engine.answer(rows, open_image)
    prepared, processed = [], []
    prepare, process = TransformersEngine._prepare, Renderer.process

    def kept(self: Any, *args: Any) -> Any:
        prepared.append(prepare(self, *args))
        return prepared[-1]

    def counted(self: Any, *args: Any) -> Any:
        processed.append(args)
        return process(self, *args)

    monkeypatch.setattr(TransformersEngine, "_prepare", kept)
    monkeypatch.setattr(Renderer, "process", counted)
    again = engine.answer(rows, open_image)
    assert [one.samples for one in again] == [one.samples for one in right]
    assert len(prepared) == len(rows)
    # One whose images tell the shape, and which is cut behind them, for each of two questions.
    assert len(processed) <= 2
    assert not any("inputs" in vars(one.prompt) for one in prepared)
