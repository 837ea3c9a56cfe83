"""What could be read of the answers, whether the reading was verified, and where the rows of the study went."""

from __future__ import annotations

from collections.abc import Mapping

from vqa_canary.audit.record.part import Part
from vqa_canary.estimate import Estimate


class ShapeCount(Part):
    """What some of the texts that name no option look like."""

    shape: str
    """A kind of text, such as `empty` or `a refusal`; never the text itself."""
    n: int
    """Number of texts of this kind."""


class RangeOfAccuracy(Part):
    """The two ends between which accuracy lies where too few answers could be read."""

    subset: str
    """The questions that it is about: `all`, `nota_valid`, or a column and its value as `column=value`."""
    method: str
    """The UE method whose own answers were judged; empty where all methods are judged on the same answers."""
    unread_wrong: Estimate
    """Accuracy if every answer that could not be read was wrong."""
    unread_left_out: Estimate
    """Accuracy of the answers that could be read."""


class Readability(Part):
    """What could be read of a model's answers under one condition."""

    dataset: str
    """Name of the data set."""
    model: str
    """Name of the model."""
    condition: str
    """The condition under which the questions were shown; empty for all conditions together."""
    headline: str
    """The subset of the questions that the condition is reported on: `all` or `nota_valid`."""
    instances: int
    """Number of prompts that were asked."""
    answered: int
    """Number of prompts that were answered."""
    failed: int
    """Number of prompts that failed for good."""
    answerable: int
    """Number of prompts of which one of the options shown is right."""
    answers: int
    """Number of texts that came back, those that were cut at the token limit included."""
    named: int
    """Number of texts that name an option."""
    unnamed: int
    """Number of texts that name no option."""
    cut: int
    """Number of answers that ended at the token limit, and failed for it."""
    beyond: int
    """Number of texts that name a letter beyond the options that were shown."""
    read: Estimate
    """Share of the texts that name an option."""
    samples: int
    """Number of sampled answers."""
    samples_named: int
    """Number of sampled answers that name an option."""
    cut_answers: int
    """Number of answers and samples of answered instances that ended at the token limit before they named an option."""
    with_mass: int
    """Number of instances of which the probability on all option letters together is known."""
    median_mass: float | None
    """Median of that probability; null where it is known of no instance."""
    compared: int
    """Number of instances whose text names an option and whose option log-probs are known."""
    contrary: int
    """Number of these whose text names another option than the likeliest letter."""
    shapes: tuple[ShapeCount, ...]
    """What the texts that name no option look like, the commonest first."""
    warnings: tuple[str, ...]
    """Which warnings apply: `unread`, `beyond`, `cut`, `contrary` or `mass`."""
    accuracy: tuple[RangeOfAccuracy, ...]
    """The ranges that stand in the place of accuracy; empty where enough answers could be read."""


class Verified(Part):
    """What a model's parity certificate is worth. What a missing certificate cannot tell is null."""

    model: str
    """Name of the model."""
    made: str | None
    """When the certificate was made, as an ISO date and time."""
    dtype: str | None
    """The number format of the model that was verified."""
    fingerprint: str | None
    """The fingerprint of the model that was verified."""
    package: str | None
    """The version of this package that verified it."""
    code: str | None
    """The fingerprint of the code that answers depended on."""
    images: int | None
    """Number of images in the sample that was asked anew."""
    instances: int | None
    """Number of prompts in the sample that was asked anew."""
    standing: str
    """`passed`, `failed`, `not applicable`, `out of date` or `not verified`."""
    detail: str
    """What was found, or what to do, in a sentence."""


class Accounted(Part):
    """Where the rows of one stage went: the parts add up to `n`."""

    stage: str
    """The step of the run."""
    about: str
    """The model or method that the rows belong to; empty where they belong to all of them."""
    what: str
    """What is counted, in words."""
    n: int
    """Number of rows that went in."""
    parts: Mapping[str, int]
    """Number of rows by where they went."""


class ImageCounts(Part):
    """How many image files were shown as they are, and how many were converted before."""

    plain: int
    """Number of image files that were shown unchanged."""
    converted: int
    """Number of image files that were converted."""
    steps: Mapping[str, int]
    """Number of image files that each step of a conversion was applied to, by name of the step."""
    may_show_identity: int
    """Number of DICOM files whose header says that text on the picture may name the patient."""
