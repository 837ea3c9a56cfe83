"""The table of policies: who is asked about what, one half finds, the other checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.optional import not_none

from vqa_canary.audit.policies import policies_table
from vqa_canary.audit.policy import find_policy
from vqa_canary.audit.policy_search import search_steps
from vqa_canary.audit.record.policies import Policy
from vqa_canary.audit.splitting import calibration_images, calibration_masks, priorities
from vqa_canary.errors import BadInput
from vqa_canary.statistics.proportions import proportion

NOTA = "nota_replace"
LEVELS: dict[str, Any] = {"alpha": 0.1, "delta": 0.05, "seed": 3, "nota_conditions": (NOTA, "nota_last")}


@pytest.fixture
def study(make_study: Callable[..., Any], answers: Callable[..., Any]) -> Any:
    """160 images; 9 of 10 answers right, and half of these lost under NOTA; `w` knows nothing, `gone` has no value."""
    rng = np.random.default_rng(8)
    data = answers(rng, 160, 0.9, 0.9)
    n = len(data.wrong)
    u = data.uncertainty
    right = (~data.wrong).astype(float)
    right[rng.random(n) < 0.03] = np.nan  # failed
    methods = {
        "u": u,
        "v": np.where(rng.random(n) < 0.1, np.nan, u),
        "w": rng.random(n),
        "gone": np.full(n, np.nan),
    }
    shown = np.where(rng.random(n) < 0.05, np.nan, (u < 0.3).astype(float))
    cells = {("m", "clean"): {"correct": right, **methods}, ("m", NOTA): {"correct": shown, **methods}}
    made = make_study(cells, data.images, nota_valid=np.arange(n) % 4 > 0)
    lost = made.scores["correct"].isna()
    made.scores.loc[lost, ["uncertainty"]] = np.nan
    made.scores.loc[lost, "reason"] = "failed: made up"
    return made


def table(study: Any, **changes: Any) -> list[Policy]:
    calibrates = calibration_masks(study.grids, study.items, LEVELS["seed"])
    return policies_table(study.grids, calibrates, **(LEVELS | changes))


def one(rows: list[Policy], **key: Any) -> Policy:
    [found] = [row for row in rows if key.items() <= dict(row).items()]
    return found


def cells(study: Any, method: str) -> pd.DataFrame:
    """Clean and NOTA answers side by side, joined by hand."""
    rows = study.scores.query("method == @method")
    clean, shown = (rows[rows["condition"] == c].set_index("item_id") for c in ("clean", NOTA))
    own = study.items.set_index("item_id")
    joined: pd.DataFrame = own[["image_id", "nota_valid"]].assign(
        u=clean["uncertainty"], right=clean["correct"].astype(float), shown=shown["correct"].astype(float)
    )
    return joined


@pytest.mark.parametrize("event", ["error", f"collapse:{NOTA}"])
@pytest.mark.parametrize("guarantee", ["exact", "cluster"])
@pytest.mark.parametrize("method", ["u", "v", "w"])
def test_rows_are_those_of_the_definition(study: Any, event: str, guarantee: Any, method: str) -> None:
    rows = table(study)
    data = cells(study, method)
    order = pd.Series(priorities(study.items["item_id"], 3), index=study.items["item_id"])
    data["bad"] = np.where(data["right"].isna(), np.nan, data["right"] == 0)
    if event != "error":
        data = data[data["nota_valid"] & data["shown"].notna()]
        data["bad"] = np.where(data["right"].isna(), np.nan, (data["right"] == 1) & (data["shown"] == 0))
    inside = data["image_id"].isin(calibration_images(study.items["image_id"], 3))
    known, rest = data[inside], data[~inside]
    steps = search_steps(known["u"], known["bad"], known["image_id"].to_numpy(str), order[known.index])
    for scope, tried in (("alone", 1), ("best of M", 3)):
        policy = find_policy(steps, 0.1, 0.05 / tried, guarantee)
        row = one(rows, event=event, guarantee=guarantee, method=method, scope=scope)
        assert (row.verdict, row.threshold, row.n_methods) == (
            policy.verdict,
            policy.threshold,
            tried,
        )
        assert (row.alpha, row.delta, row.needed_images) == (0.1, 0.05, policy.needed_images)
        told = row.calibration
        assert (told.n, told.images) == (len(known), known["image_id"].nunique())
        assert (told.coverage, told.risk) == (policy.coverage, policy.risk)
        if policy.threshold is None:
            assert row.held_out.risk.reason == row.reason == policy.verdict
            assert row.held_out.holds is None
            continue
        answered = (rest["u"] <= policy.threshold) & rest["bad"].notna()
        risk = proportion(rest["bad"][answered], rest["image_id"][answered].to_numpy(str))
        assert row.held_out.risk.value == pytest.approx(rest["bad"][answered].mean())
        assert row.held_out.risk.ci_high == pytest.approx(risk.ci_high)
        assert row.held_out.coverage.value == pytest.approx(answered.mean())
        by_image = rest["bad"][answered].groupby(rest["image_id"][answered]).mean().mean()
        assert row.held_out.image_risk.value == pytest.approx(by_image)
        low, high = not_none(risk.ci_low), not_none(risk.ci_high)
        word = "holds" if high <= 0.1 else "exceeds" if low > 0.1 else "cannot tell"
        assert row.held_out.holds == word


def test_policies_and_refusals_both_occur(study: Any) -> None:
    verdicts = {(row.event, row.method): row.verdict for row in table(study) if row.scope == "alone"}
    assert verdicts["error", "u"] == "policy found"
    assert verdicts[f"collapse:{NOTA}", "w"] == "no safe policy exists at this target"


def test_every_row_is_plain_json_and_the_grid_is_whole(study: Any) -> None:
    rows = table(study)
    assert [Policy.model_validate_json(row.model_dump_json()) for row in rows] == rows
    assert len(rows) == 2 * 4 * 2 * 2
    assert all(row.sentence for row in rows)


def test_a_method_without_values_has_no_verdict_and_does_not_count(study: Any) -> None:
    for row in table(study):
        if row.method == "gone":
            assert (row.verdict, row.threshold, row.best) == (None, None, False)
            assert "gone: made up" in not_none(row.reason)
        assert row.n_methods == (3 if row.scope == "best of M" else 1)


def test_the_best_answers_most_calibration_questions(study: Any) -> None:
    rows = [row for row in table(study) if row.event == "error"]
    for guarantee in ("exact", "cluster"):
        for scope in ("alone", "best of M"):
            cell = [row for row in rows if (row.guarantee, row.scope) == (guarantee, scope)]
            [best] = [row for row in cell if row.best]
            found = [not_none(row.calibration.coverage) for row in cell if row.verdict == "policy found"]
            assert best.calibration.coverage == max(found)


def test_held_out_labels_find_nothing_and_calibration_labels_check_nothing(study: Any) -> None:
    before = one(table(study), event="error", guarantee="exact", method="u", scope="alone")
    inside = (
        study.scores["item_id"]
        .map(study.items.set_index("item_id")["image_id"])
        .isin(calibration_images(study.items["image_id"], 3))
    )
    for mask, same, other in ((~inside, "calibration", "held_out"), (inside, "held_out", "calibration")):
        turned = study.scores.copy()
        turned.loc[mask & turned["correct"].notna(), "correct"] = False
        after = one(
            table(replace(study, scores=turned)), event="error", guarantee="exact", method="u", scope="alone"
        )
        if same == "calibration":
            assert (after.threshold, after.calibration) == (before.threshold, before.calibration)
            assert after.held_out.holds == "exceeds"
        else:
            assert after.verdict == "no safe policy exists at this target"
        assert getattr(after, other) != getattr(before, other)


def test_rows_in_any_order_and_methods_by_name(study: Any) -> None:
    shuffled = [one.sample(frac=1, random_state=1) for one in (study.scores, study.instances, study.items)]
    assert table(type(study)(*shuffled)) == table(study)
    alone = table(study, methods=["u"])
    assert {row.method for row in alone} == {"u"}
    assert {row.n_methods for row in alone} == {1}
    with pytest.raises(BadInput, match="'uu' was not scored"):
        table(study, methods=["uu"])
    with pytest.raises(BadInput, match="policy alpha: 5 is not between"):
        table(study, alpha=5)


def test_planned_looks_share_the_doubt_and_the_sentence_says_so(study: Any) -> None:
    """A look among three is tested as one method among three is: at a third of the doubt."""
    alone = one(
        table(study, delta=0.15, looks=3), event="error", guarantee="exact", method="u", scope="alone"
    )
    single = one(table(study, delta=0.05), event="error", guarantee="exact", method="u", scope="alone")
    assert (alone.threshold, alone.calibration) == (single.threshold, single.calibration)
    assert "this allows for 3 planned looks" in alone.sentence
    assert "with 85 % confidence" in alone.sentence
    best = one(
        table(study, alpha=0.5, looks=3), event="error", guarantee="exact", method="u", scope="best of M"
    )
    assert "the choice among 3 methods and 3 planned looks" in best.sentence
    needed = [
        row.needed_images or 0
        for looks in (1, 3, 9)
        for row in table(study, alpha=0.01, looks=looks)
        if (row.event, row.guarantee, row.method, row.scope) == ("error", "exact", "u", "alone")
    ]
    assert needed == sorted(set(needed))


def test_what_is_not_claimed_has_the_same_numbers_and_no_confidence(study: Any) -> None:
    claimed, bare = table(study), table(study, claimed=False)
    for with_claim, without in zip(claimed, bare, strict=True):
        words = {"sentence": "", "promise": ""}
        assert with_claim.model_copy(update=words) == without.model_copy(update=words)
        if with_claim.verdict == "policy found":
            assert "% confidence" in with_claim.sentence
            assert "% confidence" in with_claim.promise
            assert "% confidence" not in without.sentence + without.promise
            assert "no confidence can be claimed" in without.sentence
        elif with_claim.verdict == "no safe policy exists at this target":
            assert "with 95 % confidence" in with_claim.sentence
            assert "% confidence" not in without.sentence
        else:
            assert with_claim.sentence == without.sentence
    assert any(row.verdict == "policy found" for row in bare)
