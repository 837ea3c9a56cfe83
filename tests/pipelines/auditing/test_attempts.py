"""Audits one after the other: the first look, the same again, second looks, planned looks, and locks that are gone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from kedro.io import DatasetError
from tests.engines.endpoint.fault_server import Fault, FaultServer, serving
from tests.phantom_audit import set_up

from vqa_canary.errors import BadInput

Run = Callable[..., Any]
Edit = Callable[..., None]
NO_MLFLOW = {"tracking": {"enabled": False}}
pytestmark = pytest.mark.usefixtures("undrawn")


def endpoint_project(project: Path, edit_yaml: Edit, server: FaultServer) -> None:
    about = {"engine": "endpoint", "base_url": server.url, "model": "m", "min_wait": 0.001, "retries": 0}
    set_up(project, edit_yaml, n_images=6, **about)
    edit_yaml(
        project / "conf/audit/parameters_ue_scoring.yml", lambda p: p["scoring"].update(methods=["label_nll"])
    )


def recorded_project(project: Path, edit_yaml: Edit, n_images: int = 120) -> None:
    """Answers that are all right, so that a policy is found."""
    set_up(project, edit_yaml, n_images=n_images, engine="recorded", path="data/01_raw/audit/answers.csv")
    folder = project / "data/01_raw/audit"
    asked = pd.read_csv(folder / "questions.csv", dtype=str)
    confidence = [0.5 + 0.001 * (at % 400) for at in range(len(asked))]
    asked[["id", "answer"]].assign(confidence=confidence).to_csv(folder / "answers.csv", index=False)
    conf = project / "conf/audit"
    edit_yaml(conf / "parameters_data_engineering.yml", lambda p: p.update(conditions=["clean"]))
    edit_yaml(conf / "parameters_reporting.yml", lambda p: p["evaluation"].update(nota_conditions=[]))
    edit_yaml(conf / "parameters_ue_scoring.yml", lambda p: p["scoring"].update(methods=["verbalized"]))


def decide(project: Path, edit_yaml: Edit, **settings: Any) -> None:
    edit_yaml(project / "conf/audit/parameters_auditing.yml", lambda p: p["audit"].update(settings))


def folder_of(project: Path) -> Path:
    return project / "data/08_reporting/audit"


def protocol_of(project: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder_of(project) / "audit.json").read_text())["protocol"]
    return found


def contents(folder: Path) -> dict[str, bytes]:
    """Every file, without the records of what each was made from."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.mark.whole
