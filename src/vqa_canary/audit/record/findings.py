"""What an audit found: methods, conformal sets, fragile questions and subgroups, and all of it in short."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vqa_canary.audit.record.control import BesideControl
from vqa_canary.audit.record.groups import WorstSubgroup
from vqa_canary.audit.record.missing import Missing
from vqa_canary.audit.record.part import Part
from vqa_canary.audit.record.policies import Policy, SplitSize
from vqa_canary.estimate import Estimate


class Headline(Part):
    """One data set and model, in short."""

    dataset: str
    """Name of the data set."""
    model: str
    """Name of the model."""
    accuracy: Estimate
    """Share of right answers to the questions as they stand."""
    missing: Missing
    """Questions as they stand that have no answer, by kind, and between which ends accuracy lies for it."""
    unseen_condition: str | None
    """The condition without the image that the next number is about; null where none was asked."""
    unseen_accuracy: Estimate
    """Share of right answers without the image: so much can be answered unseen."""
    overconfidence: Estimate
    """Mean stated confidence minus accuracy: above 0, the model promises more than it keeps."""
    nota_condition: str | None
    """The condition that hides the right option and that the next numbers are about; null where none was asked."""
    nota_accuracy: Estimate
    """Share of right answers when the right option is hidden, on the questions that stay fair then."""
    accuracy_drop: Estimate
    """Accuracy on these questions as they stand, minus that when the right option is hidden."""
    collapse_rate: Estimate
    """Share of answers that are right as the question stands and wrong once the right option is hidden; undefined
    where the model is not shown to be above chance, and what collapses is a guess."""
    beside_control: BesideControl | None
    """What stands beside the collapse rate: chance, and the control; null where no condition hid the right option."""
    recommended: str | None
    """The recommended UE method; null where none can be recommended."""
    recommended_because: str
    """Why it is recommended, or why none is."""
    named: str | None
    """The UE method that the configuration named; null where the audit chose one."""
    policy: Policy | None
    """The policy against errors that the audit stands for; null where there is no method to look for one with."""
    worst_subgroup: WorstSubgroup | None
    """The subgroup whose answers are wrong most often under that policy; null without a policy, or where no subgroup
    has enough images."""
    fragility_policy: Policy | None
    """The policy against collapses; null where no condition hid the right option."""
    answer: str
    """When the model may be trusted, in plain words."""


class MethodResult(Part):
    """What one UE method is worth for one model, and what it costs."""

    dataset: str
    """Name of the data set."""
    model: str
    """Name of the model."""
    method: str
    """Name of the UE method."""
    auroc: Estimate
    """How often the wrong one of a right and a wrong answer is the more uncertain; 0.5 is chance."""
    fragility_auroc: Estimate
    """The same of right answers that collapse and that hold when the right option is hidden."""
    calls: int | None
    """Number of requests that the method costs a question; null where it is not known."""
    calls_why: str
    """What these requests are for."""
    reason: str | None
    """Why the method has no AUROC, in words; null where it has one."""
    standing: str
    """`best`, `not distinguishable from best`, `not compared` and why, or empty where it is beaten."""
    recommended: bool
    """Whether this is the recommended method."""


class Conformal(Part):
    """Sets of options that hold the right one at a stated rate, checked on the images that did not calibrate."""

    dataset: str
    """Name of the data set."""
    model: str
    """Name of the model."""
    score: str
    """How options are ruled out: `LAC` or `APS`."""
    weighting: str
    """How calibration questions are weighted: `images` gives every image, `questions` every question the same
    weight."""
    target: float
    """Probability that a set has to hold the right option."""
    population: str
    """For whom the level holds, in words."""
    quantile: float | None
    """Largest score of an option that is in a set; null where every set has to hold all options."""
    calibration: SplitSize
    """How much data calibrated it."""
    coverage: Estimate
    """Share of held-out questions whose set holds the right option."""
    coverage_of_images: Estimate
    """Mean over held-out images of that share."""
    mean_size: float | None
    """Mean number of options in a set; null without held-out questions."""
    empty: float | None
    """Share of sets without any option; null without held-out questions."""
    single: float | None
    """Share of sets of one option; null without held-out questions."""
    all: float | None
    """Share of sets of all options; null without held-out questions."""
    left_out: int
    """Number of questions that have no option probabilities, and are left out."""
    reason: str | None
    """Why something is missing, in words; null where nothing is."""


class ConformalSet(Part):
    """The sets of one held-out question; an entry of `conformal_sets.json`."""

    dataset: str
    """Name of the data set."""
    model: str
    """Name of the model."""
    instance_id: str
    """Id of the prompt."""
    item_id: str
    """Id of the question."""
    answer_index: int
    """Index of the right option, from 0."""
    lac: tuple[int, ...]
    """Indices of the options that LAC cannot rule out, ascending."""
    aps: tuple[int, ...]
    """Indices of the options that APS cannot rule out, ascending."""


class FragileItem(Part):
    """A question answered rightly as it stands, and how likely it was to collapse."""

    dataset: str
    """Name of the data set."""
    model: str
    """Name of the model."""
    method: str
    """The UE method that orders the questions."""
    item_id: str
    """Id of the question."""
    uncertainty: float | None
    """Uncertainty of the answer to the question as it stands; null where the method gives none."""
    rank: int | None
    """1 is the most likely to collapse, and ties share the smallest rank; null without an uncertainty."""
    outcomes: Mapping[str, str]
    """What became of the answer, by condition that hides the right option: `collapsed`, `held`, `not asked` or
    `failed`."""


@dataclass(frozen=True, slots=True)
class SubgroupEstimate(Estimate):
    """An estimate about a subgroup, and whether it rests on too little to say much."""

    warning: str | None = None
    """Why the number says little; null where it says enough, or where there is none."""


class Subgroup(Part):
    """The questions with one value of one column."""

    dataset: str
    """Name of the data set."""
    model: str
    """Name of the model."""
    column: str
    """The column of the table `items`; empty for all questions."""
    value: str
    """The value of the column; `all` for all questions."""
    n: int
    """Number of questions that were asked."""
    n_clusters: int
    """Number of images that these questions show."""
    accuracy: SubgroupEstimate
    """Share of right answers to the questions as they stand."""
    overconfidence: SubgroupEstimate
    """Mean stated confidence minus accuracy."""
    policy_error: SubgroupEstimate
    """Share of errors among the answers that the headline's policy lets through, on held-out images."""
    policy_coverage: SubgroupEstimate
    """Share of the questions about held-out images that the headline's policy lets the model answer."""
    warning: str | None
    """The warning of the accuracy, else that of the errors under the policy; null where neither has one."""
