"""The pipelines as kedro-viz draws them: all models in one group, and each stage of a study in a group of its own.

Kedro's namespaces are those of single models, so that `--namespaces NAME` asks one model alone. Drawn as they are, a
study of twelve models is twelve boxes and fifty files side by side. So kedro-viz is given copies of the nodes, in
namespaces that it can fold. The copies keep the names and datasets of the nodes that run: from these kedro-viz makes
the ids by which it finds how the last run went, and the commands that it shows.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping

from kedro.pipeline import Node, Pipeline

from vqa_canary.pipelines.configuration import configured, namespaces
from vqa_canary.pipelines.origins import pipeline_of

MODELS = "models"
"""The group of all that is done for each model by itself."""


def is_drawing() -> bool:
    """Whether this process draws the pipelines: kedro-viz imports its server in these alone."""
    return "kedro_viz.server" in sys.modules


def grouped(pipelines: Mapping[str, Pipeline]) -> dict[str, Pipeline]:
    """Each pipeline with its nodes in groups; to be drawn, not to be run.

    Each model is a group within the group `models`, which also has the nodes that gather what all models gave. Every
    other node is in a group that is called after its stage. It is in the same one in all pipelines, since kedro-viz
    keeps a single copy of each node.
    """
    known = dict.fromkeys([*configured("models"), *configured("reference_models")])
    begins = tuple(f"{space}_" for space in namespaces(list(known)).values())
    return {
        name: _Drawn([_DrawnNode.of(node, pipelines, begins) for node in pipeline.nodes], begins)
        for name, pipeline in pipelines.items()
    }


class _DrawnNode(Node):
    """A node in a group, under the name that it has in commands."""

    _called: str | None = None

    @classmethod
    def of(cls, node: Node, stages: Collection[str], begins: tuple[str, ...]) -> Node:
        """The node in its group; as it is where it is of none of the stages. `begins` are the beginnings of the names
        of datasets that are about a single model or training run."""
        group = pipeline_of(node)
        if node.namespace:
            group = f"{MODELS}.{node.namespace}"
        elif any(name.startswith(begins) for name in (*node.inputs, *node.outputs)):
            group = MODELS
        elif group not in stages:
            return node
        drawn = cls(
            node.func,
            node._inputs,
            node._outputs,
            name=node._name,
            tags=node.tags,
            confirms=node._confirms,
            namespace=group,
        )
        drawn._called = node.name
        return drawn

    @property
    def name(self) -> str:
        return self._called or super().name


class _Drawn(Pipeline):
    """A pipeline whose group `models` keeps to itself what is about one model, also what other pipelines make or read.

    kedro-viz would put that beside the group otherwise.
    """

    def __init__(self, nodes: list[Node], begins: tuple[str, ...]) -> None:
        super().__init__(nodes)
        self._begins = begins

    def only_nodes_with_namespaces(self, node_namespaces: list[str]) -> Pipeline:
        part = super().only_nodes_with_namespaces(node_namespaces)
        return _Folded(part.nodes, self._begins) if node_namespaces == [MODELS] else part


class _Folded(_Drawn):
    def inputs(self) -> set[str]:
        return {name for name in super().inputs() if not name.startswith(self._begins)}

    def outputs(self) -> set[str]:
        return {name for name in super().outputs() if not name.startswith(self._begins)}
