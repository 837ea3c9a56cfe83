"""The section on variants: there where a study has some, and apart from everything about models."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

import pytest

from vqa_canary.report.rendering import Report
from vqa_canary.report.study.contents import Study, views
from vqa_canary.report.study.page import make_report
from vqa_canary.report.study.words.first_screen import study_sentence

VARIANT, BASELINE = "m-1100", "m-600"


@pytest.fixture(scope="module")
def varied(study: Study) -> Study:
    """`m-1100` as if it were a copy of `m-600`."""
    from vqa_canary.evaluation.claims.table import claims_table
    from vqa_canary.evaluation.grid import grids
    from vqa_canary.evaluation.variant_difference import Variant
    from vqa_canary.evaluation.variants import RULE, variants_table

    own = {VARIANT: Variant(BASELINE, "quantization: int4")}
    rows = variants_table(grids(study.scores, study.instances, study.items), own, study.nota_conditions)
    alone = study.scores[study.scores["model"] != VARIANT]
    return replace(
        study,
        claims=claims_table(
            grids(alone, study.instances, study.items), {}, study.groups, 1, study.nota_conditions
        ),
        baselines={VARIANT: BASELINE},
        variants=rows,
        variant_rule=RULE,
    )


@pytest.fixture(scope="module")
def page(varied: Study) -> Report:
    from tests.conftest import leave_unprinted

    with pytest.MonkeyPatch.context() as patch:
        leave_unprinted(patch)
        return make_report(varied)


def rows_of(report: Report, name: str) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(report.tables[f"{name}.csv"])))


def test_a_study_without_variants_has_no_such_section(report: Report) -> None:
    assert 'id="variants"' not in report.page
    assert not [name for name in (*report.tables, *report.figures) if name.startswith("variants")]


def test_every_difference_is_in_the_tables(varied: Study, page: Report) -> None:
    assert 'id="variants"' in page.page
    assert varied.variant_rule in page.page.replace("&#39;", "'")
    listed = rows_of(page, "variants") + rows_of(page, "variants_by_model")
    assert len(listed) == len(varied.variants)
    for row, cells in zip(varied.variants, listed, strict=True):
        assert cells["verdict"] == (
            row["verdict"] or ("" if row["quantity"] == "changed_answers" else "not asked")
        )
        assert cells["difference"] == ("" if row["difference"] is None else str(row["difference"]))
    assert page.tables["variants.tex"].count("\\\\") == len(rows_of(page, "variants")) + 1


def test_the_figure_shows_each_mean_with_its_interval(varied: Study, page: Report) -> None:
    means = [row for row in varied.variants if not row["model"] and row["quantity"] != "changed_answers"]
    known = [row for row in means if row["difference"] is not None]
    assert known
    # a mark for each mean, one for its interval, and one for the single model
    bars = sum(row["ci_low"] is not None for row in known)
    assert (
        str(page.figures["variants.svg"]).count('data-series="quantization: int4"') == 2 * len(known) + bars
    )


def test_variants_are_in_tables_but_not_among_the_models(varied: Study, page: Report) -> None:
    [view] = views(varied)
    assert VARIANT in varied.asked
    assert VARIANT not in varied.models
    assert study_sentence(view).startswith("3 models and 1 variant of them answered")
    assert {row["model"] for row in rows_of(page, "leaderboard")} == set(varied.asked)
    for name, figure in page.figures.items():
        if name.endswith(".svg") and name != "variants.svg":
            assert f'data-series="{VARIANT}"' not in figure, name


@pytest.mark.usefixtures("undrawn")
def test_what_is_undefined_says_why(varied: Study) -> None:
    rows = [dict(row) for row in varied.variants]
    rows[0] |= {
        "difference": None,
        "ci_low": None,
        "ci_high": None,
        "verdict": None,
        "reason": "one class only",
    }
    made = make_report(replace(varied, variants=rows))
    first = rows_of(made, "variants")[0]
    assert (first["difference"], first["verdict"], first["difference_reason"]) == (
        "",
        "not asked",
        "one class only",
    )
