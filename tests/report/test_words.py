"""Verdicts in words: what the tables say, and no more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from vqa_canary.report.numbers import p_text, prose, span
from vqa_canary.report.study.contents import Study, views
from vqa_canary.report.study.words.finding import verdicts
from vqa_canary.report.study.words.first_screen import findings, study_sentence


def given(*names: str | None) -> list[dict[str, Any]]:
    return [{"verdict": name} for name in names]


@pytest.mark.parametrize(
    ("claims", "tone", "text"),
    [
        (given("supported", "supported"), "supported", "supported for all 2 methods"),
        (given("not supported"), "not-supported", "not supported for the method"),
        (given("supported", "inconclusive", "supported"), "mixed", "supported for 2 of 3 methods, inconclusive for 1"),
        (given("not supported", "supported (falls)"), "mixed",
         "supported (falls) for 1 of 2 methods, not supported for 1"),
        (given(None, None), "none", "not asked for all 2 methods"),
        ([], "none", "not asked"),
    ],
)  # fmt: skip
def test_verdicts_are_counted_not_merged(claims: list[dict[str, Any]], tone: str, text: str) -> None:
    assert verdicts(claims) == (tone, text)


@pytest.mark.parametrize(
    ("value", "sign", "text"),
    [
        (0.314, False, ".31"),
        (-0.05, True, "\N{MINUS SIGN}.05"),
        (1.0, False, "1.00"),
        (0.2, True, "+.20"),
        (-0.001, True, ".00"),
    ],
)
def test_numbers_in_prose(value: float, sign: bool, text: str) -> None:
    assert prose(value, sign=sign) == text


def test_intervals_and_p() -> None:
    assert span(0.271, 0.349) == ".27 to .35"
    assert span(0.271, 0.272) == ".27"
    assert [p_text(p) for p in (0.0004, 0.0314, 1.0, None, float("nan"))] == [
        "< .001",
        ".031",
        "1.000",
        "-",
        "-",
    ]


def test_the_study_in_a_sentence(study: Study) -> None:
    sentence = study_sentence(views(study)[0])
    assert sentence.startswith(
        "4 models answered 60 questions about 20 images of d, shown in 4 ways; 2 methods"
    )


def test_groups_and_control_are_told_apart(study: Study) -> None:
    about = [one.about for one in findings(views(study)[0])["nota_blindness"]]
    assert about == [
        "Never saw NOTA, nota_replace, blind",
        "Never saw NOTA, nota_replace, hardly moves",
        "Saw NOTA, nota_replace (negative control), blind",
        "Saw NOTA, nota_replace (negative control), hardly moves",
        "nota_control (the answer stays, and accuracy should)",
        "answer_removed",
    ]


def test_words_follow_the_tables(study: Study) -> None:
    def with_drops(*drops: float) -> Study:
        metrics = study.metrics.copy()
        rows = (metrics["metric"] == "accuracy_drop") & (metrics["condition"] == "nota_replace")
        for model, drop in zip(("m-600", "m-1100"), drops, strict=True):
            metrics.loc[rows & (metrics["model"] == model), "value"] = drop
        return replace(study, metrics=metrics)

    def said(changed: Study) -> str:
        return findings(views(changed)[0])["nota_blindness"][0].text

    assert "Accuracy falls by .30 (.25 to .35 over 2 models)" in said(with_drops(0.25, 0.35))
    assert "Accuracy changes by +.05 (\N{MINUS SIGN}.10 to +.20 over 2 models)" in said(
        with_drops(0.10, -0.20)
    )


def test_the_reason_for_an_open_verdict_is_given(study: Study) -> None:
    def said(*reasons: str) -> str:
        [one, *_] = [one for one in study.claims if one["claim"] == "ue_tracks_accuracy"]
        claims = [{**one, "verdict": "inconclusive", "reason": reason} for reason in reasons]
        return findings(views(replace(study, claims=claims))[0])["ue_tracks_accuracy"][0].text

    assert "Inconclusive: too few." in said("too few", "too few")
    assert "Inconclusive: too few; neither." in said("too few", "neither")
    assert "Inconclusive: b, and other reasons." in said("a", "b", "b", "c")


def test_the_undefined_is_said_so(study: Study) -> None:
    nothing = [
        {**one, "estimate": None, "ci_low": None, "ci_high": None, "verdict": "inconclusive", "details": {}}
        for one in study.claims
        if one["level"] == "headline"
    ]
    no_drop = study.metrics.assign(value=np.nan)
    found = findings(views(replace(study, claims=nothing, metrics=no_drop))[0])
    assert "is undefined" in found["ue_tracks_accuracy"][0].text
    assert "is undefined" in found["fragility_is_foreseeable"][0].text
    assert found["nota_blindness"][0].text.startswith("No accuracy is defined here")
