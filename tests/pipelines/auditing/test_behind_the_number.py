"""A whole audit with other ways of asking and a policy for every site; its numbers found again from the tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from tests.phantom_audit import set_up

from vqa_canary.audit.splitting import calibration_images
from vqa_canary.errors import BadInput
from vqa_canary.pipelines.sections import check_sections

WAYS = ["asked_again", "reworded", "shuffled"]
pytestmark = [pytest.mark.whole, pytest.mark.usefixtures("undrawn")]


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory, edit_yaml: Callable[..., None]) -> Path:
    """A project whose audit has been run; to be looked at, not changed."""
    from tests.conftest import copy_project, leave_undrawn, run_in

    project = copy_project(tmp_path_factory.mktemp("behind"))
    set_up(project, edit_yaml)
    conf = project / "conf/audit"
    edit_yaml(conf / "parameters_data_engineering.yml", lambda p: p["conditions"].extend(WAYS))
    edit_yaml(
        conf / "parameters_auditing.yml",
        lambda p: p["audit"].update(method="label_nll", hold_for=["site"]),
    )
    with pytest.MonkeyPatch.context() as patch:
        leave_undrawn(patch)
        run_in(patch, project, env="audit", params={"tracking": {"enabled": False}})
    return project


def audit_of(project: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((project / "data/08_reporting/audit/audit.json").read_text())
    return found


def table(project: Path, name: str) -> pd.DataFrame:
    [path] = (project / "data").glob(f"*/audit/{name}.parquet")
    found: pd.DataFrame = pq.read_table(path).to_pandas()
    return found


def answers(project: Path) -> pd.DataFrame:
    """Text of the answer, and whether it is right, by item and condition."""
    scores = table(project, "scores").query("method == 'label_nll'")
    rows = scores.merge(table(project, "instances")[["instance_id", "options"]], on="instance_id")
    rows["said"] = [
        options[int(choice)] for options, choice in zip(rows["options"], rows["choice"], strict=True)
    ]
    return rows.merge(
        table(project, "items")[["item_id", "image_id", "nota_valid", "attributes"]], on="item_id"
    )


def test_collapse_stands_beside_its_control(audited: Path) -> None:
    [headline] = audit_of(audited)["headline"]
    wide = answers(audited).pivot_table(
        index="item_id", columns="condition", values="correct", aggfunc="first"
    )
    fair = table(audited, "items").set_index("item_id")["nota_valid"]
    risk = wide[fair.loc[wide.index] & wide["clean"].astype(bool)]
    beside = headline["beside_control"]
    assert beside["condition"] == "nota_control"
    assert beside["rate"]["value"] == pytest.approx(1 - risk["nota_control"].mean())
    gap = risk["nota_control"].mean() - risk["nota_replace"].mean()
    assert beside["difference"]["value"] == pytest.approx(gap)
    assert "when a wrong one is replaced (nota_control)" in headline["answer"]


def test_answers_that_change_are_those_with_another_text(audited: Path) -> None:
    said = answers(audited).pivot_table(index="item_id", columns="condition", values="said", aggfunc="first")
    rows = {row["condition"]: row for row in audit_of(audited)["robustness"]}
    assert set(rows) == {*WAYS, "any"}
    for name in WAYS:
        assert rows[name]["changed"]["value"] == pytest.approx((said[name] != said["clean"]).mean())
    moved = (said["shuffled"] != said["clean"]) | (said["reworded"] != said["clean"])
    assert rows["any"]["changed"]["value"] == pytest.approx(moved.mean())
    assert rows["asked_again"]["changed"]["value"] == 0  # these weights answer alike every time


def test_the_policy_for_every_site_keeps_to_each(audited: Path) -> None:
    audit = audit_of(audited)
    [policy] = audit["group_policies"]
    assert (policy["method"], policy["columns"], policy["n_methods"]) == ("label_nll", ["site"], 1)
    rows = answers(audited).query("condition == 'clean'").copy()
    rows["site"] = [next(one["value"] for one in own if one["name"] == "site") for own in rows["attributes"]]
    calibrates = rows["image_id"].isin(calibration_images(rows["image_id"], audit["seed"]))
    told = {group["value"]: group for group in policy["groups"]}
    assert set(told) == {"all", "north", "south"}
    if policy["threshold"] is None:
        assert policy["sentence"].startswith(("Too little data", "No threshold is shown"))
        assert told["north"]["error"]["value"] is None
        return
    through = rows[rows["uncertainty"] <= policy["threshold"]]
    for site in ("north", "south"):
        inside, rest = (through[(through["site"] == site) & at] for at in (calibrates, ~calibrates))
        assert told[site]["images"] == inside["image_id"].nunique()
        assert told[site]["error"]["value"] == pytest.approx(1 - rest["correct"].astype(float).mean())
        assert told[site]["p_value"] <= audit["target"]["delta"]


def test_the_worst_subgroup_is_on_the_page(audited: Path) -> None:
    [headline] = audit_of(audited)["headline"]
    page = (audited / "data/08_reporting/audit/audit.html").read_text()
    assert headline["worst_subgroup"]["n_groups"] >= 2
    assert "Worst subgroup" in page
    assert "When asked in another way" in page
    assert np.isfinite(headline["worst_subgroup"]["bound"])


def test_a_column_to_hold_for_that_is_no_subgroup_is_refused_before_anything_runs() -> None:
    parameters = {
        "scoring": {"methods": ["label_nll"]}, "evaluation": {"subgroups": ["site"]}, "audit": {"hold_for": ["sites"]},
    }  # fmt: skip
    with pytest.raises(BadInput, match=r"audit\.hold_for: 'sites' is not among .* Did you mean 'site'\?"):
        check_sections(parameters)
