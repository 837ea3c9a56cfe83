"""All models are asked together before the first of their nodes runs, and each node then finds its own shards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import fsspec
import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline

from vqa_canary.datasets.claims import Claims
from vqa_canary.datasets.evidence import EvidenceShards
from vqa_canary.datasets.worker_share import WaitForOthers
from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.sampling import Sampling
from vqa_canary.engines.shards import evidence_shards
from vqa_canary.pipelines.inference.together import TogetherHook
from vqa_canary.planned_shard import Needs, ShardPlan
from vqa_canary.rows import Evidence, Instance
from vqa_canary.workers import computing

INSTANCES = [Instance(f"i{k}", "d", str(k), "clean", "?", ("a", "b"), str(k), "", "", 0) for k in range(3)]


class Asked:
    """An engine that notes what it is asked."""

    fingerprint, needs = "f", Needs()

    def __init__(self, name: str, asked: list[str]) -> None:
        self._name, self._asked = name, asked
        self.facts: dict[str, str] = {}

    def put_away(self) -> None:
        self._asked.append(f"{self._name} is put away")

    def answer(self, instances: Sequence[Instance], open_image: Any) -> list[Evidence]:
        self._asked += [f"{self._name} {one.instance_id}" for one in instances]
        return [Evidence(self._name, one.instance_id, status="failed", error="made up") for one in instances]


def study(
    folder: Path, asked: list[str], worker: str | None = None, **parameters: Any
) -> tuple[Pipeline, DataCatalog]:
    """Two models that may be sent to workers, and one that is asked elsewhere."""
    engines = {"a": "transformers", "b": "transformers", "c": "endpoint"}
    datasets: dict[str, Any] = {"parameters": MemoryDataset({"workers": 2, "worker": worker, **parameters})}
    nodes = []
    for name, engine in engines.items():

        def plan(model: dict[str, str], parameters: dict[str, Any], name: str = name) -> ShardPlan:
            unopened: Any = None
            return evidence_shards(name, INSTANCES, Asked(name, asked), unopened, Prompts(), Sampling(), 7, 1)

        datasets[f"params:models.{name}"] = MemoryDataset({"engine": engine})
        datasets[f"{name}_evidence"] = EvidenceShards(str(folder / name), worker=worker)
        nodes.append(Node(plan, [f"params:models.{name}", "parameters"], f"{name}_evidence", name=name))
    return Pipeline(nodes), DataCatalog(datasets)


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pieces were given to workers each time; these compute them in reverse order."""
    given: list[int] = []

    def backwards(pieces: Sequence[Any], *_: Any) -> Iterator[tuple[Any, Any]]:
        given.append(len(pieces))
        for piece in reversed(pieces):
            yield piece, piece.run()

    monkeypatch.setattr(computing, "side_by_side", backwards)
    monkeypatch.setattr("vqa_canary.workers.processes.warm_up", lambda: None)
    return given


def run(pipeline: Pipeline, catalog: DataCatalog) -> None:
    """As a runner would."""
    hook = TogetherHook()
    hook.before_pipeline_run(pipeline, catalog)
    for node in pipeline.nodes:
        hook.before_node_run(node, catalog)
        for name, plan in node.run({name: catalog.load(name) for name in node.inputs}).items():
            catalog.save(name, plan)


def test_shards_of_all_models_are_computed_before_the_first_node_and_none_twice(
    tmp_path: Path, rounds: list[int]
) -> None:
    asked: list[str] = []
    run(*study(tmp_path, asked))
    assert rounds == [6]  # both models at once; the third is left to its node
    assert asked[:6] == [f"{name} i{k}" for name in "ba" for k in (2, 1, 0)]
    assert sorted(asked[6:]) == ["c i0", "c i1", "c i2"]
    assert all(len(EvidenceShards(str(tmp_path / name)).load()) == 3 for name in "abc")
    run(*study(tmp_path, asked))
    assert rounds == [6, 0]
    assert len(asked) == 9


def test_with_one_worker_each_node_asks_its_model(tmp_path: Path, rounds: list[int]) -> None:
    asked: list[str] = []
    run(*study(tmp_path, asked, workers=1))
    assert rounds == []
    assert len(asked) == 9


def test_one_of_several_workers_waits_when_nothing_of_any_model_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another is at a shard of the first two models. It dies while this one waits, which then takes both over."""
    asked, waits = list[str](), list[int]()
    pipeline, catalog = study(tmp_path, asked, worker="2/2", workers=1)
    others = list[Claims]()
    for node in pipeline.nodes[:2]:
        [key, *_] = node.run({name: catalog.load(name) for name in node.inputs})[node.outputs[0]]
        folder = PurePosixPath(tmp_path / node.name / "claims")
        others.append(Claims(fsspec.filesystem("file"), folder, owner=f"{'f' * 8}-1-{'0' * 8}"))
        assert others[-1].take(key)

    def while_it_waits(self: WaitForOthers, n_left: int) -> None:
        waits.append(n_left)
        for other in others:
            for key in list(other._held):
                other.release(key)

    monkeypatch.setattr(WaitForOthers, "wait", while_it_waits)
    run(pipeline, catalog)
    assert waits == [2]
    in_turn = ["b i1", "b i2", "b is put away", "c i1", "c i0", "c i2", "c is put away", "a i1", "a i2"]
    assert asked == [*in_turn, "b i0", "b is put away", "a i0"]  # workers begin at different models
    assert all(len(EvidenceShards(str(tmp_path / name)).load()) == 3 for name in "abc")
