"""The engine `nearest`: a baseline that answers as examples with like images were answered, and reads no question."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from vqa_canary.plugins import (
    LETTERS,
    BadInput,
    Evidence,
    Gap,
    ImageOpener,
    Instance,
    Prompts,
    Sample,
    Sampling,
    content_id,
    engine,
    random_for,
)

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE = 16
"""Images are compared as grey ones of this many pixels by side."""
UNHEARD = 1e-3
"""Weight of an option that no example answers with."""
NOT_ASKED = "a nearest neighbour cannot be asked about its answer"


class NearestModel(BaseModel):
    """`params:models.<name>` of the engine `nearest`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    """A CSV file with the columns `image`, a path that starts at the file's folder, and `answer`."""
    softness: float = Field(20.0, gt=0)
    """Difference in grey values, 0 to 255, at which an example counts e times less."""


@engine("nearest", NearestModel)
class Nearest:
    """Weighs each option by the examples with this answer, those with similar images most."""

    def __init__(
        self, name: str, options: NearestModel, prompts: Prompts, sampling: Sampling, seed: int
    ) -> None:
        self._name, self._options, self._sampling, self._seed = name, options, sampling, seed

    @property
    def fingerprint(self) -> str:
        """Of the examples and of how they are weighed."""
        files = [Path(self._options.path), *(path for path, _ in self._rows)]
        digests = [sha256(path.read_bytes()).hexdigest() for path in files]
        return content_id(digests, self._options.softness)

    @property
    def facts(self) -> dict[str, str]:
        """What answers."""
        return {"source": Path(self._options.path).name, "examples": str(len(self._rows))}

    def answer(self, instances: Sequence[Instance], open_image: ImageOpener) -> Iterator[Evidence]:
        """Evidence of each instance, in order."""
        for instance in instances:
            try:
                grey = _grey(open_image(instance))
            except BadInput as error:
                yield Evidence(self._name, instance.instance_id, status="failed", error=str(error))
            else:
                yield self._evidence(instance, grey)

    def _evidence(self, instance: Instance, grey: NDArray[np.float64]) -> Evidence:
        distances = np.sqrt(((self._images - grey) ** 2).mean(axis=(1, 2)))
        weights = np.exp(-distances / self._options.softness)
        answers = [answer for _, answer in self._rows]
        heard = [
            sum(
                weight for weight, answer in zip(weights, answers, strict=True) if answer == option.casefold()
            )
            for option in instance.options
        ]
        p = np.add(heard, UNHEARD) / np.add(heard, UNHEARD).sum()
        logs = np.log(p).tolist()
        choice = int(p.argmax())
        rng = random_for(self._seed, instance.instance_id, "samples")
        drawn = rng.choices(range(len(p)), p.tolist(), k=self._sampling.n_samples)
        return Evidence(
            self._name,
            instance.instance_id,
            option_logprobs=tuple(logs),
            option_mass=1.0,
            greedy_text=LETTERS[choice],
            greedy_choice=choice,
            greedy_token_logprobs=(logs[choice],),
            greedy_token_entropies=(float(-(p * np.log(p)).sum()),),
            samples=tuple(Sample(LETTERS[at], at, (logs[at],)) for at in drawn) or None,
            gaps=(Gap("p_true", NOT_ASKED), Gap("verbalized_confidence", NOT_ASKED)),
        )

    @cached_property
    def _rows(self) -> list[tuple[Path, str]]:
        """Image and answer of each example."""
        path = Path(self._options.path)
        try:
            with path.open(encoding="utf-8", newline="") as file:
                rows = [
                    (path.parent / row["image"], row["answer"].casefold()) for row in csv.DictReader(file)
                ]
        except (OSError, UnicodeDecodeError, KeyError, AttributeError, TypeError) as error:
            raise BadInput(f"{path}: is no CSV file with the columns image and answer in each row") from error
        if not rows:
            raise BadInput(f"{path}: holds no example")
        return rows

    @cached_property
    def _images(self) -> NDArray[np.float64]:
        """Of the examples, shape (n, SIDE, SIDE)."""
        from PIL import Image as Pictures

        return np.stack([_grey(Pictures.open(path)) for path, _ in self._rows])


def _grey(image: Image) -> NDArray[np.float64]:
    return np.asarray(image.convert("L").resize((SIDE, SIDE)), np.float64)
