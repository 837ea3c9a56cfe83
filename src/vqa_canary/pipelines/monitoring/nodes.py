"""Nodes of `monitoring`."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from vqa_canary import __version__
from vqa_canary.pipelines.parameters import MonitorSettings

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class HeldAudit:
    """The audit whose policy is watched."""

    record: Any
    """What `audit.json` holds."""
    policy: Any
    """The frozen policy."""
    held_out: Any
    """Rows of `observations` of its held-out questions."""
    images: frozenset[str]
    """Ids of all images that it asked about."""


@dataclass(frozen=True)
class Watched:
    """The audit, held against what is asked now."""

    audit: HeldAudit
    vouched_by: str | None
    """Who says that recorded answers are the audited model's; None where a fingerprint says so."""
    answered_as: tuple[str, ...]
    """Names under which the model answered the batch."""
    monitor: MonitorSettings
    study: str
    """Name of the batch's study."""


def hold_audit(
    record: dict[str, Any], scores: Any, instances: Any, items: Any, monitor: MonitorSettings
) -> HeldAudit:
    """The policy of the audit that `audited` names, and its held-out questions.

    Raises
    ------
    BadInput : the tables are not those that the audit was made from, or it has no such policy
    """
    from vqa_canary.audit.splitting import in_calibration
    from vqa_canary.evaluation.grid import grids
    from vqa_canary.frames import image_ids
    from vqa_canary.monitoring.freezing import refuse_other_tables
    from vqa_canary.monitoring.observing import observe
    from vqa_canary.pipelines.monitoring.ready import policy_of

    audit, policy = policy_of(record, monitor)
    refuse_other_tables(audit, {"scores": scores, "instances": instances, "items": items})
    [grid] = [grid for grid in grids(scores, instances, items) if grid.dataset == policy.dataset]
    held_out = ~in_calibration(grid, items, audit.seed, audit.target.share)
    shown = frozenset(name for ids in image_ids(items) for name in ids)
    return HeldAudit(audit, policy, observe(grid.only(held_out), policy, ()), shown)


def agree(
    held: HeldAudit, facts: dict[str, dict[str, str]], monitor: MonitorSettings, parameters: dict[str, Any]
) -> Watched:
    """The audit with the settings of the batch, if what was asked now is what was audited.

    Raises
    ------
    BadInput : it is not
    """
    from vqa_canary.answering_names import answering_names
    from vqa_canary.monitoring.freezing import refuse_another_model
    from vqa_canary.pipelines.monitoring.ready import asked_now

    now = asked_now(parameters, facts)
    vouched_by = refuse_another_model(held.policy, held.record, now, monitor.vouched_by)
    answered_as = answering_names(facts.get(held.policy.model, {}).get("reported_model"))
    return Watched(held, vouched_by, answered_as, monitor, str(parameters["study"]))


def observe_batch(
    watched: Watched, scores: Any, instances: Any, items: Any, log: list[dict[str, Any]]
) -> tuple[Any, dict[str, Any]]:
    """What the policy does with each question of the batch; and what its images and questions are.

    Raises
    ------
    BadInput : there is more than one data set, the log was changed, or labels do not fit
    """
    from vqa_canary.errors import BadInput
    from vqa_canary.evaluation.grid import grids
    from vqa_canary.monitoring.entering import images_seen
    from vqa_canary.monitoring.labels import read_labels, with_labels
    from vqa_canary.monitoring.observing import asked_fingerprint, joined_images, observe
    from vqa_canary.monitoring.record import read_log
    from vqa_canary.project import project_root

    every = grids(scores, instances, items)
    if len(every) != 1:
        told = ", ".join(grid.dataset for grid in every)
        raise BadInput(
            f"parameters: datasets: a batch is questions of one data set, and these are {told}. Run one at a time."
        )
    [grid] = every
    asked = asked_fingerprint(grid.items)
    seen = watched.audit.images | images_seen(read_log(log), asked)
    observations = observe(grid, watched.audit.policy, seen)
    labels = watched.monitor.labels
    if labels is not None:
        observations = with_labels(observations, items, read_labels(project_root() / labels), labels)
    return observations, {"asked": asked, "joined": joined_images(grid)}


def enter(
    watched: Watched, observations: Any, facts: dict[str, Any], log: list[dict[str, Any]]
) -> dict[str, Any]:
    """The entry of the batch; empty where the log holds it already.

    Raises
    ------
    BadInput : it does not fit the log
    """
    from datetime import UTC, datetime

    from vqa_canary.errors import BadInput
    from vqa_canary.monitoring.entering import Batch, next_entry
    from vqa_canary.monitoring.record import read_log
    from vqa_canary.pipelines.monitoring.ready import DATE

    if watched.monitor.date is None:
        raise BadInput(f"parameters: monitor.date: the batch has no date. {DATE}")
    now = datetime.now(UTC)
    batch = Batch(
        study=watched.study,
        day=watched.monitor.date,
        observations=observations,
        joined=facts["joined"],
        asked=facts["asked"],
        vouched_by=watched.vouched_by,
        answered_as=watched.answered_as,
        package=__version__,
    )
    made = now.strftime("%Y-%m-%d %H:%M:%S UTC")
    audit = watched.audit
    entry = next_entry(read_log(log), audit.policy, batch, audit.held_out, made, now.date())
    if entry is None:
        _log.warning("This batch stands in the log already, with the same answers: nothing was added.")
        return {}
    return entry.stored


def render(log: list[dict[str, Any]], watch: str) -> tuple[str, dict[str, str | bytes], dict[str, str]]:
    """The watch as one HTML page, its figures as SVG and PDF files, its tables as CSV and LaTeX files."""
    from vqa_canary.monitoring.record import read_log
    from vqa_canary.report.monitoring.page import make_watch_report

    return make_watch_report(read_log(log), str(watch))
