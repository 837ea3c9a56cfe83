"""Counting what was refused tells nothing of what a record says, and leaves no number open."""

from __future__ import annotations

from vqa_canary.engines.prompts import cut_answer
from vqa_canary.frames import frame
from vqa_canary.like_reasons import alike
from vqa_canary.rows import Refusal
from vqa_canary.sources.refusals import commonest, count_refusals


def test_like_reasons_are_counted_together_without_their_quotations() -> None:
    rows = [
        Refusal("sources", "d/1", "image 'a b.png': there is no such file"),
        Refusal("sources", "d/2", "image 'it\\'s.png': there is no such file"),
        Refusal("conditions", "e/3 nota", "nota_replace: 2 options"),
    ]
    assert count_refusals(frame(rows, "quarantine")) == [
        {"dataset": "d", "stage": "sources", "reason": "image …: there is no such file", "n": 2},
        {"dataset": "e", "stage": "conditions", "reason": "nota_replace: 2 options", "n": 1},
    ]


def test_numbers_stay_where_all_of_a_kind_agree_and_are_a_span_where_they_do_not() -> None:
    reasons = [
        f"image '{name}': its largest value is {most} of 65,535" for name, most in (("a", 255), ("b", 31))
    ]
    rows = [Refusal("sources", f"d/{at}", reason) for at, reason in enumerate(reasons)]
    [row] = count_refusals(frame(rows, "quarantine"))
    assert (row["reason"], row["n"]) == ("image …: its largest value is 31 to 255 of 65,535", 2)
    assert commonest(reasons) == f"2 x {row['reason']}"
    assert set(alike(["0.5 or 1,200", "12.25 or 1,200"]).values()) == {"0.5 to 12.25 or 1,200"}


def test_nothing_refused_is_an_empty_list() -> None:
    assert count_refusals(frame([], "quarantine")) == []


def test_the_remedy_is_told() -> None:
    reason = (
        "answer: '2' names none of the options 'a', 'b'; say `answer_is: index` and `index_from: 0` or `1`"
    )
    assert alike([reason]) == {
        reason: "answer: … names none of the options …, …; say `answer_is: index` and `index_from: 0` or …"
    }


def test_a_reason_is_short_and_plain() -> None:
    reason = 'the answer "Dr. O\'Hara" has 12 words, `x`'
    assert alike([reason]) == {reason: "the answer … has 12 words, …"}
    assert list(map(len, alike(["x" * 500]).values())) == [300]


def test_a_failure_names_the_setting_that_mends_it() -> None:
    reason = cut_answer("reasoned", None, 512) or ""
    assert commonest([reason]) == f"1 x {reason}"
