"""What a row of each table is, as a dataclass, and the ids that rows are known by.

Every part of the package speaks these words. An undefined value is null, never a number.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeVar, cast

Showing = TypeVar("Showing", "Item", "Instance")

CLEAN, CONTROL = "clean", "nota_control"
"""The condition that shows an item as it is, and the one that offers NOTA without hiding the answer."""

UNSEEN = ("no_image", "text_only")
"""The conditions without the image: a blank one in its place, and none. Of a study that has both, pages that have room
for one show the first."""

ALL_CONDITIONS = ""
"""Stands in `condition` of a row about all conditions together."""

UNLABELLED: int = cast("int", None)
"""Stands in `Item.answer_index` where a question came without its right answer. It is None, and null in the table, with
the type of the index that conditions count on: `conditions.registration.shown_by` hands such an item to `clean` alone,
which only passes it on."""

NOTA = "None of the above"
"""Text of the option that says the right answer is not listed."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """A further fact about a question that the user's data give, such as the site of the scanner."""

    name: str
    """Name of the column in the user's data."""
    value: str
    """The fact as text."""


class ShownImage(NamedTuple):
    """An image file as `items` and `instances` name it."""

    image_id: str
    """First 16 hex digits of `image_sha256`."""
    image_path: str
    """POSIX path, relative to the project unless the dataset lies outside it."""
    image_sha256: str
    """SHA-256 of the file in hex."""


@dataclass(frozen=True, slots=True)
class Item:
    """One question about an image, or several, with its options; a row of `items`."""

    dataset: str
    """Name of the dataset in the configuration."""
    item_id: str
    """Id of the question, unique in its dataset."""
    split: str
    """Part of the dataset, such as `train` or `test`."""
    image_id: str
    """First 16 hex digits of `image_sha256`: equal images are one cluster. Of several images, the first one's."""
    image_path: str
    """POSIX path, relative to the project unless the dataset lies outside it."""
    image_sha256: str
    """SHA-256 of the image file in hex."""
    question: str
    """Text of the question."""
    options: tuple[str, ...]
    """Texts of the options, at least two."""
    answer_index: int
    """Index of the right option, from 0; `UNLABELLED` where it is not known."""
    question_type: str
    """Kind of question, such as `organ`; one of the subgroups of the report."""
    answer_type: str
    """`open` (turned into multiple choice by us) or `closed` (options of its own)."""
    nota_valid: bool
    """Whether the question stays fair when its right option is replaced by "None of the above"."""
    source_id: str
    """Where the question stands: file and record."""
    modality: str | None = None
    """How the image was made, such as `CT`; None where the data do not say."""
    body_region: str | None = None
    """What the image shows, such as `chest`; None where the data do not say."""
    rephrased_question: str | None = None
    """A paraphrase of the question, for the condition `rephrased`; None where the dataset has none."""
    attributes: tuple[Attribute, ...] | None = None
    """Further facts from the user's data, for subgroups; None where there are none."""
    more_images: tuple[ShownImage, ...] | None = None
    """The images after the first, in order; None where there is one."""

    @property
    def images(self) -> tuple[ShownImage, ...]:
        """All images that are shown, in order."""
        return images_of(self)


CATEGORIES = ("split", "question_type", "answer_type", "nota_valid", "modality", "body_region")
"""Columns of items that put questions into groups. What stands in them is no text of a question or an answer, so that
messages may name it."""


@dataclass(frozen=True, slots=True)
class Instance:
    """An item as one condition shows it; a row of `instances`."""

    instance_id: str
    """Hash of all that is shown and of what is right; see the function `instance_id`."""
    dataset: str
    """Name of the dataset."""
    item_id: str
    """Id of the item that is shown."""
    condition: str
    """Name of the condition under which it is shown."""
    question: str
    """Text of the question as it is asked."""
    options: tuple[str, ...]
    """Texts of the options as they are offered."""
    image_id: str | None
    """First 16 hex digits of `image_sha256`. Of several images, the first one's; None where no image is shown."""
    image_path: str | None
    """POSIX path of the image that is shown, which some conditions make; None where none is."""
    image_sha256: str | None
    """SHA-256 of that image file in hex; None where no image is shown."""
    answer_index: int | None
    """Index of the right option, from 0; None where no option is right (`answer_removed`), or where it is not known
    which is."""
    nota_index: int | None = None
    """Index of the option "None of the above"; None where it is not offered."""
    more_images: tuple[ShownImage, ...] | None = None
    """The images after the first, in order; None where there is one."""

    @property
    def images(self) -> tuple[ShownImage, ...]:
        """All images that are shown, in order; none where the question is asked without one."""
        return images_of(self)


