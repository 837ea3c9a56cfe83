"""A runner whose processes could not pass results on is refused before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline
from kedro_datasets.json import JSONDataset

from vqa_canary.errors import BadInput
from vqa_canary.pipelines.runners import RunnerHook


def as_it_is(value: Any) -> Any:
    return value


def refuse(runner: str, between: Any) -> None:
    pipeline = Pipeline([Node(as_it_is, "a", "between"), Node(as_it_is, "between", "c")])
    catalog = DataCatalog({"a": MemoryDataset(1), "between": between, "c": MemoryDataset()})
    RunnerHook().before_pipeline_run({"runner": runner}, pipeline, catalog)


def test_parallel_runner_is_refused_where_a_step_gives_the_next_one_what_is_in_memory(tmp_path: Path) -> None:
    name = "<kedro.runner.parallel_runner.ParallelRunner object at 0x7f>"
    with pytest.raises(BadInput, match=r"ParallelRunner: .* pass 'between' on in memory.*workers"):
        refuse(name, MemoryDataset())
    refuse(name, JSONDataset(filepath=str(tmp_path / "between.json")))
    refuse("<kedro.runner.sequential_runner.SequentialRunner object at 0x7f>", MemoryDataset())
