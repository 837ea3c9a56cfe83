"""What the log of a watch says, as types: an entry a batch, each with the hash of the one before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal

from pydantic import Field, ValidationError

from vqa_canary.audit.record.part import Part
from vqa_canary.digests import digest_of_json
from vqa_canary.errors import BadInput
from vqa_canary.quoting import quoted

VERSION: Literal["1"] = "1"
"""Version of the layout of an entry; one of another version is refused."""

HASH = "hash"
"""Key of an entry's own hash in its file."""


class FrozenPolicy(Part):
    """The policy that is watched, as the audit found it, and what it was found on."""

    study: str
    """Name of the study whose audit it is of."""
    audit: str
    """SHA-256 of what `audit.json` holds, in hex."""
    lock: str | None
    """Hash of the audit's protocol lock; null where it has none."""
    unclaimed: str | None
    """Why the audit itself may not claim its confidence, in a sentence; null where it may, or does not say."""
    dataset: str
    """Data set of the audit that the policy was found on."""
    model: str
    """Name of the model in the audit."""
    fingerprint: str
    """Fingerprint of that model."""
    answered_as: tuple[str, ...] = ()
    """Names under which it answered in the audit, which a server may change while its address stays; empty where it
    gave none."""
    prompts: str
    """Fingerprint of the prompts."""
    method: str
    """The UE method whose uncertainty decides."""
    threshold: float
    """The largest uncertainty at which the model answers."""
    alpha: float = Field(gt=0, lt=1)
    """Largest share of errors among answered questions that the audit tolerated; what is tested."""
    delta: float = Field(gt=0, lt=1)
    """The audit's doubt, and the probability of a false alarm, however long the watch lasts."""
    seed: int
    """The seed of every random choice."""
    warn_every: int = Field(ge=2)
    """Images that lie between two false early warnings on average, or more."""


class WatchedImage(Part):
    """What happened on one image of a batch: one observation of the test."""

    image: str
    """Id of the image; of several that shared questions join, the smallest."""
    others: tuple[str, ...]
    """Ids of the other images that are joined with it; empty where every question shows one image."""
    answered: int = Field(ge=0)
    """Number of its questions that the policy let the model answer and, where there are labels, that can be judged."""
    wrong: int | None = Field(ge=0)
    """Number of wrong answers among these; null without labels."""


class Drift(Part):
    """One comparison of a batch with the audit's held-out questions."""

    quantity: Literal["uncertainty", "coverage", "answers"]
    """What is compared: the distribution of uncertainty, the share of questions answered, or which option is named."""
    audit: float | None
    """The audit's: median uncertainty, or share answered, of a random image's question; null for answers."""
    batch: float | None
    """The same of the batch."""
    gap: float | None
    """How far the two lie apart, from 0 to 1; null where they could not be compared."""
    p_value: float | None
    """p-value of "both were drawn alike", by exchanging images."""
    adjusted: float | None
    """The same after Holm over the comparisons of this batch."""
    reason: str | None
    """Why there is no comparison; null where there is one."""


class Counts(Part):
    """Where the questions of a batch went: the parts add up to `questions`."""

    questions: int
    """Number of questions in the batch."""
    images: int
    """Number of images that they show."""
    answered: int
    """Number that the policy let the model answer."""
    escalated: int
    """Number that it hands to a person because of their uncertainty, or because that is not known."""
    failed: int
    """Number that the model failed to answer: handed to a person, too."""
    seen: int
    """Number whose image was in the audit or in an earlier batch, and that tell nothing new."""


class Entry(Part):
    """One batch, or the labels that came for one later."""

    version: Literal["1"]
    """Version of the layout."""
    number: int = Field(ge=1)
    """Number of the entry, from 1."""
    previous: str
    """Hash of the entry before; empty for the first."""
    made: str
    """When the entry was made, in UTC."""
    day: date
    """The date of the batch, as whoever ran it gave it."""
    study: str
    """Study that holds the tables of the batch."""
    policy: FrozenPolicy
    """What is watched: the same in every entry of a log."""
    asked: str
    """Fingerprint of the questions, with their images and options and without labels."""
    answers: str
    """Fingerprint of what the model answered, and how uncertain it was."""
    labels: str | None
    """Fingerprint of the labels; null without any."""
    labels_of: int | None
    """Number of the entry for whose questions these are the labels; null where the questions are new."""
    vouched_by: str | None
    """Who says that recorded answers are those of the audited model; null where a fingerprint says so."""
    answered_as: tuple[str, ...] = ()
    """Names under which the model answered this batch; empty where the server gave none, or only labels came."""
    package: str
    """The version of this package that made the entry."""
    counts: Counts
    """Where the questions went."""
    images: tuple[WatchedImage, ...]
    """The images that are new, in the order in which they are tested."""
    drift: tuple[Drift, ...]
    """Comparisons with the audit; none where only labels came."""

    @property
    def image_ids(self) -> set[str]:
        """Ids of all its images."""
        return {name for one in self.images for name in (one.image, *one.others)}

    @property
    def hash(self) -> str:
        """SHA-256 over all that the entry says, in hex."""
        return digest_of_json(self.model_dump(mode="json"))

    @property
    def stored(self) -> dict[str, Any]:
        """What its file holds: all that it says, and its own hash, so that the latest entry is held against something,
        too, which no later one names yet."""
        return {**self.model_dump(mode="json"), HASH: self.hash}

    @property
    def labelled(self) -> bool:
        """Whether it says which answers were wrong."""
        return self.labels is not None


def read_log(entries: Sequence[Mapping[str, Any]]) -> list[Entry]:
    """The entries of a log, in order, each held against the one before it.

    Raises
    ------
    BadInput : an entry is of another version or holds what it cannot; one is missing, was changed after it was
        written, or is about another policy than the first
    """
    read: list[Entry] = []
    for place, given in enumerate(entries, 1):
        entry = _read(given, place)
        before = read[-1].hash if read else ""
        if entry.number != place or entry.previous != before:
            raise BadInput(
                f"the log of the watch: entry {place} does not follow the one before it: an entry was changed or "
                "removed after it was written. Put the folder back as it was from a backup; a watch that lost "
                "entries cannot say what its evidence is."
            )
        if read and entry.policy != read[0].policy:
            raise BadInput(
                f"the log of the watch: entry {place} is about another policy than the first one. Put the folder back "
                "as it was from a backup."
            )
        read.append(entry)
    return read


def _read(given: Mapping[str, Any], place: int) -> Entry:
    version = given.get("version")
    if version != VERSION:
        raise BadInput(
            f"the log of the watch: entry {place} is of version {quoted(version)}, and this version of the package "
            f"reads '{VERSION}'."
        )
    try:
        entry = Entry.model_validate({name: value for name, value in given.items() if name != HASH})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise BadInput(f"the log of the watch: entry {place}: {where}: {first['msg']}.") from error
    if given.get(HASH) != entry.hash:
        raise BadInput(
            f"the log of the watch: entry {place} was changed after it was written: its hash is not that of what it "
            "says. Put the folder back as it was from a backup."
        )
    return entry
