"""Cards of the first screen: what stands behind a number stands beside it, and no sign is kinder than the intervals."""

from __future__ import annotations

from typing import Any

import pytest
from tests.report import audits

from vqa_canary.audit.record.document import Audit, read
from vqa_canary.estimate import Estimate, undefined
from vqa_canary.report.audit.card import Card
from vqa_canary.report.audit.choice_sheets import group_policies, models
from vqa_canary.report.audit.other_ways import changes
from vqa_canary.report.audit.words import cards, headline_tone


def cards_of(audit: dict[str, Any]) -> dict[str, Card]:
    record: Audit = read(audit)
    [headline] = record.headline
    return {one.title: one for one in cards(record, headline)}


def lines(card: Card) -> dict[str, tuple[str, str]]:
    return {one.term: (one.text, one.small) for one in card.lines}


def share(value: float, low: float, high: float) -> Estimate:
    return Estimate(value, low, high, 100, 50)


@pytest.mark.parametrize(
    ("shares", "tone", "verdict"),
    [
        ([share(0.1, 0.06, 0.2), share(0.01, 0.0, 0.02)], "none", "answers change"),
        ([share(0.01, 0.0, 0.02), share(0.03, 0.01, 0.05)], "plain", "at most 5 % of answers change in each way"),
        ([share(0.04, 0.01, 0.09)], "open", "cannot tell whether more than 5 % of answers change"),
        ([undefined("no items")], "open", "no other way was answered"),
        ([], "open", "no other way was answered"),
    ],
)  # fmt: skip
def test_changes_are_said_where_their_intervals_let_them(
    shares: list[Estimate], tone: str, verdict: str
) -> None:
    assert changes(shares)[:2] == (tone, verdict)


def test_each_way_of_asking_has_a_line_and_without_any_there_is_no_card() -> None:
    audit = audits.found()
    told = lines(cards_of(audit)["When asked in another way"])
    assert told["Options in another order"][0] == "13.0 %"
    assert told["In any of these ways"][0] == "23.0 %"
    audit["robustness"] = []
    assert "When asked in another way" not in cards_of(audit)


def test_the_worst_subgroup_stands_with_its_bound_and_those_that_are_too_small() -> None:
    text, small = lines(cards_of(audits.found())["Escalation policy"])["Worst subgroup"]
    assert text == "question type “abnormality”: 11.0 % errors"
    assert (
        "in none of 7 subgroups more than 22.0 %, with 95 % confidence for all at once; 1 subgroup too"
        in small
    )


@pytest.mark.parametrize(
    ("low", "high", "tone"), [(0.0, 0.08, "found"), (0.04, 0.2, "open"), (0.12, 0.3, "none")]
)
def test_a_policy_for_every_subgroup_is_green_only_where_each_confirms_it(
    low: float, high: float, tone: str
) -> None:
    audit = audits.held_for_groups()
    audit["group_policies"][0]["groups"][2]["error"] |= {"ci_low": low, "ci_high": high}
    card = cards_of(audit)["One policy for every modality"]
    assert (card.tone, card.verdict) == (tone, "policy found")
    assert lines(card)["Rule"][0] == "answer when max_probability ≤ 0.271828, else escalate"


def test_a_subgroup_that_breaks_the_target_takes_the_green_away() -> None:
    audit = audits.found()
    for holds, tone in (("holds", "found"), ("cannot tell", "found"), ("exceeds", "open")):
        audit["headline"][0]["worst_subgroup"]["holds"] = holds
        record = read(audit)
        assert cards_of(audit)["Escalation policy"].tone == headline_tone(record, record.headline[0]) == tone


def test_where_nothing_is_claimed_no_subgroup_card_is_green_or_says_a_confidence() -> None:
    audit = audits.held_for_groups()
    audit["group_policies"][0]["groups"] = audit["group_policies"][0]["groups"][:1]
    assert cards_of(audit)["One policy for every modality"].tone == "found"
    audit["protocol"] |= {"attempt": 2, "standing": "second look", "claimed": False, "because": "Changed."}
    audit["headline"][0]["worst_subgroup"]["bound"] = None
    shown = cards_of(audit)
    card = shown["One policy for every modality"]
    assert (card.tone, card.verdict) == ("open", "policy found, no confidence claimed (second look)")
    worst = lines(shown["Escalation policy"])["Worst subgroup"][1]
    assert "the worst of 7 subgroups, and no confidence is claimed; 1 subgroup too small to say" in worst
    for sheet in (
        group_policies(read(audit)),
        models(read(audits.several() | {"protocol": audit["protocol"]})),
    ):
        at = [column.key for column in sheet.columns].index("confidence")
        cells = [one[at] for one in sheet.rows]
        assert cells
        assert all(isinstance(one, Estimate) and one.reason == "not claimed: second look" for one in cells)


def test_of_a_model_that_guesses_no_collapse_and_no_fragility_is_shown() -> None:
    audit = audits.found()
    assert "Fragility policy" in cards_of(audit)
    audit["headline"][0]["collapse_rate"] = audits.null("accuracy is not shown to be above chance")
    shown = cards_of(audit)
    assert "Fragility policy" not in shown
    card = shown["When the answer is hidden"]
    assert (card.tone, card.verdict.split(":")[0]) == ("open", "nothing is shown to be lost")
    assert lines(card)["Right answers that collapse"] == ("-", "accuracy is not shown to be above chance")


def test_collapse_has_its_control_beside_it() -> None:
    told = lines(cards_of(audits.found())["When the answer is hidden"])
    assert told["Right answers that collapse"][0] == "66.4 %"
    assert told["When a wrong option is replaced, nota_control"][0] == "3.8 %"
    assert told["Collapse beyond it"][0] == "62.6 points"


def test_accuracy_is_a_range_as_well_where_many_answers_are_missing() -> None:
    audit = audits.found()
    term = "With the missing answers"
    assert term not in lines(cards_of(audit)["Accuracy and overconfidence"])
    audit["headline"][0]["missing"] |= {"many": True, "failed": 90}
    text, small = lines(cards_of(audit)["Accuracy and overconfidence"])[term]
    assert text == "60.0 % (all wrong) to 80.0 % (all right)"
    assert small == "95 %: 56.0 to 84.0 %; 90 of 451 questions have no answer"
