"""Several models and a policy for every subgroup: what a second look may not say, and what a planned one pays for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.made_up_answers import MakeAnswers
from tests.optional import not_none

from vqa_canary.audit.composing import audit_record
from vqa_canary.audit.given import Answered, AuditTables, Provenance, RunChecks
from vqa_canary.audit.models import models_of
from vqa_canary.audit.record.answers import ImageCounts
from vqa_canary.audit.record.document import Audit
from vqa_canary.audit.record.policies import AuditTarget
from vqa_canary.audit.record.protocol import Protocol
from vqa_canary.evaluation.table import metrics_table
from vqa_canary.report.audit.page import make_audit_report

CONFIDENCE = re.compile(r"\d\s*%(\s|&nbsp;)*confidence")
FIRST = Protocol(
    attempt=1, locked_at="2026-11-30 01:02:03 UTC", file="attempts/1/protocol.lock", hash="0" * 64,
    standing="first look", claimed=True, looks=1, because="Locked.", completed=0, earlier=(),
)  # fmt: skip
SECOND = FIRST.model_copy(update={"attempt": 2, "standing": "second look", "claimed": False})
PLANNED = FIRST.model_copy(update={"standing": "planned look", "looks": 3})


@pytest.fixture
def study(make_study: Callable[..., Any], answers: MakeAnswers) -> Any:
    """Two models that are nearly always right, so that every kind of policy is found."""
    data = answers(np.random.default_rng(6), 600, 0.9, 0.9)
    sure = data.uncertainty < np.quantile(data.uncertainty, 0.8)
    right = (~data.wrong | sure).astype(float)
    own = {"correct": right, "u": data.uncertainty, "v": data.uncertainty + 0.5}
    made = make_study({("good", "clean"): own, ("other", "clean"): own}, data.images)
    made.items["site"] = np.where(data.images % 2 == 0, "north", "south")
    made.instances["answer_index"] = 0
    return made


def audit_of(study: Any, protocol: Protocol) -> Audit:
    ids = study.instances["instance_id"]
    evidence = pd.concat(
        [
            pd.DataFrame({"model": model, "instance_id": ids, "status": "ok", "error": None})
            for model in ("good", "other")
        ],
        ignore_index=True,
    )
    for name in ("option_logprobs", "bounded", "gaps", "calls", "prompt_tokens", "completion_tokens"):
        evidence[name] = None
    tables = AuditTables(
        study.grids, study.items, study.instances, evidence, metrics_table(study.grids, 7, ())
    )
    images = ImageCounts(plain=1, converted=0, steps={}, may_show_identity=0)
    return audit_record(
        tables,
        AuditTarget(alpha=0.2, delta=0.05, conformal=0.9, share=0.5, method=None, hold_for=("site",)),
        Provenance("s", env=None, runtime_params={}, package="0", seed=7, fingerprints={}, settings={}),
        RunChecks(refused=[], accounting=[], verifications=[], readability=[], images=images),
        protocol,
        answered=Answered(models_of(tables.evidence, tables.items, tables.instances, {}), costs={}),
        nota_conditions=(),
        subgroups=("site",),
        comparison=None,
    )


def texts(value: Any) -> Iterator[str]:
    """Every text of a record, the names of its keys too."""
    if isinstance(value, dict):
        yield from value
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)
    elif isinstance(value, str):
        yield value


@pytest.mark.whole
def test_a_second_look_claims_nothing_anywhere_and_nothing_is_green(study: Any) -> None:
    told = {}
    for protocol in (FIRST, SECOND):
        audit = audit_of(study, protocol)
        assert [one.verdict for one in audit.group_policies] == ["policy found"] * 2
        assert [not_none(one.policy).found for one in audit.model_choices[0].models] == [True, True]
        record = audit.model_dump(mode="json")
        report = make_audit_report(record)
        told[protocol.standing] = audit, " ".join(texts(record)), report
    audit, written, report = told["first look"]
    assert CONFIDENCE.search(written)
    assert CONFIDENCE.search(report.page)
    assert report.page.count('class="verdict found"') >= 4  # of both models: over all, and for every site
    assert all(one.worst_subgroup and one.worst_subgroup.bound is not None for one in audit.headline)

    audit, written, report = told["second look"]
    assert not CONFIDENCE.search(written)
    assert not CONFIDENCE.search(report.page)
    assert not any(CONFIDENCE.search(text) for text in report.tables.values())
    assert 'class="verdict found"' not in report.page
    assert 'class="answer found"' not in report.page
    assert all(one.worst_subgroup and one.worst_subgroup.bound is None for one in audit.headline)
    for sentence in (
        *(one.answer for one in audit.headline),
        *(one.sentence for one in audit.group_policies),
        *(one.reason for one in audit.model_choices),
    ):
        assert re.search("[Nn]o confidence can be claimed", sentence)


def test_planned_looks_divide_the_doubt_of_every_kind_of_policy(study: Any) -> None:
    one, three = audit_of(study, FIRST), audit_of(study, PLANNED)
    for before, after in zip(one.headline, three.headline, strict=True):
        first, now = not_none(before.worst_subgroup), not_none(after.worst_subgroup)
        assert not_none(now.bound) > not_none(first.bound)
    for choice in three.model_choices:
        assert "and 3 planned looks are allowed for" in choice.reason
        for model in choice.models:
            policy = not_none(model.policy)
            assert not_none(policy.calibration.p_accepted) <= 0.05 / (policy.n_methods * 3)
    for group in three.group_policies:
        assert "and 3 planned looks" in group.sentence
        assert max(not_none(own.p_value) for own in group.groups) <= 0.05 / (group.n_methods * 3)
