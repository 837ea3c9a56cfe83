"""The three claims on studies in which each is true or false by construction."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from tests.made_up_answers import MakeStudy, Study

from vqa_canary.evaluation.claims.table import claims_table, option_logprobs
from vqa_canary.evaluation.grid import grids

NOTA = "nota_replace"
CLAIM3 = "fragility_is_foreseeable"
ACCURACIES = np.linspace(0.45, 0.9, 8)


Build = Callable[..., Study]


@pytest.fixture
def build(make_study: MakeStudy) -> Build:
    """Eight models with one method `u` that sees the difficulty of an item as well as `signal` says."""

    def of(
        signal: Callable[[float], float] = lambda accuracy: 0.8,
        collapse: float = 0.6,
        moved: float = 0.0,
        foresight: float = 0.0,
        accuracies: Sequence[float] | np.ndarray = ACCURACIES,
        removed: float | None = None,
    ) -> Study:
        rng = np.random.default_rng(0)
        images = np.repeat(np.arange(150), 4)
        n, cells = len(images), {}
        for m, accuracy in enumerate(accuracies):
            difficulty = 0.5 * rng.standard_normal(150)[images] + np.sqrt(0.75) * rng.standard_normal(n)
            s = signal(accuracy)
            u = s * difficulty + np.sqrt(1 - s**2) * rng.standard_normal(n)
            right = difficulty < norm.ppf(accuracy)
            tendency = foresight * u + np.sqrt(1 - foresight**2) * rng.standard_normal(n)
            broken = tendency > np.quantile(tendency, 1 - collapse) if collapse else np.zeros(n, bool)
            after = u + moved + 0.3 * rng.standard_normal(n)
            cells[f"m{m}", "clean"] = {"correct": right, "u": u}
            cells[f"m{m}", NOTA] = {"correct": right & ~broken, "u": after}
            cells[f"m{m}", "nota_control"] = {"correct": right, "u": after}
            if removed is not None:
                cells[f"m{m}", "answer_removed"] = {"correct": np.full(n, np.nan), "u": after + removed}
        return make_study(cells, images)

    return of


NOTA_CONDITIONS = ("nota_replace", "nota_last")


def judge(
    study: Study,
    families: Mapping[str, str] | None = None,
    groups: Mapping[str, str] | None = None,
    **options: Any,
) -> pd.DataFrame:
    rows = claims_table(
        study.grids,
        families or {},
        groups or {},
        3,
        NOTA_CONDITIONS,
        **options,
    )
    assert json.loads(json.dumps(rows, allow_nan=False)) == rows  # JSON as it stands
    return pd.DataFrame(rows)


def headline(claims: pd.DataFrame, claim: str, condition: str) -> dict[Hashable, Any]:
    chosen = (claims["claim"] == claim) & (claims["level"] == "headline") & (claims["condition"] == condition)
    (row,) = claims[chosen].to_dict("records")
    return row


def cells(claims: pd.DataFrame, claim: str, condition: str) -> pd.DataFrame:
    return claims[
        (claims["claim"] == claim) & (claims["level"] == "cell") & (claims["condition"] == condition)
    ]


def test_tracking_is_seen_where_it_is(build: Build) -> None:
    row = headline(judge(build(lambda accuracy: accuracy)), "ue_tracks_accuracy", "clean")
    assert row["verdict"] == "supported"
    assert row["estimate"] > 0.9
    assert row["ci_low"] < row["estimate"] <= row["ci_high"]
    points = pd.DataFrame(row["details"]["points"])
    assert points["auroc"].corr(points["accuracy"], method="spearman") == pytest.approx(row["estimate"])
    assert row["details"]["same_models_low"] > 0.5


def test_tracking_is_denied_where_it_is_not(build: Build) -> None:
    row = headline(judge(build(lambda accuracy: 1.2 - accuracy)), "ue_tracks_accuracy", "clean")
    assert row["verdict"] == "not supported"


def test_models_too_alike_or_too_few_decide_nothing(build: Build) -> None:
    alike = judge(build(lambda a: a, accuracies=np.linspace(0.7, 0.75, 8)))
    assert headline(alike, "ue_tracks_accuracy", "clean")["verdict"] == "inconclusive"
    for n_models in (1, 2, 4):
        claims = judge(build(accuracies=ACCURACIES[-n_models:]))
        row = headline(claims, "ue_tracks_accuracy", "clean")
        assert row["verdict"] == "inconclusive"
        assert row["reason"].startswith("fewer than")
        assert row["n_models"] == n_models
        group = headline(claims, "nota_blindness", NOTA)
        assert (group["verdict"] == "inconclusive") == (n_models < 3)


def test_blindness_is_seen_where_it_is(build: Build) -> None:
    claims = judge(build())
    row = headline(claims, "nota_blindness", NOTA)
    assert row["verdict"] == "supported"
    assert row["ci_low"] <= row["estimate"] <= row["ci_high"] < 0.2
    assert row["details"]["median_drop"] == pytest.approx(np.median(ACCURACIES) * 0.6, abs=0.06)
    found = cells(claims, "nota_blindness", NOTA)
    assert (found["verdict"] == "supported").all()
    assert row["estimate"] == sorted(found["estimate"].abs())[5]  # six of eight stay within


def test_blindness_is_denied_where_uncertainty_rises(build: Build) -> None:
    row = headline(judge(build(moved=0.6)), "nota_blindness", NOTA)
    assert row["verdict"] == "not supported"
    assert row["ci_low"] > 0.2


def test_the_control_shows_no_drop(build: Build) -> None:
    claims = judge(build())
    assert headline(claims, "nota_blindness", "nota_control")["verdict"] == "not supported"
    assert "nota_control" not in set(claims.loc[claims["claim"] == "fragility_is_foreseeable", "condition"])


def test_what_the_same_uncertainty_does_without_an_answer(build: Build) -> None:
    """`after` is `u` and noise; the standard deviation of `u` is 1."""
    for details in cells(judge(build(removed=0.7)), "nota_blindness", NOTA)["details"]:
        assert details["answer_removed_shift"] == pytest.approx(0.7, abs=0.06)
        limits = details["answer_removed_shift_low"], details["answer_removed_shift_high"]
        assert limits[0] < details["answer_removed_shift"] < limits[1]
    for details in cells(judge(build()), "nota_blindness", NOTA)["details"]:
        assert details["answer_removed_shift"] is None


def test_falling_uncertainty_is_named_in_cells(build: Build) -> None:
    claims = judge(build(moved=-0.6))
    assert (cells(claims, "nota_blindness", NOTA)["verdict"] == "supported (falls)").all()
    row = headline(claims, "nota_blindness", NOTA)
    assert row["verdict"] == "inconclusive"
    assert row["details"]["n_falls"] == 8


def test_fragility_is_seen_where_it_is(build: Build) -> None:
    claims = judge(build(foresight=0.6))
    assert headline(claims, "fragility_is_foreseeable", NOTA)["verdict"] == "supported"
    found = cells(claims, "fragility_is_foreseeable", NOTA)
    assert (found["verdict"] == "supported").all()
    assert (found["ci_low"] > 0.5).all()
    group = headline(claims, "fragility_is_foreseeable", NOTA)
    assert group["estimate"] == sorted(found["estimate"])[-6]  # what six of eight reach
    assert group["ci_low"] > 0.5
    assert all(details["caught_by_escalating_20"] > 0.25 for details in found["details"])


def test_fragility_is_denied_where_it_is_not(build: Build) -> None:
    claims = judge(build(foresight=-0.3))
    assert headline(claims, "fragility_is_foreseeable", NOTA)["verdict"] == "not supported"


def test_without_collapse_fragility_cannot_be_asked(build: Build) -> None:
    claims = judge(build(collapse=0.0))
    row = headline(claims, "fragility_is_foreseeable", NOTA)
    assert row["verdict"] == "inconclusive"
    assert row["reason"].startswith("fewer than 3 models")
    assert (
        cells(claims, "fragility_is_foreseeable", NOTA)["reason"]
        .str.startswith("too few collapses: 0 images")
        .all()
    )


def test_families_are_counted_and_said(build: Build) -> None:
    families = {f"m{m}": f"run {m // 4}" for m in range(8)}
    row = headline(judge(build(lambda accuracy: accuracy), families), "ue_tracks_accuracy", "clean")
    assert row["statement"] == "Over 8 models of 2 families, the AUROC of u rises with accuracy."
    assert row["reason"] == "8 models of 2 families, not 8 independent models"
    assert (row["verdict"], row["details"]["n_families"]) == ("supported", 2)
    alone = headline(judge(build(lambda accuracy: accuracy)), "ue_tracks_accuracy", "clean")
    assert alone["statement"] == "Over models, the AUROC of u rises with accuracy."
    assert alone["reason"] is None


def test_foresight_is_also_judged_beyond_the_other_models(build: Build) -> None:
    claims = judge(build(foresight=0.6))
    for details in cells(claims, "fragility_is_foreseeable", NOTA)["details"]:
        assert details["beyond_p"] < 0.05
        assert 0.6 < details["beyond_strata_auroc"] < 0.9
        assert details["beyond_gain"] > 0
        assert details["beyond_reason"] is None
    group = headline(claims, "fragility_is_foreseeable", NOTA)["details"]
    assert group["beyond_p"] < 0.05
    assert group["beyond_models"] == 8
    (alone,) = cells(judge(build(accuracies=[0.7])), "fragility_is_foreseeable", NOTA)["details"]
    assert alone["beyond_p"] is None
    assert alone["beyond_reason"] == "no other model was judged on these items"


def test_beyond_is_adjusted_over_all_cells(build: Build) -> None:
    study = build(foresight=0.25, accuracies=ACCURACIES[-3:])
    both = pd.concat([study.scores, study.scores.assign(method="v")])
    few, many = (
        cells(
            pd.DataFrame(claims_table(grids(s, study.instances, study.items), {}, {}, 3, NOTA_CONDITIONS)),
            CLAIM3,
            NOTA,
        )
        for s in (study.scores, both)
    )
    smallest = [min(details["beyond_p"] for details in rows["details"]) for rows in (few, many)]
    assert smallest[1] == pytest.approx(2 * smallest[0])  # six cells, not three


def test_an_inconclusive_or_vacuous_verdict_prints_its_numbers(build: Build) -> None:
    claims = judge(build(lambda accuracy: 0.3, moved=0.2, foresight=0.1))
    found = cells(claims, "nota_blindness", NOTA).set_index("verdict")["reason"]
    assert found["inconclusive"].str.contains(r"accuracy drop between .* and shift between .* \(90 %\)").all()
    weak = cells(judge(build(lambda accuracy: 0.3)), "nota_blindness", NOTA)
    passed = weak[weak["verdict"] == "supported"]
    free = passed["details"].map(lambda details: details["vacuous"])
    assert free.any()
    assert (passed["reason"].notna() == free).all()


def test_groups_are_judged_apart(build: Build) -> None:
    study = build()
    groups = {f"m{m}": "seen" if m % 2 else "unseen" for m in range(8)}
    scores = study.scores.copy()
    spared = (scores["condition"] == NOTA) & scores["model"].map(groups).eq("seen")
    clean = scores[scores["condition"] == "clean"].set_index(["model", "item_id"])["correct"]
    keys = pd.MultiIndex.from_frame(scores.loc[spared, ["model", "item_id"]])
    scores.loc[spared, "correct"] = clean.loc[keys].to_numpy()
    rows = pd.DataFrame(
        claims_table(grids(scores, study.instances, study.items), {}, groups, 3, NOTA_CONDITIONS)
    )
    chosen = rows[
        (rows["claim"] == "nota_blindness") & (rows["level"] == "headline") & (rows["condition"] == NOTA)
    ]
    verdicts = chosen.set_index("group")["verdict"].to_dict()
    assert verdicts == {"seen": "not supported", "unseen": "supported"}


def test_only_items_that_stay_fair_are_judged(build: Build) -> None:
    study = build()
    half = study.items.assign(nota_valid=np.arange(len(study.items)) % 2 == 0)
    whole, part = (
        pd.DataFrame(claims_table(grids(study.scores, study.instances, items), {}, {}, 3, NOTA_CONDITIONS))
        for items in (study.items, half)
    )
    assert headline(part, "nota_blindness", NOTA)["n_items"] == 300
    assert headline(whole, "nota_blindness", NOTA)["n_items"] == 600
    items = study.items.loc[half["nota_valid"], "item_id"]
    scores = study.scores[study.scores["item_id"].isin(items) & study.scores["model"].eq("m0")]
    right = scores.pivot(index="item_id", columns="condition", values="correct")
    (details,) = cells(part, "fragility_is_foreseeable", NOTA).query("model == 'm0'")["details"]
    assert details["n_collapses"] == (right["clean"] & ~right[NOTA]).sum()
    claim = headline(part, "ue_tracks_accuracy", "clean")
    assert claim["estimate"] == headline(whole, "ue_tracks_accuracy", "clean")["estimate"]


def test_evidence_adds_what_a_calibrated_model_would_show(build: Build) -> None:
    study = build(lambda accuracy: accuracy)
    rng = np.random.default_rng(1)
    clean = study.instances.loc[study.instances["condition"] == "clean", "instance_id"]
    evidence = pd.DataFrame(
        {
            "model": [f"m{m}" for m in range(8) for _ in clean],
            "instance_id": [*clean] * 8,
            "option_logprobs": [np.log(rng.dirichlet(np.ones(4))) for _ in range(8 * len(clean))],
        }
    )
    logprobs = option_logprobs(evidence, study.instances)
    row = headline(judge(study, logprobs=logprobs), "ue_tracks_accuracy", "clean")
    points = pd.DataFrame(row["details"]["points"])
    assert points["auroc_if_calibrated"].between(0.5, 1).all()
    assert points["auroc_if_calibrated"].is_monotonic_increasing  # accuracy alone makes it rise
    beyond = row["details"]["beyond_arithmetic"]
    assert -1 <= beyond["rho"] < row["estimate"]
    assert (beyond["n_models"], beyond["reason"]) == (8, None)
    assert 0 < beyond["p_value"] <= 1
    without = headline(judge(study), "ue_tracks_accuracy", "clean")
    assert (without["verdict"], without["p_value"]) == (row["verdict"], row["p_value"])
    assert without["details"]["beyond_arithmetic"]["reason"] == "no model has a calibrated reference"


def test_several_datasets_get_a_verdict_over_all(build: Build, make_study: MakeStudy) -> None:
    study = build(lambda accuracy: accuracy)
    copy = [table.assign(dataset="e") for table in (study.scores, study.instances, study.items)]
    for table in copy[:2]:
        table["instance_id"] = "e" + table["instance_id"]
    own = study.scores, study.instances, study.items
    scores, instances, items = (pd.concat(pair) for pair in zip(own, copy, strict=True))
    rows = pd.DataFrame(claims_table(grids(scores, instances, items), {}, {}, 3, NOTA_CONDITIONS))
    tracking = rows[rows["claim"] == "ue_tracks_accuracy"].set_index("dataset")
    assert set(tracking.index) == {"d", "e", ""}
    assert tracking.loc["", "n_models"] == 8  # not 16
    assert tracking.loc["", "estimate"] == pytest.approx(tracking.loc["d", "estimate"])


def test_row_order_changes_nothing(build: Build) -> None:
    study = build(accuracies=ACCURACIES[-3:])
    tables = study.scores, study.instances, study.items
    scores, instances, items = (table.sample(frac=1, random_state=2) for table in tables)
    shuffled = grids(scores, instances, items)
    assert claims_table(shuffled, {}, {}, 3, NOTA_CONDITIONS) == claims_table(
        grids(*tables), {}, {}, 3, NOTA_CONDITIONS
    )


def test_a_constant_uncertainty_has_no_interval_over_images(build: Build) -> None:
    study = build(accuracies=ACCURACIES[-4:])
    scores = study.scores.assign(uncertainty=0.5)
    [row] = [
        row
        for row in claims_table(grids(scores, study.instances, study.items), {}, {}, 3, NOTA_CONDITIONS)
        if row["claim"] == "ue_tracks_accuracy"
    ]
    assert row["estimate"] is None
    assert (row["details"]["same_models_low"], row["details"]["same_models_high"]) == (None, None)
