"""Asking a fault server as a run would."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image
from tests.engines.endpoint.fault_server import PATIENCE, FaultServer

from vqa_canary.engines.endpoint.engine import EndpointEngine
from vqa_canary.engines.endpoint.options import EndpointModel
from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.sampling import Sampling
from vqa_canary.rows import Evidence, Instance, content_id

WORDS = ("lung", "liver", "heart", "kidney", "spleen", "None of the above")
SAMPLING = Sampling(n_samples=4)
CANARY_CALLS = 6
"""Of a server that gives everything."""
MADE: list[list[Evidence]] = []
"""All evidence that `ask` has made."""


def make_instances(n: int, n_images: int = 3) -> list[Instance]:
    """Questions with two to five options about a few images."""
    return [
        Instance(
            instance_id=content_id(at),
            dataset="test",
            item_id=str(at),
            condition="clean",
            question=f"Which organ is it, number {at}?",
            options=WORDS[at % 2 : at % 2 + 2 + at % 4],
            image_id=f"image {at % n_images}",
            image_path=f"{at % n_images}.png",
            image_sha256=f"{at % n_images:064x}",
            answer_index=0,
        )
        for at in range(n)
    ]


def draw(instance: Instance) -> Image.Image:
    """Noise of its own for each image id."""
    generator = np.random.default_rng(int(str(instance.image_id).split()[-1]))
    return Image.fromarray(generator.integers(0, 256, (12, 16, 3), dtype=np.uint8))


def make_engine(server: FaultServer, sampling: Sampling = SAMPLING, **options: Any) -> EndpointEngine:
    """An engine that waits milliseconds where a user's would wait seconds."""
    settings: dict[str, Any] = {"base_url": server.url, "model": "fake", "min_wait": 0.001, "max_wait": 0.02}
    settings |= {"timeout": PATIENCE} | options
    return EndpointEngine("fake", EndpointModel(**settings), Prompts(), sampling, seed=7)


def ask(server: FaultServer, n: int = 6, **options: Any) -> tuple[EndpointEngine, list[Evidence]]:
    """The engine, and its evidence of `n` instances by id; all of it is held to its contract in the end."""
    engine = make_engine(server, **options)
    instances = make_instances(n)
    found = sorted(engine.answer(instances, draw), key=lambda one: one.instance_id)
    assert [one.instance_id for one in found] == sorted(one.instance_id for one in instances)
    MADE.append(found)
    return engine, found
