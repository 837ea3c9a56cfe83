"""A journal gives back what was kept in it, or names what it cannot; never anything else."""

from __future__ import annotations

import errno
import json
import logging
import os
import resource
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vqa_canary.datasets.journal import Journal
from vqa_canary.datasets.row_types import misfit
from vqa_canary.rows import Evidence, Gap, Sample

IDS = [f"i{number}" for number in range(6)]
Edit = Callable[[list[bytes]], list[bytes]]


def answer(instance: str, **values: Any) -> Evidence:
    known: dict[str, Any] = {
        "option_logprobs": (-0.1 / 3, float("-inf")),
        "option_mass": 0.967,
        "greedy_text": "A ä\x00\n",
        "samples": (Sample("A", 0, (-0.5,)), Sample("x", None, ())),
        "gaps": (Gap("p_true", "none"),),
        "calls": 3,
    }
    return Evidence("m", instance, **known | values)


ROWS = [answer(one) for one in IDS[:5]] + [Evidence("m", IDS[5], status="failed", error="no reply", calls=1)]
PLAIN = [json.loads(json.dumps(asdict(row))) for row in ROWS]


def journal(folder: Path, **about: Any) -> Journal:
    return Journal(folder / ".k.jsonl", **{"key": "k", "model": "m", "expected": IDS} | about)


def written(folder: Path, rows: list[Evidence] = ROWS, **about: Any) -> Path:
    folder.mkdir(exist_ok=True)
    with journal(folder, **about) as opened:
        for row in rows:
            opened.keep(row)
    return folder / ".k.jsonl"


