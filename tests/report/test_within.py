"""Claim 1 inside models on the page: its words, its figures and its tables."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.report.conftest import claim

from vqa_canary.report.study.contents import Study, views
from vqa_canary.report.study.figures import within
from vqa_canary.report.study.page import make_report
from vqa_canary.report.study.words.first_screen import findings, meaning

NAME = "ue_tracks_accuracy_within_models"
MODALITIES = ["CT", "MRI", "X-ray", "fundus", "histology", "dermoscopy"]
MISSING = ("m-600", "fundus")


def told(method: str, **rest: Any) -> dict[str, Any]:
    """A claim over six modalities, with one cell left out."""
    rng = np.random.default_rng(0)
    models = ["m-600", "m-1100", "n-600"]
    points = [
        {
            "model": model, "subgroup": name, "accuracy": float(rng.uniform(0.4, 0.9)),
            "auroc": None if (model, name) == MISSING else float(rng.uniform(0.5, 0.9)), "n": 30,
            "reason": "too few" if (model, name) == MISSING else None,
        }
        for model in models for name in MODALITIES
    ]  # fmt: skip
    details = {
        "column": "modality",
        "n_subgroups": 6,
        "n_left_out": 1,
        "n_without_subgroup": 0,
        "of_models": [
            {"model": model, "rho": rho} for model, rho in zip(models, (0.7, 0.1, None), strict=True)
        ],
        "points": points,
    }
    return claim(NAME, "headline", condition="clean", method=method, n_models=2, details=details, **rest)


@pytest.fixture(scope="module")
def modal(study: Study) -> Study:
    others = [one for one in study.claims if one["claim"] != NAME]
    own = [
        told(
            "margin",
            primary=True,
            estimate=0.4,
            ci_low=-0.2,
            ci_high=0.8,
            verdict="inconclusive",
            reason="open",
        ),
        told("max_probability", estimate=0.6),
    ]
    return replace(study, claims=[*others, *own])


def test_the_verdict_is_that_of_the_primary_method(modal: Study) -> None:
    view = views(modal)[0]
    (found,) = [
        one for one in findings(view)["ue_tracks_accuracy"] if one.about == "Within models, over modality"
    ]
    assert (found.tone, found.verdict) == ("inconclusive", "inconclusive, by margin")
    assert found.text == (
        "The rank correlation, averaged over models, is 0.40 (\N{MINUS SIGN}0.20 to 0.80) by margin. 1 of 18 cells "
        "(model x modality) are left out, for want of wrong or of right answers. Inconclusive: open. The other method: "
        "supported."
    )
    assert "inside a model" in meaning(view, "ue_tracks_accuracy")
    without = replace(modal, claims=[one for one in modal.claims if one["claim"] != NAME])
    assert "inside a model" not in meaning(views(without)[0], "ue_tracks_accuracy")


def test_figures_hold_a_mark_for_every_cell_and_every_model(modal: Study) -> None:
    view = views(modal)[0]
    scatter, correlations = within.scatter(view), within.correlations(view)
    assert scatter is not None
    assert correlations is not None
    assert len(scatter.panels) == 3  # a model that the claim does not know has none
    marks = [name for panel in scatter.panels for name in MODALITIES if f'data-series="{name}"' in panel]
    assert len(marks) == 17
    assert "1 mark missing" in scatter.caption
    assert [style.series for style in scatter.legend] == MODALITIES
    assert "m-600, margin: 0.70" in correlations.file
    assert "n-600" not in correlations.panels[0]  # it has no correlation
    assert "margin: mean over models 0.40 (95 %: \N{MINUS SIGN}0.20 to 0.80)" in correlations.file


@pytest.mark.usefixtures("undrawn")
def test_tables_say_the_same(modal: Study) -> None:
    tables = make_report(modal).tables
    over = pd.read_csv(StringIO(tables["claim1_within.csv"]))
    assert over["rho"].tolist() == [0.4, 0.6]
    assert over["role"].tolist()[0] == "primary method"
    assert over["n_left_out"].tolist() == [1, 1]
    points = pd.read_csv(StringIO(tables["claim1_within_points.csv"]))
    assert len(points) == 2 * 18
    gone = points[points["auroc"].isna()]
    assert set(zip(gone["model"], gone["subgroup"], strict=True)) == {MISSING}
    assert set(gone["auroc_reason"]) == {"too few"}


def test_nothing_is_drawn_where_nothing_was_asked(study: Study) -> None:
    bare = replace(study, claims=[one for one in study.claims if one["claim"] != NAME])
    view = views(bare)[0]
    assert within.scatter(view) is None
    assert within.correlations(view) is None


def test_a_long_name_leaves_the_number_in_a_panels_title() -> None:
    """What is too wide for a panel is cut at its end."""
    assert within._panel_title("m" * 99, -0.36).startswith("\N{MINUS SIGN}0.36, ")
    assert within._panel_title("m", None) == "m"
