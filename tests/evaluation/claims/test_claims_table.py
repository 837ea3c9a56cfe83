"""The three claims on studies in which each is true or false by construction."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
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
    beside = headline(claims, "nota_hardly_moves", NOTA)
    for line in (row, beside):
        assert line["verdict"] == "supported"
        assert line["ci_low"] <= line["estimate"] <= line["ci_high"] < 0.2
    assert row["details"]["median_drop"] == pytest.approx(np.median(ACCURACIES) * 0.6, abs=0.06)
    found = cells(claims, "nota_blindness", NOTA)
    assert (found["verdict"] == "supported").all()
    assert row["estimate"] == sorted(found["estimate"])[5]  # six of eight do not exceed it
    assert beside["estimate"] == sorted(found["estimate"].abs())[5]  # six of eight stay within
    assert (
        cells(claims, "nota_hardly_moves", NOTA)["estimate"].to_numpy() == found["estimate"].to_numpy()
    ).all()


def test_blindness_is_denied_where_uncertainty_rises(build: Build) -> None:
    claims = judge(build(moved=0.6))
    for line in ("nota_blindness", "nota_hardly_moves"):
        row = headline(claims, line, NOTA)
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


def test_a_fall_counts_for_blind_and_not_for_hardly_moves(build: Build) -> None:
    claims = judge(build(moved=-0.6))
    assert (cells(claims, "nota_blindness", NOTA)["verdict"] == "supported (falls)").all()
    assert (cells(claims, "nota_hardly_moves", NOTA)["verdict"] == "not supported (falls)").all()
    blind, still = (headline(claims, line, NOTA) for line in ("nota_blindness", "nota_hardly_moves"))
    assert blind["verdict"] == "supported"
    assert blind["ci_high"] < 0
    assert still["verdict"] == "inconclusive"
    assert still["ci_low"] > 0.2
    assert blind["details"]["n_falls"] == still["details"]["n_falls"] == 8


def test_both_lines_have_the_same_rows(build: Build) -> None:
    claims = judge(build(removed=0.2))
    key = ["level", "dataset", "condition", "group", "model", "method"]
    blind, still = (
        claims[claims["claim"] == line].set_index(key) for line in ("nota_blindness", "nota_hardly_moves")
    )
    assert len(blind)
    assert list(blind.index) == list(still.index)
    assert (blind["p_value"] <= still["p_value"]).all()  # what hardly moves does not rise


def test_the_primary_method_is_not_adjusted_and_the_others_are(build: Build) -> None:
    study = build(lambda accuracy: accuracy, foresight=0.3)
    scores = pd.concat(
        [study.scores.assign(method=name) for name in "uvw"]
    )  # three methods that say the same, so that only the adjustment differs
    built = grids(scores, study.instances, study.items)
    alone, all_alike, named = (
        pd.DataFrame(claims_table(of, {}, {}, 3, NOTA_CONDITIONS, None, primary, "question_type"))
        for of, primary in ((study.grids, None), (built, None), (built, "v"))
    )
    heads = [
        table[table["level"] == "headline"].set_index(["claim", "condition", "method"])
        for table in (alone, all_alike, named)
    ]
    seen = set()
    for claim, condition, method in heads[2].index:
        one = heads[0].loc[(claim, condition, "u"), "p_value"]
        if one != one:
            continue
        times = {1: 3, 2: 1 if method == "v" else 2}
        for table, factor in times.items():
            assert heads[table].loc[(claim, condition, method), "p_value"] == pytest.approx(
                min(1, factor * one)
            )
        seen.add(claim)
    assert seen == {
        "ue_tracks_accuracy", "nota_blindness", "nota_hardly_moves", "fragility_is_foreseeable",
    }  # fmt: skip
    assert set(named.loc[named["primary"], "method"]) == {"v"}
    assert (named["primary"] == (named["method"] == "v")).all()
    assert not all_alike["primary"].any()
    for level in ("u", "v"):  # cells are adjusted over all pairs of model and method, whichever is primary
        pair = [
            table[(table["claim"] == CLAIM3) & (table["level"] == "cell") & (table["method"] == level)][
                "p_value"
            ]
            for table in (all_alike, named)
        ]
        assert pair[0].equals(pair[1])


def by_modality(make_study: MakeStudy, related: float, easy: float = 0.0, n_modalities: int = 6) -> Study:
    """Eight models and six modalities of 60 images; where `related` is 1 the gap between wrong and right rises with the
    accuracy in a modality, where it is -1 it falls. The last modality is so easy that hardly an answer is wrong, if
    `easy` says so; questions 0 to 2 have none."""
    rng = np.random.default_rng(5)
    images = np.repeat(np.arange(60 * n_modalities), 3)
    of_item = images // 60
    levels = np.linspace(0.45, 0.8, n_modalities)
    cells = {}
    for m in range(8):
        accuracy = levels + 0.01 * m
        if easy:
            accuracy[-1] = easy
        wrong = rng.random(len(images)) > accuracy[of_item]
        gap = 1 + related * 4 * (levels - levels.mean())
        cells[f"m{m}", "clean"] = {
            "correct": ~wrong,
            "u": gap[of_item] * wrong + rng.standard_normal(len(images)),
        }
    study = make_study(cells, images)
    names = np.array([f"modality {s}" for s in of_item], object)
    names[:3] = None
    return replace(study, items=study.items.assign(modality=names))


def within(study: Study, column: str | None = "modality") -> dict[Hashable, Any]:
    claims = pd.DataFrame(claims_table(study.grids, {}, {}, 3, (), None, None, column))
    return headline(claims, "ue_tracks_accuracy_within_models", "clean")


def test_tracking_within_models_is_seen_where_it_is(make_study: MakeStudy) -> None:
    row = within(by_modality(make_study, 1))
    assert row["verdict"] == "supported"
    assert row["ci_low"] < row["estimate"] <= row["ci_high"]
    details = row["details"]
    assert (details["column"], details["n_subgroups"], details["n_left_out"]) == ("modality", 6, 0)
    assert details["n_without_subgroup"] == 3
    points = pd.DataFrame(details["points"])
    each = [rows["accuracy"].corr(rows["auroc"], method="spearman") for _, rows in points.groupby("model")]
    assert [one["rho"] for one in details["of_models"]] == pytest.approx(each)
    assert row["estimate"] == pytest.approx(np.mean(each))
    assert points["n"].sum() == 8 * (60 * 6 * 3 - 3)
    assert within(by_modality(make_study, -1))["verdict"] == "not supported"


def test_cells_without_wrong_answers_are_left_out_and_counted(make_study: MakeStudy) -> None:
    row = within(by_modality(make_study, 1, easy=0.995))
    points = pd.DataFrame(row["details"]["points"])
    gone = points[points["auroc"].isna()]
    assert row["details"]["n_left_out"] == len(gone) > 0
    assert set(gone["subgroup"]) == {"modality 5"}
    assert gone["reason"].str.contains("too few|one class").all()
    assert points.loc[points["auroc"].notna(), "reason"].isna().all()
    assert row["details"]["n_subgroups"] == 5


def test_few_subgroups_or_none_decide_nothing(make_study: MakeStudy) -> None:
    study = by_modality(make_study, 1, n_modalities=4)
    few = within(study)
    assert (few["verdict"], few["reason"]) == (
        "inconclusive",
        "fewer than 5 subgroups with an AUROC in most models (4)",
    )
    assert few["estimate"] > 0.5
    none = within(replace(study, items=study.items.assign(modality=None)))
    assert (none["verdict"], none["reason"], none["n_models"]) == (
        "inconclusive",
        "no question has a modality",
        0,
    )
    absent = within(study, "site")
    assert (absent["verdict"], absent["reason"]) == ("inconclusive", "no question has a site")
    claims = claims_table(study.grids, {}, {}, 3, ())
    assert not any(row["claim"] == "ue_tracks_accuracy_within_models" for row in claims)


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
