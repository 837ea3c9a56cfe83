"""The paper's findings beside this study's numbers: those of its tables, or why there are none."""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean, median
from typing import Any

import pytest

from vqa_canary.estimate import Estimate
from vqa_canary.report.study.contents import Study, views
from vqa_canary.report.study.page import make_report
from vqa_canary.report.study.tables.paper import paper

NAMES = {"margin": "label_nll", "max_probability": "pro"}


@pytest.fixture(scope="module")
def renamed(study: Study) -> Study:
    """The study as if its methods were two of the paper's."""
    return replace(
        study,
        metrics=study.metrics.assign(method=study.metrics["method"].replace(NAMES)),
        claims=[{**claim, "method": NAMES[claim["method"]]} for claim in study.claims],
        comparison=[
            {**row, **{end: NAMES[row[end]] for end in ("method", "other")}} for row in study.comparison
        ],
        primary="label_nll",
    )


def rows(study: Study) -> dict[str, dict[str, Any]]:
    """Each row by what its number is."""
    sheet = paper(views(study))
    keys = [column.key for column in sheet.columns]
    assert "dataset" not in keys  # there is one
    return {str(row[keys.index("number")]): dict(zip(keys, row, strict=True)) for row in sheet.rows}


def starting(found: dict[str, dict[str, Any]], start: str) -> dict[str, Any]:
    (row,) = [row for name, row in found.items() if name.startswith(start)]
    return row


def clean(study: Study, metric: str, method: str) -> list[float]:
    of = study.metrics.query("condition == 'clean' and subset == 'all'")
    return of[(of["metric"] == metric) & (of["method"] == method)]["value"].tolist()


def claim(study: Study, name: str, group: str = "") -> dict[str, Any]:
    (found,) = [
        one
        for one in study.claims
        if (one["claim"], one["level"], one["group"], one["method"])
        == (name, "headline", group, study.primary)
        and one["condition"] in ("clean", "nota_replace")
    ]
    return dict(found)


def test_the_best_discriminator_is_held_against_the_best_other(renamed: Study) -> None:
    found = rows(renamed)
    row = starting(found, "AUROC of label_nll, clean")
    own, other = (fmean(clean(renamed, "auroc", name)) for name in ("label_nll", "pro"))
    assert row["value"].value == pytest.approx(own)
    assert row["found"].startswith(
        f"Place {1 if own > other else 2} of 2; not distinguishable from the best in "
    )
    gap = starting(found, "AUROC of label_nll minus that of pro")["value"]
    assert gap.value == pytest.approx(own - other)
    assert gap.ci_low < gap.value < gap.ci_high


def test_a_difference_is_turned_where_the_pair_stands_the_other_way_round(renamed: Study) -> None:
    turned = [
        {
            **row,
            "method": row["other"],
            "other": row["method"],
            "difference": -row["difference"],
            "ci_low": -row["ci_high"],
            "ci_high": -row["ci_low"],
        }
        for row in renamed.comparison
    ]
    start = "AUROC of label_nll minus that of pro"
    one, other = (starting(rows(study), start) for study in (renamed, replace(renamed, comparison=turned)))
    assert one["value"].value == pytest.approx(other["value"].value)
    assert (one["value"].ci_low, one["found"]) == (pytest.approx(other["value"].ci_low), other["found"])
    nothing = starting(rows(replace(renamed, comparison=[])), start)
    assert (nothing["value"].value, nothing["value"].reason) == (
        None,
        "the two were not compared over all models",
    )


def test_calibration_is_that_of_the_methods_with_a_confidence(renamed: Study) -> None:
    found = rows(renamed)
    known = clean(renamed, "ece", "pro")
    row = starting(found, "ECE of pro")
    assert row["value"].value == pytest.approx(median(known))
    assert " of 2, the lowest is " in row["found"]
    absent = starting(found, "ECE of radial_dispersion")
    assert (absent["value"].value, absent["value"].reason) == (
        None,
        "radial_dispersion is not among this study's methods",
    )
    swapped = replace(renamed, metrics=renamed.metrics.query("metric != 'ece'"))
    none = starting(rows(swapped), "ECE of pro")["value"]
    assert none.reason == "pro gives no confidence here, so it has no ECE"


def test_the_other_findings_are_the_primary_methods_claims(renamed: Study) -> None:
    found = rows(renamed)
    pairs = {
        "rank correlation of AUROC (label_nll)": claim(renamed, "ue_tracks_accuracy_within_models"),
        "fragility AUROC of label_nll": claim(renamed, "fragility_is_foreseeable"),
    }
    for start, one in pairs.items():
        row = starting(found, start)
        assert (row["value"].value, row["value"].ci_low) == (one["estimate"], one["ci_low"])
        assert row["found"].startswith(one["verdict"])
    for group in ("never saw NOTA", "saw NOTA"):
        for end, name in (("do not exceed", "nota_blindness"), ("stay within", "nota_hardly_moves")):
            row = found[
                f"shift of label_nll that two thirds of the models {end}, in standard deviations, "
                f"90 % ({group}, nota_replace)"
            ]
            one = claim(renamed, name, group)
            assert (row["value"].value, row["value"].ci_high) == (one["estimate"], one["ci_high"])
            assert one["verdict"] in row["found"]
        of_group = renamed.metrics["model"].map(renamed.groups) == group
        subset = views(renamed)[0].numbers.headline("nota_replace")
        drops = renamed.metrics[of_group & (renamed.metrics["subset"] == subset)].query(
            "condition == 'nota_replace' and metric == 'accuracy_drop'"
        )["value"]
        row = found[f"accuracy lost, median over models ({group}, nota_replace)"]
        assert row["value"].value == pytest.approx(median(drops))


def test_every_row_has_a_value_or_a_reason_and_says_what_differs(study: Study, renamed: Study) -> None:
    bare = replace(study, claims=[], comparison=[], nota_conditions=())
    for one in (study, renamed, bare):
        for row in rows(one).values():
            assert isinstance(row["value"], Estimate)
            assert (row["value"].value is None) <= bool(row["value"].reason)
            assert row["differs"].endswith(".")
    findings = {row["finding"] for row in rows(bare).values()}
    assert findings == {row["finding"] for row in rows(renamed).values()}
    assert len(findings) == 5


@pytest.mark.usefixtures("undrawn")
def test_the_section_says_whose_word_it_is(renamed: Study) -> None:
    made = make_report(renamed)
    section = made.page[made.page.index('<section id="paper">') :].split("</section>")[0]
    assert "as reported by a digest of its first version" in section
    assert "This study: 4 models, 60 questions of d, 2 methods (label_nll, pro)." in section
    assert "paper_and_study.csv" in made.tables
