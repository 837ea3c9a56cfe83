"""No call is paid for where an audit cannot find a policy, whatever the answers are."""

from __future__ import annotations

from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.pipeline import Pipeline
from kedro.pipeline.node import Node

from vqa_canary.errors import BadInput
from vqa_canary.pipelines.configuration import is_audit
from vqa_canary.pipelines.inference.together import MODEL


class HopelessAuditHook:
    """Stops an audit before its first call, unless `planning.without_policy` lets it go on.

    Only where calls cost, which are those to an endpoint, and only where one is still to be made: recorded answers and
    weights that run here cost no money, and what they tell besides a policy may be wanted. A study without an audit
    seeks no policy.
    """

    def __init__(self) -> None:
        self._is_audit = False

    @hook_impl
    def before_pipeline_run(self, pipeline: Pipeline) -> None:
        self._is_audit = is_audit() or "audit" in pipeline.all_outputs()

    @hook_impl(tryfirst=True)  # before all models of a run are asked together
    def before_node_run(self, node: Node, catalog: Any) -> None:
        """Reckon the plan from what is to be asked now, whatever plan was written before.

        Raises
        ------
        BadInput : no policy of the model that this node asks can be found, and its calls cost
        """
        from vqa_canary.datasets.evidence import EvidenceShards

        model = next((name.removeprefix(MODEL) for name in node.inputs if name.startswith(MODEL)), None)
        evidence = [data for name in node.outputs if isinstance(data := catalog.get(name), EvidenceShards)]
        if not (self._is_audit or is_audit()) or model is None or not evidence:
            return
        why = why_hopeless(model, catalog)
        if why and not _asked_before(node, catalog, evidence[0]):
            raise BadInput(why)


def why_hopeless(model: str, catalog: Any) -> str | None:
    """Why asking a model cannot end in a policy, where its calls cost and no setting says to ask all the same."""
    from vqa_canary.audit.planning.record import Plan
    from vqa_canary.audit.planning.stopping import hopeless
    from vqa_canary.pipelines.parameters import typed
    from vqa_canary.pipelines.planning.nodes import gather_aims, plan_audit
    from vqa_canary.pipelines.planning.pipeline import AIMS

    settings = typed(catalog.load("parameters"))
    if settings["planning"].without_policy:
        return None
    alone = settings | {"models": {model: settings["models"][model]}}
    aims = gather_aims(**{name: alone[name] for name in AIMS})
    shown = catalog.load("items"), catalog.load("instances")
    plan = Plan.model_validate(plan_audit(*shown, aims, settings["evaluation"], settings["seed"]))
    return hopeless(plan, model) if any(one.costs for one in plan.datasets) else None


def _asked_before(node: Node, catalog: Any, evidence: Any) -> bool:
    """Whether all answers are there: then the run costs nothing, and goes on to what they tell."""
    read = {name: catalog.load(name) for name in node.inputs}
    if "parameters" in read:
        read["parameters"] = {**read["parameters"], "shown_images": 0}
    return bool(evidence.has_all(node.func(*(read[name] for name in node.inputs))))
