"""Shares, guarantees and warnings in words: never rounder than the truth."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.report import audits

from vqa_canary.audit import guidelines
from vqa_canary.audit.record.document import read
from vqa_canary.counting import counted
from vqa_canary.estimate import Estimate, undefined
from vqa_canary.numerals import percent
from vqa_canary.report.audit.sheets import conformal, policies
from vqa_canary.report.audit.warnings import warnings
from vqa_canary.report.audit.words import cards, falls, promises, target, tone
from vqa_canary.report.shares import share


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.62, "62.0 %"), (0.048, "4.8 %"), (0.05, "5.0 %"), (0.996, "99.6 %"), (0.0, "0.0 %"), (1.0, "100.0 %"),
        (-0.031, "\N{MINUS SIGN}3.1 %"), (0.0002, "under 0.1 %"), (-0.0002, "above \N{MINUS SIGN}0.1 %"),
        (-0.9999, "under \N{MINUS SIGN}99.9 %"), (0.9999, "over 99.9 %"), (None, "-"),
    ],
)  # fmt: skip
def test_percent(value: float | None, text: str) -> None:
    assert percent(value) == text


@given(st.floats(0, 1))
def test_only_nothing_and_everything_read_so(value: float) -> None:
    assert (percent(value) == "0.0 %") == (value == 0)
    assert (percent(value) == "100.0 %") == (value == 1)


def test_a_share_has_its_interval_and_its_base_or_a_reason() -> None:
    assert share(Estimate(0.5, 0.4, 0.6, 10, 4)) == ("50.0 %", "95 %: 40.0 to 60.0 %; 10 questions, 4 images")
    assert share(Estimate(1.0, None, None, 1, 1)) == ("100.0 %", "1 question, 1 image")
    assert share(undefined("one class only")) == ("-", "one class only")


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.01, 0.1, "promises more than it keeps"),
        (-0.1, -0.01, "promises less than it keeps"),
        (-0.1, 0.1, "cannot tell promise from accuracy"),
    ],
)
def test_overconfidence_is_said_where_its_interval_lets_it(low: float, high: float, words: str) -> None:
    assert promises(Estimate((low + high) / 2, low, high, 0, 0)) == words


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.01, 0.1, "accuracy falls"),
        (-0.1, -0.01, "accuracy rises"),
        (-0.1, 0.1, "cannot tell whether accuracy falls"),
    ],
)
def test_a_fall_is_said_where_its_interval_lets_it(low: float, high: float, words: str) -> None:
    assert falls(Estimate((low + high) / 2, low, high, 0, 0)) == words


def test_tones() -> None:
    found = read(audits.found()).headline[0].policy
    none = read(audits.no_safe_policy()).headline[0].policy
    little = read(audits.too_little_data()).headline[0].policy
    assert [tone(one, claimed=True) for one in (found, none, little, None)] == [
        "found",
        "none",
        "open",
        "plain",
    ]
    assert [tone(one, claimed=False) for one in (found, none, little, None)] == [
        "open",
        "none",
        "open",
        "plain",
    ]


def test_counted() -> None:
    assert [counted(n, "image") for n in (1, 0, 12345)] == ["1 image", "0 images", "12,345 images"]
    assert counted(2, "box", "boxes") == "2 boxes"


@pytest.mark.parametrize(
    ("fact", "text", "title"),
    [
        ("images", "NOT told apart: equal log-probs to the last digit", "Images are not told apart"),
        ("images", "cannot tell: answers differ too", "Whether images are told apart is not known"),
        ("deterministic", "no: texts differ", "Not deterministic"),
        ("logprobs", "ignored by the server", "No log-probs"),
        ("reported_model", "m2", "It answers under another name"),
        ("reported_model", "m; m, m2", "More than one model answered"),
        ("reported_model", "m; m", None),
        ("follow_ups", "refused", "No follow-up turns"),
        (
            "draws",
            "cannot tell: 6 answers at temperature 2 were all alike",
            "Whether samples are drawn is not known",
        ),
        ("draws", "NOT seen to be: in all of 20 instances every sample is alike", "Samples never differ"),
        ("draws", "yes: samples differ in 3 of 20 instances", None),
        ("images", "told apart", None),
        ("deterministic", "yes", None),
        ("logprobs", "top 20", None),
        ("reported_model", "m", None),
        ("reported_model", "m@main", None),
        ("engine", "no", None),
    ],
)
def test_facts_that_are_warnings(fact: str, text: str, title: str | None) -> None:
    audit = audits.found()
    audit["models"][0]["facts"] = {"model": "m", fact: text}
    assert [one.title for one in warnings(read(audit))] == ([title] if title else [])


def test_guidelines_name_each_item_once() -> None:
    rows = guidelines.served(read(audits.found()))
    named = [(one.guideline, item) for one in rows for item in one.item.split(", ")]
    assert len(named) == len(set(named))
    assert {name for name, _ in named} == {"TRIPOD+AI", "STARD-AI", "CLAIM"}


@pytest.mark.parametrize(
    ("alpha", "delta", "text"),
    [
        (0.125, 0.05, "at most 12.5 % errors among the answered, with 95 % confidence"),
        (0.005, 1 - 0.9996, "at most 0.5 % errors among the answered, with 99.96 % confidence"),
        (0.2, 1 - 0.855, "at most 20 % errors among the answered, with 85.5 % confidence"),
    ],
)
def test_a_target_is_told_as_it_was_set(alpha: float, delta: float, text: str) -> None:
    policy = read(audits.found()).headline[0].policy
    assert policy is not None
    assert target(policy.model_copy(update={"alpha": alpha, "delta": delta})) == text


def test_questions_that_sets_leave_out_are_counted() -> None:
    audit = audits.found()
    sheet = conformal(read(audit))
    at = [column.key for column in sheet.columns].index("left_out")
    assert [row[at] for row in sheet.rows] == [one["left_out"] for one in audit["conformal"]]


def test_where_nothing_is_claimed_no_confidence_is_told_and_nothing_is_green() -> None:
    first, second = audits.found(), audits.found()
    second["protocol"] |= {"attempt": 2, "standing": "second look", "claimed": False, "because": "Changed."}
    told = {}
    for name, audit in (("first", read(first)), ("second", read(second))):
        pair = cards(audit, audit.headline[0])[:2]
        told[name] = " ".join(f"{card.verdict} {line.text}" for card in pair for line in card.lines)
        assert {card.tone for card in pair} == {"found" if name == "first" else "open"}
    assert "with 95 % confidence" in told["first"]
    assert "confidence claimed" not in told["first"]
    assert "with 95 % confidence" not in told["second"]
    assert "policy found, no confidence claimed (second look)" in told["second"]
    sure = [column.key for column in policies(read(second), error=True).columns].index("confidence")
    shown = [row[sure] for row in policies(read(second), error=True).rows]
    assert shown
    assert all(isinstance(one, Estimate) and one.reason == "not claimed: second look" for one in shown)
    [warning] = warnings(read(second))
    assert (warning.grave, warning.title) == (True, "No confidence is claimed for any policy")
    assert "Attempt 2: Changed." in warning.text


@pytest.mark.parametrize("standing", ["answers given before the lock", "answers before the lock"])
def test_answers_that_were_there_before_are_no_grave_warning(standing: str) -> None:
    audit = audits.found()
    audit["protocol"] |= {"standing": standing, "claimed": False}
    assert [warning.grave for warning in warnings(read(audit))] == [False]


def test_an_audit_that_was_completed_later_says_so() -> None:
    audit = audits.found()
    audit["protocol"]["completed"] = 1
    [warning] = warnings(read(audit))
    assert (warning.grave, "asked again after 1 audit of this attempt" in warning.text) == (False, True)
