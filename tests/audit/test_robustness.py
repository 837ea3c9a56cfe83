"""Answers that change: counted by hand from the tables, by the text of the option and not by its letter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.optional import not_none

from vqa_canary.audit.policies import policies_table
from vqa_canary.audit.record.robustness import Robustness
from vqa_canary.audit.robustness import robustness_table
from vqa_canary.audit.splitting import calibration_masks
from vqa_canary.errors import BadInput
from vqa_canary.statistics.proportions import proportion

N = 240
WAYS = ("asked_again", "shuffled", "blurred")
OPTIONS = ["a", "b", "c", "d"]


@pytest.fixture
def study(make_study: Callable[..., Any]) -> Any:
    """Four options, the first is right; under `shuffled` they stand in the opposite order."""
    rng = np.random.default_rng(12)
    empty = {"correct": np.ones(N), "u": rng.random(N)}
    made = make_study({("m", name): empty for name in ("clean", *WAYS)}, np.arange(N) // 2)
    made.instances["answer_index"] = np.where(made.instances["condition"] == "shuffled", 3, 0)
    made.instances["answer_index"] = made.instances["answer_index"].astype("Int64")
    made.instances["options"] = [
        OPTIONS[::-1] if name == "shuffled" else OPTIONS for name in made.instances["condition"]
    ]
    texts = {"clean": rng.choice(OPTIONS, N, p=[0.6, 0.2, 0.1, 0.1])}
    for name, share in zip(WAYS, (0.03, 0.2, 0.3), strict=True):
        texts[name] = np.where(rng.random(N) < share, rng.choice(OPTIONS, N), texts["clean"])
    scores = made.scores
    for name, said in texts.items():
        own = (scores["condition"] == name).to_numpy()
        listed = OPTIONS[::-1] if name == "shuffled" else OPTIONS
        scores.loc[own, "choice"] = pd.array([listed.index(text) for text in said], "Int64")
        scores.loc[own, "correct"] = pd.array(said == "a", "boolean")
    nothing = scores["condition"].eq("blurred") & scores["item_id"].isin(["q00000", "q00001"])
    scores.loc[nothing, "choice"] = pd.NA  # it answered, and named no option
    scores.loc[nothing, "correct"] = False
    failed = scores["condition"].eq("shuffled") & scores["item_id"].isin(["q00002", "q00003", "q00004"])
    scores.loc[failed, ["choice", "correct", "uncertainty"]] = pd.NA
    scores.loc[failed, "reason"] = "failed: made up"
    return made


def said(study: Any) -> pd.DataFrame:
    """Texts by item and condition, found again from the tables: "" names none, NaN is no answer."""
    rows = study.scores.merge(study.instances[["instance_id", "options"]], on="instance_id")
    rows["text"] = [
        options[int(choice)] if pd.notna(choice) else ""
        for options, choice in zip(rows["options"], rows["choice"], strict=True)
    ]
    rows.loc[rows["reason"].fillna("").str.startswith("failed"), "text"] = None
    wide: pd.DataFrame = rows.pivot_table(
        index="item_id", columns="condition", values="text", aggfunc="first"
    )
    return wide.join(study.items.set_index("item_id")["image_id"])


def table(study: Any, conditions: tuple[str, ...] = WAYS, policy: Any = None) -> dict[str, Robustness]:
    rows = robustness_table(
        study.grids, study.instances, conditions=conditions, policies={("d", "m"): policy}
    )
    return {row.condition: row for row in rows}


def test_shares_are_those_of_the_texts(study: Any) -> None:
    found, texts = table(study), said(study)
    assert list(found) == [*WAYS, "any"]
    for name in WAYS:
        both = texts[texts["clean"].notna() & texts[name].notna()]
        changed = both["clean"] != both[name]
        expected = proportion(changed, both["image_id"].to_numpy(str))
        one = found[name]
        assert one.changed.n == len(both) == (N - 3 if name == "shuffled" else N)
        assert (one.changed.value, one.changed.ci_low, one.changed.ci_high) == pytest.approx(
            (changed.mean(), expected.ci_low, expected.ci_high)
        )
        right, wrong = both[both["clean"] == "a"], both[both["clean"] != "a"]
        assert one.lost.value == pytest.approx((right[name] != "a").mean())
        assert one.gained.value == pytest.approx((wrong[name] == "a").mean())
        assert one.accuracy.value == pytest.approx((both[name] == "a").mean())
        assert one.drop.value == pytest.approx((both["clean"] == "a").mean() - (both[name] == "a").mean())
        if name != "asked_again":
            kept = both[both["asked_again"].notna()]
            gap = (kept["clean"] != kept[name]).mean() - (kept["clean"] != kept["asked_again"]).mean()
            assert one.beyond_repeat.value == pytest.approx(gap)


def test_any_is_at_least_each_and_right_in_all_of_them(study: Any) -> None:
    found, texts = table(study), said(study)
    kept = texts[texts[["shuffled", "blurred"]].notna().all(axis=1)]
    changed = (kept["shuffled"] != kept["clean"]) | (kept["blurred"] != kept["clean"])
    every = (kept[["clean", "shuffled", "blurred"]] == "a").all(axis=1)
    assert found["any"].changed.value == pytest.approx(changed.mean())
    assert found["any"].accuracy.value == pytest.approx(every.mean())
    assert not_none(found["any"].changed.value) >= not_none(found["blurred"].changed.value) - 0.02
    assert found["any"].gained.value is None


def test_the_same_option_in_another_place_is_the_same_answer(study: Any) -> None:
    rows = study.scores
    clean = rows[rows["condition"] == "clean"].set_index("item_id")
    own = (rows["condition"] == "shuffled").to_numpy()
    moved = 3 - clean.loc[rows.loc[own, "item_id"], "choice"].astype(int)
    rows.loc[own, "choice"] = pd.array(moved.to_numpy(), "Int64")
    rows.loc[own, "correct"] = pd.array(moved.to_numpy() == 3, "boolean")
    rows.loc[own, "reason"] = None
    assert table(study)["shuffled"].changed.value == 0


def test_of_the_answers_that_a_policy_lets_through(study: Any) -> None:
    masks = calibration_masks(study.grids, study.items, 3)
    [policy, *_] = policies_table(study.grids, masks, alpha=0.9, delta=0.05, seed=3, nota_conditions=())
    assert policy.threshold is not None
    found, texts = table(study, policy=policy), said(study)
    clean = study.scores[study.scores["condition"] == "clean"].set_index("item_id")
    through = texts[clean.loc[texts.index, "uncertainty"].to_numpy() <= policy.threshold]
    changed = (through["blurred"] != through["clean"]).mean()
    assert found["blurred"].changed_answered.value == pytest.approx(changed)
    assert table(study)["blurred"].changed_answered.reason == "no policy"


def test_without_a_repeat_nothing_is_said_beyond_it(study: Any) -> None:
    found = table(study, ("shuffled",))
    assert list(found) == ["shuffled"]  # of one way alone there is no `any`
    assert found["shuffled"].beyond_repeat.reason == "asked_again was not asked"
    assert table(study, ("reworded",)) == {}


def test_row_order_does_not_matter(study: Any) -> None:
    rng = np.random.default_rng(1)
    mixed = replace(
        study,
        scores=study.scores.iloc[rng.permutation(len(study.scores))].reset_index(drop=True),
        instances=study.instances.iloc[rng.permutation(len(study.instances))].reset_index(drop=True),
    )
    assert table(mixed) == table(study)


def test_a_condition_that_changes_what_is_right_is_refused(study: Any) -> None:
    hidden = study.instances["condition"] == "blurred"
    study.instances.loc[hidden, "answer_index"] = 1
    with pytest.raises(BadInput, match=r"audit\.robustness: 'blurred' changes which option"):
        table(study)
    assert "blurred" not in table(study, ("asked_again", "shuffled"))
