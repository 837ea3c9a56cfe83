"""Items, instances, images and evidence that nobody has ever seen, for checks without a data set or a model."""

from __future__ import annotations

import hashlib
import io
import math
from dataclasses import replace
from random import Random
from string import ascii_uppercase
from typing import TYPE_CHECKING

from vqa_canary.rows import Evidence, Instance, Item, Sample, content_id
from vqa_canary.sample_texts import embedded_text, text_hash

if TYPE_CHECKING:
    import pandas as pd
    from PIL.Image import Image

ORGANS = ("lung", "heart", "liver", "spleen", "kidney", "brain")
SIZES = (2, 3, 4, 5)
"""How many options there are, in turn."""


def items(n: int, seed: int = 0) -> list[Item]:
    """Items with two to six options, some of which say `None` or are alike in their letters."""
    rng = Random(seed)
    made = []
    for number in range(n):
        options = rng.sample((*ORGANS, "None", "No lung", "left lung"), 2 + number % 5)
        made.append(
            Item(
                dataset="made_up",
                item_id=content_id(seed, number),
                split="test",
                image_id=f"{number:016x}",
                image_path=f"{number}.png",
                image_sha256=f"{number:064x}",
                question=f"Which organ is shown in picture {number}?",
                options=tuple(options),
                answer_index=rng.randrange(len(options)),
                question_type="organ",
                answer_type="open",
                nota_valid=len(options) > 2,
                source_id=f"made-up record {number}",
                modality=rng.choice((None, "CT", "MRI")),
                body_region=rng.choice((None, "chest", "abdomen")),
                rephrased_question=f"Name the organ in picture {number}." if number % 2 else None,
            )
        )
    return made


def instance(number: int, n_options: int = 4) -> Instance:
    """A clean question about one of a few images."""
    image = f"{number % 3:064x}"
    return Instance(
        f"i{number:03d}", "made_up", f"q{number:03d}", "clean", "Which organ is shown?", ORGANS[:n_options],
        image[-16:], f"{number % 3}.png", image, number % n_options,
    )  # fmt: skip


def evidence(number: int, n_options: int = 4, seed: int = 0) -> Evidence:
    """Complete evidence about that question: every column has a value."""
    rng = Random(f"{seed}/{number}")
    picks = [rng.choice([None, *range(n_options)]) for _ in range(10)]
    tokens = Random(f"{seed}/{number}/tokens")
    return Evidence(
        "made_up",
        f"i{number:03d}",
        option_logprobs=tuple(-rng.uniform(0.1, 9) for _ in range(n_options)),
        option_mass=0.9,
        greedy_text="A",
        greedy_choice=rng.randrange(n_options),
        greedy_token_logprobs=tuple(-rng.uniform(0, 3) for _ in range(1 + number % 3)),
        greedy_token_entropies=tuple(rng.uniform(0, 3) for _ in range(1 + number % 3)),
        samples=tuple(
            Sample(_said(pick, tokens.random() < 0.5), pick, (-tokens.uniform(0, 2), -tokens.uniform(0, 0.2)))
            for pick in picks
        ),
        p_true=rng.random(),
        verbalized_text="80",
        verbalized_confidence=rng.random(),
        prompt_tokens=rng.randrange(50, 90),
        reused_tokens=rng.randrange(50),
        completion_tokens=rng.randrange(10, 30),
        calls=rng.randrange(1, 20),
        read_at=0,
        cut_answers=rng.randrange(5),
    )


def _said(pick: int | None, bare: bool) -> str:
    """What a sample says that names this option: its letter, alone or with its text."""
    if pick is None:
        return "?"
    return ascii_uppercase[pick] if bare else f"{ascii_uppercase[pick]}) {ORGANS[pick]}"


def embeddings(evidence: pd.DataFrame, instances: pd.DataFrame, size: int = 8) -> pd.DataFrame:
    """A vector of unit length for each distinct text of the samples of `evidence`, as the table `embeddings`."""
    import numpy as np

    from vqa_canary.frames import frame

    options = dict(zip(instances["instance_id"], instances["options"], strict=True))
    texts = {
        embedded_text(sample, options[instance])
        for instance, samples in zip(evidence["instance_id"], evidence["samples"], strict=True)
        for sample in (samples if samples is not None else ())
    }
    rows = []
    for key in map(text_hash, texts):
        vector = np.random.default_rng(int(key[:16], 16)).normal(size=size)
        rows.append({"embedder": "made up", "text_sha256": key, "vector": vector / np.linalg.norm(vector)})
    return frame(rows, "embeddings")


def extreme(number: int, n_options: int = 4) -> Evidence:
    """The same with certainty where evidence can hold it: of odd numbers for the answer, of even ones against it."""
    sure = float(number % 2)
    tokens = 1 + number % 3
    return replace(
        evidence(number, n_options),
        option_logprobs=(0.0, *[-math.inf] * (n_options - 1)),
        option_mass=1.0,
        greedy_choice=0,
        greedy_token_logprobs=(0.0,) * tokens,
        greedy_token_entropies=(0.0,) * tokens,
        samples=(Sample("?", None if number % 2 else 0, (0.0,)),) * 10,
        p_true=sure,
        verbalized_confidence=sure,
    )


def image(number: int, mode: str = "RGB", size: tuple[int, int] = (48, 40)) -> Image:
    """Noise of its own for each number, of mode L or RGB."""
    from PIL import Image as Pictures

    width, height = size
    channels = 3 if mode == "RGB" else 1
    return Pictures.frombytes(mode, size, Random(number).randbytes(width * height * channels))


def png(number: int) -> tuple[bytes, str]:
    """Such an image as a file's bytes, and their SHA-256."""
    buffer = io.BytesIO()
    image(number).save(buffer, "PNG")
    return buffer.getvalue(), hashlib.sha256(buffer.getvalue()).hexdigest()
