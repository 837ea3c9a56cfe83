"""The committee's page: what it says is in the record, its verdict is never kinder than the audit, and it is whole."""

from __future__ import annotations

import copy
import html
import re
from typing import Any

import pytest
from tests.report import audits
from tests.report.test_audit_page import Outline, text_of

from vqa_canary.audit.policy_words import handed_over, one_in
from vqa_canary.errors import BadInput
from vqa_canary.numerals import percent, significant, stated
from vqa_canary.report.audit.committee import MOST_MODELS, make_committee_page

NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
every = pytest.mark.parametrize("name", list(audits.ALL))


def second_look() -> dict[str, Any]:
    """An audit whose target was changed after the answers were there."""
    audit = copy.deepcopy(audits.found())
    audit["protocol"] |= {
        "attempt": 2, "standing": "second look", "claimed": False, "because": "The target was changed.",
        "earlier": [
            {"attempt": 1, "locked_at": "2026-11-29 10:00:00 UTC", "hash": 16 * "abcd", "changed": ["target: 0.05"]}
        ],
    }  # fmt: skip
    audit["headline"][0]["policy"]["promise"] = "No confidence can be claimed for it."
    return audit


def many() -> dict[str, Any]:
    """Eight of a model and a data set, of which the second is recommended."""
    audit = audits.found(("slake", "vqa_rad"), ("a-vlm", "b-vlm", "c-vlm", "d-vlm"))
    for choice in audit["model_choices"]:
        choice["recommended"] = "d-vlm"
    return audit


def long_names() -> dict[str, Any]:
    """Long names, and many subgroups of many columns."""
    audit = audits.found(
        ("questions_of_the_department_of_neuroradiology",), ("organisation/" + "vlm-72b-" * 8,)
    )
    row = audit["subgroups"][0]
    for column, n in (("site", 20), ("scanner", 9), ("body_region", 9), ("age_group", 9)):
        audit["subgroups"] += [
            row | {"column": column, "value": f"a rather long name of a value, {k}"} for k in range(n)
        ]
    audit["settings"]["datasets"] = "columns: attributes: site; file: questions.csv; " * 9
    return audit


PRINTED = {
    "found": audits.found,
    "second_look": second_look,
    "long_names": long_names,
    "no_logprobs": audits.no_logprobs,
}
PRINTED |= {"no_safe_policy": audits.no_safe_policy, "no_logprobs": audits.no_logprobs}
PRINTED |= {"several": audits.several, "many": many}


def numbers_of(value: Any) -> set[str]:
    """All numbers of a record, in every way in which a page may write them."""
    if isinstance(value, dict):
        return set().union(*(numbers_of(one) | numbers_of(key) for key, one in value.items()))
    if isinstance(value, list):
        return set().union(*map(numbers_of, value), [f"{len(value):,}"])
    if isinstance(value, str):
        return set(NUMBER.findall(value))
    if isinstance(value, bool) or value is None:
        return set()
    told = [f"{value:,}", percent(value), significant(value), stated(value), stated(1 - value)]
    told += [handed_over(value), one_in(value)] * (0 <= value <= 1)
    return set(NUMBER.findall(" ".join(told)))


@every
def test_the_page_is_whole_and_runs_and_fetches_nothing(name: str) -> None:
    page = make_committee_page(audits.ALL[name]())
    outline = Outline(page)
    assert outline.opened == []
    assert outline.fetched == ["audit.html"]  # a link to the report behind it
    assert outline.handlers == []
    assert not {"script", "img"} & set(outline.tags)
    assert "script-src" not in page
    assert len(outline.ids) == len(set(outline.ids))
    assert audits.EVIL not in page


@pytest.mark.parametrize("name", list(PRINTED))
def test_every_number_is_one_of_the_record(name: str) -> None:
    audit = PRINTED[name]()
    body = make_committee_page(audit).split("<body>")[1]
    told = set(NUMBER.findall(text_of(body)))
    assert told - numbers_of(audit) - {"95"} == set()  # 95 %: the level of every interval
    assert "68.2" in told
    assert "1234.5" not in numbers_of(audit)


@pytest.mark.parametrize(
    ("holds", "worst", "sign", "verdict"),
    [
        ("holds", "cannot tell", "found", "and the held-out images confirm it"),
        ("cannot tell", "cannot tell", "open", "but the held-out images are too few to confirm it"),
        ("exceeds", "cannot tell", "none", "and the held-out images contradict it"),
        ("holds", "exceeds", "open", "but it does not hold in every subgroup"),
    ],
)
def test_the_verdict_is_no_kinder_than_the_audit(holds: str, worst: str, sign: str, verdict: str) -> None:
    audit = audits.with_held_out(audits.found(), holds)
    audit["headline"][0]["worst_subgroup"]["holds"] = worst
    page = make_committee_page(audit)
    assert f'<article class="answer {sign}">' in page
    assert f"A rule was found, {verdict}" in page
    mark = {"found": "✓", "none": "✗", "open": "?"}[sign]
    assert f'<span class="sign" aria-hidden="true">{mark}</span>' in page  # readable without colour


def test_a_second_look_says_so_and_claims_nothing() -> None:
    page = text_of(make_committee_page(second_look()).split("<body>")[1])
    for said in (
        "A rule was found, but no confidence is claimed for it (second look)",
        "Before you rely on any number: No confidence is claimed for any policy.",
        "2, second look, locked 2026-11-30 01:02:03 UTC",
        4 * audits.FINGERPRINT,
        "Attempt 1 2026-11-29 10:00:00 UTC",
    ):
        assert said in page
    assert "95 % confidence." not in page.replace("with 95 % confidence for all at once", "")


def test_where_there_is_no_rule_nobody_can_sign_for_one() -> None:
    with_rule, without = (
        text_of(make_committee_page(make())) for make in (audits.found, audits.no_safe_policy)
    )
    assert "Use, with the rule above" in with_rule
    assert "Use, with" not in without
    assert "Do not use" in without
    assert "No safe policy exists at this target" in without
    assert "a person has to answer all of them" in without
    for page in (with_rule, without):
        for said in ("Name", "Role", "Date", "Signature", "Not promised", "audit.html"):
            assert said in page


def test_controls_and_limits_stand_beside_the_promise() -> None:
    page = text_of(make_committee_page(audits.found()))
    for said in (
        "Of 100 questions it answers 39 and hands 61 to a person; of the answers it gives, about 1 in 16 was wrong",
        "Accuracy without the image 39.1 %", "Right answers that collapse 66.4 %", "A wrong option is replaced 3.8 %",
        "Missing answers none: every question has one", "question type “abnormality”: 11.0 % errors",
        "451 questions about 203 images", "3 records were refused: the answer is empty.", "By modality",
    ):  # fmt: skip
        assert said in page, said
    assert "answered 421 of 451 questions; the missing ones are all yes/no" in text_of(
        make_committee_page(audits.no_logprobs())
    )


def test_of_many_models_the_recommended_stand_first_and_the_others_are_named() -> None:
    page = make_committee_page(many())
    names = re.findall(r'<h2><span class="sign"[^/]*/span> ([^:]*):', page)
    assert names[:2] == ["slake, d-vlm", "vqa_rad, d-vlm"]
    assert len(names) == MOST_MODELS
    assert (
        "2 more models or data sets in the technical report: vqa_rad, b-vlm; vqa_rad, c-vlm."
        in html.unescape(page)
    )


def test_another_version_is_refused() -> None:
    with pytest.raises(BadInput, match="no version"):
        make_committee_page({})
