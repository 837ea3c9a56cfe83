"""Metrics by several processes: the same table as by one."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from multiprocessing import forkserver, resource_tracker
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.made_up_answers import MakeAnswers, MakeStudy, Study

from vqa_canary.evaluation.table import metrics_table
from vqa_canary.pipelines.measuring import side_by_side
from vqa_canary.pipelines.measuring.side_by_side import metrics_side_by_side, n_workers
from vqa_canary.statistics.calibration import EQUAL_MASS
from vqa_canary.workers.pieces import Piece
from vqa_canary.workers.settings import n_cores

SUBGROUPS = ("question_type", "modality", "answer_type")


@pytest.fixture(scope="module")
def study(answers: MakeAnswers, make_study: MakeStudy) -> Study:
    data = answers(np.random.default_rng(0), 60, signal=0.7)
    sure = 1 / (1 + np.exp(-data.uncertainty))
    cells = {("m", name): {"correct": ~data.wrong, "sure": sure} for name in ("clean", "nota_replace")}
    return make_study(cells, data.images, ("sure",))


def in_this_process(pieces: Sequence[Piece], workers: int, *_: Any, ask: bool) -> Iterator[tuple[Piece, Any]]:
    """What other processes do, the last piece first: each piece and each result is sent as bytes."""
    assert workers == 3
    assert not ask
    for piece in reversed(pieces):
        run = pickle.loads(pickle.dumps(piece.to_send()))
        yield piece, pickle.loads(pickle.dumps(run()))


def table_by(patch: pytest.MonkeyPatch, workers: object) -> Callable[[Study], pd.DataFrame]:
    patch.setattr(side_by_side, "FEW", 0)
    patch.setattr(side_by_side, "configured_value", {"workers": workers}.get)
    return lambda study: metrics_side_by_side(study.grids, 7, SUBGROUPS, {}, EQUAL_MASS)


def test_parts_in_any_order_give_the_table_of_one(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vqa_canary.workers.processes.in_processes", in_this_process)
    expected = metrics_table(study.grids, 7, SUBGROUPS)
    pd.testing.assert_frame_equal(table_by(monkeypatch, 3)(study), expected, check_exact=True)


def test_a_small_study_and_a_worker_start_no_other_process(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    of = partial(n_workers, study.grids, SUBGROUPS)
    assert of() == 1  # too few cells, whatever the setting
    table_by(monkeypatch, 3)
    assert of() == 3
    table_by(monkeypatch, "auto")
    assert of() == n_cores()
    monkeypatch.setattr(side_by_side, "parent_process", lambda: "some process")
    assert of() == 1


@pytest.mark.slow
def test_processes_give_the_table_of_one(
    study: Study, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    expected = metrics_table(study.grids, 7, SUBGROUPS)
    try:
        found = table_by(monkeypatch, 2)(study)
    finally:  # what Python keeps for its next processes
        forkserver._forkserver._stop()  # type: ignore[attr-defined]
        resource_tracker._resource_tracker._stop()  # type: ignore[attr-defined]
    pd.testing.assert_frame_equal(found, expected, check_exact=True)
    assert "instance" not in caplog.text  # nobody asked a model
