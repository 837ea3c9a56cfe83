"""A whole watch: an audit, three monthly batches of which the last is worse; and its numbers found again by hand."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from tests.watched import NO_MLFLOW, WHO, audited, batch, unlabelled

from vqa_canary.errors import BadInput
from vqa_canary.monitoring.record import read_log
from vqa_canary.monitoring.standing import ALARM, QUIET, UNLABELLED, standings
from vqa_canary.statistics.betting import log_wealth

Run = Callable[..., Any]
pytestmark = [pytest.mark.whole, pytest.mark.usefixtures("undrawn")]
MONTHS = {"monitor-2026-08": "2026-08-31", "monitor-2026-09": "2026-09-30", "monitor-2026-10": "2026-10-31"}


def of(study: str, day: str | None = None, **more: Any) -> dict[str, Any]:
    return NO_MLFLOW | {"study": study, "monitor": {"date": day or MONTHS[study]}} | more


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory, edit_yaml: Callable[..., None]) -> Path:
    """A project with an audit and three batches; to be looked at, not changed."""
    from tests.conftest import copy_project, leave_undrawn, run_in

    project = copy_project(tmp_path_factory.mktemp("watch"))
    audited(project, edit_yaml)
    for seed, name in enumerate(MONTHS, 20):
        if name.endswith("10"):
            batch(project, name, seed, n_images=160, worse=0.85, less_sure=0.05)
        else:
            batch(project, name, seed)
    with pytest.MonkeyPatch.context() as patch:
        leave_undrawn(patch)
        run_in(patch, project, env="audit", params=NO_MLFLOW)
        for name in MONTHS:
            run_in(patch, project, env="monitor", params=of(name))
    return project


@pytest.fixture
def own(watched: Path, tmp_path: Path) -> Path:
    """A copy of one's own."""
    return Path(shutil.copytree(watched, tmp_path / "own", symlinks=True))


def entries(project: Path) -> list[Any]:
    folder = project / "data/08_reporting/monitor/log"
    return read_log([json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))])


def test_each_batch_is_an_entry_and_the_bad_one_an_alarm(watched: Path) -> None:
    found = standings(entries(watched))
    assert [str(one.entry.day) for one in found] == list(MONTHS.values())
    assert [one.verdict for one in found] == [QUIET, QUIET, ALARM]
    assert {row.quantity for row in found[2].drift} >= {"uncertainty"}
    assert {one.entry.vouched_by for one in found} == {WHO}


def test_the_evidence_is_found_again_from_the_files(watched: Path) -> None:
    """From the answers as they were given, and the threshold on the audit's page."""
    audit = json.loads((watched / "data/08_reporting/audit/audit.json").read_text())
    policy = audit["headline"][0]["policy"]
    assert policy["method"] == "verbalized"
    shares: dict[str, float] = {}
    for name in MONTHS:
        folder = watched / f"data/01_raw/{name}"
        both = pd.read_csv(folder / "questions.csv").merge(pd.read_csv(folder / "answers.csv"), on="id")
        answered = both[1 - both["confidence"] <= policy["threshold"] + 1e-12]
        wrong = answered["answer_x"] != answered["answer_y"]
        shares |= {
            f"{name} {image}": share for image, share in wrong.groupby(answered["image"]).mean().items()
        }
    last = standings(entries(watched))[-1]
    assert last.evidence.n == len(shares)
    assert last.mean == pytest.approx(np.mean(list(shares.values())))
    values = np.array(list(shares.values()))  # the last capital does not depend on the order
    assert last.evidence.log_e == pytest.approx(log_wealth(values, policy["alpha"])[-1])


def test_every_question_is_observed(watched: Path) -> None:
    for name, entry in zip(MONTHS, entries(watched), strict=True):
        [path] = (watched / "data/08_reporting" / name).glob("observations.parquet")
        rows = pq.read_table(path).to_pandas()
        asked = pd.read_csv(watched / f"data/01_raw/{name}/questions.csv")
        assert set(rows["item_id"]) <= set(asked["id"])
        assert entry.counts.questions == len(rows)
        assert entry.counts.answered == rows["answered"].sum()


def test_the_page_says_it_and_its_files_are_there(watched: Path) -> None:
    folder = watched / "data/08_reporting/monitor"
    page = (folder / "watch.html").read_text()
    assert "Alarm: more than 30 % of answers are wrong." in page
    assert WHO in page
    assert entries(watched)[-1].hash in page
    assert {path.name for path in (folder / "watch_tables").iterdir()} == {
        "batches.csv", "batches.tex", "drift.csv", "drift.tex", "log.csv", "log.tex",
    }  # fmt: skip
    assert {path.name for path in (folder / "watch_figures").glob("*.svg")} == {"evidence.svg", "batches.svg"}


def test_the_same_batch_again_adds_nothing_and_makes_the_page_anew(own: Path, run: Run) -> None:
    page = own / "data/08_reporting/monitor/watch.html"
    before, log = page.read_bytes(), entries(own)
    page.unlink()
    run(own, env="monitor", params=of("monitor-2026-10"))
    assert entries(own) == log
    assert page.read_bytes() == before


