"""A log that only grows: whole entries, one writer a number, nothing written over."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from kedro.io import DatasetError

from vqa_canary.datasets.growing_log import GrowingLog


def test_entries_come_back_in_order(tmp_path: Path) -> None:
    log = GrowingLog(str(tmp_path / "log"))
    assert log.load() == []
    assert not log.exists()
    for number in (1, 2, 11, 3):
        log.save({"number": number, "said": "ü"})
    assert [entry["number"] for entry in log.load()] == [1, 2, 3, 11]
    assert log.exists()
    log.save({})
    assert len(log.load()) == 4


def test_an_entry_is_never_written_over(tmp_path: Path) -> None:
    log = GrowingLog(str(tmp_path / "log"))
    log.save({"number": 1, "by": "first"})
    with pytest.raises(DatasetError, match="another run has added this entry"):
        log.save({"number": 1, "by": "second"})
    assert log.load() == [{"number": 1, "by": "first"}]


def test_of_many_at_once_one_succeeds(tmp_path: Path) -> None:
    def save(by: int) -> bool:
        try:
            GrowingLog(str(tmp_path / "log")).save({"number": 1, "by": by})
        except DatasetError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(save, range(24)))
    assert sum(made) == 1
    [entry] = GrowingLog(str(tmp_path / "log")).load()
    assert made[entry["by"]]


def test_what_a_dead_writer_left_is_no_entry_and_half_a_file_is_refused(tmp_path: Path) -> None:
    log = GrowingLog(str(tmp_path / "log"))
    log.save({"number": 1})
    (tmp_path / "log" / ".000002.json.abc.part").write_text("{")
    (tmp_path / "log" / "notes.txt").write_text("mine")
    assert log.load() == [{"number": 1}]
    (tmp_path / "log" / "000002.json").write_text('{"number":')
    with pytest.raises(DatasetError, match=r"000002\.json: it is no JSON"):
        log.load()
    (tmp_path / "log" / "000002.json").write_text(json.dumps([1]))
    with pytest.raises(DatasetError, match="holds no entry"):
        log.load()


def test_a_bucket_keeps_the_same_promise() -> None:
    log = GrowingLog("memory://watch/log")
    log.save({"number": 1})
    with pytest.raises(DatasetError):
        log.save({"number": 1})
    assert log.load() == [{"number": 1}]
