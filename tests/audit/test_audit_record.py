"""The record of an audit: a method that was named, and answers of each method's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from vqa_canary.audit.composing import audit_record
from vqa_canary.audit.given import Answered, AuditTables, Provenance, RunChecks
from vqa_canary.audit.models import models_of
from vqa_canary.audit.record.answers import ImageCounts
from vqa_canary.audit.record.document import Audit, read
from vqa_canary.audit.record.policies import AuditTarget
from vqa_canary.audit.record.protocol import Protocol
from vqa_canary.errors import BadInput
from vqa_canary.evaluation.table import metrics_table

NOTA = "nota_replace"


@pytest.fixture
def study(make_study: Callable[..., Any], answers: Callable[..., Any]) -> Any:
    """Two methods, each judged on answers of its own."""
    data = answers(np.random.default_rng(6), 120, 0.9, 0.9)
    u, right = data.uncertainty, (~data.wrong).astype(float)
    shown = {"correct": right, "u": u, "v": -u}
    made = make_study({("m", "clean"): shown, ("m", NOTA): shown}, data.images)
    own = (made.scores["method"] == "v") & (made.scores["item_id"] < "q00100")
    made.scores.loc[own, "correct"] = made.scores["condition"] == "clean"
    made.instances["answer_index"] = 0
    return made


@pytest.fixture
def tables(study: Any) -> AuditTables:
    ids = study.instances["instance_id"]
    evidence = pd.DataFrame({"model": "m", "instance_id": ids, "status": "ok", "error": None})
    for name in ("option_logprobs", "bounded", "gaps", "calls", "prompt_tokens", "completion_tokens"):
        evidence[name] = None
    metrics = metrics_table(study.grids, 7, ())
    return AuditTables(study.grids, study.items, study.instances, evidence, metrics)


FIRST = Protocol(
    attempt=1, locked_at="2026-11-30 01:02:03 UTC", file="attempts/1/protocol.lock", hash="0" * 64,
    standing="first look", claimed=True, looks=1, because="Locked.", completed=0, earlier=(),
)  # fmt: skip


def record(
    tables: AuditTables, method: str | None, protocol: Protocol = FIRST, hold_for: tuple[str, ...] = ()
) -> Audit:
    target = AuditTarget(alpha=0.2, delta=0.05, conformal=0.9, share=0.5, method=method, hold_for=hold_for)
    about = Provenance("s", env=None, runtime_params={}, package="0", seed=7, fingerprints={}, settings={})
    images = ImageCounts(plain=1, converted=0, steps={}, may_show_identity=0)
    return audit_record(
        tables,
        target,
        about,
        RunChecks(refused=[], accounting=[], verifications=[], readability=[], images=images),
        protocol,
        answered=Answered(models_of(tables.evidence, tables.items, tables.instances, {}), costs={}),
        nota_conditions=(NOTA,),
        subgroups=("modality",),
        comparison=None,
    )


def test_a_method_that_was_not_scored_is_refused(tables: AuditTables) -> None:
    grids = [replace(grid, methods=("margin", "p_true")) for grid in tables.grids]
    with pytest.raises(BadInput, match=r"audit.method: 'margn' was not scored. Did you mean 'margin'\?"):
        record(replace(tables, grids=grids), "margn")


@pytest.mark.parametrize("method", ["u", "v"])
def test_accuracy_is_that_of_the_answers_that_the_policy_gives(
    study: Any, tables: AuditTables, method: str
) -> None:
    found = record(tables, method)
    clean, hidden = (
        study.scores[(study.scores["condition"] == one) & (study.scores["method"] == method)]
        .set_index("item_id")["correct"]
        .astype(bool)
        for one in ("clean", NOTA)
    )
    [headline] = found.headline
    assert headline.accuracy.value == pytest.approx(clean.mean())
    assert headline.collapse_rate.value == pytest.approx((~hidden[clean]).mean())
    assert found.subgroups[0].accuracy.value == pytest.approx(clean.mean())
    assert "collapse" in headline.answer


def test_what_is_written_is_read_back_as_it_was(tables: AuditTables) -> None:
    found = record(tables, None)
    written = json.loads(json.dumps(found.model_dump(mode="json"), allow_nan=False))
    assert read(written) == found
