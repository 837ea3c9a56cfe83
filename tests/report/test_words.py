"""Verdicts in words: what the tables say, and no more."""

from __future__ import annotations

import doctest
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from vqa_canary import numerals
from vqa_canary.evaluation.claims import decisive_size
from vqa_canary.numerals import p_text
from vqa_canary.report import method_names
from vqa_canary.report.numbers import prose, span
from vqa_canary.report.study.contents import Study, views
from vqa_canary.report.study.figures import shades
from vqa_canary.report.study.page import make_report
from vqa_canary.report.study.words.card import Card, card
from vqa_canary.report.study.words.finding import verdicts
from vqa_canary.report.study.words.first_screen import accuracy_sentence, findings, study_sentence


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
        (0.314, False, "0.31"),
        (-0.05, True, "\N{MINUS SIGN}0.05"),
        (1.0, False, "1.00"),
        (0.2, True, "+0.20"),
        (-0.001, True, "0.00"),
    ],
)
def test_numbers_in_prose(value: float, sign: bool, text: str) -> None:
    assert prose(value, sign=sign) == text


def test_intervals_and_p() -> None:
    assert span(0.271, 0.349) == "0.27 to 0.35"
    assert span(0.271, 0.272) == "0.27"
    assert [p_text(p) for p in (0.0004, 0.0314, 1.0, None, float("nan"))] == [
        "< 0.001",
        "0.031",
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
        "Saw NOTA, nota_replace (trained with it, as a check: the claim should fail), blind",
        "Saw NOTA, nota_replace (trained with it, as a check: the claim should fail), hardly moves",
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

    assert "Accuracy falls by 0.30 (0.25 to 0.35 over 2 models)" in said(with_drops(0.25, 0.35))
    assert "Accuracy changes by +0.05 (\N{MINUS SIGN}0.10 to +0.20 over 2 models)" in said(
        with_drops(0.10, -0.20)
    )


def test_the_reason_for_an_open_verdict_is_given(study: Study) -> None:
    def said(*reasons: str) -> str:
        [one, *_] = [one for one in study.claims if one["claim"] == "ue_tracks_accuracy"]
        claims = [{**one, "verdict": "inconclusive", "reason": reason, "details": {}} for reason in reasons]
        return findings(views(replace(study, claims=claims))[0])["ue_tracks_accuracy"][0].text

    assert "Inconclusive: too few." in said("too few", "too few")
    assert "Inconclusive: too few; neither." in said("too few", "neither")
    assert "Inconclusive: b, and other reasons." in said("a", "b", "b", "c")


def test_an_open_verdict_says_what_would_decide_it(study: Study) -> None:
    def said(*needed: int | None, side: str = "supported") -> str:
        one = next(
            one for one in study.claims if one["claim"] == "fragility_is_foreseeable" and one["primary"]
        )
        claims = [
            {**one, "verdict": "inconclusive", "primary": False, "method": method,
             "details": {"at_least": 2, "to_decide": {"what": "images", "now": 64, "needed": n, "side": side}}}
            for method, n in zip(study.methods, needed, strict=True)
        ]  # fmt: skip
        [view] = views(replace(study, claims=claims))
        told = card(view, "fragility_is_foreseeable")
        assert told is not None
        assert told.tone == "inconclusive"
        assert told.verdict.startswith("Open: ")
        assert "uncertain by each method beforehand" in told.verdict
        return told.decides

    assert said(300, 300) == (
        "64 images are too few to decide; about 300 would show it in four of five studies, if they are like these."
    )
    assert "about 300 to 1,200, by method, would rule it out" in said(1200, 300, side="not supported")
    assert said(None, None, side="").startswith(
        "Up to a hundred times as many images like these would not decide it"
    )
    assert "may do so either way" in said(None, None, side="either")


def test_the_card_of_a_claim_is_that_of_its_verdict(study: Study) -> None:
    said: dict[str, str] = {}
    for verdict in ("supported", "not supported", "inconclusive"):
        claims = [
            {**one, "verdict": verdict, "estimate": 0.61, "ci_low": 0.5, "ci_high": 0.7}
            for one in study.claims
        ]
        [view] = views(replace(study, claims=claims))
        for name in ("ue_tracks_accuracy", "nota_blindness", "fragility_is_foreseeable"):
            told = card(view, name)
            assert told is not None
            said[f"{name} {verdict}"] = told.verdict
            against_control = "a wrong option and the right one is still there: +0.61." in told.meaning
            assert against_control == (name == "nota_blindness")
            assert told.number == {"ue_tracks_accuracy": "0.61", "nota_blindness": "+0.61"}.get(
                name, "61.0 %"
            )
            assert told.interval.endswith(("0.50 to 0.70", "+0.50 to +0.70", "50.0 to 70.0 %"))
    assert len(set(said.values())) == 9
    assert [text.split(":")[0] for text in said.values()] == ["Yes"] * 3 + ["No"] * 3 + ["Open"] * 3


def test_the_card_of_claim_2_speaks_for_no_group_that_it_does_not_name(study: Study) -> None:
    def made(**verdicts: str) -> Card:
        one = next(
            one for one in study.claims if one["claim"] == "nota_blindness" and one["level"] == "headline"
        )
        sizes = {
            "inconclusive": {"what": "images", "now": 64, "needed": 300, "side": "supported"},
            "supported": None,
        }
        claims = [
            {**one, "group": group, "verdict": verdict, "method": "margin", "primary": True, "estimate": 0.1,
             "n_models": 4, "details": {"at_least": 3, "to_decide": sizes[verdict]}}
            for group, verdict in verdicts.items()
        ]  # fmt: skip
        told = card(views(replace(study, claims=claims))[0], "nota_blindness")
        assert told is not None
        return told

    alike, differing = (made(general="supported", clinical=other) for other in ("supported", "inconclusive"))
    assert (alike.tone, alike.verdict[:4], alike.decides) == ("supported", "Yes:", "")
    assert differing.tone == "mixed"
    assert differing.verdict == (
        "It depends on the group of models: models of the group “general”: supported, by margin; models of the group "
        "“clinical”: inconclusive, by margin."
    )
    assert differing.decides.startswith(
        "Models of the group “clinical”: 64 images are too few to decide; about 300"
    )
    for told in (alike, differing):
        assert told.meaning.startswith(
            "In at least 3 of 4 models of the group “general”, uncertainty by margin rises"
        )


def test_the_control_beside_claim_2_is_of_the_same_models_and_method(study: Study) -> None:
    one = next(one for one in study.claims if one["claim"] == "nota_blindness" and one["level"] == "headline")
    claims = [
        {**one, "condition": condition, "group": group, "method": method, "primary": method == "margin",
         "estimate": estimate, "details": {"at_least": 3}}
        for condition, group, method, estimate in (
            ("nota_replace", "old", "margin", 0.1), ("nota_replace", "old", "max_probability", 0.2),
            ("nota_control", "old", "margin", 0.3), ("nota_control", "old", "max_probability", 0.4),
            ("nota_control", "saw NOTA", "margin", 0.5),
        )
    ]  # fmt: skip
    told = card(views(replace(study, claims=claims))[0], "nota_blindness")
    assert told is not None
    assert told.meaning.endswith("the right one is still there: +0.30.")


@pytest.mark.parametrize(
    ("names", "short", "beside"),
    [
        (["p-a-1", "p-b-2"], ["a-1", "b-2"], ["a-1", "b-2"]),
        (["org/model", "org/motor"], ["model", "motor"], ["model", "motor"]),
        (["model", "motor"], ["model", "motor"], ["model", "motor"]),
        (["p-alone"], ["p-alone"], ["p-alone"]),
        (["p-", "p-b"], ["p-", "b"], ["p-", "b"]),
        (["a" * 26, "b" * 27], ["a" * 26, "b" * 27], ["a" * 26, "b" * 25 + "…"]),
    ],
)
def test_names_are_short_where_space_is(
    study: Study, names: list[str], short: list[str], beside: list[str]
) -> None:
    rows = study.metrics.drop_duplicates("model").head(len(names))
    named = replace(study, metrics=rows.assign(model=names))
    assert ([named.short[name] for name in names], [named.beside[name] for name in names]) == (short, beside)


def test_too_few_models_is_the_reason_that_is_told(study: Study) -> None:
    [view] = views(study)
    told = next(one for one in findings(view)["nota_blindness"] if one.verdict.startswith("inconclusive"))
    assert "Inconclusive: fewer than 3 models that can be asked (0)." in told.text
    assert "would not decide it" not in told.text


def test_what_passes_proves_little_only_where_it_passes(study: Study) -> None:
    def said(verdict: str) -> str:
        claims = [
            {**one, "verdict": verdict, "n_models": 2, "details": {**one["details"], "n_vacuous": 1}}
            if one["claim"] == "nota_blindness" and one["level"] == "headline" else one
            for one in study.claims
        ]  # fmt: skip
        return findings(views(replace(study, claims=claims))[0])["nota_blindness"][0].text

    assert "It proves little for 1 of 2 models" in said("supported")
    assert "It proves little" not in said("inconclusive") + said("not supported")


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


def with_condition(study: Study, name: str, n: int | None = None) -> Study:
    """The study with one more condition, whose numbers are those of `nota_control`, of which `n` items were asked."""
    shown, metrics = (
        table[table["condition"] == "nota_control"].assign(condition=name)
        for table in (study.instances, study.metrics)
    )
    metrics = metrics if n is None else metrics.assign(n=n)
    return replace(
        study,
        instances=pd.concat([study.instances, shown.assign(instance_id=f"{name} " + shown["instance_id"])]),
        metrics=pd.concat([study.metrics, metrics]),
    )


@pytest.mark.usefixtures("undrawn")
def test_accuracy_without_the_image_stands_beside_every_accuracy(study: Study) -> None:
    [view] = views(study)
    beside = "(without the image: not asked, for neither no_image nor text_only is among the conditions)"
    assert accuracy_sentence(view).endswith(f"{beside}.")
    [seen] = views(with_condition(study, "text_only"))
    [both] = views(with_condition(with_condition(study, "text_only"), "no_image"))
    values = [seen.get(model, "text_only", "accuracy", "", "all").value or 0 for model in study.models]
    span = f"{min(values):.2f} to {max(values):.2f}"
    assert accuracy_sentence(seen).endswith(f" (without the image, under text_only: {span}).")
    assert accuracy_sentence(both).endswith(f" (without the image, under no_image: {span}).")
    [part] = views(with_condition(study, "no_image", n=12))
    assert accuracy_sentence(part).endswith(
        f" (without the image, under no_image: {span}, on 12 of the questions)."
    )
    found = findings(both)
    told = [one.text for one in (found["ue_tracks_accuracy"][0], found["fragility_is_foreseeable"][0])]
    assert all("accuracy 0." in text and "(without the image, under no_image: 0." in text for text in told)
    page = make_report(with_condition(study, "no_image")).page
    assert f"(without the image, under no_image: {span})" in page.partition("<nav")[0]


def test_accuracy_that_is_undefined_without_the_image_says_why(study: Study) -> None:
    shown = with_condition(study, "no_image")
    gone = (shown.metrics["condition"] == "no_image") & (shown.metrics["metric"] == "accuracy")
    metrics = shown.metrics.assign(
        value=shown.metrics["value"].mask(gone),
        ci_low=shown.metrics["ci_low"].mask(gone),
        ci_high=shown.metrics["ci_high"].mask(gone),
        reason=shown.metrics["reason"].mask(gone, "not answered"),
    )
    [view] = views(replace(shown, metrics=metrics))
    assert accuracy_sentence(view).endswith("under no_image: undefined, not answered).")


@pytest.mark.usefixtures("undrawn")
def test_what_a_swap_does_has_a_section_of_its_own(study: Study) -> None:
    assert "With another image" not in make_report(study).page
    shown = with_condition(study, "image_swap_pair")
    rows = shown.metrics[
        (shown.metrics["condition"] == "image_swap_pair") & (shown.metrics["metric"] == "auroc")
    ]
    answers = shown.metrics[
        (shown.metrics["condition"] == "image_swap_pair") & (shown.metrics["metric"] == "accuracy")
    ]
    more = [rows.assign(metric="swap_sensitivity"), answers.assign(metric="swap_kept_share")]
    report = make_report(replace(shown, metrics=pd.concat([shown.metrics, *more])))
    assert "With another image" in report.page
    sensitivity, kept = (report.tables[f"{name}.csv"] for name in ("swap_sensitivity", "swap_answers"))
    assert len(sensitivity.splitlines()) == 1 + len(study.models) * len(study.methods)
    assert len(kept.splitlines()) == 1 + len(study.models)


def test_examples_of_how_numbers_are_written() -> None:
    told: list[str] = []
    runner = doctest.DocTestRunner()
    for module in (numerals, method_names, shades, decisive_size):
        for test in doctest.DocTestFinder().find(module):
            runner.run(test, out=told.append)
    assert told == []
    assert runner.tries >= 11
