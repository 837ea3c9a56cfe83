"""All models of a run are asked together, by workers side by side, before the first of their nodes runs.

Kedro runs one node after the other, and a node asks one model. So before the first of them, whatever shards are missing
of all models are computed by workers and stored. Then each node finds its shards there, and has only its manifest to
write. What other processes cannot compute (an endpoint, which has a concurrency of its own; recorded answers; a model
bound to a device) is left to the nodes, save by one of several workers, which has it all done before them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from multiprocessing import parent_process
from threading import Lock
from typing import TYPE_CHECKING, Any

from kedro.framework.hooks import hook_impl
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from vqa_canary.counting import counted
from vqa_canary.pipelines.parameters import Ray

if TYPE_CHECKING:
    from vqa_canary.datasets.evidence import EvidenceShards
    from vqa_canary.datasets.gathering import Shards

MODEL = "params:models."
"""Begins the name by which a node reads the settings of its model."""


class TogetherHook:
    """Computes the missing shards of all models of a run side by side."""

    def __init__(self) -> None:
        self._left: list[Node] = []
        self._lock = Lock()

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline, catalog: Any) -> None:
        """Note which models are to be asked; import what workers need, while earlier stages run."""
        from vqa_canary.datasets.evidence import EvidenceShards

        self._left = [
            node
            for node in pipeline.nodes
            if any(isinstance(catalog.get(name), EvidenceShards) for name in node.outputs)
        ]
        if len(self._left) > 1 and _is_worth_it(self._left, catalog):
            from vqa_canary.workers.processes import warm_up

            warm_up()

    @hook_impl
    def before_node_run(self, node: Node, catalog: Any) -> None:
        """In a process of `ParallelRunner`, a node computes its own shards."""
        if node not in self._left or parent_process() is not None:
            return
        with self._lock:  # `ThreadRunner` runs several nodes at once; all wait here
            nodes, self._left = self._left, []
            if nodes:
                ask_together(nodes, catalog)


def ask_together(nodes: list[Node], catalog: Any) -> None:
    """Compute and store the missing shards of what these nodes make, as far as workers can.

    One of several workers (`worker=i/N`) makes everything that is missing here, in this process too: a node, which asks
    one model, would wait for the shards that others are at while there is work left on the next model.

    Raises
    ------
    BadInput : a model cannot be asked
    """
    from vqa_canary.datasets.gathering import gather_all, gather_once
    from vqa_canary.engines.local.devices import visible_gpus
    from vqa_canary.workers import computing

    workers, ray = _settings(catalog)
    evidence: list[EvidenceShards] = [catalog.get(name) for node in nodes for name in node.outputs]
    worker, how = evidence[0].worker, (workers, ray, visible_gpus)
    if worker is None and workers == 1 and not ray.address:
        return
    with ExitStack() as sharing:
        plans = _plans(nodes, catalog, only_movable=worker is None)
        gatherings = [sharing.enter_context(data.gather(plan)) for data, plan in plans]
        if worker is None:
            gather_once(gatherings, lambda pieces: computing.side_by_side(pieces, *how))
        else:
            waiting = evidence[0].waiting(counted(len(gatherings), "model"))
            in_turn = worker.beginning_at(gatherings)
            gather_all(in_turn, lambda pieces: computing.everywhere(pieces, *how), waiting)


def _plans(nodes: list[Node], catalog: Any, only_movable: bool) -> Iterator[tuple[EvidenceShards, Shards]]:
    """The plan of what each node makes, with the dataset that it belongs to.

    Parameters
    ----------
    only_movable : leave out those of models that cannot be sent to other processes
    """
    from vqa_canary.contracts.contract import Contract
    from vqa_canary.engines.registration import may_be_sent

    read = {name: catalog.load(name) for name in {name for node in nodes for name in node.inputs}}
    read["parameters"] = {**read["parameters"], "shown_images": 0}  # each node itself writes them
    for node in nodes:
        movable = any(may_be_sent(read[name]) for name in node.inputs if name.startswith(MODEL))
        if movable or not only_movable:
            # As Kedro would call it, but without a line in the log: the node itself runs later.
            plan = Contract("evidence").validate(node.func(*(read[name] for name in node.inputs)))
            [output] = node.outputs
            yield catalog.get(output), plan


def _is_worth_it(nodes: list[Node], catalog: Any) -> bool:
    """Whether processes will probably be needed."""
    from vqa_canary.workers.settings import n_cores

    workers, ray = _settings(catalog)
    if ray.address or workers == 1 or (workers == "auto" and n_cores() == 1):
        return False
    return not all(catalog.exists(name) for node in nodes for name in node.outputs)


def _settings(catalog: Any) -> tuple[Any, Ray]:
    """The settings `workers` and `ray`."""
    parameters = catalog.load("parameters")
    ray = parameters.get("ray") or {}
    return parameters.get("workers", "auto"), ray if isinstance(ray, Ray) else Ray.model_validate(ray)
