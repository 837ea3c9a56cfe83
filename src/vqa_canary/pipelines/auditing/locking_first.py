"""The hook that locks an audit's protocol before the first call of its models."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from threading import Lock
from typing import Any

from kedro.framework.hooks import hook_impl
from kedro.pipeline.node import Node

from vqa_canary.pipelines.configuration import is_audit
from vqa_canary.pipelines.origins import pipeline_of

PROTOCOL = "protocol"
"""Name of the dataset that holds the locks of a study."""

logger = logging.getLogger(__name__)


class ProtocolHook:
    """Writes down what was decided before any model of an audited study is asked.

    A study is audited where `auditing` is among its `default_pipelines`, so that workers, who run the pipeline
    `inference` alone, lock the same. Several at once write one lock: see `vqa_canary.datasets.protocol_locks`.
    """

    def __init__(self) -> None:
        self._done = False
        self._turn = Lock()

    @hook_impl
    def before_pipeline_run(self) -> None:
        self._done = False

    @hook_impl
    def before_node_run(self, node: Node, catalog: Any) -> None:
        if pipeline_of(node) != "inference" or not is_audit():
            return
        with self._turn:  # `ThreadRunner` runs several nodes at once; none asks before the lock is there
            if not self._done:
                lock_protocol(catalog)
                self._done = True


def lock_protocol(catalog: Any) -> None:
    """Write the lock of what is about to be asked, unless there is one.

    Raises
    ------
    BadInput : a lock that is there was changed, or only half of it is there
    """
    from vqa_canary.datasets.protocol_locks import Decided
    from vqa_canary.pipelines.auditing.deciding import decided

    parameters = catalog.load("parameters")
    known, given = _models(parameters)
    review = catalog.load("applied_review") if parameters.get("review") else None
    plan = decided(parameters, known, catalog.load("items"), catalog.load("instances"), review)
    lock, new = catalog.get(PROTOCOL).lock(Decided(plan, given))
    if new:
        logger.info(
            "The protocol of the audit is locked: attempt %d, %s, hash %s.",
            lock.number,
            lock.at,
            lock.hash[:16],
        )


def _models(parameters: Mapping[str, Any]) -> tuple[dict[str, str | None], tuple[str, ...]]:
    """Fingerprint of each model, and those whose answers a file gives."""
    from vqa_canary.engines.protocols import CannotBeAsked
    from vqa_canary.pipelines.parameters import typed
    from vqa_canary.pipelines.present_engine import present_engine

    settings = typed(parameters)
    how = settings["prompts"], settings["sampling"], parameters["seed"]
    engines = {name: present_engine(name, model, *how) for name, model in parameters["models"].items()}
    given = tuple(name for name, (engine, _) in engines.items() if isinstance(engine, CannotBeAsked))
    return {name: fingerprint for name, (_, fingerprint) in engines.items()}, given
