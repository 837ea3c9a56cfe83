"""Contestants over one model, timed in turns on the same work, and what they answered compared."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Literal

import peak
import torch
from lower_bound import LowerBound
from repeated_cache import RepeatedCache
from rivals import Decision, Generate, read_an_option
from transformers import AutoModelForImageTextToText, AutoProcessor
from workload import Shape, Sizes, Work, make_work

from vqa_canary.engines.local.engine import TransformersEngine
from vqa_canary.engines.local.loading import Loaded, TransformersModel, load
from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.sampling import Sampling

SEED = 3
ENGINE, PREFILL, PACKED = "engine", "prefill alone", "prefill and one packed pass"
GENERATE, SEQUENCES = "generate per prompt", "generate(num_return_sequences)"
REPEATED, RESERVED = "repeated cache", "repeated cache, reserved"
LETTERS, DECISION = "engine, no samples", 'pipeline("decision")'
SHARE_NOTHING = (GENERATE, SEQUENCES)
"""Cost the same for every prompt, so few prompts tell."""

Prepare = Callable[[Work], Callable[[], Any]]
"""From work to what is timed."""


@dataclass(frozen=True)
class Setting:
    """What every contestant of a run shares."""

    folder: Path
    sizes: Sizes
    device: str = "cpu"
    dtype: str = "float32"
    threads: int = 2
    reading: Literal["tree", "packed tree", "repeated cache", "full prompts"] = "tree"

    @property
    def options(self) -> TransformersModel:
        """The engine's settings of the model."""
        dtype: Any = self.dtype
        return TransformersModel(
            path=str(self.folder),
            dtype=dtype,
            device=self.device,
            reading=self.reading,
            threads=self.threads,
        )


@dataclass
class Timing:
    """The fastest turn, in seconds."""

    wall: float = float("inf")
    cpu: float = float("inf")
    """Of all threads together."""
    peak: int | None = None
    """Bytes that the GPU held at most beyond what it held before; None on a CPU, see `peak_memory`."""
    made: list[Any] = field(default_factory=list)
    """What the contestant gave back, one a turn."""


class Contest:
    """The contestants of one shape, on one loaded model (the engine loads its own)."""

    def __init__(self, setting: Setting, shape: Shape) -> None:
        torch.set_num_threads(setting.threads)
        self.setting, self.shape = setting, shape
        self.sampling = Sampling(n_samples=shape.samples, max_new_tokens=shape.new_tokens)

    def race(self, turns: Mapping[str, int]) -> dict[str, Timing]:
        """Time each contestant so many turns, interleaved; each turn has an image that nobody saw before.

        Those who share nothing between prompts answer the first question only, and its time is multiplied.
        """
        prepare = {name: self.contestant(name) for name in turns}
        timings = {name: Timing() for name in turns}
        for name in turns:
            few = replace(self.shape, conditions=1) if name in SHARE_NOTHING else self.shape
            prepare[name](make_work(few, self.setting.sizes, 1000).first_question())()
        for turn in range(max(turns.values())):
            work = make_work(self.shape, self.setting.sizes, turn)
            for name in (name for name in turns if turn < turns[name]):
                alone = name in SHARE_NOTHING
                self._time(timings[name], prepare[name](work.first_question() if alone else work))
        for name in SHARE_NOTHING & turns.keys():
            timings[name].wall *= self.shape.questions
            timings[name].cpu *= self.shape.questions
        return timings

    def _time(self, timing: Timing, run: Callable[[], Any]) -> None:
        on_gpu = self.setting.device != "cpu"
        gc.collect()
        if on_gpu:
            torch.cuda.synchronize()
            torch.cuda.reset_peak_memory_stats()
            held = torch.cuda.memory_allocated()
        wall, cpu = time.perf_counter(), time.process_time()
        timing.made.append(run())
        if on_gpu:
            torch.cuda.synchronize()
        timing.wall = min(timing.wall, time.perf_counter() - wall)
        timing.cpu = min(timing.cpu, time.process_time() - cpu)
        if on_gpu:
            timing.peak = max(timing.peak or 0, torch.cuda.max_memory_allocated() - held)

    def contestant(self, name: str) -> Prepare:
        if name in (PREFILL, PACKED):
            bound = LowerBound(RepeatedCache(*self._parts))
            return bound.prefill if name == PREFILL else bound.packed_pass
        if name in (ENGINE, LETTERS):
            asked: Any = self._engine(letters_only=name == LETTERS)
        elif name == DECISION:
            asked = Decision(self._model, self.setting.folder)
        elif name in (REPEATED, RESERVED):
            asked = RepeatedCache(*self._parts, reserve=name == RESERVED)
        else:
            asked = Generate(*self._parts, together=name == SEQUENCES)
        return lambda work: partial(asked.answer, work.instances, work.open_image)

    def _engine(self, letters_only: bool) -> TransformersEngine:
        for name, module in [*sys.modules.items()]:
            if name.startswith("vqa_canary.engines") and hasattr(module, "read_option"):
                vars(module)["read_option"] = read_an_option
        sampling = Sampling(n_samples=0, max_new_tokens=1) if letters_only else self.sampling
        options, loaded = self.setting.options, engine_model(self.setting)
        engine = TransformersEngine("benchmark", options, Prompts(), sampling, SEED, loaded)
        if not letters_only:
            self._asked = engine
        return engine

    @property
    def reading(self) -> str:
        """How the engine has read what it was asked, and why so."""
        facts = self._asked.facts
        return f"{facts['reading']} ({facts['reading_reason']})"

    @cached_property
    def _parts(self) -> tuple[Any, Any, Sampling, int]:
        return self._model, AutoProcessor.from_pretrained(self.setting.folder), self.sampling, SEED

    @property
    def _model(self) -> Any:
        return _library_model(self.setting)


# A large model takes longer to load than to be asked, so contests of several shapes share it.
@lru_cache(maxsize=1)
def engine_model(setting: Setting) -> Loaded:
    """The model as the engine loads it, kept until another one is asked for."""
    return load("benchmark", setting.options)


@lru_cache(maxsize=1)
def _library_model(setting: Setting) -> Any:
    dtype = getattr(torch, setting.dtype)
    model = AutoModelForImageTextToText.from_pretrained(setting.folder, dtype=dtype)
    return model.to(setting.device).eval()


def peak_memory(setting: Setting, shape: Shape, name: str, timing: Timing) -> int | None:
    """Bytes by which answering one image raises the peak: on a GPU as it was while being timed, else in a process of
    its own; None where not measurable."""
    if setting.device != "cpu":
        return timing.peak
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
        return fresh.submit(_growth, setting, shape, name).result()


def _growth(setting: Setting, shape: Shape, name: str) -> int | None:
    prepare = Contest(setting, shape).contestant(name)
    prepare(make_work(replace(shape, questions=1), setting.sizes, 1000))()
    return peak.growth(prepare(make_work(shape, setting.sizes, 0)))
