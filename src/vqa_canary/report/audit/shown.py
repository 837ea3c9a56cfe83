"""What the page shows in the place of a bare number or name of the record."""

from __future__ import annotations

from vqa_canary.audit.record.document import Audit
from vqa_canary.audit.record.findings import Subgroup
from vqa_canary.estimate import Estimate
from vqa_canary.report import accuracy
from vqa_canary.report.commands import command_line
from vqa_canary.report.numbers import Range
from vqa_canary.rows import CLEAN


def accuracy_of(
    audit: Audit, number: Estimate, dataset: str, model: str, condition: str, subset: str, method: str = ""
) -> Estimate | Range:
    """The number, a range where too little of the model's answers could be read, or why there is none."""
    shown = accuracy.shown(audit.readable)
    return accuracy.accuracy_of(shown, (dataset, model, condition), subset, method, number)


def accuracy_of_subgroup(audit: Audit, group: Subgroup) -> Estimate | Range:
    """The same of a subgroup; the headline's policy says by whose answers, where methods have answers of their own."""
    methods = [
        headline.policy.method
        for headline in audit.headline
        if headline.policy and (headline.dataset, headline.model) == (group.dataset, group.model)
    ]
    subset = f"{group.column}={group.value}" if group.column else "all"
    return accuracy_of(audit, group.accuracy, group.dataset, group.model, CLEAN, subset, *methods[:1])


def command(audit: Audit, **params: str) -> str:
    """What runs this audit again, with further parameters."""
    return command_line(audit.env, {**audit.runtime_params, **params})
