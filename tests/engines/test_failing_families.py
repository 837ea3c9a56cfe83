"""Families that fail in a way of their own, wherever it is: a slower reading, a failed row or one clear message."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.engines.test_families import PROMPTS, SAMPLING, SEED, open_image
from tests.engines.test_families import instances as instances  # a fixture

from vqa_canary.engines.local import cached_prompts, features, ladder
from vqa_canary.engines.local.architectures import refuse_unfit
from vqa_canary.engines.local.cached_prompts import RepeatedCache
from vqa_canary.engines.local.loading import TransformersModel, load
from vqa_canary.engines.local.made_up_prompts import refuse_lossy_template
from vqa_canary.engines.local.rendering import Prompt, Renderer
from vqa_canary.engines.local.tree import TreeReading
from vqa_canary.engines.registration import make_engine
from vqa_canary.errors import BadInput
from vqa_canary.rows import Evidence, Instance

KINDS = (
    AttributeError,
    IndexError,
    KeyError,
    TypeError,
    ValueError,
    RuntimeError,
    NotImplementedError,
    AssertionError,
)
"""What libraries raise where they meet what they did not expect."""


@pytest.fixture(scope="module")
def folder(family_folder: Callable[[str], Path]) -> Path:
    return family_folder("llava")


@pytest.fixture(scope="module")
def rows(instances: list[Instance]) -> list[Instance]:
    """Two images of one shape and one of another, three options and two."""
    return [instances[at] for at in (0, 3, 9, 16)]


def engine_of(folder: Path, **options: Any) -> Any:
    return make_engine("m", {"path": str(folder), **options}, PROMPTS, SAMPLING, SEED, Path())


@pytest.fixture(scope="module")
def right(folder: Path, rows: list[Instance]) -> list[Evidence]:
    return list(engine_of(folder).answer(rows, open_image))


def assert_equal(found: list[Evidence], right: list[Evidence]) -> None:
    assert [one.status for one in found] == ["ok"] * len(right)
    for one, other in zip(found, right, strict=True):
        assert one.option_logprobs == pytest.approx(other.option_logprobs, abs=1e-4)
        assert one.greedy_token_logprobs == pytest.approx(other.greedy_token_logprobs, abs=1e-4)
        assert [sample.text for sample in one.samples or ()] == [
            sample.text for sample in other.samples or ()
        ]


def no_features(monkeypatch: pytest.MonkeyPatch, model: Any, base: Any) -> None:
    """As where the model beneath the head has none either."""

    def encode(self: Any, pixel_values: Any, **_: Any) -> Any:
        raise AttributeError("no such tower")

    monkeypatch.setattr(model, "get_image_features", encode)


def other_features(monkeypatch: pytest.MonkeyPatch, model: Any, base: Any) -> None:
    """Those that the store keeps are others than those that the model makes for itself: nothing is raised."""
    encode = base.get_image_features

    def wrong(self: Any, pixel_values: Any, **kwargs: Any) -> Any:
        output = encode(self.model, pixel_values, **kwargs)
        output.pooler_output = [1.2 * one for one in output.pooler_output]
        return output

    monkeypatch.setattr(model, "get_image_features", wrong)


def features_of_another(monkeypatch: pytest.MonkeyPatch, model: Any, base: Any) -> None:
    """Of two images in a batch each is given the other's: nothing is raised, and a lone image is right."""
    joined = features._joined
    monkeypatch.setattr(features, "_joined", lambda parts: joined(parts[::-1]))


def nothing_in_them(monkeypatch: pytest.MonkeyPatch, model: Any, base: Any) -> None:
    monkeypatch.setattr(model, "get_image_features", lambda self, pixel_values, **_: SimpleNamespace(x=None))


