"""Evidence of a made-up model, as frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pandas as pd
import pytest

from vqa_canary.frames import frame
from vqa_canary.rows import Evidence, Instance
from vqa_canary.testing import made_up

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
    return replace(made_up.evidence(number, n_options, seed), model="m")


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