def edited(path: Path, edit: Edit) -> None:
    path.write_bytes(b"".join(edit(path.read_bytes().splitlines(keepends=True))))


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_rows_come_back_exactly(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    written(tmp_path)
    assert journal(tmp_path).rows() == PLAIN
    assert warnings(caplog) == []
    journal(tmp_path).remove()
    assert journal(tmp_path).rows() == []
    assert os.listdir(tmp_path) == []


def test_a_row_is_with_the_system_when_keep_returns(tmp_path: Path) -> None:
    with journal(tmp_path) as opened:
        for at, row in enumerate(ROWS, 1):
            opened.keep(row)
            assert len((tmp_path / ".k.jsonl").read_bytes().splitlines()) == at + 1


@pytest.mark.parametrize("tail", [b"", b"\0" * 40, b"0123456789abcdef {", b"x"])
def test_a_last_line_without_its_end_is_none(
    tmp_path: Path, tail: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path = written(tmp_path, ROWS[:2])
    whole = path.read_bytes()
    path.write_bytes(whole + tail)
    assert journal(tmp_path).rows() == PLAIN[:2]
    with journal(tmp_path) as opened:
        opened.keep(ROWS[2])
    assert journal(tmp_path).rows() == PLAIN[:3]
    assert warnings(caplog) == []


def flip(line: bytes, at: int = 40, bit: int = 3) -> bytes:
    return line[:at] + bytes([line[at] ^ 1 << bit]) + line[at + 1 :]


@pytest.mark.parametrize(
    ("edit", "lost", "told"),
    [
        (lambda lines: [*lines[:2], flip(lines[2]), *lines[3:]], {1}, "line 3: its checksum is not that"),
        (lambda lines: [*lines[:2], lines[2][:50] + lines[3], *lines[4:]], {1, 2}, "line 3: its checksum"),
        (lambda lines: [*lines[:2], b"\0" * 60 + b"\n", *lines[3:]], {1}, "line 3: its checksum"),
        (lambda lines: [*lines[:2], b"\0" * 60 + lines[2], *lines[3:]], {1}, "line 3: its checksum"),
        (lambda lines: [*lines[:2], b"\xff\xfe\n", *lines[3:]], {1}, "line 3: its checksum"),
        (lambda lines: [*lines[:2], b"\n", *lines[2:]], set(), "line 3: its checksum"),
        (lambda lines: [*lines, lines[2]], set(), "line 8: instance 'i1' stands there twice"),
        (lambda lines: [flip(lines[0], 30), *lines[1:]], set(), "line 1: "),
        (lambda lines: lines[1:], set(), "line 1: the first line does not say what the rows are for"),
        (lambda lines: [lines[0], *lines], set(), "line 2: the rows are for shard 'k' of model 'm'"),
    ],
)
def test_bad_lines_are_named_kept_aside_and_missing(
    tmp_path: Path, edit: Edit, lost: set[int], told: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = written(tmp_path)
    edited(path, edit)
    before = path.read_bytes()
    expected = [row for at, row in enumerate(PLAIN) if at not in lost]
    assert journal(tmp_path).rows() == expected
    [warning] = warnings(caplog)
    assert str(path) in warning
    assert told in warning
    assert "asked again" in warning
    [copy] = (tmp_path / "rejected").iterdir()
    assert copy.read_bytes() == before
    assert str(copy) in warning
    assert journal(tmp_path).rows() == expected  # and no second warning
    assert len(warnings(caplog)) == 1
    with journal(tmp_path) as opened:
        for at in sorted(lost):
            opened.keep(ROWS[at])
    assert sorted(journal(tmp_path).rows(), key=lambda row: row["instance_id"]) == PLAIN


@pytest.mark.parametrize(
    ("about", "told"),
    [
        ({"key": "other"}, "line 1: the rows are for shard 'other' of model 'm' in format 1"),
        ({"model": "n"}, "line 1: the rows are for shard 'k' of model 'n' in format 1"),
    ],
)
def test_a_journal_of_another_shard_or_model_is_set_aside(
    tmp_path: Path, about: dict[str, Any], told: str, caplog: pytest.LogCaptureFixture
) -> None:
    written(tmp_path, **about)
    assert journal(tmp_path).rows() == []
    [warning] = warnings(caplog)
    assert told in warning
    assert "0 answers are kept" in warning


def test_lines_of_another_journal_are_none(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    other = written(tmp_path / "other", [answer("i1", p_true=0.5)], key="other").read_bytes()
    edited(written(tmp_path, ROWS[:1]), lambda lines: [*lines, *other.splitlines(keepends=True)[1:]])
    assert journal(tmp_path).rows() == PLAIN[:1]
    assert "line 3: its checksum" in warnings(caplog)[0]


def test_a_journal_of_an_older_version_is_set_aside(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / ".k.jsonl").write_text("".join(json.dumps(row) + "\n" for row in PLAIN))
    assert journal(tmp_path).rows() == []
    [warning] = warnings(caplog)
    assert "6 of 6 lines cannot be used (line 1: it has no checksum: an older version wrote it" in warning
    assert "and 1 others" in warning


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (answer("stranger"), "instance 'stranger' does not belong to this shard"),
        (replace(answer("i1"), model="n"), "it is of model 'n', not of 'm'"),
        (answer("i1", p_true=float("nan")), "p_true is no number"),
        (answer("i1", calls=1.5), "calls is no whole number"),
        (answer("i1", calls=True), "calls is no whole number"),
        (answer("i1", option_logprobs=("x",)), "option_logprobs is no list of numbers"),
        (answer("i1", samples=({"text": "A"},)), "samples is no list of records"),
        (answer("i1", status="fine"), "status 'fine' is neither"),
        (answer("i1", status=None), "status is missing"),
        (answer(7), "instance_id is no text"),  # type: ignore[arg-type]  # that is the fault
    ],
)
def test_a_row_that_does_not_fit_is_named(
    tmp_path: Path, row: Evidence, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    """With a checksum that is right: another version may have written it."""
    written(tmp_path, [ROWS[0], row, ROWS[2]])
    assert journal(tmp_path).rows() == [PLAIN[0], PLAIN[2]]
    assert f"line 3: {told}" in warnings(caplog)[0]


def test_of_two_different_answers_neither_is_taken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    written(tmp_path, [ROWS[0], ROWS[1], answer("i0", calls=4)])
    assert journal(tmp_path).rows() == [PLAIN[1]]
    assert "line 2: instance 'i0' has two different answers; line 4: instance 'i0'" in warnings(caplog)[0]


def test_a_failed_row_gives_way_to_a_later_one(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """So `retry_failed` leaves it, and nothing is wrong with it."""
    failed = Evidence("m", "i0", status="failed", error="first", calls=1)
    written(tmp_path, [failed, replace(failed, error="second"), ROWS[1], ROWS[0]])
    assert journal(tmp_path).rows() == [PLAIN[1], PLAIN[0]]
    assert warnings(caplog) == []


@given(at=st.integers(min_value=0), bit=st.integers(0, 7))
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_flipped_bit_changes_a_value(tmp_path: Path, at: int, bit: int) -> None:
    """Every row that comes back is one that was kept, whichever bit of the file is flipped."""
    path, whole = tmp_path / ".k.jsonl", tmp_path / "whole"
    if not whole.exists():  # written once for all examples
        written(tmp_path).rename(whole)
    data = whole.read_bytes()
    path.write_bytes(flip(data, at % len(data), bit))
    found = journal(tmp_path).rows()
    assert all(row in PLAIN for row in found)
    assert len(found) >= len(PLAIN) - 2  # a line end that goes takes two lines with it
    ids = [row["instance_id"] for row in found]
    assert len(ids) == len(set(ids))


def test_a_full_disk_leaves_the_rows_before_it(tmp_path: Path) -> None:
    path = written(tmp_path, ROWS[:2])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = path.stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 100, limits[1]))
    try:
        with journal(tmp_path) as opened, pytest.raises(OSError, match="too large") as caught:
            opened.keep(ROWS[2])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (caught.value.errno, caught.value.filename) == (errno.EFBIG, str(path))
    assert path.stat().st_size == size
    assert journal(tmp_path).rows() == PLAIN[:2]


def test_no_path_keeps_nothing() -> None:
    with Journal(None) as opened:
        opened.keep(ROWS[0])
    assert opened.rows() == []
    opened.remove()


@pytest.mark.parametrize("row", [None, [], 3, "x", {}, {"model": "m"}, PLAIN[0] | {"more": 1}])
def test_what_is_no_row_at_all_does_not_fit(row: Any) -> None:
    assert misfit(row, "evidence")
    assert misfit(PLAIN[0], "evidence") is None
