"""What an audit says, as the page reads it; with `parts`, the one place that knows the keys of `audit.json`.

A key that the page needs and does not find is an error that names it; keys that it does not know are
left alone, so that a later version of an audit may say more.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

from pydantic import ValidationError

from vqa_canary.errors import BadInput
from vqa_canary.estimate import Estimate
from vqa_canary.report.accuracy import Shown, accuracy_of, shown
from vqa_canary.report.audit.asked import AskedModel, Questions, Readability, Verified
from vqa_canary.report.audit.part import Part
from vqa_canary.report.audit.parts import (
    Accounted,
    Comparison,
    Conformal,
    Curve,
    FragileItem,
    Guideline,
    Headline,
    Method,
    Policy,
    Subgroup,
)
from vqa_canary.report.commands import command_line
from vqa_canary.report.numbers import Range
from vqa_canary.tables import CLEAN

VERSION = "1"


class Audit(Part):
    """The whole document."""

    version: Literal["1"]
    study: str
    env: str | None = None
    """The Kedro environment that was run, and what was given with `--params`."""
    runtime_params: Mapping[str, str] = {}
    package: str
    seed: int
    fingerprints: Mapping[str, str | Mapping[str, str]]
    settings: Mapping[str, str]
    questions: Questions
    models: tuple[AskedModel, ...]
    headline: tuple[Headline, ...]
    methods: tuple[Method, ...]
    policies: tuple[Policy, ...]
    curves: tuple[Curve, ...]
    conformal: tuple[Conformal, ...]
    fragility: tuple[FragileItem, ...]
    subgroups: tuple[Subgroup, ...]
    guidelines: tuple[Guideline, ...]
    not_covered: tuple[str, ...]
    comparison: Comparison | None
    images: Mapping[str, Any] = {}
    """What was done to images that are no plain pictures: see `report.images`."""
    accounting: tuple[Accounted, ...] = ()
    verifications: tuple[Verified, ...] = ()
    readability: tuple[Readability, ...] = ()

    @cached_property
    def readable(self) -> list[dict[str, Any]]:
        """What could be read, as rows of the table `readability`."""
        return [one.model_dump() for one in self.readability]

    def accuracy(
        self, number: Estimate, dataset: str, model: str, condition: str, subset: str, method: str = ""
    ) -> Estimate | Range:
        """The number, a range where too little of the model's answers could be read, or why there is none."""
        return accuracy_of(self._shown, (dataset, model, condition), subset, method, number)

    def accuracy_of(self, one: Subgroup) -> Estimate | Range:
        """Of a subgroup; the first screen's policy says by whose answers, where methods have answers of their own."""
        methods = [
            each.policy.method
            for each in self.headline
            if each.policy and (each.dataset, each.model) == (one.dataset, one.model)
        ]
        subset = f"{one.column}={one.value}" if one.column else "all"
        return self.accuracy(one.accuracy, one.dataset, one.model, CLEAN, subset, *methods[:1])

    @cached_property
    def _shown(self) -> Shown:
        return shown(self.readable)

    @property
    def several_datasets(self) -> bool:
        """Whether a data set's name tells anything."""
        return len(self.questions.datasets) > 1

    @property
    def several_models(self) -> bool:
        """Whether a model's name tells anything."""
        return len(self.models) > 1

    def command(self, **params: str) -> str:
        """What runs this audit again, with further parameters."""
        return command_line(self.env, {**self.runtime_params, **params})

    def name(self, dataset: str, model: str) -> str:
        """As short as tells it from the others."""
        both = dataset if self.several_datasets else "", model if self.several_models else ""
        return ", ".join(filter(None, both)) or model


def read(audit: Mapping[str, Any]) -> Audit:
    """The document, checked.

    Raises
    ------
    BadInput : a key is missing or holds what it cannot; the message names each
    """
    try:
        return Audit.model_validate(dict(audit))
    except ValidationError as error:
        found = "; ".join(f"{_path(one['loc'])}: {one['msg']}" for one in error.errors()[:5])
        raise BadInput(
            f"audit.json: {found}. The page reads version {VERSION} of it: make the audit again with this "
            "version of the package."
        ) from error


def _path(places: tuple[int | str, ...]) -> str:
    """`policies[3].held_out.risk`."""
    text = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in places)
    return text.removeprefix(".")
