"""The audit's page says what `audit.json` says, escapes what it holds, and is never kinder than the numbers."""

from __future__ import annotations

import base64
import copy
import csv
import hashlib
import html
import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest
from tests.report import audits
from tests.report.audits import EVIL

from vqa_canary.errors import BadInput
from vqa_canary.report.audit.page import make_audit_report
from vqa_canary.report.rendering import Report
from vqa_canary.report.warning import PAIR, Warning, told

pytestmark = pytest.mark.usefixtures("unprinted")
VOID = {"meta", "br", "hr", "img", "input", "link", "wbr"}


class Outline(HTMLParser):
    """Tags, ids, links, and attributes that would fetch something or run."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.handlers: list[str] = []
        self.opened: list[str] = []
        self.feed(page)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.opened.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.opened.pop() == tag

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.opened.append(tag)
        for name, value in attrs:
            if name in {"src", "href", "xlink:href", "srcset", "action"}:
                (self.links if (value or "")[:1] == "#" else self.fetched).append(value or "")
            if name.startswith("on"):
                self.handlers.append(name)
            if name == "id":
                self.ids.append(value or "")


@cache
def made(name: str) -> Report:
    """The page of one variant, made once."""
    audit = audits.ALL[name]()
    return make_audit_report(audit, audits.texts(audit, evil=True) if name == "hostile" else None)


def text_of(page: str) -> str:
    """What a reader reads, on one line."""
    body = re.sub(r"(?s)<(script|style|svg)\b.*?</\1>", " ", page)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def rows_of(report: Report, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(report.tables[f"{name}.csv"])))


def first_screen(page: str) -> str:
    return page[page.index('<section id="answer"') : page.index('<section id="policy"')]


every = pytest.mark.parametrize("name", list(audits.ALL))


@every
def test_the_page_needs_nothing_from_elsewhere(name: str) -> None:
    page = made(name).page
    outline = Outline(page)
    assert outline.opened == []
    assert outline.fetched == []
    assert outline.handlers == []
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)
    assert len(outline.ids) == len(set(outline.ids))
    assert {link[1:] for link in outline.links if link.startswith("#") and len(link) > 1} <= set(outline.ids)


@every
def test_the_page_runs_only_its_own_script(name: str) -> None:
    page = made(name).page
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    [script] = re.findall(r"(?s)<script>(.*?)</script>", page)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy[1]


@pytest.mark.parametrize("name", ["hostile", "compared"])  # texts and a comparison: between them every part
def test_the_same_audit_makes_the_same_bytes(name: str) -> None:
    again = json.loads(json.dumps(audits.ALL[name]()))
    texts = audits.texts(again, evil=True) if name == "hostile" else None
    assert make_audit_report(again, texts) == made(name)


def test_hostile_texts_stay_texts() -> None:
    report = made("hostile")
    outline = Outline(report.page)
    assert "img" not in outline.tags
    assert outline.tags.count("script") == 1
    assert EVIL not in report.page
    assert "<!-- \\input" not in report.page
    assert report.page.count("&lt;/script&gt;") > 200
    assert "{{ 7*7 }}" in html.unescape(report.page)  # a text, not a template


def test_hostile_texts_stay_texts_in_figures_and_tables() -> None:
    report = made("hostile")
    for name, svg in report.figures.items():
        assert {one.tag.split("}")[1] for one in ET.fromstring(svg).iter()}.isdisjoint({"script", "img"}), (
            name
        )
    for name, table in report.tables.items():
        if name.endswith(".tex"):
            assert "\\input" not in table.replace("\\textbackslash{}input", ""), name
    assert rows_of(report, "answering")[0]["model"].endswith(EVIL)


@every
def test_figures_are_well_formed_and_take_the_colour_of_the_text(name: str) -> None:
    for file, svg in made(name).figures.items():
        assert ET.fromstring(svg).tag.endswith("svg"), file
        assert "#010203" not in svg
        assert "currentColor" in svg


@every
def test_the_answer_and_every_headline_is_on_the_first_screen(name: str) -> None:
    audit = audits.ALL[name]()
    first = text_of(first_screen(made(name).page))
    for one in audit["headline"]:
        assert " ".join(one["answer"].split()) in first
        assert one["recommended_because"].split(" <")[0] in first
        for policy in filter(None, (one["policy"], one["fragility_policy"])):
            assert " ".join(policy["verdict"].split()) in first
    assert made(name).page.count('<article class="answer') == len(audit["headline"])


def test_a_found_policy_says_rule_coverage_guarantee_and_check() -> None:
    first = text_of(first_screen(made("found").page))
    for text in (
        "answer when max_probability ≤ 0.314159, else escalate",
        "at most 10 % errors among the answered, with 95 % confidence",
        "at most 20 % collapses among the answered, with 95 % confidence",
        "answers 41.2 % 4.6 % errors; 225 questions, 101 images",
        "exact: for a random answered question of a random image; best of 8 methods",
        "holds: 5.9 % errors, answers 39.4 % 95 %: 2.8 to 9.0 %; 89 answered, 71 images",
        "accuracy falls",
        "Accuracy drop 44.7 points 95 %: 38.9 to 50.5 points; 288 questions, 160 images",
        "Right answers that collapse 66.4 %",
        "Overconfidence +9.4 points",
        "Promises more than it keeps",
    ):
        assert text in first, text


@pytest.mark.parametrize(
    ("holds", "tone"),
    [
        ("holds", "found"),
        ("cannot tell", "open"),
        ("not made", "open"),
        ("", "open"),
        ("exceeds", "none"),
    ],
)
@pytest.mark.usefixtures("undrawn")
def test_green_needs_a_policy_and_its_held_out_check(holds: str, tone: str) -> None:
    page = make_audit_report(audits.with_held_out(audits.found(), holds)).page
    assert re.findall(r'<article class="answer ([^"]*)"', page) == [tone]


@pytest.mark.parametrize("name", ["no_safe_policy", "too_little_data", "no_logprobs"])
def test_nothing_is_green_without_a_policy_that_holds(name: str) -> None:
    first = first_screen(made(name).page)
    assert 'class="answer found"' not in first
    assert 'class="verdict found"' not in first


def test_no_safe_policy_is_as_visible_as_one() -> None:
    first = first_screen(made("no_safe_policy").page)
    assert '<article class="answer none">' in first
    assert '<p class="verdict none"><span>no safe policy exists at this target</span></p>' in first
    assert "at coverage 10.0 % the error is 19.0 %, lower limit 12.0 %" in first
    assert "else escalate" not in first
    assert "no mark" in made("no_safe_policy").page  # the figure's caption


def test_too_little_data_says_what_it_would_take() -> None:
    page = made("too_little_data").page
    first = text_of(first_screen(page))
    assert "too little data: 29 images with an answer are needed even if all are right" in first
    assert "It would take 29 calibration images" in first
    assert "not asked No question was asked with its right option hidden." in first
    assert "Few images (23)." in text_of(page)
    assert "conformal" not in {name.split(".")[0] for name in made("too_little_data").tables}


def test_warnings_of_one_kind_are_one_line_and_the_gravest_come_first() -> None:
    audit = audits.several()
    for model in audit["models"]:
        model["facts"] |= {"logprobs": "ignored by the server", "deterministic": "no: texts differ"}
    page = make_audit_report(audit).page
    lines = [text_of(one) for one in re.findall(r'<th scope="row" class="(?:grave|mild)">(.*?)</th>', page)]
    assert lines == [
        "Not deterministic: radiology-vlm-7b, general-vlm-3b.",
        "No log-probs: radiology-vlm-7b, general-vlm-3b.",
    ]
    assert text_of(page).count("another run may find another policy") == 1


def test_what_differs_between_models_is_told_with_the_model() -> None:
    parts = [
        Warning(False, f"{name} x", f"clean: {n} of 60", kind="{model} x", about=name)
        for n, name in enumerate("ab")
    ]
    assert [text for text, _ in told(parts).lines[0].details] == ["a: clean: 0 of 60", "b: clean: 1 of 60"]
    alike = [one._replace(text="texts differ") for one in parts]
    assert [text for text, _ in told(alike).lines[0].details] == ["texts differ"]


def test_the_sentence_of_warnings_counts_what_they_are_about() -> None:
    found = [Warning(False, "Few images", text, about=text, what="data set") for text in ("d", "e")]
    found += [Warning(True, "Not deterministic", text, about=text) for text in "ab"]
    found += [
        Warning(True, "A policy fails", text, about=text, what=PAIR) for text in ("d, a", "d, b", "e, a")
    ]
    found.append(Warning(False, "No log-probs", "refused"))
    assert told(found).sentence == (
        "Read with care, 4 warnings (2 grave): Not deterministic: 2 models; A policy fails: 3 model-and-data-set "
        "pairs; Few images: 2 data sets; and 1 more."
    )


def test_warnings_come_before_every_number() -> None:
    page = made("no_logprobs").page
    assert page.index('id="warnings"') < page.index('id="answer"')
    before = text_of(page[: page.index('id="answer"')])
    for text in (
        "Images are not told apart.",
        "Not deterministic.",
        "No log-probs.",
        "It answers under another name.",
        "Several answers a call are not given.",
        "Instances failed (150 of 2,255).",
        "kedro run --env audit --params retry_failed=true",
        "The held-out images contradict a policy.",
    ):
        assert text in before, text
    assert page.index("Images are not told apart") < page.index("No log-probs.")  # the gravest first


def test_an_audit_without_trouble_has_no_warnings() -> None:
    assert 'id="warnings"' not in made("found").page


def test_a_model_whose_every_answer_failed_has_no_accuracy() -> None:
    page = text_of(made("all_failed").page)
    assert "Accuracy - not measured: all 41 answers failed" in page
    assert "0.0 % to" not in page
    assert "Instances failed (41 of 41)." in page
    assert "retry_failed" not in text_of(made("all_failed").page.split('id="repeat"')[0])
    assert "The file of answers has no row for them: add the rows, and run again." in page
    assert {row["accuracy_reason"] for row in rows_of(made("all_failed"), "subgroups")} == {
        "not measured: all 41 answers failed"
    }


def test_a_curve_of_one_point_is_a_mark_and_none_is_a_sentence() -> None:
    [svg] = [
        str(svg) for name, svg in made("all_failed").figures.items() if name == "risk_coverage_error.svg"
    ]
    [mark] = re.findall(r'<g class="series" data-series="calibration">.*?</g>', svg)
    assert "<use" in mark
    assert "risk_coverage_fragility.svg" not in made("all_failed").figures
    section = made("all_failed").page.split('<section id="fragility-policy">')[1].split("</section>")[0]
    assert "No curve of risk against coverage is drawn" in section
    assert "<figure>" not in section


def test_refused_records_are_told_on_the_first_screen() -> None:
    page = made("all_failed").page
    first = page[: page.index('id="answer"')]
    assert "Of 44 records, 3 were refused: the answer is empty." in text_of(first)
    assert 'href="#table-refused"' in first
    audit = audits.found()
    audit["questions"]["refused"] = []
    assert 'href="#table-refused"' not in make_audit_report(audit).page


def test_what_is_null_says_why() -> None:
    report = made("no_logprobs")
    rows = {row["method"]: row for row in rows_of(report, "methods")}
    assert (rows["margin"]["auroc"], rows["margin"]["auroc_reason"]) == ("", audits.NO_LOGPROBS)
    assert rows["semantic_entropy"]["auroc"] == "0.656"
    section = report.page[report.page.index('id="methods"') : report.page.index('id="fragile"')]
    assert section.count(f"<small>{audits.NO_LOGPROBS}</small>") == 2 * len(audits.NEEDS_LOGPROBS)
    assert "429 Too Many Requests" in report.tables["failures.csv"]
    assert audits.NO_LOGPROBS in report.tables["gaps.csv"]


def number(row: dict[str, str], key: str) -> tuple[str, ...]:
    return tuple(row.get(key + end, "") for end in ("", "_low", "_high"))


def ends(estimate: dict[str, Any]) -> tuple[str, ...]:
    return tuple(
        "" if estimate[key] is None else str(estimate[key]) for key in ("value", "ci_low", "ci_high")
    )


@every
def test_every_row_of_the_audit_is_in_a_table(name: str) -> None:
    audit, report = audits.ALL[name](), made(name)
    error = [one for one in audit["policies"] if one["event"] == "error"]
    other = [one for one in audit["policies"] if one["event"] != "error"]
    for file, rows in (("policies_error", error), ("policies_fragility", other)):
        listed = rows_of(report, file)
        assert len(listed) == len(rows)
        first = [
            one["policy" if file == "policies_error" else "fragility_policy"] for one in audit["headline"]
        ]
        rows = sorted(rows, key=lambda row: row not in first)  # those of the first screen come first
        for cells, row in zip(listed, rows, strict=True):
            assert (cells["method"], cells["guarantee"], cells["scope"], cells["verdict"]) == (
                row["method"], row["guarantee"], row["scope"], row["verdict"],
            )  # fmt: skip
            assert cells["threshold"] == ("" if row["threshold"] is None else str(row["threshold"]))
            assert cells["calibration_images"] == str(row["calibration"]["images"])
            assert number(cells, "risk") == ends(row["held_out"]["risk"])
            assert number(cells, "coverage") == ends(row["held_out"]["coverage"])
    for cells, row in zip(rows_of(report, "methods"), audit["methods"], strict=True):
        assert number(cells, "auroc") == ends(row["auroc"])
        assert number(cells, "fragility_auroc") == ends(row["fragility_auroc"])
        assert (cells["calls"], cells["standing"]) == (str(row["calls"]), row["standing"])
    for cells, row in zip(rows_of(report, "subgroups"), audit["subgroups"], strict=True):
        is_range = name == "unread" and row["value"] == "CT"  # see test_readability
        assert number(cells, "accuracy") == (("", "", "") if is_range else ends(row["accuracy"]))
        assert number(cells, "policy_error") == ends(row["policy_error"])
        assert cells["warning"] == (row["warning"] or "")
    fragile = [
        row
        for file in ("fragile", "fragile_rest")
        if f"{file}.csv" in report.tables
        for row in rows_of(report, file)
    ]
    assert sorted(row["item_id"] for row in fragile) == sorted(one["item_id"] for one in audit["fragility"])
    assert len(rows_of(report, "curves")) == sum(len(one["coverage"]) for one in audit["curves"])
    assert len(rows_of(report, "guidelines")) == len(audit["guidelines"])


def test_conformal_sets_name_their_population() -> None:
    report = made("found")
    assert [row["score"] for row in rows_of(report, "conformal")] == ["LAC", "APS"]
    page = text_of(report.page)
    assert "The level holds on average over calibrations" in page
    assert "a random question of a random image" in page


def test_guarantees_are_explained_with_what_they_do_not_say() -> None:
    page = text_of(made("found").page)
    for text in (
        "random answered question of a random image",
        "Approximate: checked by simulation, not proven",
        "Over calibrations",
        "Nothing about another hospital",
    ):
        assert text in page, text


def test_the_figure_marks_the_threshold_on_both_splits() -> None:
    marks = re.findall(r"<title>([^<]*)</title>", str(made("found").figures["risk_coverage_error.svg"]))
    assert "target: at most 10 %" in marks
    assert "max_probability ≤ 0.314159, calibration: answers 41.2 %, 4.6 %" in marks
    assert (
        marks.count("max_probability ≤ 0.314159, held out: answers 39.4 %, 5.9 % (95 %: 2.8 to 9.0 %)") == 2
    )
    bare = re.findall(
        r"<title>([^<]*)</title>", str(made("no_safe_policy").figures["risk_coverage_error.svg"])
    )
    assert not [mark for mark in bare if "≤" in mark]
    assert "max_probability, held out" in bare


def test_every_estimate_of_the_forests_is_drawn() -> None:
    audit, figures = audits.several(), made("several").figures
    for one in audit["methods"]:
        text = f"{one['model']}, {one['method']}: AUROC, {one['dataset']} {one['auroc']['value']:.3f}"
        assert text in figures["methods.svg"], text
    known = [one for one in audit["subgroups"] if one["policy_error"]["value"] is not None]
    assert str(figures["subgroups.svg"]).count("errors under the policy by") >= 2 * len(known)


@pytest.mark.usefixtures("undrawn")
def test_questions_are_shown_only_where_they_may_be() -> None:
    audit = audits.found()
    silent, telling = make_audit_report(audit), make_audit_report(audit, audits.texts(audit))
    assert "Is there a lesion" not in silent.page
    assert "Is there a lesion" not in "".join(silent.tables.values())
    assert "only their ids" in silent.page
    assert telling.page.count("Is there a lesion in") == len(audit["fragility"])
    first = rows_of(telling, "fragile")[0]
    assert (first["question"], first["options"], first["answer"]) == (
        "Is there a lesion in vqa_rad-0000?", "yes · no · cannot be seen", "yes",
    )  # fmt: skip
    assert (first["outcome_nota_replace"], first["outcome_nota_last"]) == ("collapsed", "collapsed")


def test_the_top_of_the_fragility_list_is_shown_and_the_rest_folded() -> None:
    page = made("found").page
    top, rest = page.index('id="table-fragile"'), page.index('id="table-fragile_rest"')
    assert page.index("<details>", top) < rest
    assert len(rows_of(made("found"), "fragile")) == 15
    assert [row["rank"] for row in rows_of(made("found"), "fragile_rest")] == [str(k) for k in range(16, 25)]


def test_a_comparison_says_how_far_and_lists_what_changed_sides() -> None:
    audit, report = audits.compared()["comparison"], made("compared")
    page = text_of(report.page)
    assert (
        "Against the audit “audit-spring” (radiology-vlm-7b against radiology-vlm-7b-old). 2,200 prompts put "
        "alike can be compared; changed: 311, new: 11, gone: 4. Of 11 differences: worse in 3, better in 3, "
        "cannot tell in 2, identical in 2." in page
    )
    rows = rows_of(report, "comparison")
    assert len(rows) == len(audit["differences"])
    assert [row["verdict"] for row in rows] == sorted(
        (row["verdict"] for row in rows),
        key=["worse", "better", "cannot tell", "identical", "not compared"].index,
    )
    assert rows[-1]["difference_reason"] == "one class only"
    assert [(row["item"], row["change"]) for row in rows_of(report, "changed_items")] == [
        ("vqa_rad/vqa_rad-0007", "right before, wrong now"),
        ("vqa_rad/vqa_rad-0011", "right before, wrong now"),
        ("vqa_rad/vqa_rad-0013, nota_replace", "held before, collapses now"),
        ("vqa_rad/vqa_rad-0003", "wrong before, right now"),
    ]
    drawn = report.figures["comparison.svg"]
    for verdict in ("worse", "better", "cannot tell", "identical"):
        assert f'data-series="{verdict}"' in drawn


def test_without_a_baseline_there_is_no_comparison() -> None:
    assert 'id="comparison"' not in made("found").page
    assert not [name for name in (*made("found").tables, *made("found").figures) if "compar" in name]


def test_the_page_says_how_to_repeat_it() -> None:
    page = text_of(made("found").page[made("found").page.index('id="repeat"') :])
    for text in (
        "kedro run --env audit",
        "kedro run --env audit --params retry_failed=true",
        "seed 7",
        "vqa-canary 0.1.0",
        "items 0123456789abcdef",
        "evidence, radiology-vlm-7b 0fedcba987654321",
        "data/01_raw/audit/questions.csv",
    ):
        assert text in page, text


def test_what_is_not_covered_is_said() -> None:
    audit, page = audits.found(), text_of(made("found").page)
    for text in audit["not_covered"]:
        assert text in page


Change = Callable[[dict[str, Any]], Any]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda audit: audit.pop("headline"), "headline: Field required"),
        (lambda audit: audit["policies"][3]["held_out"].pop("risk"), r"policies\[3\].held_out.risk: Field required"),
        (lambda audit: audit["methods"][0]["auroc"].update(value=float("nan")), r"methods\[0\].auroc"),
        (lambda audit: audit["curves"][1]["risk"].pop(), r"curves\[1\]: .*60 values of coverage|curves\[1\]"),
        (lambda audit: audit["subgroups"][0]["accuracy"].pop("n"), r"subgroups\[0\].accuracy: n: Field required"),
        (lambda audit: audit["headline"][0]["accuracy"].pop("reason"), r"headline\[0\].accuracy: reason: Field"),
        (lambda audit: audit["subgroups"][1]["accuracy"].pop("warning"), r"subgroups\[1\].accuracy: warning: Field"),
        (lambda audit: audit.pop("runtime_params"), "runtime_params: Field required"),
    ],
)  # fmt: skip
def test_a_key_that_is_needed_and_missing_is_named(change: Change, message: str) -> None:
    audit = copy.deepcopy(audits.found())
    change(audit)
    with pytest.raises(BadInput, match=f"audit.json: {message}"):
        make_audit_report(audit)


@pytest.mark.parametrize("version", ["1", "2", 3, None])
def test_another_version_is_refused_by_its_name_before_anything_else(version: str | int | None) -> None:
    told = "no version" if version is None else f"version {version!r}"
    with pytest.raises(BadInput) as raised:
        make_audit_report({"version": version, "headline": "nothing that could be read"})
    assert str(raised.value) == (
        f"audit.json: {told}, and this version of the package reads '3'. Make the audit again with it: what was "
        "answered is not asked again."
    )


def test_a_key_that_is_not_known_is_left_alone() -> None:
    audit = audits.found()
    audit["policies"][0]["colour"] = audit["novelty"] = {"x": [1]}
    assert make_audit_report(audit) == made("found")


@pytest.mark.usefixtures("undrawn")
def test_the_audit_is_not_changed() -> None:
    audit = audits.compared()
    before = copy.deepcopy(audit)
    make_audit_report(audit)
    assert audit == before
