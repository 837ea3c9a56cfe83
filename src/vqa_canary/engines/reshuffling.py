"""Samples that each see the options in an order of their own, and how their answers become answers to the instance.

A model that likes the first place, or the letter B, gives the same letter again and again. Where every sample is shown
the options in another order, such a model names another option each time, and its samples disagree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vqa_canary.engines.prompts import LETTERS
from vqa_canary.engines.sampling import Sampling
from vqa_canary.errors import BadInput
from vqa_canary.rows import Instance
from vqa_canary.seeding import random_for

if TYPE_CHECKING:
    from vqa_canary.reading import OptionRead


@dataclass(frozen=True)
class Reshuffled:
    """The options of an instance in the order in which one sample sees them."""

    order: tuple[int, ...]
    """For each place the index of the option that stands there, as the instance counts its options."""

    @classmethod
    def of(cls, seed: int, instance: Instance, sample: int) -> Reshuffled:
        """That of one sample: it depends on the seed, the instance and the sample's number alone."""
        places = range(len(instance.options))
        random = random_for(seed, instance.instance_id, f"options of sample {sample}")
        return cls(tuple(random.sample(places, len(places))))

    def shown(self, instance: Instance) -> Instance:
        """The instance with its options in this order; its id stays, and what is right is not told."""
        options = tuple(instance.options[at] for at in self.order)
        return replace(instance, options=options, answer_index=None, nota_index=None)

    def own(self, choice: int | None) -> int | None:
        """The instance's index of the option at a place; None for none."""
        return None if choice is None else self.order[choice]

    def in_own_letters(self, text: str, read: OptionRead, prefix: str = "") -> str:
        """The answer, in which the letter that names its option is the one that the instance has for this option.

        Other letters, as in reasons before the answer, stay as they were written, and so does an answer that names its
        option by its text alone, or none.

        Parameters
        ----------
        read : what was read from `prefix` and `text` together
        prefix : the beginning of the answer that was written for the model
        """
        if read.choice is None or not read.letter or read.start is None or read.end is None:
            return text
        start, end = read.start - len(prefix), read.end - len(prefix)
        if start < 0:
            return text
        letter = LETTERS[self.order[read.choice]]
        return text[:start] + (letter.lower() if text[start:end].islower() else letter) + text[end:]


def refuse_other_orders(name: str, maker: object, sampling: Sampling) -> None:
    """Refuse samples with options in other orders, for a model of an engine that does not know of them.

    It would give samples that saw all options in one order, under a name that says otherwise. An engine that knows says
    so by `reshuffles = True`; of one whose answers were given before, nothing is promised.

    Raises
    ------
    BadInput
    """
    knows = getattr(maker, "reshuffles", False) or hasattr(maker, "cannot_be_asked")
    if sampling.reshuffled and not knows:
        raise BadInput(
            f"parameters: sampling.option_order: models.{name} is of an engine that shows all samples the options in "
            f"one order. Leave `option_order: reshuffled` (or the protocol that sets it) out, or ask this model in a "
            "study of its own"
        )
