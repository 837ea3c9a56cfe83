"""The record of an audit as a whole: what `audit.json` holds, and how it is read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

from pydantic import ValidationError

from vqa_canary.audit.record.answers import Accounted, ImageCounts, Readability, Verified
from vqa_canary.audit.record.asked import AskedModel, Questions
from vqa_canary.audit.record.comparing import BaselineComparison
from vqa_canary.audit.record.findings import (
    Conformal,
    FragileItem,
    Headline,
    MethodResult,
    Subgroup,
    SubgroupEstimate,
)
from vqa_canary.audit.record.groups import GroupPolicy
from vqa_canary.audit.record.models import ModelChoice
from vqa_canary.audit.record.part import Part
from vqa_canary.audit.record.policies import AuditTarget, Curve, Policy
from vqa_canary.audit.record.protocol import Protocol
from vqa_canary.audit.record.review import Review
from vqa_canary.audit.record.robustness import Robustness
from vqa_canary.errors import BadInput
from vqa_canary.estimate import Estimate
from vqa_canary.quoting import quoted

VERSION: Literal["3"] = "3"
"""Version of the layout of `audit.json`; a file of another version is refused."""


class Guideline(Part):
    """An item of a reporting guideline, and what of the audit serves it."""

    guideline: str
    """Name of the guideline, such as `TRIPOD+AI`."""
    item: str
    """The item as it is numbered in the checklist; several where one part of the audit serves them."""
    topic: str
    """What the item asks for, in our words."""
    serves: str
    """What of the audit serves it, and what it does not report and why."""
    where: str
    """Titles of the sections of the audit's page that hold it; empty where nothing does."""
    shown_by: tuple[str, ...]
    """Ids of the elements of the audit's page that show it; empty where nothing does."""


class Audit(Part):
    """One audit: every figure of its page, and what is needed to repeat it."""

    version: Literal["3"]
    """Version of the layout of this record."""
    target: AuditTarget
    """What policies and conformal sets must keep to."""
    protocol: Protocol
    """The lock under which the audit was made, and what may be claimed for its policies."""
    questions: Questions
    """What was asked, and what was refused."""
    models: tuple[AskedModel, ...]
    """What answered, one entry a model."""
    headline: tuple[Headline, ...]
    """The answer in short, one entry a data set and model."""
    model_choices: tuple[ModelChoice, ...]
    """Which of several models is to be preferred, one entry a data set; empty where there is one model."""
    methods: tuple[MethodResult, ...]
    """What each UE method is worth, best AUROC first within a data set and model."""
    policies: tuple[Policy, ...]
    """Every policy that was sought: of each data set, model, event, method, guarantee and scope."""
    group_policies: tuple[GroupPolicy, ...]
    """Policies that hold for each value of the columns that were named for it, one entry a data set and model; empty
    where none was named."""
    curves: tuple[Curve, ...]
    """Risk against coverage for the method of each headline, on both halves of the images."""
    conformal: tuple[Conformal, ...]
    """Conformal sets, one entry a data set, model and score."""
    fragility: tuple[FragileItem, ...]
    """Questions that were answered rightly as they stand, the most likely to collapse first."""
    subgroups: tuple[Subgroup, ...]
    """What holds for each value of the columns that were named; first of all questions."""
    robustness: tuple[Robustness, ...]
    """How often answers change when questions are asked in other ways; empty where none of these was asked."""
    review: Review | None
    """What reviewers have corrected, and what that changes; null where no review is followed."""
    comparison: BaselineComparison | None
    """This audit against the baseline that was named; null without one."""
    accounting: tuple[Accounted, ...]
    """Where the rows of each stage of the run went."""
    verifications: tuple[Verified, ...]
    """What the parity certificate of each model is worth."""
    readability: tuple[Readability, ...]
    """What could be read of the answers, one entry a data set, model and condition, and one of all conditions."""
    images: ImageCounts
    """What was done to image files before they were shown."""
    env: str | None
    """The Kedro environment that was run; null for the default one."""
    runtime_params: Mapping[str, str]
    """What was given to the run with `--params`, by name."""
    study: str
    """Name of the study."""
    package: str
    """The version of this package that made the record."""
    seed: int
    """The seed of every random choice."""
    fingerprints: Mapping[str, str | Mapping[str, str]]
    """Fingerprints of tables, prompts, conditions and models: equal where the same was asked and answered."""
    settings: Mapping[str, str]
    """Settings of the run, in words, by name."""
    guidelines: tuple[Guideline, ...]
    """Items of reporting guidelines that the numbers of this audit can serve."""
    not_covered: tuple[str, ...]
    """What a reader of the audit must find elsewhere, one sentence each."""

    @cached_property
    def readable(self) -> list[dict[str, Any]]:
        """What could be read, as rows of the table `readability`."""
        return [row.model_dump() for row in self.readability]

    @property
    def several_datasets(self) -> bool:
        """Whether a data set's name tells anything."""
        return len(self.questions.datasets) > 1

    @property
    def several_models(self) -> bool:
        """Whether a model's name tells anything."""
        return len(self.models) > 1

    def name(self, dataset: str, model: str) -> str:
        """What tells a data set and model from the others, as short as it can be."""
        both = dataset if self.several_datasets else "", model if self.several_models else ""
        return ", ".join(filter(None, both)) or model


def read(audit: Mapping[str, Any]) -> Audit:
    """The record that `audit.json` holds, checked.

    Raises
    ------
    BadInput : it is of another version; a key is missing, or holds what it cannot, and the message names each
    """
    version = audit.get("version")
    if version != VERSION:
        told = f"version {quoted(version)}" if version is not None else "no version"
        raise BadInput(
            f"audit.json: {told}, and this version of the package reads '{VERSION}'. Make the audit again with it: "
            "what was answered is not asked again."
        )
    try:
        return Audit.model_validate(dict(audit))
    except ValidationError as error:
        found = "; ".join(f"{_path(one['loc'])}: {one['msg']}" for one in error.errors()[:5])
        raise BadInput(
            f"audit.json: {found}. Make the audit again: what was answered is not asked again."
        ) from error


def schema() -> dict[str, Any]:
    """The JSON schema of the record, as `docs/audit.schema.json` publishes it: every key is required."""
    made = Audit.model_json_schema()
    plain = made["$defs"][Estimate.__name__]["properties"]
    for name, field in made["$defs"][SubgroupEstimate.__name__]["properties"].items():
        field.setdefault("description", plain.get(name, {}).get("description"))  # of a field that it inherits
    for kind in (made, *made["$defs"].values()):
        kind["required"] = list(kind["properties"])
        for field in kind["properties"].values():
            field.pop("default", None)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": "audit.json"}


def _path(places: tuple[int | str, ...]) -> str:
    """`policies[3].held_out.risk`."""
    text = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in places)
    return text.removeprefix(".")
