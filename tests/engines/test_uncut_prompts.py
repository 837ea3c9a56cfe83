"""Prompts with nothing to share, and single prompts that fail: a slower reading or a failed row, and no traceback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest
from tests.engines.families import odd
from tests.engines.test_failing_families import Wrapped, assert_equal, engine_of, raises
from tests.engines.test_failing_families import folder as folder  # fixtures
from tests.engines.test_failing_families import right as right
from tests.engines.test_failing_families import rows as rows
from tests.engines.test_families import PROMPTS, SAMPLING, SEED, open_image
from tests.engines.test_families import instances as instances  # a fixture
from tests.engines.test_several_images import instance

from vqa_canary.engines.local.cached_rows import CachedRows
from vqa_canary.engines.local.engine import TransformersEngine
from vqa_canary.engines.local.loading import TransformersModel, load
from vqa_canary.engines.local.template_settings import refuse_lost
from vqa_canary.engines.local.tree import TreeReading
from vqa_canary.engines.prompts import Prompts
from vqa_canary.errors import BadInput
from vqa_canary.rows import Evidence, Instance

LAST = "{{ prompt }}\n{{ image }}"
NO_ASKING = "{{ image }}\n{{ prompt }}"
SECOND_LAST = """{% set n = messages[0]['content'] | selectattr('type', 'equalto', 'image') | list | length %}
<image>
{{ prompt }}{% if n > 1 %}
<image>{% endif %}"""


@pytest.mark.parametrize(
    ("family", "reading"),
    [
        *(("llava", reading) for reading in ("tree", "packed tree", "repeated cache", "full prompts")),
        ("qwen2_vl", "tree"),  # which is told of every token whether it is an image's
    ],
)
def test_an_image_at_the_very_end_is_read_in_whole_prompts(
    family: str, reading: str, family_folder: Callable[[str], Path], rows: list[Instance]
) -> None:
    engine = engine_of(family_folder(family), reading=reading, chat_template=LAST)
    found = engine.answer(rows, open_image)
    assert_equal(found, engine.alone().answer(rows, open_image))
    assert engine.facts["reading"] == "full prompts"
    told = f"{reading}: no text stands behind the image; " if reading != "full prompts" else "full prompts: "
    assert engine.facts["reading_reason"].startswith(told)


def test_a_template_that_asks_for_no_answer_is_read_as_a_tree(folder: Path, rows: list[Instance]) -> None:
    engine = engine_of(folder, chat_template=NO_ASKING)
    assert_equal(engine.answer(rows, open_image), engine.alone().answer(rows, open_image))
    assert engine.facts["reading"] == "tree"


def test_of_two_images_one_may_stand_at_the_end(folder: Path, rows: list[Instance]) -> None:
    engine = engine_of(folder, chat_template=SECOND_LAST)
    asked = [*rows[:2], instance(("square", "other"), "Which?", ("lung", "liver"))]
    found = engine.answer(asked, open_image)
    assert_equal(found, engine.alone().answer(asked, open_image))
    assert engine.facts["reading"] == "tree; with 2 images: full prompts"


def test_images_without_tokens_of_their_own_end_in_no_traceback(rows: list[Instance], tmp_path: Path) -> None:
    """GIT puts an image before all tokens, and Kosmos-2 stands it for ids that belong to ordinary words."""
    odd.git(tmp_path / "git")
    # The library counts the positions of an answer on from the image, and those of a whole prompt without it.
    with pytest.raises(
        BadInput, match=r"'git': log-probs of an answer read token by token are .* not supported"
    ):
        engine_of(tmp_path / "git").answer(rows[:2], open_image)
    odd.kosmos2(tmp_path / "kosmos2")
    # It wants the image's pixels again with every token of an answer.
    with pytest.raises(BadInput, match=r"'kosmos-2': the model fails .* `pixel_values` or .*`endpoint`"):
        engine_of(tmp_path / "kosmos2").answer(rows[:2], open_image)


@pytest.mark.parametrize("reading", ["tree", "full prompts"])
@pytest.mark.parametrize("error", [ValueError("too long"), IndexError("too long")])
def test_one_text_that_the_processor_fails_on_is_one_failed_row(
    error: Exception,
    reading: Literal["tree", "full prompts"],
    folder: Path,
    rows: list[Instance],
    right: list[Evidence],
) -> None:
    options = TransformersModel(path=str(folder), reading=reading)
    loaded = load("m", options)

    def fails(text: str = "", images: Any = None, **_: Any) -> bool:
        return images is not None and "spleen" in text

    loaded.__dict__["processor"] = Wrapped(loaded.processor, fails, error)
    engine = TransformersEngine("m", options, PROMPTS, SAMPLING, SEED, loaded)
    found = engine.answer(rows, open_image)
    assert found[1].status == "failed"
    assert str(found[1].error).endswith("too long")
    assert_equal([found[at] for at in (0, 2, 3)], [right[at] for at in (0, 2, 3)])
    assert engine.facts["reading"] == reading


def test_an_instance_that_a_fast_reading_fails_on_is_read_whole_and_alone(
    folder: Path, rows: list[Instance], right: list[Evidence], monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    read = TreeReading.read
    for error in (KeyError("of its own"), torch.OutOfMemoryError("CUDA out of memory")):

        def fails(self: Any, requests: Any, error: Exception = error) -> Any:
            if any("spleen" in one.prompt.text for one in requests):
                raise error
            return read(self, requests)

        engine = engine_of(folder)
        engine.answer(rows[2:], open_image)
        with monkeypatch.context() as patch:
            patch.setattr(TreeReading, "read", fails)
            assert_equal(engine.answer(rows, open_image), right)
        assert engine.facts["reading"] == "tree"
        told = "; read whole and alone, since it failed on them: 1 instance"
        assert engine.facts["reading_reason"].endswith(told)
        engine.answer(rows, open_image)
        assert told not in engine.facts["reading_reason"]


def test_a_cache_of_another_build_is_left_as_it_is() -> None:
    import torch
    from transformers import DynamicCache, EncoderDecoderCache

    cache = EncoderDecoderCache(DynamicCache(), DynamicCache())
    CachedRows(None, cache, {"input_ids": torch.zeros(1, 3)})._make_room()
    assert not hasattr(cache, "layers") or cache.layers == []


def test_settings_under_which_a_template_fails_are_named(folder: Path) -> None:
    engine = engine_of(folder)
    renderer = engine._renderer
    renderer._processor.chat_template = (
        "{% if deep and messages | length > 1 %}{{ raise_exception('too deep') }}{% endif %}"
        "{% if plain is not defined %}{{ nothing.at.all }}{% endif %}<image>\n"
        "{% for m in messages %}{{ m['content'][-1]['text'] }}{% endfor %}"
    )
    refuse_lost("m", Prompts(), {"plain": True}, renderer.with_template({"plain": True}))
    settings = {"plain": True, "deep": True}
    with pytest.raises(BadInput, match=r"models\.m\.chat_template_kwargs: with plain, deep .*too deep"):
        refuse_lost("m", Prompts(), settings, renderer.with_template(settings))


def test_what_a_family_says_of_itself_in_an_odd_way_is_no_fault(
    folder: Path, rows: list[Instance], right: list[Evidence], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = engine_of(folder)
    loaded = engine._loaded
    loaded.processor.image_token_index = [loaded.model.config.image_token_id]
    object.__setattr__(loaded.model.config, "vision_start_token_ids", {"start": 3})
    monkeypatch.setattr(loaded.processor, "to_dict", lambda: raises(TypeError))
    assert_equal(engine.answer(rows, open_image), right)
    assert engine.facts["reading"] == "tree"
    assert engine.facts["processor"] == "cannot be told (TypeError: of its own)"


def test_whatever_a_reading_raises_on_everything_is_answered_whole(
    folder: Path, rows: list[Instance], right: list[Evidence], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = engine_of(folder)
    engine.answer(rows[:1], open_image)
    monkeypatch.setattr(TreeReading, "read", lambda *_: raises(KeyError))
    assert_equal(engine.answer(rows, open_image), right)
    assert engine.facts["reading_reason"].endswith("failed on them: 4 instances")
