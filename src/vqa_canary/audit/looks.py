"""What may be claimed for an audit: whether target, method and split were fixed before any answer existed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vqa_canary.audit.record.protocol import CLAIMED, EarlierAttempt, Protocol, Standing
from vqa_canary.counting import counted
from vqa_canary.protocol_lock import NAME, ProtocolLock, agree
from vqa_canary.seals import differences

AUDIT = "audit"
"""The part of what was decided that holds target, confidence, method, split and planned looks."""
PLANNED = "planned_looks"
"""The setting in it that names further looks, each as changes to the settings beside it."""
REVIEW = "review"
"""The part that holds a digest of what reviewers have changed; it is there where they have changed something."""

_ABOUT = {
    "audit.method": "the method was named",
    "audit.largest_error": "the target was changed",
    "audit.confidence": "the confidence was changed",
    "audit.planned_looks": "looks were planned",
    "audit.hold_for": "the subgroups that a policy has to hold for were changed",
    "audit.calibration_share": "the split was drawn again",
    "seed": "the split was drawn again",
    "evaluation.subgroups": "the subgroups were changed",
    "methods": "the list of methods was changed",
    "models": "the model was changed",
    "prompts": "the prompts were changed",
    "conditions": "the conditions were changed",
    "questions": "the questions were changed",
    REVIEW: "right answers were corrected by reviewers",
    "package": "another version of this project was used",
}
"""What a changed setting means, by how its name begins."""


@dataclass(frozen=True)
class KeptAnswers:
    """What an earlier audit under the same lock rests on."""

    evidence: str
    """Fingerprint of its answers."""
    answered: int
    """Number of prompts that had an answer, over all models."""
    failed: int
    """Number of prompts that had none."""


def protocol_of(
    locks: Sequence[ProtocolLock],
    decided: Mapping[str, Any],
    now: KeptAnswers,
    audits: Mapping[int, Sequence[KeptAnswers]],
) -> Protocol:
    """The attempt that an audit is, and what may be claimed for it.

    Parameters
    ----------
    locks : all of the study, in any order; one of them is of `decided`
    decided : what this audit is made with
    now : the answers that it rests on
    audits : answers of the audits that are kept of each attempt, in the order in which they were made

    Raises
    ------
    LookupError : no lock is of `decided`
    """
    ordered = sorted(locks, key=lambda lock: lock.number)
    own = next(lock for lock in ordered if agree(lock.decided, decided))
    earlier = [lock for lock in ordered if lock.number < own.number]
    before = _audits_before(audits.get(own.number, ()), now)
    standing = standing_of(ordered, own)
    if standing in CLAIMED and any(not _completes(one, now) for one in before):
        standing = "asked anew"
    return Protocol(
        attempt=own.number,
        locked_at=own.at,
        file=f"attempts/{own.number}/{NAME}",
        hash=own.hash,
        standing=standing,
        claimed=standing in CLAIMED,
        looks=planned_looks(own.decided),
        because=_because(standing, earlier, own),
        completed=len(before) if standing in CLAIMED else 0,
        earlier=tuple(
            EarlierAttempt(
                attempt=lock.number,
                locked_at=lock.at,
                hash=lock.hash,
                changed=tuple(differences(lock.decided, own.decided)),
            )
            for lock in earlier
        ),
    )


def planned_looks(decided: Mapping[str, Any]) -> int:
    """Number of looks that a protocol plans, its own among them."""
    return 1 + len(decided[AUDIT].get(PLANNED, ()))


def standing_of(locks: Sequence[ProtocolLock], own: ProtocolLock) -> Standing:
    """What an attempt is, from all locks of its study by number.

    A plan can be replaced while there is nothing to be seen. So the first look is the *last* attempt that was locked
    before answers or an audit existed: those before it are plans that nobody followed, or whoever writes down many
    could follow the best. Another attempt is claimed only where it is one of the looks that the first one *named*:
    planned beforehand as changes to its own settings.
    To plan a number of looks, and to choose them in sight of answers, would not do: who has seen the answers can choose
    from as many looks as there are settings.
    """
    earlier = [lock.number for lock in locks if lock.number < own.number]
    if own.lost or earlier != list(range(1, own.number)):
        return "lock lost"
    first = _first_look(locks)
    if first is None:
        return "answers before the lock"
    if first is not own and not _is_planned(first, own):
        return "replaced plan" if own.number < first.number else "second look"
    if first.elsewhere or own.elsewhere:
        return "seen in another study"
    unseen = bool(first.decided[AUDIT].get("answers_unseen"))
    if first.given and not unseen:
        return "answers given before the lock"
    if first is not own:
        return "planned look"
    return "answers given, stated to be unseen" if first.given else "first look"


def _first_look(history: Sequence[ProtocolLock]) -> ProtocolLock | None:
    """The last of the locks that were written while there was nothing to be seen; None where none was."""
    blind = [lock for at, lock in enumerate(history) if not any(one.answered for one in history[: at + 1])]
    return blind[-1] if blind else None


def _is_planned(first: ProtocolLock, own: ProtocolLock) -> bool:
    settings = first.decided[AUDIT]
    return any(
        agree({**first.decided, AUDIT: {**settings, **change}}, own.decided)
        for change in settings.get(PLANNED, ())
    )


def _audits_before(kept: Sequence[KeptAnswers], now: KeptAnswers) -> list[KeptAnswers]:
    """Other answers that were audited under the same lock before these were."""
    found: dict[str, KeptAnswers] = {}
    for one in kept:
        if one.evidence == now.evidence:
            break
        found[one.evidence] = one
    return list(found.values())


def _completes(before: KeptAnswers, now: KeptAnswers) -> bool:
    """Whether these can be the earlier answers with failed ones asked again, as the protocol has it."""
    return before.failed > 0 and now.answered > before.answered


_NO_CLAIM: dict[Standing, str] = {
    "answers given before the lock": "The answers were recorded before anything was locked, and whether target, method "
    "and split were chosen in their sight cannot be known here. The lock tells the order of looks within this project "
    "alone, so no confidence is claimed.",
    "answers before the lock": "Answers existed before anything was locked, so how often they were looked at cannot "
    "be known, and no confidence is claimed.",
    "replaced plan": "Another plan took the place of this one before the first answer. What is followed in sight of "
    "the answers all the same is not covered by its test, so no confidence is claimed.",
    "asked anew": "The questions were asked anew after an audit of other answers had been made under this lock: "
    "whoever asks until a policy passes finds one, so no confidence is claimed.",
    "lock lost": "The lock of an earlier attempt is not there any more, so what was decided when cannot be known, and "
    "no confidence is claimed.",
}


def _because(standing: Standing, earlier: Sequence[ProtocolLock], own: ProtocolLock) -> str:
    looks = planned_looks(own.decided)
    allowed = (
        f" Each of the {looks} planned looks is tested so that all together keep it." if looks > 1 else ""
    )
    if standing == "first look":
        instead = ", in the place of an earlier plan that nothing had been asked for" if earlier else ""
        return f"Target, method and split were locked before the first answer{instead}.{allowed}"
    if standing == "planned look":
        return f"This look was named in the lock of an earlier attempt, before the first answer.{allowed}"
    if standing == "answers given, stated to be unseen":
        return (
            f"The answers of {_names(own.given)} existed before the lock. Whoever set audit.answers_unseen states that "
            "target, method and split were chosen without a look at them: the confidence rests on that statement."
            f"{allowed}"
        )
    if standing == "seen in another study":
        where = _names(own.elsewhere or _all_elsewhere(earlier))
        return (
            f"The same model had answered these questions before in the study {where}, so this is not the first look "
            "at them, and no confidence is claimed."
        )
    if standing == "second look":
        return (
            f"{_changes(earlier, own)} after answers existed. A rule that is chosen in sight of the answers is not "
            "covered by its test, so no confidence is claimed."
        )
    return _NO_CLAIM[standing]


def _all_elsewhere(earlier: Sequence[ProtocolLock]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for lock in earlier for name in lock.elsewhere))


def _changes(earlier: Sequence[ProtocolLock], own: ProtocolLock) -> str:
    """What was decided late, beginning with a capital: `The method was named and the target was set`."""
    first = _first_look(earlier)
    lines = differences(first.decided, own.decided) if first else []
    if any(line.startswith(REVIEW) for line in lines):  # other keys are other rows of the questions, too
        lines = [line for line in lines if not line.startswith("questions")]
    said = dict.fromkeys(
        next((words for start, words in _ABOUT.items() if line.startswith(start)), line.partition(":")[0])
        for line in lines
    )
    words = [text if text in _ABOUT.values() else f"{text} was changed" for text in said]
    text = " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
    return text[:1].upper() + text[1:]


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return f"{shown} and {counted(len(names) - 3, 'other')}" if len(names) > 3 else shown