def test_another_prompt_sampling_or_log_is_refused(own: Path, run: Run) -> None:
    params = of("monitor-2026-10", prompts={"question": "{question} {options} Which letter?"})
    with pytest.raises(BadInput, match="prompts: fingerprint"):
        run(own, env="monitor", params=params)
    with pytest.raises(BadInput, match=r"sampling: n_samples: 3.*in the audit, n_samples: 2"):
        run(own, env="monitor", params=of("monitor-2026-10", sampling={"n_samples": 2}))
    log = own / "data/08_reporting/monitor/log"
    (log / "000002.json").write_text((log / "000002.json").read_text().replace('"wrong": 1', '"wrong": 0'))
    with pytest.raises(BadInput, match="entry 2 was changed after it was written"):
        run(own, env="monitor", params=of("monitor-2026-10"))
    assert len(list(log.iterdir())) == 3


def test_recorded_answers_need_somebody_who_vouches(own: Path, run: Run) -> None:
    params = of("monitor-2026-10")
    params["monitor"]["vouched_by"] = ""
    with pytest.raises(BadInput, match=r"monitor\.vouched_by"):
        run(own, env="monitor", params=params)


def test_before_anything_is_asked_a_batch_needs_a_date_and_an_audit(own: Path, run: Run) -> None:
    batch(own, "monitor-2026-11", 40, 8)
    with pytest.raises(BadInput, match="the batch has no date"):
        run(own, env="monitor", params=NO_MLFLOW | {"study": "monitor-2026-11"})
    with pytest.raises(BadInput, match="there is no audit 'other'"):
        run(own, env="monitor", params=of("monitor-2026-11", "2026-11-01", audited="other"))
    with pytest.raises(BadInput, match="is the audit itself"):
        run(own, env="monitor", params=of("audit", "2026-11-01"))
    another = of("monitor-2026-11", "2026-11-01")
    another["monitor"]["warn_every"] = 500
    with pytest.raises(BadInput, match="this log watches another policy"):
        run(own, env="monitor", params=another)
    assert not (own / "data/03_primary/monitor-2026-11").exists()


def test_an_audit_whose_tables_changed_is_refused(own: Path, run: Run) -> None:
    shutil.copy(
        own / "data/07_model_output/monitor-2026-08/scores.parquet",
        own / "data/07_model_output/audit/scores.parquet",
    )
    with pytest.raises(BadInput, match="the table scores of the study 'audit' is not the one"):
        run(own, "monitoring", env="monitor", params=of("monitor-2026-10"))


def test_without_labels_there_is_drift_alone_and_labels_may_come_later(
    own: Path, run: Run, edit_yaml: Callable[..., None]
) -> None:
    """In a watch of its own; nothing is asked again for the labels."""
    name = "monitor-2026-11"
    batch(own, name, 41, worse=0.85, less_sure=0.15)
    unlabelled(own, edit_yaml)
    params = of(name, "2026-11-15", watch="second")
    run(own, env="monitor", params=params)
    folder = own / "data/08_reporting/second"
    log = read_log([json.loads(path.read_text()) for path in sorted((folder / "log").iterdir())])
    [only] = standings(log)
    assert only.verdict == UNLABELLED
    assert only.drift
    assert "No labels yet" in (folder / "watch.html").read_text()
    items = pq.read_table(own / f"data/03_primary/{name}/items.parquet").to_pandas()
    assert items["answer_index"].isna().all()
    with pytest.raises(BadInput, match="right answers are missing"):
        run(own, "auditing", env="monitor", params=params)
    evidence = next(
        (own / f"data/07_model_output/{name}/evidence/my-model").glob("manifest.json")
    ).read_bytes()
    labels = own / f"data/01_raw/{name}/labels.csv"
    pd.read_csv(labels.with_name("questions.csv"))[["id", "answer"]].to_csv(labels, index=False)
    params["monitor"]["labels"] = str(labels.relative_to(own))
    run(own, env="monitor", params=params)
    log = read_log([json.loads(path.read_text()) for path in sorted((folder / "log").iterdir())])
    assert [entry.labels_of for entry in log] == [None, 1]
    assert standings(log)[-1].verdict == ALARM
    manifest = next((own / f"data/07_model_output/{name}/evidence/my-model").glob("manifest.json"))
    assert manifest.read_bytes() == evidence
    run(own, env="monitor", params=params)
    assert len(list((folder / "log").iterdir())) == 2


def test_two_runs_of_one_watch_do_not_write_at_once(own: Path, run: Run) -> None:
    from vqa_canary.locking.study_lock import StudyLock

    lock = StudyLock(str(own / "data"), "watch-monitor", "watch 'monitor'", "kedro run", False)
    lock.acquire()
    try:
        with pytest.raises(BadInput, match="watch 'monitor'"):
            run(own, env="monitor", params=of("monitor-2026-10"))
    finally:
        lock.release()
    run(own, env="monitor", params=of("monitor-2026-10"))
