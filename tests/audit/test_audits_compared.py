"""Two audits: what is joined and what is not, differences by hand, and which questions moved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats
from tests.optional import not_none

from vqa_canary.audit.comparison import compare_audits
from vqa_canary.audit.record.comparing import BaselineComparison, BaselineDifference, SharedPrompts
from vqa_canary.audit.shared_questions import StudyTables, shared_methods, shared_questions
from vqa_canary.errors import BadInput
from vqa_canary.estimate import Undefined
from vqa_canary.evaluation.grid import grids
from vqa_canary.evaluation.variant_difference import Variant
from vqa_canary.evaluation.variants import variants_table
from vqa_canary.statistics.paired_shares import share_difference

NOTA = "nota_replace"
IMAGES = np.repeat(np.arange(40), np.arange(40) % 4 + 1)
VALID = np.arange(len(IMAGES)) % 5 > 0


def answer(rng: np.random.Generator, right: float) -> dict[str, np.ndarray]:
    correct = (rng.random(len(IMAGES)) < right).astype(float)
    return {"correct": correct, "u": rng.random(len(IMAGES)) - 0.3 * correct, "v": rng.random(len(IMAGES))}


def audit(
    make_study: Callable[..., Any], seed: int, model: str, right: float = 0.7, held: float = 0.5
) -> StudyTables:
    rng = np.random.default_rng(seed)
    cells = {(model, "clean"): answer(rng, right), (model, NOTA): answer(rng, held)}
    made = make_study(cells, IMAGES, nota_valid=VALID)
    return StudyTables(made.scores, made.instances, made.items)


@pytest.fixture
def old(make_study: Callable[..., Any]) -> StudyTables:
    return audit(make_study, 1, "v1")


@pytest.fixture
def new(make_study: Callable[..., Any]) -> StudyTables:
    return audit(make_study, 2, "v2", 0.75, 0.4)


def compared(old: StudyTables, new: StudyTables, **changes: Any) -> BaselineComparison:
    found = compare_audits(old, new, **({"name": "spring", "nota_conditions": [NOTA]} | changes))
    assert BaselineComparison.model_validate_json(found.model_dump_json()) == found
    return found


def one(found: BaselineComparison, **key: str) -> BaselineDifference:
    [row] = [row for row in found.differences if ({"subset": "all"} | key).items() <= dict(row).items()]
    return row


def on_all(found: BaselineComparison) -> list[BaselineDifference]:
    return [row for row in found.differences if row.subset == "all"]


def correct(side: StudyTables, condition: str) -> np.ndarray:
    rows = side.scores.query("condition == @condition and method == 'u'").sort_values("item_id")
    return rows["correct"].to_numpy(float)


def test_differences_are_those_of_variants_and_a_collapse_rate_by_hand(
    old: StudyTables, new: StudyTables
) -> None:
    found = compared(old, new)
    assert (found.baseline, found.models) == ("spring", (("v2", "v1"),))
    assert found.joined == SharedPrompts(instances=2 * len(IMAGES), changed=0, only_new=0, only_old=0)
    assert shared_methods(old, new) == ["u", "v"]
    both = np.concatenate([old.scores.to_numpy(object), new.scores.to_numpy(object)])
    scores = type(old.scores)(both, columns=old.scores.columns).astype(old.scores.dtypes.to_dict())
    expected = variants_table(grids(scores, old.instances, old.items), {"v2": Variant("v1", "x")}, [NOTA])
    for wanted in [row for row in expected if row["model"]]:
        same = one(found, quantity=wanted["quantity"], condition=wanted["condition"], method=wanted["method"])
        for name in ("p_value", "smallest_difference", "verdict"):
            assert getattr(same, name) == wanted[name]
        for name in ("ci_low", "ci_high", "n", "n_clusters", "reason"):
            assert getattr(same.difference, name) == wanted[name]
        assert same.difference.value == wanted["difference"]
        assert (same.baseline, same.current) == (wanted["baseline_value"], wanted["value"])
    assert len(found.differences) == sum(bool(row["model"]) for row in expected) + 1

    row = one(found, quantity="collapse_rate")
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
    assert (row.baseline, row.current) == pytest.approx(tuple(rates))
    gap = rates[1] - rates[0]
    assert row.difference.value == pytest.approx(gap)
    assert row.p_value == pytest.approx(2 * stats.t.sf(abs(gap) / se, fewest - 1))
    reach = stats.t.ppf(0.975, fewest - 1) * se
    assert (row.difference.ci_low, row.difference.ci_high) == pytest.approx((gap - reach, gap + reach))


def test_questions_that_moved_are_listed_by_id(old: StudyTables, new: StudyTables) -> None:
    moved = compared(old, new).items
    ids = np.array([f"d/q{i:05d}" for i in range(len(IMAGES))])
    a, b = correct(old, "clean"), correct(new, "clean")
    assert moved.gained == tuple(ids[(a == 0) & (b == 1)])
    assert moved.lost == tuple(ids[(a == 1) & (b == 0)])
    was, now = (VALID & (correct(side, "clean") == 1) & (correct(side, NOTA) == 0) for side in (old, new))
    assert moved.newly_collapsed == tuple(f"{name}, {NOTA}" for name in ids[now & ~was])
    assert moved.no_longer_collapsed == tuple(f"{name}, {NOTA}" for name in ids[was & ~now])
    assert moved.gained
    assert moved.newly_collapsed


def test_changed_and_one_sided_questions_are_listed_and_never_used(
    old: StudyTables, new: StudyTables
) -> None:
    changed = {"d-clean-q00003": "reworded-3", f"d-{NOTA}-q00003": "reworded-3n"}
    scores, instances = new.scores.copy(), new.instances.copy()
    for table in (scores, instances):
        table["instance_id"] = table["instance_id"].replace(changed)
    gone = {"q00008", "q00011"}
    instances = instances[~instances["item_id"].isin(gone)]
    scores = scores[~scores["item_id"].isin(gone)]
    less_old = StudyTables(old.scores, old.instances[old.instances["item_id"] != "q00020"], old.items)
    less_new = StudyTables(scores, instances, new.items)
    found, told = compared(less_old, less_new), shared_questions(less_old, less_new, ["clean", NOTA])
    assert told.changed == [("d", "q00003", condition) for condition in ("clean", NOTA)]
    assert {prompt.item_id for prompt in told.only_baseline} == gone
    assert {prompt.item_id for prompt in told.only_current} == {"q00020"}
    n = 2 * (len(IMAGES) - 4)
    assert len(told.alike) == n
    assert found.joined == SharedPrompts(instances=n, changed=2, only_new=2, only_old=4)
    used = ~np.isin(np.arange(len(IMAGES)), [3, 8, 11, 20])
    row = one(found, quantity="accuracy", condition="clean")
    gap = correct(new, "clean")[used].mean() - correct(old, "clean")[used].mean()
    assert row.difference.n == used.sum()
    assert row.difference.value == pytest.approx(gap)
    left = {f"d/{name}" for name in ("q00003", "q00020", *gone)}
    for names in (found.items.gained, found.items.lost):
        assert not left & set(names)


def test_an_audit_against_itself_is_identical(old: StudyTables) -> None:
    found = compared(old, old, subgroups=["question_type"])
    assert {row.subset for row in found.differences} == {"all", "question_type=organ", "question_type=side"}
    for row in found.differences:
        assert row.difference.value in (0, None)
        assert row.verdict in ("identical", None)
        assert row.difference.value is not None or row.difference.reason
    assert found.items.gained == found.items.lost == found.items.newly_collapsed == ()


def test_exchanging_the_audits_mirrors_every_verdict(make_study: Callable[..., Any]) -> None:
    good, poor = audit(make_study, 1, "a", 0.9, 0.9), audit(make_study, 2, "b", 0.5, 0.2)
    ahead, back = compared(poor, good), compared(good, poor)
    for row, other in zip(ahead.differences, back.differences, strict=True):
        if row.quantity != "changed_answers" and row.difference.value is not None:
            assert row.difference.value == pytest.approx(-not_none(other.difference.value))
            assert {row.verdict, other.verdict} in ({"better", "worse"}, {"cannot tell"})
    assert one(ahead, quantity="accuracy", condition="clean").verdict == "better"
    fewer = one(ahead, quantity="collapse_rate")
    assert (fewer.verdict, not_none(fewer.difference.value) < 0) == ("better", True)
    assert ahead.items.gained == back.items.lost


def test_subgroups_are_the_audits_of_their_questions(old: StudyTables, new: StudyTables) -> None:
    found = compared(old, new, subgroups=["question_type", "modality"])
    whole = compared(old, new)
    assert on_all(found) == list(whole.differences)
    assert {row.subset for row in found.differences} - {"all"} == {
        "question_type=organ",
        "question_type=side",
        "modality=CT",
        "modality=unknown",
    }
    organ = np.arange(len(IMAGES)) % 3 == 0
    row = one(found, subset="question_type=organ", quantity="accuracy", condition="clean")
    gap = correct(new, "clean")[organ].mean() - correct(old, "clean")[organ].mean()
    assert row.difference.value == pytest.approx(gap)
    assert row.difference.n == organ.sum()
    assert row.warning is not None
    part = compared(*(StudyTables(s.scores[s.scores["item_id"].isin(s.items["item_id"][organ])], s.instances, s.items)
                      for s in (old, new)))  # fmt: skip
    alone = one(part, quantity="accuracy", condition="clean")
    assert (alone.difference.ci_low, alone.difference.ci_high) == pytest.approx(
        (row.difference.ci_low, row.difference.ci_high)
    )
    rows = [row for row in found.differences if row.subset != "all" and row.quantity == "accuracy"]
    assert not_none(row.p_value) >= not_none(alone.p_value)
    assert len(rows) == 8  # Holm is over all of these


def test_models_are_paired_by_name_or_as_told(
    make_study: Callable[..., Any], old: StudyTables, new: StudyTables
) -> None:
    rng = np.random.default_rng(7)
    cells = {(m, c): answer(rng, 0.6) for m in ("v1", "v2", "v3") for c in ("clean", NOTA)}
    made = make_study(cells, IMAGES)
    several = StudyTables(made.scores, made.instances, made.items)
    assert compared(several, old).models == (("v1", "v1"),)
    assert compared(several, new, pairs={"v2": "v3"}).models == (("v2", "v3"),)
    three = compared(several, several, pairs={"v1": "v2", "v2": "v2"})
    assert three.models == (("v1", "v2"), ("v2", "v2"))
    accuracy = [row for row in three.differences if row.quantity == "accuracy" and row.condition == "clean"]
    assert [(row.model, row.verdict) for row in accuracy] == [("v1", "cannot tell"), ("v2", "identical")]
    moved = (*three.items.gained, *three.items.lost)
    assert moved
    assert all(name.endswith(" (v1)") for name in moved)
    with pytest.raises(BadInput, match="no model 'v9'"):
        compared(several, new, pairs={"v2": "v9"})
    with pytest.raises(BadInput, match="no two models have one name"):
        compared(several, StudyTables(new.scores.assign(model="w"), new.instances, new.items))


def test_what_has_nothing_in_common_is_refused(old: StudyTables, new: StudyTables) -> None:
    with pytest.raises(BadInput, match="no question is the same in both"):
        strange = new.instances.assign(instance_id="z" + new.instances["instance_id"])
        compared(old, StudyTables(new.scores, strange, new.items))
    with pytest.raises(BadInput, match="no UE method in both"):
        compared(old, StudyTables(new.scores.assign(method="w"), new.instances, new.items))
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
