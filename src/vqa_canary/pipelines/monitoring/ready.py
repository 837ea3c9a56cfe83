"""What a watch needs before any question of a batch is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from vqa_canary.audit.record.document import Audit, read
from vqa_canary.digests import digest_of_json
from vqa_canary.errors import BadInput
from vqa_canary.pipelines.parameters import MonitorSettings, typed

if TYPE_CHECKING:
    from vqa_canary.monitoring.freezing import AskedNow
    from vqa_canary.monitoring.record import FrozenPolicy

DATE = "Give the day of the batch, such as `--params monitor.date=2026-10-31`."


def check_watch(parameters: Mapping[str, Any], is_audited: bool) -> None:
    """Refuse a batch without a date, or from the future, and a watch without an audit.

    Parameters
    ----------
    is_audited : whether the study that `audited` names has an audit

    Raises
    ------
    BadInput : with the remedy
    """
    from vqa_canary.monitoring.entering import refuse_future

    audited, watch = str(parameters["audited"]), str(parameters["watch"])
    if not is_audited:
        raise BadInput(
            f"parameters: audited: there is no audit {audited!r} to take a policy from. Run `kedro run --env audit` "
            "first, or name the study of another audit."
        )
    if str(parameters["study"]) == audited:
        raise BadInput(
            f"parameters: study: {audited!r} is the audit itself, whose tables the batch would write over. Give the "
            f"batch a name of its own, such as `--params study={watch}-2026-10`."
        )
    day = MonitorSettings.model_validate(parameters.get("monitor") or {}).date
    if day is None:
        raise BadInput(f"parameters: monitor.date: the batch has no date. {DATE}")
    refuse_future(day, datetime.now(UTC).date())


def policy_of(record: Mapping[str, Any], monitor: MonitorSettings) -> tuple[Audit, FrozenPolicy]:
    """What `audit.json` holds, and the policy that is watched.

    Raises
    ------
    BadInput : it is no audit of this version, or has no such policy
    """
    from vqa_canary.monitoring.freezing import frozen_policy

    audit = read(record)
    policy = frozen_policy(
        audit,
        digest_of_json(record),
        dataset=monitor.dataset,
        model=monitor.model,
        warn_every=monitor.warn_every,
    )
    return audit, policy


def asked_now(parameters: Mapping[str, Any], facts: Mapping[str, Mapping[str, str]]) -> AskedNow:
    """What is asked, and how.

    Parameters
    ----------
    facts : by model, what answered, as the evidence records it
    """
    from vqa_canary.monitoring.freezing import AskedNow, engines_of
    from vqa_canary.report.settings import settings_to_repeat
    from vqa_canary.tracking.fingerprints import fingerprints

    made, settings = fingerprints(parameters, facts), typed(parameters)
    return AskedNow(
        models=tuple(parameters["models"]),
        engines=engines_of(parameters["models"]),
        fingerprints=made["models"],
        prompts=made["prompts"],
        settings=settings_to_repeat(settings),
        methods=settings["scoring"].names,
        label=settings["scoring"].label,
        seed=parameters["seed"],
    )


def check_agreement(
    record: Mapping[str, Any], parameters: Mapping[str, Any], log: Sequence[Mapping[str, Any]]
) -> None:
    """Refuse, before anything is asked, what is not asked as in the audit, and a log of another policy.

    The model itself is known when it has answered.

    Raises
    ------
    BadInput : with what differs; the log was changed
    """
    from vqa_canary.monitoring.entering import refuse_another_policy
    from vqa_canary.monitoring.freezing import refuse_another_model
    from vqa_canary.monitoring.record import read_log

    monitor = MonitorSettings.model_validate(parameters.get("monitor") or {})
    audit, policy = policy_of(record, monitor)
    refuse_another_policy(read_log(log), policy)
    unasked = {policy.model: {"fingerprint": policy.fingerprint}}
    refuse_another_model(policy, audit, asked_now(parameters, unasked), monitor.vouched_by)
