"""Few lines in a log, whatever is counted; one display on a terminal."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vqa_canary import progress as module
from vqa_canary.progress import PARTS, PAUSE, Counted, Progress


class Clock:
    """A time that passes when a test says so."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


class Lines(logging.Handler):
    """What was logged, and when."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.records: list[tuple[float, logging.LogRecord]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append((self.clock.now, record))

    @property
    def texts(self) -> list[str]:
        return [record.getMessage() for _, record in self.records]


@contextmanager
def listening(clock: Clock) -> Iterator[Lines]:
    """Nothing is shown live."""
    lines, logger = Lines(clock), logging.getLogger(module.__name__)
    logger.addHandler(lines)
    logger.setLevel(logging.INFO)
    try:
        yield lines
    finally:
        logger.removeHandler(lines)
        logger.setLevel(logging.NOTSET)


def test_a_long_step_leaves_a_line_for_each_tenth() -> None:
    clock = Clock()
    with listening(clock) as lines, Progress(580, "m", clock=clock) as progress:
        for _ in range(580):
            clock.now += 30
            progress.update()
    assert [text.split()[1] for text in lines.texts] == [str(58 * k) for k in range(1, PARTS + 1)]
    assert lines.texts[0] == "m: 58 of 580 instances (10 %) after 29 min"


def test_what_is_done_within_a_minute_leaves_none() -> None:
    clock = Clock()
    with listening(clock) as lines, Progress(580, "m", clock=clock) as progress:
        for _ in range(580):
            clock.now += 0.1
            progress.update()
    assert lines.texts == []


def test_what_is_counted_inside_counts_for_the_whole() -> None:
    clock = Clock()
    with listening(clock) as lines, Progress(40, "m", clock=clock) as whole:
        for part in range(4):
            with Progress(10, "a part", clock=clock) as inner:
                for _ in range(9):  # it says nothing of the tenth
                    clock.now += PAUSE
                    inner.update(note="accuracy 0.50")
            whole.reach(10 * (part + 1))
        assert whole.done == 40
    assert {text.split(":")[0] for text in lines.texts} == {"m"}
    assert lines.texts[0] == "m: 4 of 40 instances (10 %) after 4 min, accuracy 0.50"
    assert len(lines.texts) <= PARTS


def test_the_next_step_begins_anew_also_after_a_failure() -> None:
    clock = Clock()
    with listening(clock) as lines:
        with pytest.raises(ValueError, match="broken"), Progress(9, "first", clock=clock) as first:
            clock.now += 99
            first.update(5)
            raise ValueError("broken")
        with Progress(2, "second", "step", clock=clock) as second:
            clock.now += 120
            second.update()
    assert (
        lines.texts
        == [
            "first: 5 of 9 instances (55 %) after 2 min",
            "second: 1 of 2 steps (50 %) after 2 min",  # and not once more at the end, since nothing came behind it
        ]
    )


@given(st.lists(st.tuples(st.floats(0, 500), st.integers(0, 60)), max_size=60), st.integers(0, 400))
def test_lines_are_few_and_far_between(steps: list[tuple[float, int]], total: int) -> None:
    clock = Clock()
    with listening(clock) as lines:
        with Progress(total, "m", clock=clock) as progress:
            for seconds, n in steps:
                clock.now += seconds
                progress.update(n)
            times = [time for time, _ in lines.records]
        assert len(times) <= PARTS
        assert all(later - earlier >= PAUSE for earlier, later in itertools.pairwise(times))
        assert len(lines.records) - len(times) <= 1


class Shown:
    """A display that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[int, int, str, str]] = []

    def count(self, done: int, total: int, unit: str, note: str) -> None:
        self.told.append((done, total, unit, note))

    def models(self, done: int, total: int) -> None: ...


@pytest.fixture
def shown() -> Iterator[Shown]:
    shown = Shown()
    module.show_on(shown)
    yield shown
    module.show_on(None)


def test_a_display_is_told_of_the_whole_and_the_log_of_nothing(shown: Shown) -> None:
    clock = Clock()
    with (
        listening(clock) as lines,
        Progress(2, "whole", clock=clock) as whole,
        Progress(1, "a part", clock=clock) as inner,
    ):
        clock.now += 999
        inner.update(failed=1)
        whole.update()
    assert shown.told == [
        (0, 2, "instance", ""),
        (1, 2, "instance", "1 failed"),
        (2, 2, "instance", "1 failed"),
    ]
    assert lines.texts == []


def test_failures_are_counted_as_they_come() -> None:
    clock = Clock()
    with listening(clock) as lines, Progress(1000, "asking", clock=clock) as outer:
        for at in range(1000):
            clock.now += 1
            with Progress(1, "inner") as inner:
                inner.update(failed=int(at % 10 == 9))
    assert outer.failed == 100
    assert [text.rpartition(", ")[2] for text in lines.texts[:3]] == ["10 failed", "20 failed", "30 failed"]


def test_failures_of_others_are_reached() -> None:
    told: list[tuple[int, int]] = []
    with Counted(lambda done, failed: told.append((done, failed))), Progress(10, "inner") as inner:
        inner.reach(3, 1)
        inner.reach(2, 0)
        inner.reach(3, 2)
        inner.update(2, failed=1)
    assert told == [(3, 1), (3, 2), (5, 3)]
