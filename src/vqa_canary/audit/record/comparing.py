"""Two audits of the same questions, against each other."""

from __future__ import annotations

from vqa_canary.audit.record.part import Part
from vqa_canary.estimate import Estimate


class SharedPrompts(Part):
    """How far two audits asked the same."""

    instances: int
    """Number of prompts that both audits put alike: these are compared."""
    changed: int
    """Number of prompts that both audits asked, but not alike."""
    only_new: int
    """Number of prompts that only the current audit asked."""
    only_old: int
    """Number of prompts that only the baseline asked."""


class BaselineDifference(Part):
    """One quantity of the current audit minus that of the baseline."""

    dataset: str
    """Name of the data set."""
    model: str
    """Name of the model in the current audit."""
    quantity: str
    """What is compared: `accuracy`, `changed_answers`, `auroc`, `fragility_auroc` or `collapse_rate`."""
    condition: str
    """The condition under which the questions were shown."""
    method: str
    """The UE method; empty where the quantity is about answers that all methods share."""
    p_value: float | None
    """Two-sided p-value, adjusted as the rule of the verdicts says."""
    verdict: str | None
    """`better`, `worse`, `identical` or `cannot tell`; null where there is nothing to judge."""
    smallest_difference: float | None
    """The difference that these questions would have shown with 80 % power."""
    warning: str | None
    """Why the difference says little; null where it says enough."""
    subset: str
    """The questions that are compared: `all`, or a column and its value as `column=value`."""
    baseline: float | None
    """Value of the baseline."""
    current: float | None
    """Value of the current audit."""
    difference: Estimate
    """Current value minus that of the baseline, question by question."""


class MovedQuestions(Part):
    """Questions that changed sides, each as data set and id, with the condition and the model where that matters.

    Where each UE method has answers of its own, those of the first method by name count.
    """

    gained: tuple[str, ...]
    """Questions answered wrongly before, and rightly now."""
    lost: tuple[str, ...]
    """Questions answered rightly before, and wrongly now."""
    newly_collapsed: tuple[str, ...]
    """Questions whose right answer held before when the right option was hidden, and collapses now."""
    no_longer_collapsed: tuple[str, ...]
    """Questions whose right answer collapsed before when the right option was hidden, and holds now."""


class BaselineComparison(Part):
    """The current audit against an older one of the same questions."""

    baseline: str
    """Name of the study that is the baseline."""
    rule: str
    """When a verdict is given, in words."""
    models: tuple[tuple[str, str], ...]
    """Pairs of a model of the current audit and the model of the baseline that it is compared with."""
    joined: SharedPrompts
    """How far both audits asked the same."""
    differences: tuple[BaselineDifference, ...]
    """Differences over all questions, then those of subgroups."""
    items: MovedQuestions
    """Questions that changed sides."""
