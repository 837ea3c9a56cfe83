"""Stages are bound: what a run reads must have been made with the settings and the tables of today.

A result that was made with other settings would be printed under settings that never produced it. So each stored
result says what it was made from (see `origins`), and before anything runs all that the run reads from disk is
compared with the configuration and with what lies beside it, back to the first stage.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from functools import cached_property
from importlib import import_module
from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.io import DatasetError
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from vqa_canary.errors import BadInput
from vqa_canary.pipelines.auditing.pipeline import BASELINE
from vqa_canary.pipelines.configuration import default_pipelines, namespaces
from vqa_canary.pipelines.monitoring.pipeline import AUDITED
from vqa_canary.pipelines.origins import PARAMETERS, is_stored, origin_of, pipeline_of, plain_setting
from vqa_canary.pipelines.parameters import typed
from vqa_canary.pipelines.present_engine import present_engine
from vqa_canary.seals import Damaged, Seal, differences

EVIDENCE = "_evidence"
"""Ends the name of the dataset with a model's evidence."""
STAGES = (
    "data_engineering",
    "planning",
    "inference",
    "ue_scoring",
    "measuring",
    "reporting",
    "auditing",
    "monitoring",
)
"""Pipelines in the order in which each needs what the one before has made."""
MOST_SHOWN = 5
"""At most so many stale tables are named in one message; of the others their number is told."""

logger = logging.getLogger(__name__)


class BindingHook:
    """Refuses stale inputs before anything runs, and tells every dataset what it is made from before it is saved."""

    def __init__(self) -> None:
        self._pipeline = Pipeline([])

    @hook_impl
    def before_pipeline_run(self, run_params: dict[str, Any], pipeline: Pipeline, catalog: Any) -> None:
        self._pipeline = pipeline
        refuse_stale(pipeline, catalog, run_params)

    @hook_impl
    def before_node_run(self, node: Node, catalog: Any) -> None:
        targets = [catalog.get(name) for name in node.outputs]
        targets = [target for target in targets if hasattr(target, "origin")]
        if targets:
            origin = origin_of(node, self._pipeline, catalog)
            for target in targets:
                target.origin = origin


def refuse_stale(pipeline: Pipeline, catalog: Any, run_params: Mapping[str, Any]) -> None:
    """Compare all that the pipeline reads from disk with what it was made from.

    Raises
    ------
    BadInput : something was made from other tables or with other settings than today's, is missing or damaged; the
        message says what differs, and the one command that puts it right
    """
    check = _Check(catalog)
    for name in sorted(pipeline.inputs()):
        # the tables of BASELINE and AUDITED are another study's, which has settings of its own
        if name not in (*BASELINE, *AUDITED) and is_stored(catalog, name):
            check.table(name)
    if check.found:
        lines = [f"  {name}: {why}" for name, why in list(check.found.items())[:MOST_SHOWN]]
        if len(check.found) > MOST_SHOWN:
            lines.append(f"  and {len(check.found) - MOST_SHOWN} more")
        present = {name for name in run_params.get("pipeline_names") or () if name != "__default__"}
        raise BadInput(
            "what this run would read does not belong to the present settings and tables:\n"
            + "\n".join(lines)
            + f"\nTo make it anew: {_remedy(check.stages, present or {*default_pipelines()}, run_params)}"
        )


