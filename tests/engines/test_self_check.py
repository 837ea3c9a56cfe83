"""The check of readings: what is broken on purpose must be caught, and the engine must fall back and be right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from tests.engines.breaking import copied, edit_weights
from tests.engines.test_families import PROMPTS, SAMPLING, SEED, open_image
from tests.engines.test_families import instances as instances  # a fixture

from vqa_canary.engines.local import cascade, packing, whole_passes
from vqa_canary.engines.local.asked import Asked
from vqa_canary.engines.local.cached_prompts import FullPrompts, RepeatedCache
from vqa_canary.engines.local.cached_rows import CachedRows
from vqa_canary.engines.local.cascade import Cascade
from vqa_canary.engines.local.columns import Columns
from vqa_canary.engines.local.features import FeatureStore
from vqa_canary.engines.local.image_tokens import image_tokens
from vqa_canary.engines.local.ladder import find_reading
from vqa_canary.engines.local.loading import Loaded, TransformersModel, load
from vqa_canary.engines.local.packing import PackedRows
from vqa_canary.engines.local.race import Race
from vqa_canary.engines.local.rendering import Renderer
from vqa_canary.engines.local.seats import Seats
from vqa_canary.engines.local.self_check import (
    FlatRows,
    SwappedImages,
    Verdict,
    check_reading,
    check_tree,
    reads_in_batches,
)
from vqa_canary.engines.local.tree import TreeReading
from vqa_canary.engines.local.trial import make_trial
from vqa_canary.engines.local.whole_passes import EXACT, ROUNDED, difference, limit_of
from vqa_canary.engines.registration import make_engine
from vqa_canary.engines.sampling import Sampling
from vqa_canary.errors import BadInput
from vqa_canary.rows import Evidence, Instance

Passes = Callable[[str, Literal["sdpa", "eager"], int], bool]


class RunningPositions(PackedRows):
    """Nodes stand behind one another, not each behind its parent."""

    def positions(self, depths: Any, rows: Any) -> Any:
        import torch

        start = self._length + self.n_columns - depths.shape[1]
        return torch.arange(start, start + depths.shape[1]).expand_as(depths)


class BooleanMask(PackedRows):
    """True and false, which eager attention adds to its scores."""

    def masks(self, seen: Any, depths: Any, key_depths: Any) -> Any:
        return seen[:, None]


class NoWindow(PackedRows):
    """One mask for all layers, whatever their window."""

    def masks(self, seen: Any, depths: Any, key_depths: Any) -> Any:
        import torch

        mask = torch.zeros(seen.shape)
        return mask.masked_fill_(~seen, torch.finfo(mask.dtype).min)[:, None]


BROKEN = [
    ("llava", FlatRows, "sdpa"),
    ("llava", RunningPositions, "sdpa"),
    ("llava", BooleanMask, "eager"),
    ("qwen2_5_vl", FlatRows, "sdpa"),
    ("qwen2_5_vl", RunningPositions, "sdpa"),
    ("idefics3", BooleanMask, "eager"),
    ("gemma3", NoWindow, "sdpa"),
    ("cohere2_vision", NoWindow, "sdpa"),
    ("llava_mistral", NoWindow, "sdpa"),
]


def verdict_on(
    packed: type[PackedRows],
    folder: Path,
    attention: Literal["sdpa", "eager"],
    rows: list[Instance],
    n_tokens: int = 4,
) -> Verdict:
    options = TransformersModel(path=str(folder), attn_implementation=attention)
    loaded = load("m", options)
    renderer = Renderer(loaded.processor, image_tokens(loaded))
    alone = FullPrompts(loaded, renderer, Race(), 1)
    reading, control = (
        TreeReading(loaded, renderer, Race(), FeatureStore(loaded.model), kind) for kind in (packed, FlatRows)
    )
    trial = make_trial(asked_of(rows, renderer), PROMPTS, renderer, n_tokens)
    return check_tree(reading, control, alone, trial, 0, EXACT)


@pytest.fixture(scope="module")
def passes(family_folder: Callable[[str], Path], instances: list[Instance]) -> Passes:
    """Whether the tree of a family as it is passes the check: found once for the tests that break it."""

    @cache
    def passed(family: str, attention: Literal["sdpa", "eager"], n_tokens: int) -> bool:
        return verdict_on(PackedRows, family_folder(family), attention, instances, n_tokens).passed

    return passed


def asked_of(rows: list[Instance], renderer: Renderer) -> list[Asked]:
    chats = [PROMPTS.question_chat(one.question, one.options) for one in rows]
    return [
        Asked(one, chat, renderer.render(chat, (open_image(one),)), Evidence("m", one.instance_id))
        for one, chat in zip(rows, chats, strict=True)
    ]


@pytest.mark.parametrize(("family", "packed", "attention"), BROKEN)
def test_what_is_broken_is_caught_and_what_is_not_passes(
    family: str,
    packed: type[PackedRows],
    attention: Literal["sdpa", "eager"],
    family_folder: Callable[[str], Path],
    instances: list[Instance],
    passes: Passes,
) -> None:
    assert passes(family, attention, 4)
    broken = verdict_on(packed, family_folder(family), attention, instances)
    assert not broken.passed
    assert broken.difference > 100 * broken.limit


def no_window_of_its_own(self: Cascade) -> Any:
    """All columns of an answer stand at its newest token's depth, so that no window ever leaves one out."""
    import torch

    own_depths = self._depths[:, None].expand(-1, self._n_own + 1)
    seen = torch.cat([self._seen, torch.ones_like(own_depths, dtype=torch.bool)], dim=1)
    key_depths = torch.cat([self._key_depths, own_depths], dim=1)
    return self._grown.masks(seen[:, None], self._depths[:, None], key_depths)


