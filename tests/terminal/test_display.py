"""What the display of a run says, and the lines where nobody watches."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline
from rich.console import Console

from vqa_canary.progress import READINGS
from vqa_canary.terminal import hook
from vqa_canary.terminal import lines as module
from vqa_canary.terminal.display import RunDisplay
from vqa_canary.terminal.estimate import PER_INSTANCE, in_words, seconds_left
from vqa_canary.terminal.lines import Lines, quiet_terminal
from vqa_canary.workers.pieces import Piece
from vqa_canary.workers.telling import Telling


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def drawn(display: RunDisplay) -> list[str]:
    console = Console(file=io.StringIO(), width=100)
    console.print(display)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_stages_stand_in_their_order_with_what_is_known_of_each() -> None:
    clock = Clock()
    stages = ["data_engineering", "inference", "inference", "measuring", "ue_scoring", "reporting"]
    display = RunDisplay(stages, n_instances=10_000, clock=clock)
    display.begin("data_engineering")
    clock.now += 7
    display.end("data_engineering")
    display.begin("inference")
    display.count(0, 10_000, "instance", "")
    clock.now += 30
    display.models(1, 2)
    display.count(6_000, 10_000, "instance", "3 failed")
    left = 30 * 4 / 6 + 10_000 * sum(PER_INSTANCE.values())
    assert drawn(display) == [
        "✓  questions and images  7 s",
        "▸  asking the models     1 of 2 models, 6,000 of 10,000 instances, 200 instances/s, 3 failed",
        "   uncertainties",
        "   metrics",
        "   claims and report",
        f"The whole run: 37 s so far, about {in_words(left)} left",
    ]
    display.end("inference")
    assert drawn(display)[1] == "▸  asking the models     1 of 2 steps"
    display.begin("inference")
    display.count(1, 10, "instance", "")
    assert display.present.startswith("1 of 2 models, ")  # they are still asked
    display.begin("ue_scoring")
    display.count(5, 100, "text", "")
    assert display.present.startswith("5 of 100 texts")  # which are of no model


def test_time_left_is_none_where_nothing_is_known() -> None:
    assert seconds_left(0, 10, 5.0, [], 100) is None
    assert seconds_left(5, 10, 5.0, [], 100) == 5.0
    assert [in_words(n) for n in (3.4, 89, 91, 7000, 36_000)] == [
        "3 s",
        "89 s",
        "2 min",
        "1 h 57 min",
        "10 h 0 min",
    ]


@pytest.fixture
def root_handlers() -> Iterator[logging.Logger]:
    root = logging.getLogger()
    before = root.handlers[:]
    yield root
    root.handlers[:] = before


def test_lines_are_plain_and_kedro_is_quiet(
    root_handlers: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kedro.logging import RichHandler

    console = Console(file=io.StringIO(), width=40)
    monkeypatch.setattr(module, "console", lambda: console)
    root_handlers.handlers[:] = [RichHandler()]
    quiet_terminal()
    quiet_terminal()
    [handler] = root_handlers.handlers
    assert isinstance(handler, Lines)
    for name, level, text in (
        ("kedro.pipeline.node", logging.INFO, "Running node: gather([a;b])"),
        ("kedro.framework", logging.WARNING, "mind this"),
        ("kedro.runner.runner", logging.WARNING, "No nodes ran. Repeat the previous command"),
        ("vqa_canary.x", logging.INFO, "a line [bold]" + "that is long " * 6),
        ("vqa_canary.x", logging.DEBUG, "detail"),
    ):
        logging.getLogger(name).setLevel(logging.DEBUG)
        logging.getLogger(name).log(level, "%s", text)
        logging.getLogger(name).setLevel(logging.NOTSET)
    shown: Any = console.file
    assert shown.getvalue().splitlines() == ["WARNING: mind this", "a line [bold]" + "that is long " * 6]


def test_a_model_has_one_line_when_all_of_it_is_answered(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    clock = Clock()
    pieces = [
        Piece(model, f"{model}{at}", 500, run=lambda: None) for model in ("fast", "plain") for at in (1, 2)
    ]
    with Telling(pieces, clock) as telling:
        for piece in pieces:
            telling.begun(piece)
            if piece.model == "fast":
                reading = "fast: fast reading verified (error 2e-06, limit 1e-04)"
                logging.getLogger(READINGS).info("%s", reading)
            clock.now += 10
            telling.ended(piece)
        logging.getLogger(READINGS).info("other: of another run")
    assert [record.getMessage() for record in caplog.records] == [
        "fast: fast reading verified (error 2e-06, limit 1e-04), 50 instances/s",
        "plain: answered, 50 instances/s",
        "other: of another run",
    ]


def test_what_is_known_of_a_reading_is_told_though_an_error_ends_the_run(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    pieces = [Piece("fast", str(at), 500, run=lambda: None) for at in (1, 2)]
    with pytest.raises(ValueError, match="no more"), Telling(pieces) as telling:
        telling.begun(pieces[0])
        logging.getLogger(READINGS).info("fast: fast reading verified")
        raise ValueError("no more")
    assert caplog.messages == ["fast: fast reading verified"]


@pytest.mark.parametrize("watched", [True, False])
def test_instances_are_counted_for_whoever_watches(monkeypatch: pytest.MonkeyPatch, watched: bool) -> None:
    loaded: list[str] = []

    class Table(MemoryDataset):
        def load(self) -> Any:
            loaded.append("instances")
            return range(7)

    node = Node(len, "instances", "evidence", name=hook.ASKING)
    shown = hook.DisplayHook()
    monkeypatch.setattr(hook, "_is_watched", lambda: False)
    shown.before_pipeline_run(Pipeline([node]))
    monkeypatch.setattr(hook, "_live", object() if watched else None)
    shown.before_node_run(node, DataCatalog({"instances": Table()}))
    assert loaded == ["instances"] * watched
    assert shown._display is not None
    assert shown._display.n_instances == 7 * watched


def test_a_node_of_another_run_does_not_end_the_run() -> None:
    """A process of `ParallelRunner` hears of nodes whose pipeline it was not told of."""
    display = RunDisplay(["inference"])
    display.begin("training")
    assert display.end("training") is not None
