"""Names in a `kedro run` command that no pipeline, node, tag, namespace or dataset bears.

Kedro ends such a command in a traceback, or in a message without the names that there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from kedro.pipeline import Pipeline

from vqa_canary.errors import did_you_mean

SHOWN = 12
"""Most names that a message lists: a study has a node for each model and step."""


def unknown_names(options: Mapping[str, Any]) -> str | None:
    """What is wrong with the names that a command gives, with the nearest that there is; None where all are known.

    Parameters
    ----------
    options : of `kedro run`, as its function takes them
    """
    asked = [options["pipeline"]] if options.get("pipeline") else list(options.get("pipelines") or ())
    known = ["__default__", *_pipelines()]
    unknown = [_unknown("--pipelines", "pipeline", name, known) for name in asked if name not in known]
    if unknown:
        return " ".join(unknown)
    return " ".join(_unknown_parts(options, _chosen(asked))) or None


def _pipelines() -> list[str]:
    """Names of the project's pipelines: its folders that make one."""
    from importlib import import_module
    from pkgutil import iter_modules

    folder = import_module("vqa_canary.pipelines")
    packages = [one.name for one in iter_modules(folder.__path__) if one.ispkg]
    return [
        name for name in packages if hasattr(import_module(f"{folder.__name__}.{name}"), "create_pipeline")
    ]


def _chosen(names: Iterable[str]) -> Pipeline:
    """The sum of the pipelines of these names, the default one where there are none."""
    from kedro.framework.project import pipelines

    return sum((pipelines[name] for name in names or ["__default__"]), Pipeline([]))


def _unknown_parts(options: Mapping[str, Any], pipeline: Pipeline) -> Iterator[str]:
    nodes, datasets = [node.name for node in pipeline.nodes], sorted(pipeline.datasets())
    kinds = {
        "tags": ("tag", sorted({tag for node in pipeline.nodes for tag in node.tags})),
        "namespaces": (
            "namespace",
            sorted({space for node in pipeline.nodes for space in node.namespace_prefixes if space}),
        ),
        "node_names": ("node", nodes),
        "from_nodes": ("node", nodes),
        "to_nodes": ("node", nodes),
        "from_inputs": ("dataset", datasets),
        "to_outputs": ("dataset", datasets),
    }
    for option, (kind, known) in kinds.items():
        spelt = "--nodes" if option == "node_names" else f"--{option.replace('_', '-')}"
        for name in options.get(option) or ():
            if name not in known:
                yield _unknown(spelt, kind, name, known)


def _unknown(option: str, kind: str, name: str, known: list[str]) -> str:
    if not known:
        return f"{option}: there is no {kind} named {name!r}, for what is run has no {kind}s."
    listed = ", ".join(known[:SHOWN]) + (f" and {len(known) - SHOWN} more" if len(known) > SHOWN else "")
    return f"{option}: there is no {kind} named {name!r}.{did_you_mean(name, known)} There are: {listed}."
