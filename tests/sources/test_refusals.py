"""Counting what was refused tells nothing of what a record says."""

from __future__ import annotations

from vqa_canary.sources.refusals import count_refusals, mask_reason
from vqa_canary.tables import Refusal, frame


def test_like_reasons_are_counted_together_without_their_quotations() -> None:
    rows = [
        Refusal("sources", "d/1", "image 'a b.png': there is no such file"),
        Refusal("sources", "d/2", "image 'it\\'s.png': there is no such file"),
        Refusal("conditions", "e/3 nota", "nota_replace: 2 options"),
    ]
    assert count_refusals(frame(rows, "quarantine")) == [
        {"dataset": "d", "stage": "sources", "reason": "image …: there is no such file", "n": 2},
        {"dataset": "e", "stage": "conditions", "reason": "nota_replace: N options", "n": 1},
    ]


def test_nothing_refused_is_an_empty_list() -> None:
    assert count_refusals(frame([], "quarantine")) == []


def test_the_remedy_is_told() -> None:
    reason = (
        "answer: '2' names none of the options 'a', 'b'; say `answer_is: index` and `index_from: 0` or `1`"
    )
    assert mask_reason(reason) == (
        "answer: … names none of the options …, …; say `answer_is: index` and `index_from: N` or …"
    )


def test_a_reason_is_short_and_plain() -> None:
    assert mask_reason('the answer "Dr. O\'Hara" has 12 words, `x`') == "the answer … has N words, …"
    assert len(mask_reason("x" * 500)) == 300