def test_an_endpoint_is_looked_at_first_again_and_otherwise(
    project: Path, run: Run, edit_yaml: Edit, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = folder_of(project) / "attempts/1/protocol.lock"
    there: list[bool] = []
    with serving(script=lambda *_: there.append(lock.exists())) as server:
        endpoint_project(project, edit_yaml, server)
        run(project, env="audit", params=NO_MLFLOW)
        assert there
        assert all(there)
        first, before, n_requests = protocol_of(project), contents(folder_of(project)), len(there)
        assert (first["attempt"], first["standing"], first["claimed"]) == (1, "first look", True)
        assert first["hash"] == json.loads(lock.read_text())["hash"]
        assert f"Attempt 1, locked on {first['locked_at']}" in capsys.readouterr().out
        page = before["audit.html"].decode()
        assert f"lock {first['hash'][:16]}, vqa-canary" in page
        kept = {name for name in before if name.startswith("attempts/1/")}
        for name in ("audit.json", "audit.html", "committee.html", "conformal_sets.json"):
            assert before[f"attempts/1/{name}"] == before[name]
        assert {name for name in kept if "/audit_tables/" in name}

        run(project, env="audit", params=NO_MLFLOW)
        assert contents(folder_of(project)) == before

        decide(project, edit_yaml, largest_error=0.4)
        run(project, env="audit", params=NO_MLFLOW)
        second, after = protocol_of(project), contents(folder_of(project))
        assert (second["attempt"], second["standing"], second["claimed"]) == (2, "second look", False)
        assert "The target was changed after answers existed" in second["because"]
        [earlier] = second["earlier"]
        assert earlier["changed"] == ["audit.largest_error: 0.3, now 0.4"]
        assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
        assert after["attempts/2/audit.json"] == after["audit.json"] != before["audit.json"]
        page = after["audit.html"].decode()
        assert "Attempt 2" in page
        assert "No confidence is claimed for any policy" in page

        decide(project, edit_yaml, largest_error=0.3)
        run(project, "auditing", env="audit", params=NO_MLFLOW)
        assert protocol_of(project) == first
        assert (folder_of(project) / "audit.json").read_bytes() == before["audit.json"]
        assert len(there) == n_requests

        lock.write_bytes(lock.read_bytes().replace(b"0.3", b"0.4"))
        with pytest.raises(BadInput, match=r"attempts/1/protocol.lock: .* changed after it was written"):
            run(project, env="audit", params=NO_MLFLOW)
        assert len(there) == n_requests


@pytest.mark.whole
def test_a_run_that_is_stopped_before_its_first_call_has_seen_nothing(
    project: Path, run: Run, edit_yaml: Edit
) -> None:
    from vqa_canary.engines.endpoint.engine import EndpointEngine

    def stopped(*_: Any) -> Any:
        raise KeyboardInterrupt

    with serving() as server:
        endpoint_project(project, edit_yaml, server)
        with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(EndpointEngine, "answer", stopped)
            run(project, env="audit", params=NO_MLFLOW)
        assert (folder_of(project) / "attempts/1/protocol.lock").exists()
        assert not server.requests
        run(project, "inference", env="audit", params=NO_MLFLOW)
        assert not (folder_of(project) / "attempts/2").exists()  # the same plan goes on under its lock
    run(project, "ue_scoring", "auditing", env="audit", params=NO_MLFLOW)
    assert (protocol_of(project)["attempt"], protocol_of(project)["standing"]) == (1, "first look")
    kept = contents(folder_of(project) / "attempts")
    reports = project / "conf/audit/parameters_reporting.yml"
    edit_yaml(reports, lambda p: p["evaluation"]["subgroups"].reverse())  # decides nothing
    run(project, "auditing", env="audit", params=NO_MLFLOW)
    assert (protocol_of(project)["attempt"], protocol_of(project)["standing"]) == (1, "first look")
    now = contents(folder_of(project) / "attempts")
    assert {name: now[name] for name in kept} == kept
    assert now["1/again-2/audit.json"] == (folder_of(project) / "audit.json").read_bytes()


def test_a_plan_can_be_replaced_while_nothing_was_answered(project: Path, run: Run, edit_yaml: Edit) -> None:
    with serving() as server:
        endpoint_project(project, edit_yaml, server)
        address = server.url
    with pytest.raises(DatasetError, match="connection refused"):  # nobody is there any more
        run(project, env="audit", params=NO_MLFLOW)
    assert (folder_of(project) / "attempts/1/protocol.lock").exists()
    with serving() as server:
        inference = project / "conf/audit/parameters_inference.yml"
        edit_yaml(inference, lambda p: p["models"]["my-model"].update(base_url=server.url))
        assert server.url != address
        run(project, env="audit", params=NO_MLFLOW)
    found = protocol_of(project)
    assert (found["attempt"], found["standing"], found["claimed"]) == (2, "first look", True)


@pytest.mark.whole
def test_failures_that_are_asked_again_complete_the_attempt(project: Path, run: Run, edit_yaml: Edit) -> None:
    broken = [True]

    def script(number: int, _: Any) -> Fault | None:
        return Fault(status=500) if broken[0] and number > 20 and number % 9 == 0 else None

    with serving(script=script) as server:
        endpoint_project(project, edit_yaml, server)
        run(project, env="audit", params=NO_MLFLOW)
        before = json.loads((folder_of(project) / "audit.json").read_text())
        assert before["models"][0]["failed"] > 0
        broken[0] = False
        run(project, env="audit", params=NO_MLFLOW | {"retry_failed": True})
    audit = json.loads((folder_of(project) / "audit.json").read_text())
    assert audit["models"][0]["failed"] == 0
    found = audit["protocol"]
    assert (found["attempt"], found["standing"], found["claimed"], found["completed"]) == (
        1,
        "first look",
        True,
        1,
    )
    kept = folder_of(project) / "attempts/1"
    assert json.loads((kept / "audit.json").read_text()) == before
    assert json.loads((kept / "again-2/audit.json").read_text()) == audit
    assert (
        "Failed questions were asked again after 1 audit" in (folder_of(project) / "audit.html").read_text()
    )


@pytest.mark.whole
def test_workers_lock_once_and_their_audit_is_a_first_look(project: Path, run: Run, edit_yaml: Edit) -> None:
    with serving() as server:
        endpoint_project(project, edit_yaml, server)
        run(project, "data_engineering", env="audit", params=NO_MLFLOW)
        assert not (folder_of(project) / "attempts").exists()
        for worker in ("1/2", "2/2"):
            run(project, "inference", env="audit", params=NO_MLFLOW | {"worker": worker})
    assert [path.name for path in (folder_of(project) / "attempts").iterdir()] == ["1"]
    run(project, "ue_scoring", "auditing", env="audit", params=NO_MLFLOW)
    assert (protocol_of(project)["attempt"], protocol_of(project)["standing"]) == (1, "first look")


@pytest.mark.whole
def test_recorded_answers_are_claimed_on_somebodys_word_and_looks_by_their_plan(
    project: Path, run: Run, edit_yaml: Edit
) -> None:
    recorded_project(project, edit_yaml)
    decide(project, edit_yaml, largest_error=0.1, method="verbalized")
    run(project, env="audit", params=NO_MLFLOW)
    audit = json.loads((folder_of(project) / "audit.json").read_text())
    assert audit["headline"][0]["policy"]["verdict"] == "policy found"
    assert audit["protocol"]["standing"] == "answers given before the lock"
    assert "no confidence can be claimed" in audit["headline"][0]["answer"]
    page = (folder_of(project) / "audit.html").read_text()
    assert '<article class="answer open"' in page
    assert "with 95 % confidence, for a random" not in page

    plan = [{"largest_error": 0.2}]
    decide(project, edit_yaml, answers_unseen=True, planned_looks=plan)
    study = NO_MLFLOW | {"study": "audit-2"}
    run(project, env="audit", params=study)
    again = json.loads((project / "data/08_reporting/audit-2/audit.json").read_text())["protocol"]
    assert (again["standing"], "audit" in again["because"]) == ("seen in another study", True)


@pytest.mark.whole
def test_planned_looks_are_each_tested_at_their_share(project: Path, run: Run, edit_yaml: Edit) -> None:
    recorded_project(project, edit_yaml)
    about = {"answers_unseen": True, "planned_looks": [{"largest_error": 0.2}]}
    decide(project, edit_yaml, largest_error=0.1, method="verbalized", **about)
    run(project, env="audit", params=NO_MLFLOW)
    audit = json.loads((folder_of(project) / "audit.json").read_text())
    assert audit["protocol"]["standing"] == "answers given, stated to be unseen"
    policy = audit["headline"][0]["policy"]
    assert "with 95 % confidence" in policy["sentence"]
    assert "this allows for 2 planned looks" in policy["sentence"]
    assert 0.9 ** policy["calibration"]["images_used"] <= 0.025
    assert '<article class="answer found"' in (folder_of(project) / "audit.html").read_text()
    for target, standing, claimed in ((0.2, "planned look", True), (0.3, "second look", False)):
        decide(project, edit_yaml, largest_error=target)
        run(project, "auditing", env="audit", params=NO_MLFLOW)
        found = protocol_of(project)
        assert (found["standing"], found["claimed"], found["looks"]) == (standing, claimed, 2)

    decide(
        project, edit_yaml, largest_error=0.1, hold_for=["site"]
    )  # the same target, but another kind of policy
    run(project, "auditing", env="audit", params=NO_MLFLOW)
    audit = json.loads((folder_of(project) / "audit.json").read_text())
    assert (audit["protocol"]["standing"], audit["protocol"]["claimed"]) == ("second look", False)
    assert "The subgroups that a policy has to hold for were changed" in audit["protocol"]["because"]
    assert audit["group_policies"]
    assert not any("% confidence" in one["sentence"] for one in audit["group_policies"])
    assert audit["headline"][0]["worst_subgroup"]["bound"] is None
    page = (folder_of(project) / "audit.html").read_text()
    assert "% confidence" not in page
    assert 'class="verdict found"' not in page


@pytest.mark.whole
def test_answers_of_a_time_without_locks_are_not_claimed(project: Path, run: Run, edit_yaml: Edit) -> None:
    import shutil

    with serving() as server:
        endpoint_project(project, edit_yaml, server)
        run(project, "data_engineering", "inference", "ue_scoring", env="audit", params=NO_MLFLOW)
    shutil.rmtree(folder_of(project) / "attempts")
    run(project, "auditing", env="audit", params=NO_MLFLOW)
    found = protocol_of(project)
    assert (found["attempt"], found["standing"], found["claimed"]) == (1, "answers before the lock", False)
    assert "Not locked" in (folder_of(project) / "audit.html").read_text()


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"planned_looks": [{"largest_error": 0.1}] * 2}, "two planned looks are the same"),
        ({"planned_looks": [{}]}, "a planned look says nothing that is other"),
        ({"planned_looks": [{"largest_eror": 0.3}]}, r"largest_eror: there is no such setting"),
        ({"planned_looks": [{"method": "margn"}]}, r"audit.planned_looks.0.method: 'margn' is not among"),
        ({"planned_looks": [{"hold_for": ["sit"]}]}, r"audit.planned_looks.0.hold_for: 'sit' is not among"),
        ({"planned_looks": 3}, r"audit.planned_looks: 3 does not fit"),
        ({"answers_unseen": "yes"}, r"audit.answers_unseen: 'yes' does not fit"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused_before_anything_runs(
    project: Path, run: Run, edit_yaml: Edit, settings: dict[str, Any], told: str
) -> None:
    recorded_project(project, edit_yaml, n_images=3)
    decide(project, edit_yaml, **settings)
    with pytest.raises(BadInput, match=told):
        run(project, env="audit", params=NO_MLFLOW)
    assert not (project / "data/03_primary").exists()