@dataclass(frozen=True, slots=True)
class Sample:
    """One sampled answer."""

    text: str
    """The answer as the model wrote it. Where it saw the options in an order of its own, the letter that names its
    option is replaced by the letter that this option has in the instance."""
    choice: int | None
    """Index of the option that the text names; None where it names none."""
    token_logprobs: tuple[float, ...]
    """Natural log-probability of each generated token, the end-of-turn token included."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A field of evidence that is null though the instance was answered."""

    field: str
    """Name of the field."""
    reason: str
    """Why it is null."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a model returned for an instance; a row of `evidence`. None means not available."""

    model: str
    """Name of the model in the configuration."""
    instance_id: str
    """Id of the instance that was asked."""
    status: str = "ok"
    """`ok`, or `failed` with `error` set and every other field None."""
    option_logprobs: tuple[float, ...] | None = None
    """Natural log-probability of each option's letter, all surface forms summed."""
    option_mass: float | None = None
    """Probability of all option letters together: the sum of exp(option_logprobs)."""
    greedy_text: str | None = None
    """The model's answer without sampling, as it wrote it."""
    greedy_choice: int | None = None
    """Index of the option that the greedy answer names; None where it names none."""
    greedy_token_logprobs: tuple[float, ...] | None = None
    """Natural log-probability of each token of the greedy answer."""
    greedy_token_entropies: tuple[float, ...] | None = None
    """Entropy of the next-token distribution at each generated token, in nats over the whole vocabulary."""
    samples: tuple[Sample, ...] | None = None
    """Answers sampled at the configured temperature."""
    p_true: float | None = None
    """Probability of "True" when the model is asked whether its greedy answer is right."""
    verbalized_text: str | None = None
    """Reply to the question how sure the model is of its greedy answer."""
    verbalized_confidence: float | None = None
    """The confidence that this reply states: 0 to 1."""
    prompt_tokens: int | None = None
    """Tokens that the model had to read, over all prompts of the instance."""
    reused_tokens: int | None = None
    """How many of `prompt_tokens` came from a cache."""
    completion_tokens: int | None = None
    """Tokens that the model wrote, over all answers."""
    calls: int | None = None
    """How many requests the instance took, failed ones included; None where the model runs on this machine."""
    read_at: int | None = None
    """Index, from 0, of the greedy answer's token at which `option_logprobs` were read; None where none were."""
    cut_answers: int | None = None
    """How many answers, greedy and sampled, were cut at the token limit before they named an option."""
    bounded: tuple[str, ...] | None = None
    """The option letters, or `True` and `False`, whose probability the engine could not read exactly but only bound."""
    gaps: tuple[Gap, ...] | None = None
    """Why fields are None, where the engine knows."""
    error: str | None = None
    """Why the instance failed; None where it was answered."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that could not be used, and why; a row of `quarantine`."""

    stage: str
    """Stage that refused it, such as `sources` or `conditions`."""
    key: str
    """What was refused: file and record, or item and condition."""
    reason: str
    """Why, and what would make it usable."""
    row: Mapping[str, Any] = field(default_factory=dict)
    """The record as it was read."""


def instance_id(
    dataset: str,
    item_id: str,
    condition: str,
    question: str,
    options: Sequence[str],
    answer_index: int | None,
    *image_sha256: str,
) -> str:
    """The id of an instance: a hash of what it shows and what is right, so that equal ids mean equal instances.

    Parameters
    ----------
    image_sha256 : hashes of all images that are shown, in order
    """
    shown = dataset, item_id, condition, question, list(options), answer_index
    return content_id(*shown, *image_sha256)


def images_of(row: Item | Instance) -> tuple[ShownImage, ...]:
    """All images that an item or instance shows, in order; an instance may show none."""
    if row.image_id is None or row.image_path is None or row.image_sha256 is None:
        return ()
    first = ShownImage(row.image_id, row.image_path, row.image_sha256)
    return first, *(row.more_images or ())


def with_images(row: Showing, images: Sequence[ShownImage]) -> Showing:
    """The item or instance with these images in place of its own; an instance may be left without any."""
    return replace(row, **image_columns(images))


def image_columns(images: Sequence[ShownImage]) -> dict[str, Any]:
    """The columns of a row that hold the images which it shows, by name."""
    if not images:
        return dict.fromkeys((*ShownImage._fields, "more_images"))
    first, *more = images
    return {**first._asdict(), "more_images": tuple(more) or None}


def each_image(row: Showing) -> tuple[Showing, ...]:
    """The item or instance once for each of its images, with that image alone: what opens one image opens them all."""
    if not row.images:
        return ()
    return tuple(with_images(row, [image]) for image in row.images) if row.more_images else (row,)


def content_id(*parts: object) -> str:
    """First 16 hex digits of the SHA-256 of the parts as JSON: equal content, equal id."""
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
