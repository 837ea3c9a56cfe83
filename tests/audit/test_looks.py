"""What may be claimed for an attempt: only what was decided before anybody could have seen an answer."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from tests.made_up_locks import Change, decided, locked

from vqa_canary.audit.looks import KeptAnswers, protocol_of
from vqa_canary.audit.record.protocol import Protocol

PLAN: Change = {"planned_looks": [{"largest_error": 0.1}, {"method": "margin"}, {"hold_for": ["site"]}]}
NOW = KeptAnswers("now", 100, 0)


def last(*attempts: Change, **about: Any) -> Protocol:
    """The protocol of the last attempt."""
    return protocol_of(locked(*attempts, **about), decided(**attempts[-1]), NOW, {})


def test_the_first_look_before_answers_is_claimed() -> None:
    found = last({})
    assert (found.attempt, found.standing, found.claimed, found.looks) == (1, "first look", True, 1)
    assert (found.file, found.locked_at, found.earlier) == ("attempts/1/protocol.lock", "day 1", ())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"largest_error": 0.1}, "The target was changed after answers existed"),
        ({"method": "margin"}, "The method was named after answers existed"),
        (
            {"hold_for": ["site"]},
            "The subgroups that a policy has to hold for were changed after answers existed",
        ),
        ({"seed": 8}, "The split was drawn again after answers existed"),
        ({"calibration_share": 0.4}, "The split was drawn again after answers existed"),
        (PLAN, "Looks were planned after answers existed"),
        ({"answers_unseen": True}, "Audit.answers_unseen was changed after answers existed"),
        (
            {"method": "margin", "largest_error": 0.1},
            "The target was changed and the method was named after answers",
        ),
    ],
)
def test_whatever_is_changed_after_answers_is_a_second_look(change: Change, told: str) -> None:
    found = last({}, change)
    assert (found.attempt, found.standing, found.claimed) == (2, "second look", False)
    assert told in found.because.replace("audit.", "Audit.", 1)
    [earlier] = found.earlier
    assert earlier.attempt == 1
    assert earlier.changed


def test_the_first_look_keeps_its_claim_whatever_comes_after() -> None:
    locks = locked({}, {"largest_error": 0.1}, {"method": "margin"})
    assert protocol_of(locks, decided(), NOW, {}) == last({})
    assert protocol_of(locks[::-1], decided(), NOW, {}) == last({})


def test_a_plan_that_is_replaced_before_answers_is_no_look() -> None:
    found = last({}, {"method": "margin"}, answered=(False, False))
    assert (found.attempt, found.standing, found.claimed) == (2, "first look", True)
    assert "an earlier plan that nothing had been asked for" in found.because
    # and the first plan is no look either when answers were asked for by the second one
    locks = locked({}, {"method": "margin"}, {"largest_error": 0.1}, answered=(False, False, True))
    standings = [protocol_of(locks, lock.decided, NOW, {}).standing for lock in locks]
    assert standings == ["replaced plan", "first look", "second look"]
    # unless the plan that took its place names it
    locks = locked({"method": "margin", **PLAN}, PLAN, answered=(False, False))
    standings = [protocol_of(locks, lock.decided, NOW, {}).standing for lock in locks]
    assert standings == ["planned look", "first look"]


def test_looks_that_the_first_lock_names_are_claimed_and_no_others() -> None:
    for change, standing in (
        ({"largest_error": 0.1}, "planned look"),
        ({"method": "margin"}, "planned look"),
        ({"hold_for": ["site"]}, "planned look"),
        ({"hold_for": ["modality"]}, "second look"),
        ({"largest_error": 0.1, "method": "margin"}, "second look"),
        ({"largest_error": 0.2}, "second look"),
        ({"seed": 8}, "second look"),
    ):
        found = last(PLAN, {"largest_error": 0.3, **PLAN}, {**PLAN, **change})
        assert (found.standing, found.claimed, found.looks) == (standing, standing == "planned look", 4), (
            change
        )
    assert last(PLAN).looks == 4


def test_a_planned_look_needs_the_plan_of_a_lock_before_answers() -> None:
    assert (
        last(PLAN, {**PLAN, "method": "margin"}, answered=(True, True)).standing == "answers before the lock"
    )
    found = last({}, PLAN, {**PLAN, "method": "margin"})
    assert found.standing == "second look"


def test_answers_before_any_lock_leave_no_claim() -> None:
    found = last({}, answered=(True,))
    assert (found.standing, found.claimed) == ("answers before the lock", False)
    assert "Answers existed before anything was locked" in found.because


def test_answers_of_a_file_need_somebodys_word() -> None:
    assert last({}, given=("m",)).standing == "answers given before the lock"
    stated = last({"answers_unseen": True}, given=("m",))
    assert (stated.standing, stated.claimed) == ("answers given, stated to be unseen", True)
    assert "rests on that statement" in stated.because
    # where answers of the study were there all the same, the word does not help
    assert not last({"answers_unseen": True}, given=("m",), answered=(True,)).claimed
    assert not last({}, {"answers_unseen": True}, given=("m",)).claimed


def test_planned_looks_at_given_answers_need_the_word_too() -> None:
    for unseen in (False, True):
        first = {**PLAN, "answers_unseen": unseen}
        assert last(first, {**first, "method": "margin"}, given=("m",)).claimed == unseen


def test_another_study_that_had_these_answers_leaves_no_claim() -> None:
    found = last({}, elsewhere=("audit-b",))
    assert (found.standing, found.claimed) == ("seen in another study", False)
    assert "audit-b" in found.because
    found = last(PLAN, {**PLAN, "method": "margin"}, elsewhere=("audit-b",))
    assert (found.standing, "audit-b" in found.because) == ("seen in another study", True)


def test_a_lost_lock_leaves_no_claim_to_those_after_it() -> None:
    first, second = locked(PLAN, {**PLAN, "method": "margin"})
    assert protocol_of([first, second], second.decided, NOW, {}).claimed
    assert protocol_of([second], second.decided, NOW, {}).standing == "lock lost"
    assert protocol_of([first], first.decided, NOW, {}).claimed
    assert last({}, lost=(1,)).standing == "lock lost"


def test_failures_that_are_asked_again_complete_an_attempt_and_other_answers_do_not() -> None:
    [lock] = locked({})

    def after(*kept: KeptAnswers) -> Protocol:
        return protocol_of([lock], lock.decided, NOW, {1: list(kept)})

    partial, fewer = KeptAnswers("before", 90, 10), KeptAnswers("even before", 80, 20)
    assert (after(NOW).claimed, after(NOW).completed) == (True, 0)
    assert (after(partial).claimed, after(partial).completed) == (True, 1)
    assert after(fewer, partial, partial, NOW).completed == 2
    # the same audit again is the same whatever was audited after it
    assert after(NOW, KeptAnswers("later", 100, 0)) == after()
    for other in (KeptAnswers("others", 100, 0), KeptAnswers("others", 100, 10)):
        assert (after(other).standing, after(other).claimed) == ("asked anew", False)


def test_no_later_attempt_is_claimed_but_by_a_plan_before_answers() -> None:
    """All histories of three locks: what is claimed was decided, or named, while there was nothing to see."""
    changes: tuple[Change, ...] = ({}, {"method": "margin"}, {"largest_error": 0.1}, {"largest_error": 0.2})
    n_claimed = 0
    for plan, states, order in product(
        ((), ({"method": "margin"},)), product((False, True), repeat=3), range(4)
    ):
        attempts = [
            {**change, "planned_looks": list(plan)} for change in (*changes[order:], *changes[:order])
        ][:3]
        locks = locked(*attempts, answered=states)
        for at, lock in enumerate(locks):
            found = protocol_of(locks[: at + 1], lock.decided, NOW, {})
            blind = not any(states[: at + 1])
            n_claimed += found.claimed
            if found.claimed and not blind:
                firsts = [one for k, one in enumerate(locks[:at]) if not any(states[: k + 1])]
                assert firsts
                settings = firsts[-1].decided["audit"]
                assert lock.decided["audit"] in [{**settings, **look} for look in plan]
            if blind:
                assert found.claimed
        # of all that is claimed in the end, one was locked as the plan, and the others are named in it
        claimed = [lock for lock in locks if protocol_of(locks, lock.decided, NOW, {}).claimed]
        assert len(claimed) <= 1 + len(plan)
    assert n_claimed > 20
