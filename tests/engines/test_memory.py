"""Batches that do not fit, and members that break a batch: what is not at fault keeps its answers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.engines.conftest import SLOW_FOR_THE_OTHER, WORDS

from vqa_canary.engines.local.interview import LocalInterview
from vqa_canary.engines.local.memory import Memory, is_out_of_memory
from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.protocols import ImageOpener
from vqa_canary.engines.registration import make_engine
from vqa_canary.engines.sampling import Sampling
from vqa_canary.errors import BadInput
from vqa_canary.rows import Evidence, Instance

SAMPLING = Sampling(n_samples=2, max_new_tokens=3)
READINGS = ("tree", "repeated cache", "full prompts")
CPU = "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory"


def engine_of(folder: Path, reading: str = "tree", **options: Any) -> Any:
    model = {"path": str(folder), "reading": reading, "device": "cpu", **options}
    return make_engine("m", model, Prompts(), SAMPLING, 3, Path())


def refuse_when(engine: Any, refuses: Callable[[Any], bool], error: Exception) -> None:
    """Let the model fail on some inputs."""
    forward = engine._loaded.model.forward

    def checked(*args: Any, **kwargs: Any) -> Any:
        if refuses(kwargs["input_ids"]):
            raise error
        return forward(*args, **kwargs)

    engine._loaded.model.forward = checked


def full() -> Exception:
    import torch

    error: Exception = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
    return error


def assert_same_answers(found: Evidence, right: Evidence) -> None:
    """As of the same prompt in another batch: equal draws, choices and texts, and log-probs but for rounding."""
    assert (found.instance_id, found.status, found.error) == (right.instance_id, right.status, right.error)
    assert found.option_logprobs == pytest.approx(right.option_logprobs, abs=1e-5)
    for field in (
        "greedy_text",
        "greedy_choice",
        "verbalized_text",
        "verbalized_confidence",
        "prompt_tokens",
    ):
        assert getattr(found, field) == getattr(right, field)
    assert found.samples is not None
    assert right.samples is not None
    for one, other in zip(found.samples, right.samples, strict=True):
        assert (one.text, one.choice) == (other.text, other.choice)
        assert one.token_logprobs == pytest.approx(other.token_logprobs, abs=1e-5)


@SLOW_FOR_THE_OTHER
@pytest.mark.parametrize(
    ("reading", "error"),
    [*((reading, full()) for reading in READINGS), ("tree", RuntimeError(CPU)), ("tree", MemoryError())],
    ids=(*READINGS, "on a CPU", "in Python"),
)
def test_a_batch_that_does_not_fit_is_asked_in_halves(
    error: Exception,
    reading: str,
    model_folder: Path,
    instances: list[Instance],
    open_image: ImageOpener,
    caplog: pytest.LogCaptureFixture,
) -> None:
    instances = [replace(one, image_id="image 0", options=WORDS[:3]) for one in instances]
    right = engine_of(model_folder, reading).answer(instances, open_image)
    engine = engine_of(model_folder, reading)
    engine.expect(instances)  # so that nothing which was found out shapes later answers
    seen: list[int] = []

    def wide(ids: Any) -> bool:
        seen.append(len(ids))
        return len(ids) > 6  # the rows that the smallest trial of a tree may take

    refuse_when(engine, wide, error)
    with caplog.at_level(logging.WARNING, "vqa_canary"):
        found = engine.answer(instances, open_image)
        again = engine.answer(instances, open_image)
    assert max(seen) > 6
    assert engine.facts["reading"] == reading
    for one, two, other in zip(found, again, right, strict=True):
        assert other.status == "ok"
        assert_same_answers(one, other)
        assert_same_answers(two, other)
    assert sum("do not fit in memory" in record.message for record in caplog.records) == 1


def holds(engine: Any, word: str) -> Callable[[Any], bool]:
    token = engine._loaded.tokenizer.convert_tokens_to_ids(word)
    return lambda ids: bool((ids == token).any())


def with_one_odd(instances: Sequence[Instance]) -> tuple[list[Instance], list[Instance], str]:
    """Instances that one word is asked about in one of, those without it, and its id."""
    plain = [replace(one, options=WORDS[:2]) for one in instances]
    odd = replace(plain[4], options=("kidney", "liver", "heart"))
    return [*plain[:4], odd, *plain[5:]], [*plain[:4], *plain[5:]], odd.instance_id


@SLOW_FOR_THE_OTHER
@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize(
    ("error", "what"),
    [
        (full(), "it does not fit in memory, even alone: OutOfMemoryError: CUDA out of memory"),
        (
            IndexError("index 7 is out of bounds"),
            "the model fails on it: IndexError: index 7 is out of bounds",
        ),
    ],
    ids=("full", "broken"),
)
def test_an_instance_that_fails_alone_is_a_failed_row_and_no_other_is(
    error: Exception,
    what: str,
    reading: str,
    model_folder: Path,
    instances: list[Instance],
    open_image: ImageOpener,
) -> None:
    mixed, plain, odd = with_one_odd(instances)
    right = {one.instance_id: one for one in engine_of(model_folder, reading).answer(plain, open_image)}
    engine = engine_of(model_folder, reading)
    refuse_when(engine, holds(engine, "kidney"), error)
    for found in engine.answer(mixed, open_image):
        if found.instance_id == odd:
            assert (found.status, found.option_logprobs, found.samples) == ("failed", None, None)
            assert (found.error or "").startswith(what)
        else:
            assert_same_answers(found, right[found.instance_id])
    assert engine.facts["reading"] == reading


@SLOW_FOR_THE_OTHER
def test_a_trial_that_does_not_fit_says_nothing_against_a_reading(
    model_folder: Path, instances: list[Instance], open_image: ImageOpener
) -> None:
    """A trial of several prompts makes a wider tree than one prompt does."""
    engine = engine_of(model_folder)
    widths: list[int] = []

    def never(ids: Any) -> bool:
        widths.append(ids.numel())
        return False

    refuse_when(engine, never, full())
    engine.answer(instances[:1], open_image)
    most = max(widths)
    engine = engine_of(model_folder)
    tried: list[int] = []

    def wider(ids: Any) -> bool:
        tried.append(ids.numel())
        return tried[-1] > most

    refuse_when(engine, wider, full())
    found = engine.answer(instances, open_image)
    assert max(tried) > most
    assert engine.facts["reading"] == "tree"
    assert {one.status for one in found} == {"ok"}


@SLOW_FOR_THE_OTHER
def test_a_model_that_nothing_fits_beside_is_named(
    model_folder: Path, instances: list[Instance], open_image: ImageOpener
) -> None:
    engine = engine_of(model_folder)
    refuse_when(engine, lambda _: True, full())
    with pytest.raises(
        BadInput, match=r"fails even on the shortest prompt .* for want of memory .* bfloat16"
    ):
        engine.answer(instances, open_image)


@SLOW_FOR_THE_OTHER
def test_a_model_that_fails_on_everything_is_named(
    model_folder: Path, instances: list[Instance], open_image: ImageOpener, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = engine_of(model_folder)
    monkeypatch.setattr(LocalInterview, "ask", lambda *_: 1 / 0)
    with pytest.raises(
        BadInput, match=r"'m' failed on all .* 3 images.*the model fails on it: ZeroDivisionError"
    ):
        engine.answer(instances, open_image)
    engine = engine_of(model_folder)
    engine._renderer.render = lambda *_: 1 / 0
    with pytest.raises(BadInput, match=r"'m' failed on all .* processor cannot take it: ZeroDivisionError"):
        engine.answer(instances, open_image)


@SLOW_FOR_THE_OTHER
def test_a_processor_that_fails_on_one_image_fails_that_row(
    model_folder: Path, instances: list[Instance], open_image: ImageOpener
) -> None:
    engine = engine_of(model_folder)
    render = engine._renderer.render

    def chokes(chat: Any, images: Any) -> Any:
        if images[0].getpixel((0, 0)) == open_image(instances[1]).getpixel((0, 0)):
            raise AttributeError("no such tile")
        return render(chat, images)

    engine._renderer.render = chokes
    found = engine.answer(instances[:3], open_image)
    assert [one.status for one in found] == ["ok", "failed", "ok"]
    assert found[1].error == "the model's processor cannot take it: AttributeError: no such tile"


@SLOW_FOR_THE_OTHER
def test_a_device_that_takes_no_more_work_ends_the_run(
    model_folder: Path, instances: list[Instance], open_image: ImageOpener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After it every instance would fail, whatever it is."""
    import torch

    def lost(*_: Any) -> None:
        raise torch.AcceleratorError("CUDA error: device-side assert triggered")

    engine = engine_of(model_folder)
    engine.answer(instances[:1], open_image)
    monkeypatch.setattr(LocalInterview, "ask", lost)
    with pytest.raises(torch.AcceleratorError):
        engine.answer(instances, open_image)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (full(), True),
        (MemoryError(), True),
        (RuntimeError(CPU), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), True),
        (RuntimeError("shape '[1, 45]' is invalid for input of size 194"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_errors_that_tell_of_memory(error: Exception, expected: bool) -> None:
    assert is_out_of_memory(error) is expected


@pytest.mark.parametrize("room", [1, 3, 5, 16, 40])
def test_every_item_is_worked_on_once_in_order_and_the_size_is_learnt(room: int) -> None:
    memory, sizes = Memory(), list[int]()

    def work(batch: Sequence[int]) -> list[int]:
        sizes.append(len(batch))
        if len(batch) > room:
            raise full()
        return [one * one for one in batch]

    items = list(range(37))
    assert memory.in_halves(items, work) == [one * one for one in items]
    largest = max(size for size in sizes if size <= room)
    assert memory.most == (None if room >= 37 else largest)
    sizes.clear()
    assert memory.in_halves(items, work) == [one * one for one in items]
    assert max(sizes) <= room


def test_what_fits_is_learnt_anew_where_it_must_not_count_and_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    memory, sizes = Memory(), list[int]()

    def work(batch: Sequence[int]) -> Sequence[int]:
        sizes.append(len(batch))
        if len(batch) > 4:
            raise full()
        return batch

    with caplog.at_level(logging.WARNING, "vqa_canary"):
        for _ in range(2):
            assert memory.in_halves(range(8), work) == list(range(8))
            memory.forget()
    assert sizes == [8, 4, 4] * 2
    assert len(caplog.records) == 1
    assert memory.in_halves([], work) == []


def test_one_item_that_never_fits_does_not_make_all_batches_small() -> None:
    memory = Memory()

    def work(batch: Sequence[int]) -> Sequence[int]:
        if 5 in batch:
            raise full()
        return batch

    assert memory.in_halves(range(32), work, lambda one, _: -one) == [
        -5 if one == 5 else one for one in range(32)
    ]
    assert memory.most == 16


def test_what_is_no_matter_of_memory_is_raised_where_nothing_is_said_of_single_items() -> None:
    with pytest.raises(ZeroDivisionError):
        Memory().in_halves([1, 2], lambda batch: [1 / 0 for _ in batch])
    with pytest.raises(BadInput):
        Memory().in_halves([1, 2], lambda _: (_ for _ in ()).throw(BadInput("mend it")), lambda one, _: one)
