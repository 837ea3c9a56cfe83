"""The page says what the tables say, escapes what they hold, and needs nothing from elsewhere."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from io import StringIO

import numpy as np
import pandas as pd
import pytest

from vqa_canary.nota import headline, offering
from vqa_canary.report.rendering import Report
from vqa_canary.report.study.contents import Study, views
from vqa_canary.report.study.figures.overview import overview
from vqa_canary.report.study.page import make_report

EVIL = """</script><img src=x onerror="alert(1)">&'<!--"""


class Outline(HTMLParser):
    """Tags, ids, and attributes that would fetch something."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.fetched: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in {"src", "href", "xlink:href"} and (value or "")[:1] != "#":
                self.fetched.append(value or "")
            if name == "id":
                self.ids.append(value or "")


def test_the_page_needs_nothing_from_elsewhere(report: Report) -> None:
    outline = Outline(report.page)
    assert outline.fetched == []
    assert "@import" not in report.page
    assert not re.search(r"url\((?!#)", report.page)
    assert len(outline.ids) == len(set(outline.ids))


def test_methods_are_not_to_be_compared_where_length_tells_the_right_answer(report: Report) -> None:
    section = report.page.partition('id="leaderboard"')[2].partition("</section>")[0]
    assert "AUROC, nota_" in section
    assert "no methods are to be compared by the AUROC of that condition" in section


def test_texts_of_the_data_stay_texts(report: Report) -> None:
    outline = Outline(report.page)
    assert "img" not in outline.tags
    assert outline.tags.count("script") == 2  # the explorer's data, and the page's own script
    assert EVIL not in report.page
    assert "&lt;/script&gt;" in report.page
    assert "\\u003c/script>" in report.page


def test_the_page_runs_only_its_own_script(report: Report) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', report.page)
    assert policy is not None
    assert "default-src 'none'" in policy[1]
    assert re.search(r"script-src 'sha256-[\w+/]+=*'", policy[1])


def test_every_claim_is_on_the_first_screen(report: Report) -> None:
    first = report.page[: report.page.index('id="overview"')]
    assert first.count('class="card"') == 3
    assert first.count("<figure>") == 3
    for text in (
        "“None of the above” (NOTA)",
        "Never saw NOTA",
        "(trained with it, as a check: the claim should fail)",
        "nota_control",
        "answer_removed:",
    ):
        assert text in first
    assert not re.search(
        r"\bSD\b|vacuous|negative control|adjusted p",
        re.sub(r"<svg.*?</svg>|<figcaption>.*?</figcaption>", "", first, flags=re.DOTALL),
    )


def test_the_overview_comes_first_with_every_model_and_method(report: Report, study: Study) -> None:
    page = report.page
    assert page.index('id="claims"') < page.index('id="overview"') < page.index('id="tracking"')
    section = page[page.index('<section id="overview">') :].split("</section>")[0]
    marks = re.findall(r'<g class="series" data-series="([^"]*)"><title>([^<]*)</title>', section)
    cells = [title for _, title in marks if ", margin: " in title or ", max_probability: " in title]
    assert len(cells) == 3 * len(study.models) * len(study.methods)
    row = study.metrics.query(
        "model == 'm-600' and method == 'margin' and metric == 'auroc' and condition == 'clean' and subset == 'all'"
    ).iloc[0]
    low, high = row["ci_low"], row["ci_high"]
    assert f"m-600, margin: {row['value']:.2f} (95 %: {low:.2f} to {high:.2f})" in cells
    order = pd.read_csv(StringIO(report.tables["overview_auroc.csv"]))
    assert order["accuracy"].is_monotonic_increasing
    assert order["margin_low"].notna().all()
    assert list(order["model"]) == study.models
    tex = report.tables["overview_shift.tex"]
    assert " [" not in tex
    assert f"{len(study.methods) + 2}" == str(tex.splitlines()[3].count("&") + 1)


def test_a_cell_without_a_number_says_why_in_the_overview(study: Study) -> None:
    metrics = study.metrics.copy()
    gone = (metrics["metric"] == "fragility_auroc") & (metrics["model"] == "m-600")
    metrics.loc[gone, ["value", "ci_low", "ci_high"]] = None
    metrics.loc[gone, "reason"] = "too few collapses"
    [view] = views(replace(study, metrics=metrics))
    made = overview(view)
    assert made is not None
    assert made.panels[2].count("<title>m-600, margin: too few collapses</title>") == 1
    assert "<title>m-600, margin: too few collapses</title>" not in made.panels[0]


def test_figures_are_well_formed_and_take_the_colour_of_the_text(report: Report) -> None:
    assert {
        "auroc_against_accuracy.svg",
        "clean_against_nota.svg",
        "risk_coverage.svg",
    } <= report.figures.keys()
    for name, svg in report.figures.items():
        if isinstance(svg, bytes):
            continue
        assert ET.fromstring(svg).tag.endswith("svg"), name
        assert "#010203" not in svg
        assert "currentColor" in svg


def test_a_table_is_the_same_in_csv(report: Report, study: Study) -> None:
    board = pd.read_csv(StringIO(report.tables["leaderboard.csv"]))
    assert len(board) == 4 * 2
    rows = study.metrics.query("condition == 'clean' and subset == 'all' and metric == 'auroc'")
    known = board.set_index(["model", "method"]).to_dict("index")
    for row in rows.to_dict("records"):
        shown = known[row["model"], row["method"]]
        assert (shown["auroc"], shown["auroc_low"]) == (row["value"], row["ci_low"])
    assert set(board["standing"].dropna()) <= {"best", "not distinguishable from best"}
    assert (board["standing"] == "best").sum() == 4
    assert report.tables.keys() >= {"leaderboard.tex", "claim2_cells.csv", "breakdown.tex", "curves.csv"}


def test_every_method_has_its_reliability_clean_and_under_nota(report: Report, study: Study) -> None:
    svg = str(report.figures["reliability.svg"])
    for method in study.methods:
        assert f"Reliability, by method: {method}" in svg
        for group in set(study.groups.values()):
            for condition in ("clean", "nota_replace"):
                assert f"<title>{method}, {group}, {condition}</title>" in svg
    assert {name for name in report.figures if name.startswith("stated_reliability")} == {
        "stated_reliability_max_probability.svg"
    }
    section = report.page[report.page.index('<section id="reliability">') :].split("</section>")[0]
    assert (
        "isotonic regression), which was fitted to the model&#39;s clean answers about other images"
        in section
    )
    board = pd.read_csv(StringIO(report.tables["calibration.csv"])).to_dict("records")
    rows = study.metrics.query("subset in ('all', 'nota_valid') and metric in ('ece', 'brier', 'stated_ece')")
    known = rows.set_index(["model", "condition", "subset", "method", "metric"]).to_dict("index")
    hidden = headline("nota_replace", offering(study.instances))
    for shown in board:
        model, method = shown["model"], shown["method"]
        clean, nota = ((model, "clean", "all", method), (model, "nota_replace", hidden, method))
        for column, key in (
            ("ece", (*clean, "ece")),
            ("brier_nota", (*nota, "brier")),
            ("ece_nota", (*nota, "ece")),
        ):
            assert (shown[column], shown[f"{column}_low"], shown[f"{column}_high"]) == pytest.approx(
                tuple(known[key][end] for end in ("value", "ci_low", "ci_high"))
            )
        if method == "margin":
            assert np.isnan(shown["stated_ece"])
            assert shown["stated_ece_reason"] == "the method is no probability"
        else:
            assert shown["stated_ece"] == pytest.approx(known[*clean, "stated_ece"]["value"])


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(
    ("way", "bins", "words"),
    [
        ("minmax", "equal_width_open", ("It depends on that set", "a confidence of exactly 1 is in none")),
        ("platt", "equal_width", ("Platt scaling", "bins of equal width.")),
        ("none", "equal_mass", ("Only methods that are a probability of being right have a confidence",)),
    ],
)
def test_the_page_says_how_a_confidence_was_made(
    study: Study, way: str, bins: str, words: tuple[str, ...]
) -> None:
    page = make_report(replace(study, calibration=way, bins=bins)).page
    for text in words:
        assert text in page


@pytest.mark.usefixtures("undrawn")
def test_without_any_confidence_there_is_no_table_of_it(study: Study) -> None:
    metrics = study.metrics[~study.metrics["metric"].str.contains("ece|brier|confiden|calibration")]
    curves = study.curves[~study.curves["curve"].str.contains("reliability")]
    made = make_report(replace(study, metrics=metrics, curves=curves, calibration="none"))
    assert "calibration.csv" not in made.tables
    assert "No diagram is drawn: no method has a confidence in an answer that was judged." in made.page


@pytest.mark.usefixtures("undrawn")
def test_questions_are_shown_only_where_they_may_be(study: Study) -> None:
    page = make_report(replace(study, show_questions=False)).page
    assert "Question number" not in page
    assert (
        "\\u003c/script>" not in page.split('id="explorer-data">')[1].split("texts")[1].split("</script>")[0]
    )
    assert "record 0 to 2: …" in page


@pytest.mark.usefixtures("undrawn")
def test_second_lines_of_the_claims_are_shown(study: Study) -> None:
    claims = [dict(one) for one in study.claims]
    for one in claims:
        if one["claim"] == "fragility_is_foreseeable" and one["level"] == "cell":
            one["details"] = one["details"] | {
                "beyond_p": 0.0001,
                "beyond_strata_auroc": 0.6,
                "beyond_gain": 0.1,
            }
        if one["claim"] == "nota_blindness" and one["level"] == "cell":
            one["details"] = one["details"] | {"answer_removed_shift": 0.1}
    more = make_report(replace(study, claims=claims))
    assert "beyond_p" in more.tables["claim3_cells.csv"]
    assert "answer_removed_shift" in more.tables["claim2_cells.csv"]
    assert "&lt; 0.001" in more.page
    assert "allowance for the number of pairs: in 8 of 8 pairs" in more.page


@pytest.mark.usefixtures("undrawn")
def test_a_study_without_claims_or_nota_has_a_page(study: Study) -> None:
    clean = study.instances["condition"] == "clean"
    bare = replace(
        study,
        instances=study.instances[clean],
        scores=study.scores[study.scores["condition"] == "clean"],
        metrics=study.metrics[study.metrics["condition"] == "clean"],
        curves=study.curves[study.curves["condition"] == "clean"],
        quarantine=study.quarantine.head(0),
        claims=[],
        labels=[],
    )
    made = make_report(bare)
    assert "leaderboard.csv" in made.tables
    assert not any(name.startswith("claim") for name in made.figures)


@pytest.mark.usefixtures("undrawn")
def test_the_study_warns_of_what_an_audit_warns_of(study: Study) -> None:
    """Of an endpoint, of failures, and of few images: by the same functions, in the same box."""
    failed = study.scores["model"] == "m-600"
    page = make_report(
        replace(
            study,
            facts={"m-600": {"logprobs": "ignored by the server"}},
            scores=study.scores.assign(reason=study.scores["reason"].mask(failed, "failed: HTTP status 500")),
            retry="kedro run --params retry_failed=true",
        )
    ).page
    assert 'href="#table-quarantine"' in page[: page.index('id="warnings"')]
    box = page[page.index('id="warnings"') : page.index('id="claims"')]
    asked = study.instances["instance_id"].nunique()
    for text in (
        f"Instances failed: m-600 ({asked} of {asked})",
        "Ask only those again: <code>kedro run --params retry_failed=true</code>",
        "No log-probs: m-600",
        "Few images (20)",
    ):
        assert text in box, text


@pytest.mark.usefixtures("unprinted")
def test_a_study_of_one_model_and_one_point_a_curve_has_a_page(study: Study) -> None:
    one = study.metrics["model"] == "m-600"
    curves = study.curves[study.curves["model"] == "m-600"]
    curves = curves.groupby(["curve", "condition", "model", "method"], sort=False).head(1)
    made = make_report(replace(study, metrics=study.metrics[one], curves=curves, claims=[]))
    series = re.search(
        r'<g class="series" data-series="m-600">.*?</g>', str(made.figures["risk_coverage.svg"])
    )
    assert series
    assert "<use" in series[0]


@pytest.mark.usefixtures("undrawn")
def test_where_nothing_can_be_ranked_the_page_says_why_instead_of_a_bare_heading(study: Study) -> None:
    metrics = study.metrics.copy()
    metrics.loc[metrics["metric"] == "auroc", ["value", "reason"]] = [None, "one class only: no right answer"]
    claims = [
        {
            **one,
            "estimate": None,
            "ci_low": None,
            "ci_high": None,
            "verdict": "inconclusive",
            "n_models": 0,
            "details": {},
        }
        for one in study.claims
    ]
    made = make_report(replace(study, metrics=metrics, claims=claims, curves=study.curves.head(0)))
    page = made.page
    assert (
        "No model qualifies for this claim: no AUROC of uncertainty is defined (one class only: no right answer)."
        in page
    )
    assert "0 models" not in page
    section = page[page.index('<section id="risk">') :].split("</section>")[0]
    assert "No curve is drawn: no AUROC of uncertainty is defined" in section
    for anchor in ("tracking", "reliability", "risk"):
        section = page[page.index(f'<section id="{anchor}">') :].split("</section>")[0]
        assert ("<figure>" in section) != ("is drawn:" in section), anchor
