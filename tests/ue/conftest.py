"""Evidence of a made-up model, as frames."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pandas as pd
import pytest

from vqa_canary.frames import frame
from vqa_canary.rows import Evidence, Instance, Sample

Frames = Callable[[Sequence[Evidence], Sequence[Instance]], tuple[pd.DataFrame, pd.DataFrame]]
MakeEvidence = Callable[..., Evidence]
MakeInstance = Callable[..., Instance]

OPTIONS = ("lung", "heart", "liver", "spleen", "kidney")


def shown(number: int, n_options: int = 4, answer: int | None = 0, condition: str = "clean") -> Instance:
    return Instance(
        f"i{number:03d}", "d", f"q{number:03d}", condition, "Which organ?", OPTIONS[:n_options],
        f"g{number // 3}", "a.png", "00", answer,
    )  # fmt: skip


def answered(number: int, n_options: int = 4, seed: int = 0) -> Evidence:
    """Complete evidence: every column has a value."""
    rng = random.Random(f"{seed}/{number}")
    picks = [rng.choice([None, *range(n_options)]) for _ in range(10)]
    return Evidence(
        "m",
        f"i{number:03d}",
        option_logprobs=tuple(-rng.uniform(0.1, 9) for _ in range(n_options)),
        option_mass=0.9,
        greedy_text="A",
        greedy_choice=rng.randrange(n_options),
        greedy_token_logprobs=tuple(-rng.uniform(0, 3) for _ in range(1 + number % 3)),
        greedy_token_entropies=tuple(rng.uniform(0, 3) for _ in range(1 + number % 3)),
        samples=tuple(Sample("?", pick, (-0.5,)) for pick in picks),
        p_true=rng.random(),
        verbalized_text="80",
        verbalized_confidence=rng.random(),
    )


@pytest.fixture
def frames() -> Frames:
    """From evidence and instances to the frames that the pipeline passes on."""
    return lambda evidence, instances: (frame(evidence, "evidence"), frame(instances, "instances"))


@pytest.fixture
def make_instance() -> MakeInstance:
    return shown


@pytest.fixture
def make_evidence() -> MakeEvidence:
    return answered
