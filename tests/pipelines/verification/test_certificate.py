"""What a certificate is worth: nothing where anything that it was made for has changed."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest
from tests.pipelines.verification.made_up import INSTANCES, ITEMS, MadeUp, counting, stored_by, verify
from tests.test_boundaries import imported, modules

from vqa_canary.datasets.sealed import JSONIfThere
from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.sampling import Sampling
from vqa_canary.frames import frame
from vqa_canary.pipelines.verification import identity as identities
from vqa_canary.pipelines.verification.certificate import certificate, standing, summary
from vqa_canary.pipelines.verification.identity import WORDS, identity
from vqa_canary.pipelines.verification.sample import draw_sample

SAMPLE = draw_sample(ITEMS, INSTANCES, 7, 4, 2)
EVIDENCE = frame(stored_by(MadeUp()), "evidence")


def present(fingerprint: str = "f", prompts: Any = None, evidence: Any = None, **rest: Any) -> dict[str, str]:
    sampling, seed = Sampling(**rest.get("sampling", {})), rest.get("seed", 7)
    rows = EVIDENCE if evidence is None else evidence
    return identity(fingerprint, Prompts(**(prompts or {})), sampling, seed, rows)


def made(wrong: str = "") -> dict[str, Any]:
    found = certificate("m", present(), SAMPLE, 7, verify(counting(wrong)))
    plain: dict[str, Any] = json.loads(json.dumps(found, allow_nan=False))
    return plain


def told(found: dict[str, Any], now: dict[str, str] | None = None) -> tuple[str, str]:
    row = standing("m", found, now or present(), "kedro run --pipeline verification")
    return row["standing"], row["detail"]


def test_a_certificate_says_what_was_checked_and_of_what() -> None:
    found = made()
    assert found["verdict"] == "passed"
    assert found["sample"] == {"seed": 7, "instances": 16, "images": 4, "whole_study": False}
    assert all(found["identity"].values())
    assert set(found["identity"]) == set(WORDS)
    assert told(found) == ("passed", "8 of 8 checks passed.")


def test_a_failed_check_is_named_with_its_number() -> None:
    verdict, detail = told(made("blind"))
    assert verdict == "failed"
    assert detail.startswith("fast_reading: ") or "sees_the_image: smallest difference" in detail


def test_without_a_certificate_the_remedy_is_told() -> None:
    row = standing("m", {}, None, "kedro run --env audit --pipeline verification")
    assert row["standing"] == "not verified"
    assert row["detail"].endswith(": kedro run --env audit --pipeline verification")
    assert row["fingerprint"] is None


OTHER = EVIDENCE.assign(p_true=EVIDENCE["p_true"] + 1e-12)


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (present("g"), "the model's weights, processor or settings"),
        (present(seed=8), "prompts, sampling or seed"),
        (present(sampling={"temperature": 0.5}), "prompts, sampling or seed"),
        (present(prompts={"question": "{question} {options}?"}), "prompts, sampling or seed"),
        (present(evidence=OTHER), "the stored evidence"),
        (present(evidence=EVIDENCE.iloc[1:]), "the stored evidence"),
        (present() | {"torch": "9.9"}, "the version of torch"),
        (present() | {"code": "0"}, "the code of the engines"),
        (present() | {"package": "9.9"}, "the version of this package"),
    ],
)
@pytest.mark.parametrize("wrong", ["", "blind"])
def test_a_certificate_of_anything_else_is_out_of_date_whatever_it_says(
    now: dict[str, str], words: str, wrong: str
) -> None:
    verdict, detail = told(made(wrong), now)
    assert verdict == "out of date"
    assert detail == f"Since then, {words} changed: run `kedro run --pipeline verification` again."


def test_row_order_of_evidence_is_no_part_of_an_identity() -> None:
    assert present(evidence=EVIDENCE.iloc[::-1]) == present()


def test_a_certificate_of_another_layout_or_without_its_parts_is_out_of_date() -> None:
    assert told(made() | {"version": "0"})[0] == "out of date"
    assert told({"model": "m", "verdict": "passed"})[0] == "out of date"


@pytest.mark.parametrize("part", identities.ANSWERING)
def test_the_code_of_each_part_that_answers_depend_on_is_read(
    part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = identities.engine_code.__wrapped__()
    monkeypatch.setattr(identities, "ANSWERING", tuple(p for p in identities.ANSWERING if p != part))
    assert identities.engine_code.__wrapped__() != before


SHAPE_NO_ANSWER = {
    *("counting", "environment", "errors", "lasting_failures", "masking"),
    *("planned_shard", "plugin_faults", "progress", "registry", "row_types", "strict"),
    *("processes", "unfinished"),
}
"""Words of messages, secrets in them, progress, checks that a setting passes or does not, and how digests of files are
kept."""
OF_RECORDED_ANSWERS = {"tabular"}
"""Reads files of answers that were given elsewhere; there is no model to verify behind them."""


def test_whatever_the_engines_import_is_counted_or_known_to_shape_no_answer() -> None:
    needed, known = {"engines"}, {path.removesuffix(".py") for path in identities.ANSWERING}
    parts = [(part, set(imported(name, tree))) for name, part, tree in modules()]
    while (
        new := {
            other
            for part, names in parts
            if part in needed - SHAPE_NO_ANSWER - OF_RECORDED_ANSWERS
            for library, other in (name.split(".")[:2] for name in names if "." in name)
            if library == "vqa_canary"
        }
        - needed
    ):
        needed |= new
    assert needed - SHAPE_NO_ANSWER - OF_RECORDED_ANSWERS == known


def test_where_no_check_could_be_made_the_summary_says_why() -> None:
    checks = [{"name": "a", "verdict": "not applicable", "reason": "it is a file"}]
    assert summary({"checks": checks}) == "No check could be made: it is a file."
    mixed = [*checks, {"name": "b", "verdict": "passed", "reason": None}]
    assert summary({"checks": mixed}) == "1 of 2 checks passed; not applicable: a."


def test_a_certificate_that_is_not_there_is_empty_and_a_broken_one_is_named(tmp_path: Any) -> None:
    from kedro.io import DatasetError

    data = JSONIfThere(filepath=str(tmp_path / "m.json"))
    assert data.load() == {}
    data.save({"a": 1})
    assert data.load() == {"a": 1}
    (tmp_path / "m.json").write_text('{"a": ')
    with pytest.raises(DatasetError, match=r"m\.json cannot be used: its content is not what was written"):
        data.load()


def test_evidence_of_no_rows_has_an_identity() -> None:
    assert present(evidence=pd.DataFrame(EVIDENCE.iloc[:0]))["evidence"] != present()["evidence"]
