"""A made-up study and a made-up local model, sound unless it is told to be wrong in one way."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from vqa_canary.engines.protocols import ImageOpener
from vqa_canary.frames import frame
from vqa_canary.pipelines.verification.checks import Found, Subject, run_checks
from vqa_canary.pipelines.verification.sample import VerifiedSample, draw_sample
from vqa_canary.rows import Evidence, Instance, Item, content_id
from vqa_canary.rows import Sample as Drawn
from vqa_canary.seeding import random_for

METHODS = ("margin", "self_consistency", "verbalized")
CONDITIONS = ("clean", "nota_replace")
LETTERS = "ABC"


def make_items(n_images: int = 5, n_items: int = 3) -> list[Item]:
    """Items about a few images."""
    return [
        Item(
            dataset="d", item_id=f"{image}-{at}", split="test", image_id=f"image {image}",
            image_path=f"{image}.png", image_sha256=f"{image:064x}", question=f"Question {at}?",
            options=("left", "right", "both"), answer_index=0, question_type="side", answer_type="open",
            nota_valid=True, source_id="s",
        )
        for image in range(n_images)
        for at in range(n_items)
    ]  # fmt: skip


def make_instances(items: Sequence[Item]) -> list[Instance]:
    """Every item under every condition."""
    return [
        Instance(
            content_id(one.item_id, name), one.dataset, one.item_id, name, f"{one.question} {name}",
            one.options, one.image_id, one.image_path, one.image_sha256, one.answer_index,
        )
        for one in items
        for name in CONDITIONS
    ]  # fmt: skip


ITEMS = make_items()
INSTANCES = make_instances(ITEMS)


@dataclass
class MadeUp:
    """What it says follows from the words, the image and the seed; `wrong` makes it break one promise."""

    wrong: str = ""
    facts: dict[str, str] = field(default_factory=lambda: {"dtype": "float32", "device": "cpu"})
    loads: int = 0
    """How often a model was loaded before this one."""
    whole: bool = False
    asked: int = field(default=0, init=False)
    first_image: str = field(default="", init=False)
    fingerprint: str = "f"

    def alone(self) -> MadeUp:
        """The other reading of the same model."""
        return MadeUp(self.wrong, self.facts, self.loads, whole=True)

    def answer(self, instances: Sequence[Instance], open_image: ImageOpener) -> list[Evidence]:
        """One row an instance."""
        self.asked += 1
        return [self._answer(one, str(open_image(one)), len(instances)) for one in instances]

    def _answer(self, one: Instance, image: str, together: int) -> Evidence:
        if self.wrong == "fails":
            return Evidence("m", one.instance_id, "failed", error="out of memory")
        if self.wrong == "blind":
            image = ""
        if self.wrong == "first image for all":
            self.first_image = image = self.first_image or image
        salt: list[Any] = [one.question, one.options, image]
        if self.wrong == "fast reading" and not self.whole:
            salt.append("fast")
        if self.wrong == "batches" and together > 1 and not self.whole:
            salt.append("together")
        if self.wrong == "loading" and self.loads > 1:
            salt.append("loaded again")
        if self.wrong == "hidden state":
            salt.append(self.asked)
        random = random_for(7, content_id(*salt), "answer")
        digits = random_for(self.asked, one.instance_id, "last digits")
        scores = [
            random.gauss(0, 1) + 1e-9 * (self.wrong == "last digits") * digits.random() for _ in LETTERS
        ]
        total = math.log(sum(map(math.exp, scores)))
        logprobs = [score - total for score in scores]
        at = logprobs.index(max(logprobs))
        luck = Random() if self.wrong == "samples" else random_for(7, content_id(*salt), "samples")
        samples = [luck.choices(range(3), [math.exp(x) for x in logprobs])[0] for _ in range(8)]
        stated = random.randrange(100)
        return Evidence(
            "m", one.instance_id, option_logprobs=tuple(logprobs), option_mass=1.0, greedy_text=LETTERS[at],
            greedy_choice=at, greedy_token_logprobs=(logprobs[at],), greedy_token_entropies=(0.5,),
            samples=tuple(Drawn(LETTERS[s], s, (logprobs[s],)) for s in samples), p_true=random.random(),
            verbalized_text=str(stated), verbalized_confidence=stated / 100,
        )  # fmt: skip


def open_image(instance: Instance) -> Any:
    """What stands for the pixels."""
    return instance.image_path


def scores_of(rows: Sequence[Evidence]) -> Any:
    """As the pipeline makes them."""
    from vqa_canary.ue.table import scores_table

    return scores_table(frame(rows, "evidence"), frame(INSTANCES, "instances"), METHODS)


def stored_by(engine: Any) -> list[Evidence]:
    """What an earlier run would have kept."""
    return [*engine.answer(INSTANCES, open_image)]


def verify(
    make: Callable[[], Any],
    stored: Sequence[Evidence] | None = None,
    sample: VerifiedSample | None = None,
    least: float = 0.9,
) -> Found:
    """All checks of the engine that `make` makes; stored evidence is that of a sound model unless given."""
    drawn = sample or draw_sample(ITEMS, INSTANCES, seed=7, n_images=4, n_items=2)
    ids = {one.instance_id for one in drawn.instances}
    kept = [one for one in (stored_by(MadeUp()) if stored is None else stored) if one.instance_id in ids]
    return run_checks(Subject(make, drawn, kept, open_image, scores_of, least))


def counting(wrong: str) -> Callable[[], MadeUp]:
    """Makes engines that know how many were made before them."""
    made: list[MadeUp] = []

    def make() -> MadeUp:
        made.append(replace(MadeUp(wrong), loads=len(made) + 1))
        return made[-1]

    return make
