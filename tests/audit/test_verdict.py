"""The sentence that an audit begins with: what is missing, then the policy, its worst subgroup and the control."""

from __future__ import annotations

from typing import Any

from tests.report import audits

from vqa_canary.audit.record.document import read
from vqa_canary.audit.record.findings import Headline
from vqa_canary.audit.verdict import answer
from vqa_canary.estimate import undefined


def headline(name: str = "found", **changes: Any) -> Headline:
    [one] = read(audits.ALL[name]()).headline
    return one.model_copy(update=changes)


def with_policy(**held_out: Any) -> Headline:
    one = headline()
    assert one.policy is not None
    changed = one.policy.held_out.model_copy(update=held_out)
    return headline(policy=one.policy.model_copy(update={"held_out": changed, "verdict": "policy found"}))


def test_a_policy_is_told_by_what_it_does_and_not_by_its_threshold() -> None:
    told = answer(headline())
    assert told.startswith(
        "Of 100 questions it answers 39 and hands 61 to a person; about 1 in 16 of the answered is wrong "
        "(held-out images: 5.9 %, 95 %: 2.8 to 9.0 %). At most 10 % errors among answered, with 95 % confidence"
    )
    assert "0.314" not in told


def test_missing_answers_come_first_where_they_are_many_or_of_one_kind() -> None:
    first = "It answered 421 of 451 questions; the missing ones are all yes/no questions. "
    assert answer(headline("no_logprobs")).startswith(first)
    lost = headline("no_logprobs").missing
    for many, tied in ((True, False), (False, True)):
        kept = headline(missing=lost.model_copy(update={"many": many, "tied": tied}))
        assert answer(kept).startswith(first)
    few = headline(missing=lost.model_copy(update={"many": False, "tied": False}))
    assert "yes/no" not in answer(few)


def test_a_policy_that_did_not_hold_is_told_so() -> None:
    told = answer(with_policy(holds="exceeds"))
    assert told.startswith("On the held-out images the policy did not hold: of 100 questions it answers 39")
    assert "What it was found to keep: at most 10 % errors among answered" in told
    assert "At most" not in told


def test_a_policy_that_could_not_be_checked_says_why() -> None:
    told = answer(with_policy(risk=undefined("no question is answered")))
    assert "how many of these are wrong could not be checked: no question is answered." in told


def test_the_worst_subgroup_is_told_where_it_surely_breaks_the_target() -> None:
    worst = headline().worst_subgroup
    assert worst is not None
    assert "in every subgroup" not in answer(headline())
    told = answer(headline(worst_subgroup=worst.model_copy(update={"holds": "exceeds"})))
    assert "in the worst, question type “abnormality”, 11.0 % (95 %: 3.0 to 19.0 %) of the answers" in told


def test_a_collapse_is_told_beside_its_control() -> None:
    told = answer(headline())
    assert told.endswith(
        "When the right option is hidden (nota_replace), 66.4 % (95 %: 60.4 to 72.4 %) of the answers that were "
        "right collapse; when a wrong one is replaced (nota_control), 3.8 % (95 %: 1.8 to 5.8 %)."
    )


def test_without_a_control_that_is_said() -> None:
    beside = headline().beside_control
    assert beside is not None
    alone = beside.model_copy(update={"rate": undefined("nota_control was not asked"), "condition": None})
    words = "how many change when a wrong one is replaced is not known: nota_control was not asked."
    assert words in answer(headline(beside_control=alone))


def test_of_a_model_that_guesses_no_collapse_is_told() -> None:
    told = answer(headline(collapse_rate=undefined("accuracy is not shown to be above chance")))
    assert told.endswith("No collapse is reported: accuracy is not shown to be above chance.")
    assert "collapse" not in answer(headline(beside_control=None))