class _Check:
    """Finds out which tables are stale, why, and which stages make them anew."""

    def __init__(self, catalog: Any) -> None:
        self._catalog = catalog
        self._seals: dict[str, Seal | None] = {}
        self.found: dict[str, str] = {}
        """Why each stale table does not belong to the present settings and tables, by the table's name."""
        self.stages: set[str] = set()
        """The pipelines that have to run again, so that nothing is stale."""

    def table(self, name: str) -> Seal | None:
        """The seal of a stored table, compared once with what it was made from; None where it has none."""
        if name not in self._seals:
            self._seals[name] = None  # no table is made from itself, but a file may say so
            self._seals[name] = self._compare(name)
        return self._seals[name]

    def _compare(self, name: str) -> Seal | None:
        try:
            seal: Seal = self._catalog.get(name).stored_seal()
        except FileNotFoundError:
            self._tell(name, "it is not there, or what makes it did not finish")
            return None
        except Damaged as error:
            self._tell(name, str(error))
            return None
        if name.endswith(EVIDENCE):
            # It is sealed shard by shard with its model and all settings, so that its node tells nothing more.
            changed = self._changed_settings_of_evidence(name, seal)
        elif (makers := self._makers.get(name)) and seal.origin.node not in makers:
            by = f"by {seal.origin.node}" if seal.origin.node else "by hand"
            self._tell(name, f"it was made {by}, not by {' or '.join(sorted(makers))}")
            return seal
        else:
            changed = [*self._changed_settings(seal), *self._changed_inputs(seal)]
        if changed:
            self._tell(name, f"it was made with {'; '.join(changed[:3])}")
        return seal

    @cached_property
    def _makers(self) -> dict[str, dict[str, str]]:
        """The nodes that make a dataset, by its name, each with its stage; made once, for there are many tables."""
        makers: dict[str, dict[str, str]] = {}
        for stage in STAGES:  # Kedro has registered only those pipelines that were asked for
            for node in import_module(f"vqa_canary.pipelines.{stage}").create_pipeline().nodes:
                for output in node.outputs:
                    makers.setdefault(output, {}).setdefault(f"{pipeline_of(node)}.{node.name}", stage)
        return makers

    def _tell(self, name: str, why: str) -> None:
        self.found[name] = why
        self.stages.add(next(iter(self._makers.get(name, {}).values()), STAGES[0]))

    def _changed_settings(self, seal: Seal) -> Iterable[str]:
        for name, before in seal.origin.settings.items():
            try:
                now = plain_setting(name, self._catalog.load(name))
            except DatasetError:  # there is no such parameter any more
                now = None
            yield from differences(before, now, name.removeprefix(PARAMETERS))

    def _changed_inputs(self, seal: Seal) -> Iterable[str]:
        for name, content in seal.origin.inputs.items():
            if not is_stored(self._catalog, name):
                yield f"a table {name} that the catalog no longer has"
                continue
            now = self.table(name)
            if now is None or now.content != content:
                yield f"another table {name} than the one that is there now"

    def _changed_settings_of_evidence(self, name: str, seal: Seal) -> list[str]:
        from vqa_canary.engines.shards import sampler_of, settings_of

        parameters = typed(self._catalog.load("parameters"))
        models = parameters["models"]
        spaces = {space: model for model, space in namespaces(list(models)).items()}
        model = spaces.get(name.removesuffix(EVIDENCE))
        if model is None:
            return [f"a model {seal.origin.settings.get('model')!r} that is not configured any more"]
        prompts, sampling, seed = (parameters[name] for name in ("prompts", "sampling", "seed"))
        before = dict(seal.origin.settings)
        engine, known = present_engine(model, models[model], prompts, sampling, seed)
        if known is None:
            logger.warning(
                "%s: its weights are not here, so that its evidence cannot be compared with them. The evidence says: "
                "fingerprint %s.",
                model,
                before.get("fingerprint"),
            )
        sampler = sampler_of(engine) if engine else str(before.get("sampler"))
        fingerprint = known or str(before.get("fingerprint"))
        now = settings_of(model, fingerprint, prompts, sampling, seed, sampler)
        return differences(before, now)


def _remedy(stale: set[str], present: set[str], run_params: Mapping[str, Any]) -> str:
    """`kedro run` with every stage from the first stale one to those of this run."""
    from vqa_canary.report.commands import command_line

    first = min((STAGES.index(stage) for stage in stale if stage in STAGES), default=0)
    last = min((STAGES.index(stage) for stage in present if stage in STAGES), default=len(STAGES))
    names = [*STAGES[first:last], *(stage for stage in (*STAGES, *sorted(present)) if stage in present)]
    # Both kinds of page measure by themselves, and a page of the other kind is no step on the way to this one, nor is a
    # plan.
    by_itself = {"planning", "measuring", "reporting", "auditing", "monitoring"}
    names = [name for name in dict.fromkeys(names) if name in present or name not in by_itself]
    command = command_line(run_params.get("env"), run_params.get("runtime_params") or {})
    return command.replace("kedro run", f"kedro run --pipelines {','.join(names)}", 1)
