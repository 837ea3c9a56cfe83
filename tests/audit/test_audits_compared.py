"""Two audits: what is joined and what is not, differences by hand, and which questions moved."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from vqa_canary.audit.comparison import compare_audits
from vqa_canary.audit.shared_questions import Audit
from vqa_canary.errors import BadInput
from vqa_canary.estimate import Undefined
from vqa_canary.evaluation.grid import grids
from vqa_canary.evaluation.variants import Variant, variants_table
from vqa_canary.statistics.paired_shares import share_difference

NOTA = "nota_replace"
IMAGES = np.repeat(np.arange(40), np.arange(40) % 4 + 1)
VALID = np.arange(len(IMAGES)) % 5 > 0


def answer(rng: np.random.Generator, right: float) -> dict[str, np.ndarray]:
    correct = (rng.random(len(IMAGES)) < right).astype(float)
    return {"correct": correct, "u": rng.random(len(IMAGES)) - 0.3 * correct, "v": rng.random(len(IMAGES))}


def audit(
    make_study: Callable[..., Any], seed: int, model: str, right: float = 0.7, held: float = 0.5
) -> Audit:
    rng = np.random.default_rng(seed)
    cells = {(model, "clean"): answer(rng, right), (model, NOTA): answer(rng, held)}
    made = make_study(cells, IMAGES, nota_valid=VALID)
    return Audit(made.scores, made.instances, made.items)


@pytest.fixture
def old(make_study: Callable[..., Any]) -> Audit:
    return audit(make_study, 1, "v1")


@pytest.fixture
def new(make_study: Callable[..., Any]) -> Audit:
    return audit(make_study, 2, "v2", 0.75, 0.4)


def compared(old: Audit, new: Audit, **changes: Any) -> dict[str, Any]:
    found = compare_audits(old, new, **({"nota_conditions": [NOTA]} | changes))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    return found


def one(rows: list[dict[str, Any]], **key: str) -> dict[str, Any]:
    [found] = [row for row in rows if key.items() <= row.items()]
    return found


def correct(side: Audit, condition: str) -> np.ndarray:
    rows = side.scores.query("condition == @condition and method == 'u'").sort_values("item_id")
    return rows["correct"].to_numpy(float)


def test_differences_are_those_of_variants_and_a_collapse_rate_by_hand(old: Audit, new: Audit) -> None:
    found = compared(old, new)
    assert found["pairs"] == [{"baseline": "v1", "model": "v2"}]
    assert found["questions"] == {
        "shared": 2 * len(IMAGES), "changed": [], "only_baseline": [], "only_current": []
    }  # fmt: skip
    assert found["methods"] == {"shared": ["u", "v"], "only_baseline": [], "only_current": []}
    both = np.concatenate([old.scores.to_numpy(object), new.scores.to_numpy(object)])
    scores = type(old.scores)(both, columns=old.scores.columns).astype(old.scores.dtypes.to_dict())
    expected = variants_table(grids(scores, old.instances, old.items), {"v2": Variant("v1", "x")}, [NOTA])
    rows = found["differences"]
    for row in [row for row in expected if row["model"]]:
        same = one(rows, quantity=row["quantity"], condition=row["condition"], method=row["method"])
        for name in (
            "difference",
            "ci_low",
            "ci_high",
            "p_value",
            "smallest_difference",
            "verdict",
            "n",
            "reason",
        ):
            assert same[name] == row[name]
        assert (same["baseline_value"], same["current_value"]) == (row["baseline_value"], row["value"])
    assert len(rows) == sum(bool(row["model"]) for row in expected) + 1

    row = one(rows, quantity="collapse_rate")
    rates, influence = [], np.zeros(40)
    fewest = 40
    for sign, side in ((-1, old), (1, new)):
        risk = VALID & (correct(side, "clean") == 1)
        fell = correct(side, NOTA) == 0
        rates.append(fell[risk].mean())
        np.add.at(influence, IMAGES[risk], sign * (fell[risk] - rates[-1]) / risk.sum())
        fewest = min(fewest, len(set(IMAGES[risk])))
    shown = len(set(IMAGES[VALID & ((correct(old, "clean") == 1) | (correct(new, "clean") == 1))]))
    se = np.sqrt(shown / (shown - 1) * (influence**2).sum())
    assert (row["baseline_value"], row["current_value"]) == pytest.approx(tuple(rates))
    assert (row["difference"], row["se"]) == pytest.approx((rates[1] - rates[0], se))
    assert row["p_value"] == pytest.approx(2 * stats.t.sf(abs(row["difference"]) / se, fewest - 1))
    reach = stats.t.ppf(0.975, fewest - 1) * se
    assert (row["ci_low"], row["ci_high"]) == pytest.approx(
        (row["difference"] - reach, row["difference"] + reach)
    )


def test_questions_that_moved_are_listed_by_id(old: Audit, new: Audit) -> None:
    [moved] = compared(old, new)["questions_moved"]
    ids = np.array([f"q{i:05d}" for i in range(len(IMAGES))])
    a, b = correct(old, "clean"), correct(new, "clean")
    assert moved["gained"] == list(ids[(a == 0) & (b == 1)])
    assert moved["lost"] == list(ids[(a == 1) & (b == 0)])
    was, now = (VALID & (correct(side, "clean") == 1) & (correct(side, NOTA) == 0) for side in (old, new))
    assert moved["newly_collapsed"] == {NOTA: list(ids[now & ~was])}
    assert moved["no_longer_collapsed"] == {NOTA: list(ids[was & ~now])}
    assert moved["gained"]
    assert moved["newly_collapsed"][NOTA]
    assert (moved["model"], moved["baseline"], moved["method"]) == ("v2", "v1", "")


def test_changed_and_one_sided_questions_are_listed_and_never_used(old: Audit, new: Audit) -> None:
    changed = {"d-clean-q00003": "reworded-3", f"d-{NOTA}-q00003": "reworded-3n"}
    scores, instances = new.scores.copy(), new.instances.copy()
    for table in (scores, instances):
        table["instance_id"] = table["instance_id"].replace(changed)
    gone = {"q00008", "q00011"}
    other = Audit(scores, instances[~instances["item_id"].isin(gone)], new.items)
    scores = scores[~scores["item_id"].isin(gone)]
    less_old = Audit(old.scores, old.instances[old.instances["item_id"] != "q00020"], old.items)
    found = compared(less_old, Audit(scores, other.instances, other.items))
    told = found["questions"]
    assert told["changed"] == [{"dataset": "d", "item_id": "q00003", "condition": c} for c in ("clean", NOTA)]
    assert {row["item_id"] for row in told["only_baseline"]} == gone
    assert {row["item_id"] for row in told["only_current"]} == {"q00020"}
    assert told["shared"] == 2 * (len(IMAGES) - 4)
    used = ~np.isin(np.arange(len(IMAGES)), [3, 8, 11, 20])
    row = one(found["differences"], quantity="accuracy", condition="clean")
    gap = correct(new, "clean")[used].mean() - correct(old, "clean")[used].mean()
    assert (row["n"], row["difference"]) == (used.sum(), pytest.approx(gap))
    left = {"q00003", "q00020", *gone}
    for names in (found["questions_moved"][0]["gained"], found["questions_moved"][0]["lost"]):
        assert not left & set(names)


def test_an_audit_against_itself_is_identical(old: Audit) -> None:
    found = compared(old, old, subgroups=["question_type"])
    for row in found["differences"] + found["subgroups"]:
        assert row["difference"] in (0, None)
        assert row["verdict"] in ("identical", None)
        assert row["difference"] is not None or row["reason"]
    [moved] = found["questions_moved"]
    assert moved["gained"] == moved["lost"] == moved["newly_collapsed"][NOTA] == []


def test_exchanging_the_audits_mirrors_every_verdict(make_study: Callable[..., Any]) -> None:
    good, poor = audit(make_study, 1, "a", 0.9, 0.9), audit(make_study, 2, "b", 0.5, 0.2)
    ahead, back = compared(poor, good), compared(good, poor)
    for row, other in zip(ahead["differences"], back["differences"], strict=True):
        if row["quantity"] != "changed_answers" and row["difference"] is not None:
            assert row["difference"] == pytest.approx(-other["difference"])
            assert {row["verdict"], other["verdict"]} in ({"better", "worse"}, {"cannot tell"})
    assert one(ahead["differences"], quantity="accuracy", condition="clean")["verdict"] == "better"
    fewer = one(ahead["differences"], quantity="collapse_rate")
    assert (fewer["verdict"], fewer["difference"] < 0) == ("better", True)
    assert ahead["questions_moved"][0]["gained"] == back["questions_moved"][0]["lost"]


def test_subgroups_are_the_audits_of_their_questions(old: Audit, new: Audit) -> None:
    found = compared(old, new, subgroups=["question_type", "modality"])
    whole = compared(old, new)
    assert found["differences"] == whole["differences"]
    kinds = {(row["column"], row["value"]) for row in found["subgroups"]}
    assert kinds == {
        ("question_type", "organ"),
        ("question_type", "side"),
        ("modality", "CT"),
        ("modality", "unknown"),
    }
    organ = np.arange(len(IMAGES)) % 3 == 0
    row = one(found["subgroups"], value="organ", quantity="accuracy", condition="clean")
    gap = correct(new, "clean")[organ].mean() - correct(old, "clean")[organ].mean()
    assert (row["difference"], row["n"]) == (pytest.approx(gap), organ.sum())
    assert row["warning"] is not None
    part = compared(*(Audit(s.scores[s.scores["item_id"].isin(s.items["item_id"][organ])], s.instances, s.items)
                      for s in (old, new)))  # fmt: skip
    alone = one(part["differences"], quantity="accuracy", condition="clean")
    assert (alone["ci_low"], alone["se"]) == pytest.approx((row["ci_low"], row["se"]))
    rows = [row for row in found["subgroups"] if row["quantity"] == "accuracy"]
    assert row["p_value"] >= alone["p_value"]
    assert len(rows) == 8  # Holm is over all of these


def test_models_are_paired_by_name_or_as_told(make_study: Callable[..., Any], old: Audit, new: Audit) -> None:
    rng = np.random.default_rng(7)
    cells = {(m, c): answer(rng, 0.6) for m in ("v1", "v2", "v3") for c in ("clean", NOTA)}
    made = make_study(cells, IMAGES)
    several = Audit(made.scores, made.instances, made.items)
    assert compared(several, old)["pairs"] == [{"baseline": "v1", "model": "v1"}]
    found = compared(several, new, pairs={"v2": "v3"})
    assert found["pairs"] == [{"baseline": "v3", "model": "v2"}]
    three = compared(several, several, pairs={"v1": "v2", "v2": "v2"})
    accuracy = [
        row for row in three["differences"] if row["quantity"] == "accuracy" and row["condition"] == "clean"
    ]
    assert [(row["model"], row["baseline"], row["verdict"]) for row in accuracy] == [
        ("v1", "v2", "cannot tell"), ("v2", "v2", "identical")
    ]  # fmt: skip
    with pytest.raises(BadInput, match="no model 'v9'"):
        compared(several, new, pairs={"v2": "v9"})
    with pytest.raises(BadInput, match="no two models have one name"):
        compared(several, Audit(new.scores.assign(model="w"), new.instances, new.items))


def test_what_has_nothing_in_common_is_refused(old: Audit, new: Audit) -> None:
    with pytest.raises(BadInput, match="no question is the same in both"):
        strange = new.instances.assign(instance_id="z" + new.instances["instance_id"])
        compared(old, Audit(new.scores, strange, new.items))
    with pytest.raises(BadInput, match="no UE method in both"):
        compared(old, Audit(new.scores.assign(method="w"), new.instances, new.items))
    with pytest.raises(BadInput, match="no column 'ward'"):
        compared(old, new, subgroups=["ward"])


def test_shares_at_a_bound_and_shares_of_few_images() -> None:
    images = np.arange(12)
    every, none = np.ones(12, bool), np.zeros(12, bool)
    found = share_difference((every, none), (every, every), images)
    assert (found.difference.value, found.difference.reason) == (1.0, "no interval: both are at a bound")
    assert np.isnan(found.p_value)
    assert share_difference((every, none), (every, none), images).p_value == 1.0
    with pytest.raises(Undefined, match="too few: 4 images"):
        share_difference((every, none), (images < 4, none), images)


@pytest.mark.slow
@pytest.mark.parametrize("held", [0.5, 0.85])
def test_error_rate_of_the_collapse_rate_difference(held: float, noise: Callable[..., np.ndarray]) -> None:
    """Two models equally good and equally fragile, each on the questions that it answered rightly itself."""
    rng = np.random.default_rng(12)
    images = np.repeat(np.arange(80), 1 + rng.integers(0, 8, 80))
    rejected, runs = 0, 2000
    for _ in range(runs):
        shared, fragile = noise(rng, images), noise(rng, images)
        sides = []
        for _ in range(2):
            risk = 0.8 * shared + 0.6 * noise(rng, images) < 0.5
            event = 0.6 * fragile + 0.8 * noise(rng, images) > stats.norm.ppf(held)
            sides.append((risk, event & risk))
        rejected += share_difference(sides[0], sides[1], images).p_value <= 0.05
    assert 0.035 < rejected / runs < 0.065