def stays_at_its_depth(self: Any, ways: Any, extend: Any = Cascade.extend) -> Any:
    self._depths = self._depths - 1
    return extend(self, ways)


def next_ones_row(self: Seats, ways: Any, take: Any = Seats.take) -> Any:
    sources, tokens, row_of = take(self, ways)
    return sources, tokens, row_of[1:] + row_of[:1]


def others_prompt(self: Cascade, sources: Any, select: Any = Cascade._select) -> None:
    select(self, sources)
    self._seen = self._seen.roll(1, 0)


def a_softmax_for_each_part(module: Any, query: Any, key: Any, value: Any, *args: Any, **kwargs: Any) -> Any:
    """What an answer has said weighs as much as all that it was asked."""
    found, _ = cascade_attend(module, query, key, value, *args, **kwargs)
    keys, values = (one.repeat_interleave(query.shape[1] // one.shape[1], dim=1) for one in (key, value))
    own = (query @ keys.transpose(-1, -2)).softmax(-1) @ values
    return (found + own.transpose(1, 2)) / 2, None


cascade_attend = cascade.attend
WRONG_ANSWERS: list[tuple[str, Any, str, Any, int]] = [
    ("gemma3", Cascade, "_masks", no_window_of_its_own, 32),
    ("llava", Cascade, "extend", stays_at_its_depth, 4),
    ("llava", Seats, "take", next_ones_row, 4),
    ("qwen2_5_vl", Cascade, "_select", others_prompt, 4),
    ("llava", cascade, "attend", a_softmax_for_each_part, 4),
]


@pytest.mark.parametrize(("family", "owner", "name", "broken", "n_tokens"), WRONG_ANSWERS)
def test_answers_that_are_continued_wrongly_are_caught(
    family: str,
    owner: Any,
    name: str,
    broken: Any,
    n_tokens: int,
    family_folder: Callable[[str], Path],
    instances: list[Instance],
    passes: Passes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = family_folder(family)
    assert passes(family, "sdpa", n_tokens)
    monkeypatch.setattr(owner, name, broken)
    verdict = verdict_on(PackedRows, folder, "sdpa", instances, n_tokens)
    assert not verdict.passed
    assert verdict.difference > 100 * verdict.limit
    if n_tokens > 4:  # what goes wrong late is not seen early, so a trial must be as long as the work
        assert verdict_on(PackedRows, folder, "sdpa", instances, 4).passed


def test_replies_to_follow_ups_may_be_longer_than_answers(
    family_folder: Callable[[str], Path], instances: list[Instance], monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong_from_the_fifth_token_on(self: Cascade, ways: Any, extend: Any = Cascade.extend) -> Any:
        self._depths = self._depths + (self._n_own >= 4)
        return extend(self, ways)

    monkeypatch.setattr(Cascade, "extend", wrong_from_the_fifth_token_on)
    sampling = Sampling(n_samples=1, max_new_tokens=8)
    model = {"path": str(family_folder("llava")), "answer_tokens": 2}
    engine: Any = make_engine("m", model, PROMPTS, sampling, SEED, Path())
    engine.answer(instances[:1], open_image)
    assert engine.facts["reading"] == "packed tree"


@pytest.mark.parametrize("family", ["llava", "qwen2_5_vl"])
def test_a_check_that_could_not_fail_establishes_nothing(
    family: str, family_folder: Callable[[str], Path], instances: list[Instance]
) -> None:
    loaded = load("m", TransformersModel(path=str(family_folder(family))))
    renderer = Renderer(loaded.processor, image_tokens(loaded))
    alone, full = FullPrompts(loaded, renderer, Race(), 1), FullPrompts(loaded, renderer, Race(), 8)
    trial = make_trial(asked_of(instances, renderer), PROMPTS, renderer)
    assert check_reading(full, SwappedImages(full), alone, trial, EXACT).passed
    verdict = check_reading(full, full, alone, trial, EXACT)
    assert not verdict.passed
    assert str(verdict).startswith("not established")


class NoNumbers(PackedRows):
    """The first prompt of each row is right, and of the others there is NaN."""

    def read(self, tokens: Any, parents: Any, n_wanted: int) -> Any:
        logits = super().read(tokens, parents, n_wanted)
        logits[:, 1:] = np.nan
        return logits


class NoNumbersInBatches(FullPrompts):
    """Whatever is not first in its batch is NaN."""

    def _read_batch(self, requests: Any) -> Any:
        first, *others = super()._read_batch(requests)
        return [first, *(replace(one, next_logprobs=one.next_logprobs * np.nan) for one in others)]


def test_nan_passes_no_check_wherever_it_stands(
    family_folder: Callable[[str], Path], instances: list[Instance]
) -> None:
    folder = family_folder("llava")
    found = verdict_on(NoNumbers, folder, "sdpa", instances)
    assert np.isnan(found.difference)
    assert not found.passed
    loaded = load("m", TransformersModel(path=str(folder)))
    renderer = Renderer(loaded.processor, image_tokens(loaded))
    alone, full = FullPrompts(loaded, renderer, Race(), 1), NoNumbersInBatches(loaded, renderer, Race(), 8)
    trial = make_trial(asked_of(instances, renderer), PROMPTS, renderer)
    found = check_reading(full, SwappedImages(full), alone, trial, EXACT)
    assert np.isnan(found.difference)
    assert not found.passed
    assert reads_in_batches(alone, trial, EXACT)
    assert not reads_in_batches(replace(full, batch_size=1), trial, EXACT)


def with_other_weights(folder: Path, tmp_path: Path, change: Callable[[dict[str, Any]], Any]) -> Loaded:
    """In bfloat16, with other weights."""
    own = copied(folder, tmp_path)
    edit_weights(own, change)
    return load("m", TransformersModel(path=str(own), dtype="bfloat16"))


def head_of(weights: dict[str, Any]) -> str:
    return next(name for name in weights if name.endswith("lm_head.weight"))


def test_a_limit_in_few_bits_is_never_nothing(
    family_folder: Callable[[str], Path],
    instances: list[Instance],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import torch

    class Packed(torch.nn.Module):
        """Weights in a layer of another library."""

        def __init__(self, layer: Any) -> None:
            super().__init__()
            self.weight, self.bias = layer.weight, layer.bias

        def forward(self, x: Any) -> Any:
            return torch.nn.functional.linear(x, self.weight, self.bias)

    loaded = load("m", TransformersModel(path=str(family_folder("llava")), dtype="bfloat16"))
    renderer = Renderer(loaded.processor, image_tokens(loaded))
    prompts = [one.prompt for one in asked_of(instances[:2], renderer)]
    measured = limit_of(loaded, prompts)
    least = 4 * torch.finfo(torch.bfloat16).eps
    assert least <= measured <= ROUNDED
    with monkeypatch.context() as patch:
        patch.setattr(whole_passes, "MARGIN", 1e-9)  # as of a model that rounding hardly moves
        assert limit_of(loaded, prompts) == least
    # All tokens are alike, so nothing can be counted in their spread.
    flat = with_other_weights(
        family_folder("llava"), tmp_path, lambda weights: weights[head_of(weights)].fill_(0.01)
    )
    assert limit_of(flat, prompts) == ROUNDED
    for parent in list(loaded.model.modules()):
        for name, layer in list(parent.named_children()):
            if isinstance(layer, torch.nn.Linear):
                setattr(parent, name, Packed(layer))
    assert limit_of(loaded, prompts) == ROUNDED


def test_whole_passes_hold_one_answer_at_a_time_and_no_more_of_it_than_the_model_gives(
    family_folder: Callable[[str], Path], instances: list[Instance]
) -> None:
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode

    class Sizes(TorchDispatchMode):
        """Bytes of the largest tensor that is made."""

        largest = 0

        def __torch_dispatch__(self, call: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            made = call(*args, **(kwargs or {}))
            if isinstance(made, torch.Tensor):
                self.largest = max(self.largest, made.nbytes)
            return made

    loaded = load("m", TransformersModel(path=str(family_folder("llava"))))
    renderer = Renderer(loaded.processor, image_tokens(loaded))
    trial = make_trial(asked_of(instances[:2], renderer), PROMPTS, renderer, 96)
    reading = TreeReading(loaded, renderer, Race(), FeatureStore(loaded.model))
    with torch.no_grad():
        [found, *_] = reading.read(trial.requests)
        assert len({tuple(one.tokens) for one in (found.greedy, *found.samples)}) == 3
        with Sizes() as sizes:
            assert difference(loaded, trial.requests[0], found) < 1e-3
    as_given = 96 * loaded.model.get_output_embeddings().weight.shape[0] * 4
    assert as_given <= sizes.largest <= as_given * 1.01


def test_an_answer_of_a_trial_may_hold_a_token_that_stands_for_an_image(
    family_folder: Callable[[str], Path],
    instances: list[Instance],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = copied(family_folder("llava"), tmp_path)
    mark = load("m", TransformersModel(path=str(folder))).processor.image_token_id

    def likeliest(weights: dict[str, Any]) -> None:
        head = weights[head_of(weights)]
        head[mark] = head.abs().amax(0)

    edit_weights(folder, likeliest)
    engine: Any = make_engine("m", {"path": str(folder)}, PROMPTS, SAMPLING, SEED, Path())
    held = []
    whole = whole_passes.whole_logprobs

    def noting(loaded: Any, prompt: Any, answer: Any = ()) -> Any:
        held.append(mark in answer)
        return whole(loaded, prompt, answer)

    monkeypatch.setattr(whole_passes, "whole_logprobs", noting)
    engine.answer(instances[:4], open_image)
    assert any(held)
    assert engine.facts["reading"] == "tree"


@pytest.mark.parametrize(
    ("difference", "control", "limit", "passed"),
    [
        (1e-6, 1.0, 1e-4, True),
        (1e-3, 1.0, 1e-4, False),
        (float("nan"), 1.0, 1e-4, False),
        (0.05, 0.2, 0.1, False),
        (0.03, 0.16, 0.1, True),
        (0.0, 0.05, 0.1, False),
        (0.0, 0.0, 1e-4, False),
    ],
)
def test_a_verdict_needs_a_small_difference_and_a_large_control(
    difference: float, control: float, limit: float, passed: bool
) -> None:
    assert Verdict(difference, control, limit).passed is passed


def test_a_broken_tree_falls_back_says_why_and_changes_nothing(
    family_folder: Callable[[str], Path], instances: list[Instance], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask() -> tuple[list[Evidence], dict[str, str]]:
        model = {"path": str(family_folder("llava"))}
        engine: Any = make_engine("m", model, PROMPTS, SAMPLING, SEED, Path())
        return engine.answer(instances, open_image), engine.facts

    right, facts = ask()
    assert facts["reading"] == "tree"
    monkeypatch.setattr(packing.PackedRows, "_visible", flat)
    found, facts = ask()
    assert facts["reading"] == "repeated cache"
    assert facts["reading_reason"].startswith("tree: log-probs ")
    for one, other in zip(right, found, strict=True):
        assert one.option_logprobs == pytest.approx(other.option_logprobs, abs=1e-4)
        assert one.samples is not None
        assert [s.text for s in one.samples] == [s.text for s in other.samples or ()]
        assert (one.reused_tokens or 0) > (other.reused_tokens or 0)
    monkeypatch.setattr(RepeatedCache, "read", lambda *_: 1 / 0)
    found, facts = ask()
    assert facts["reading"] == "full prompts"
    assert "; repeated cache: ZeroDivisionError: " in facts["reading_reason"]


def flat(self: PackedRows, rows: Any, columns: Any) -> Any:
    return np.arange(self.n_columns) <= columns[:, None]


def test_a_model_that_decodes_wrongly_is_refused(
    family_folder: Callable[[str], Path], instances: list[Instance], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one does whose later tokens need an argument that nobody passes."""
    read = CachedRows.read

    def shifted(self: CachedRows, tokens: Any) -> Any:
        return read(self, [[(one + 1) % 50 for one in row] for row in tokens])

    monkeypatch.setattr(CachedRows, "read", shifted)
    engine = make_engine("m", {"path": str(family_folder("llava"))}, PROMPTS, SAMPLING, SEED, Path())
    with pytest.raises(BadInput, match=r"model type 'llava': .* token by token .* not supported"):
        engine.answer(instances, open_image)


def test_a_longer_prompt_is_checked_anew_only_where_there_are_windows(
    family_folder: Callable[[str], Path], instances: list[Instance]
) -> None:
    for family, again in (("llava", False), ("gemma3", True)):
        options = TransformersModel(path=str(family_folder(family)))
        loaded = load("m", options)
        renderer = Renderer(loaded.processor, image_tokens(loaded))
        asked = sorted(asked_of(instances, renderer), key=lambda one: len(one.prompt.text))

        setting = (loaded, renderer, PROMPTS, options, Race(), 4, Columns(4096, 4096))

        def stand(before: Any, some: Any, setting: Any = setting) -> Any:
            return find_reading(before, some, *setting)

        short = stand(None, asked[:3])
        assert (stand(short, asked) is not short) is again
        assert stand(short, asked[:3]) is short
