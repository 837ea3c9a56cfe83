"""What was asked, what was refused, and what answered how often."""

from __future__ import annotations

from collections.abc import Mapping

from vqa_canary.audit.record.part import Part
from vqa_canary.estimate import Estimate


class AskedDataset(Part):
    """What was asked of one data set."""

    dataset: str
    """Name of the data set."""
    items: int
    """Number of questions that were asked."""
    images: int
    """Number of different images that these questions show."""
    joined: int | None
    """Number of groups of images without an image in common, where questions that show several images join some of
    them; null where every image is a group of its own."""
    open: int
    """Number of questions that came without options of their own."""
    closed: int
    """Number of questions that came with the options to choose from."""
    nota_valid: int
    """Number of questions that stay fair when the right option is hidden."""
    instances: int
    """Number of prompts: each question is shown under several conditions."""


class RefusalCount(Part):
    """One reason for which records or questions could not be used."""

    dataset: str
    """Name of the data set."""
    stage: str
    """The step of the run that refused them, such as `sources` or `conditions`."""
    reason: str
    """Why they were refused, in words."""
    n: int
    """Number of rows that were refused for this reason."""


class Questions(Part):
    """All that was asked, and all that was refused."""

    datasets: tuple[AskedDataset, ...]
    """What was asked, one entry a data set."""
    refused: tuple[RefusalCount, ...]
    """What was refused, one entry a data set, stage and reason."""


class FailureCount(Part):
    """One kind of failed instance."""

    error: str
    """What went wrong, in words."""
    n: int
    """Number of instances that failed so."""


class GapCount(Part):
    """One kind of evidence that a model did not give."""

    field: str
    """The column of the table `evidence` that is null."""
    reason: str
    """Why it is null, in words."""
    n: int
    """Number of answered instances that lack it for this reason."""


class AskedModel(Part):
    """What answered, how often, at what cost, and what it did not give."""

    model: str
    """Name of the model in the configuration."""
    facts: Mapping[str, str]
    """What is known of the model, by name of the fact; of an endpoint, what the canary found before the first
    question, and whether samples are drawn where the samples themselves had to tell."""
    instances: int
    """Number of prompts that the model was asked."""
    answered: int
    """Number of prompts that it answered."""
    failed: int
    """Number of prompts that failed for good."""
    failures: tuple[FailureCount, ...]
    """What failed, the commonest first."""
    uncounted: int
    """Number of instances that took requests of which not all tokens are known."""
    uncounted_failed: int
    """How many of the uncounted instances failed: nothing but the calls is kept of a failed instance."""
    calls: int | None
    """Number of requests that were sent, those of the canary, failed ones and those that were repeated among them; null
    where nobody counted."""
    prompt_tokens: int | None
    """Number of tokens that were sent; null where nobody counted."""
    completion_tokens: int | None
    """Number of tokens that came back; null where nobody counted."""
    bounded: Estimate
    """Share of instances with option log-probs of which at least one was not listed by the endpoint, and was set to
    the most that it can be."""
    gaps: tuple[GapCount, ...]
    """Evidence that answered instances lack, the commonest first."""
    cost: float | None
    """Cost of the tokens that are known, by the prices of the configuration; null where prices or tokens are not
    known."""
    currency: str
    """Currency of the cost; empty where there is no cost."""