def refused_features(monkeypatch: pytest.MonkeyPatch, model: Any, base: Any) -> None:
    forward = model.forward

    def picky(self: Any, *args: Any, mm_encoder_outputs: Any = None, **kwargs: Any) -> Any:
        if mm_encoder_outputs is not None:
            raise NotImplementedError("pixels are wanted")
        return forward(self, *args, **kwargs)

    monkeypatch.setattr(model, "forward", picky)


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (no_features, "with images read from their pixels (AttributeError: no such tower)"),
        (
            nothing_in_them,
            "with images read from their pixels (get_image_features gave a SimpleNamespace without",
        ),
        (refused_features, "with images read from their pixels (NotImplementedError: pixels are wanted)"),
        (other_features, "; tree from pixels: log-probs "),
        (features_of_another, "; tree from pixels: log-probs "),
    ],
)
def test_a_failing_store_of_features_reads_pixels_and_keeps_the_tree(
    broken: Callable[..., None],
    told: str,
    folder: Path,
    rows: list[Instance],
    right: list[Evidence],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from transformers import LlavaForConditionalGeneration, LlavaModel

    broken(monkeypatch, LlavaForConditionalGeneration, LlavaModel)
    engine = engine_of(folder)
    assert_equal(engine.answer(rows, open_image), right)
    assert engine.facts["reading"] == "tree"
    assert told in engine.facts["reading_reason"]
    # What was found out is remembered: another shard is not tried with features again.
    assert_equal(engine.answer(rows, open_image), right)


def test_features_that_fail_after_the_trial_are_left_for_pixels(
    folder: Path, rows: list[Instance], right: list[Evidence], monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import LlavaForConditionalGeneration, LlavaModel

    engine = engine_of(folder)
    assert_equal(engine.answer(rows[:1], open_image), right[:1])
    no_features(monkeypatch, LlavaForConditionalGeneration, LlavaModel)
    batches = []
    forward = LlavaForConditionalGeneration.forward

    def counting(
        self: Any, *args: Any, pixel_values: Any = None, mm_encoder_outputs: Any = None, **kwargs: Any
    ) -> Any:
        batches.append(0 if pixel_values is None else len(pixel_values))
        return forward(
            self, *args, pixel_values=pixel_values, mm_encoder_outputs=mm_encoder_outputs, **kwargs
        )

    monkeypatch.setattr(LlavaForConditionalGeneration, "forward", counting)
    assert_equal(engine.answer(rows, open_image), right)
    assert engine.facts["reading"] == "tree"
    # The trial proved features of several images together; of their pixels together it said nothing.
    assert set(batches) == {0, 1}


def test_whatever_a_trial_raises_lowers_a_rung(
    folder: Path, rows: list[Instance], right: list[Evidence], monkeypatch: pytest.MonkeyPatch
) -> None:
    fails = partial(raises, IndexError)
    monkeypatch.setattr(TreeReading, "read", fails)
    for name in ("repeated cache", "full prompts"):
        engine = engine_of(folder)
        assert_equal(engine.answer(rows[:2], open_image), right[:2])
        assert engine.facts["reading"] == name
        assert engine.facts["reading_reason"].startswith("tree: IndexError: of its own; ")
        monkeypatch.setattr(RepeatedCache, "read", fails)
    for kind in KINDS:  # whatever it is that a reading raises
        told = ladder._outcome(partial(raises, kind), last=True)
        assert str(told).startswith(f"{kind.__name__}: ")


def raises(kind: type[Exception], *_: Any, **__: Any) -> Any:
    raise kind("of its own")


def test_what_fails_on_every_rung_is_one_message(
    folder: Path, rows: list[Instance], monkeypatch: pytest.MonkeyPatch
) -> None:
    fails = partial(raises, TypeError)
    for owner, name in ((ladder, "make_trial"), (ladder, "check_decoding"), (ladder, "limit_of")):
        with (
            monkeypatch.context() as patch,
            pytest.raises(BadInput, match=r"'llava': the model fails .*`endpoint`"),
        ):
            patch.setattr(owner, name, fails)
            engine_of(folder).answer(rows, open_image)


class Wrapped:
    """A processor that fails where `fails` says so, and else does what the real one does."""

    def __init__(self, processor: Any, fails: Callable[..., bool], error: Exception) -> None:
        self._processor, self._fails, self._error = processor, fails, error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._processor, name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._fails(**kwargs):
            raise self._error
        return self._processor(*args, **kwargs)

    def apply_chat_template(self, chat: Any, **kwargs: Any) -> Any:
        if self._fails(chat=chat, **kwargs):
            raise self._error
        return self._processor.apply_chat_template(chat, **kwargs)


def answers_of(folder: Path, rows: list[Instance], fails: Callable[..., bool], error: Exception) -> Any:
    from dataclasses import replace

    from vqa_canary.engines.local.engine import TransformersEngine

    options = TransformersModel(path=str(folder))
    loaded = load("m", options)
    loaded = replace(loaded, processor=Wrapped(loaded.processor, fails, error))
    return TransformersEngine("m", options, PROMPTS, SAMPLING, SEED, loaded).answer(rows, open_image)


def wide(images: Any = None, **_: Any) -> bool:
    return images is not None and images[0][0].width == 72


@pytest.mark.parametrize(
    "error", [AttributeError("'list' has no attribute 'tolist'"), IndexError("none left")]
)
def test_a_processor_that_tells_no_expansion_is_asked_about_every_prompt(
    error: Exception, folder: Path, rows: list[Instance], right: list[Evidence]
) -> None:
    found = answers_of(folder, rows, lambda **kwargs: "return_text_replacement_offsets" in kwargs, error)
    assert_equal(found, right)


def test_a_processor_that_takes_no_list_in_a_list_is_given_the_image_alone(
    folder: Path, rows: list[Instance], right: list[Evidence]
) -> None:
    """As that of GOT-OCR 2."""
    nested = ValueError("Nested images are not supported")
    found = answers_of(
        folder, rows, lambda images=None, **_: images is not None and isinstance(images[0], list), nested
    )
    assert_equal(found, right)


def test_images_that_make_no_batch_are_read_one_by_one(
    folder: Path, rows: list[Instance], right: list[Evidence], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the model fails on two images in a batch, or takes one for the other and says nothing."""
    from transformers import LlavaForConditionalGeneration, LlavaModel

    encode = LlavaModel.get_image_features

    def confused(self: Any, pixel_values: Any, **kwargs: Any) -> Any:
        return encode(self, pixel_values[:1].expand_as(pixel_values), **kwargs)

    def failing(self: Any, pixel_values: Any, **kwargs: Any) -> Any:
        if len(pixel_values) > 1:
            raise RuntimeError("sizes do not match")
        return encode(self, pixel_values, **kwargs)

    def none(self: Any, pixel_values: Any, **_: Any) -> Any:
        raise AttributeError("no features")

    monkeypatch.setattr(LlavaForConditionalGeneration, "get_image_features", none)
    for broken in (failing, confused):
        monkeypatch.setattr(LlavaModel, "get_image_features", broken)
        for rung in ("tree", "full prompts"):
            engine = engine_of(folder, reading=rung)
            assert_equal(engine.answer(rows, open_image), right)
            assert engine.facts["reading"] == rung
            assert f"; {rung}, image by image: " in engine.facts["reading_reason"]


def test_a_processor_that_fails_on_one_image_fails_its_row_alone(
    folder: Path, rows: list[Instance], right: list[Evidence]
) -> None:
    found = answers_of(folder, rows, wide, AttributeError("too wide"))
    assert [one.status for one in found] == ["ok", "ok", "failed", "ok"]
    assert found[2].error == "the model's processor cannot take it: AttributeError: too wide"
    assert_equal([found[at] for at in (0, 1, 3)], [right[at] for at in (0, 1, 3)])


def test_a_processor_or_template_that_fails_on_everything_is_one_message(
    folder: Path, rows: list[Instance]
) -> None:
    with pytest.raises(BadInput, match=r"'m' failed on all .* cannot take it: KeyError: 'grid'"):
        answers_of(folder, rows, lambda images=None, **_: images is not None, KeyError("grid"))
    with pytest.raises(BadInput, match=r"'m' failed on all .* KeyError: 'roles must alternate'"):
        # Only behind an answer: what is asked first is rendered, and the follow-ups to it are not.
        answers_of(folder, rows, lambda chat=(), **_: len(chat) > 1, KeyError("roles must alternate"))


def test_a_model_without_a_cache_of_its_own_is_given_one(
    folder: Path, rows: list[Instance], right: list[Evidence], monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import LlavaForConditionalGeneration

    forward, calls = LlavaForConditionalGeneration.forward, []

    def forgetful(self: Any, *args: Any, past_key_values: Any = None, **kwargs: Any) -> Any:
        calls.append(past_key_values)
        output = forward(self, *args, past_key_values=past_key_values, **kwargs)
        if past_key_values is None:
            output.past_key_values = None
        return output

    monkeypatch.setattr(LlavaForConditionalGeneration, "forward", forgetful)
    assert_equal(engine_of(folder, reading="full prompts").answer(rows, open_image), right)
    # It is found out once; the passes over whole answers, which the check of decoding makes, want none.
    assert sum(one is None for one in calls) <= 2
    monkeypatch.setattr(cached_prompts, "_NO_CACHE", "unknown")
    monkeypatch.setattr(
        LlavaForConditionalGeneration,
        "forward",
        lambda self, *args, **kwargs: SimpleNamespace(logits=forward(self, *args, **kwargs).logits),
    )
    with pytest.raises(BadInput, match=r"'llava': its forward pass gives back no cache .*`endpoint`"):
        engine_of(folder).answer(rows, open_image)


def test_models_that_cannot_be_asked_are_told_apart() -> None:
    from transformers import (
        Florence2Config,
        LlamaConfig,
        LlavaConfig,
        Pix2StructConfig,
        T5Gemma2Config,
        ViTConfig,
    )

    refuse_unfit(LlavaConfig())
    for config in (Florence2Config(), T5Gemma2Config(), Pix2StructConfig()):
        with pytest.raises(ValueError, match=f"'{config.model_type}' is an encoder-decoder.*`endpoint`"):
            refuse_unfit(config)
    for other in (LlamaConfig(), ViTConfig()):
        with pytest.raises(
            ValueError, match=f"'{other.model_type}' is none that transformers loads as a model of im"
        ):
            refuse_unfit(other)


def test_a_missing_or_failing_chat_template_names_the_setting(folder: Path) -> None:
    loaded = load("m", TransformersModel(path=str(folder)))
    processor, template = loaded.processor, loaded.processor.chat_template
    # A processor whose class takes none (Chameleon) uses the one that stands with the tokeniser.
    processor.chat_template, loaded.tokenizer.chat_template = None, template
    refuse_lossy_template(loaded)
    assert processor.chat_template == template
    processor.chat_template = loaded.tokenizer.chat_template = None
    with pytest.raises(ValueError, match=r"without a chat template.* under `chat_template`"):
        refuse_lossy_template(loaded)
    processor.chat_template = "{{ messages[0]['content'] + 1 }}"
    with pytest.raises(ValueError, match=r"fails on a question .*TypeError.* under `chat_template`"):
        refuse_lossy_template(loaded)


def test_the_mark_of_an_image_may_be_a_token_that_is_no_text() -> None:
    """As the library's BLIP-2 has it."""
    from tokenizers import AddedToken

    images = SimpleNamespace(preprocess=None)
    processor = SimpleNamespace(
        tokenizer=None, image_processor=images, image_token=AddedToken("<image>", special=True)
    )
    renderer = Renderer(processor, frozenset())
    with pytest.raises(ValueError, match="hold '<image>', which stands for the image"):
        renderer.refuse(Prompt("Where?", (), renderer), ("Where is <image>?", "left"))
