"""What two audits have in common: models, methods, and questions put to a model alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from vqa_canary.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KEY = ["dataset", "item_id", "condition"]


class StudyTables(NamedTuple):
    """The tables of one study that a comparison rests on."""

    scores: pd.DataFrame
    instances: pd.DataFrame
    items: pd.DataFrame


class Prompt(NamedTuple):
    """A question under a condition, in either of two studies."""

    dataset: str
    item_id: str
    condition: str


class SharedQuestions(NamedTuple):
    """What two studies asked alike, and what they did not."""

    alike: pd.Index
    """Ids of the instances that both put to a model alike: these alone are compared."""
    changed: list[Prompt]
    """Asked by both, but not alike."""
    only_baseline: list[Prompt]
    only_current: list[Prompt]


def before(model: str) -> str:
    """Name in one study of the baseline that `model` is compared with."""
    return f"baseline of {model}"


def after(model: str) -> str:
    """Name in one study of `model` in the current audit."""
    return f"current {model}"


def paired_models(
    baseline: StudyTables, current: StudyTables, pairs: Mapping[str, str] | None
) -> dict[str, str]:
    """Baseline model by current model: `pairs`, or the one model of each audit, or models of equal names.

    Raises
    ------
    BadInput : a model is unknown, or there is nothing to pair
    """
    old, new = (sorted(map(str, audit.scores["model"].unique())) for audit in (baseline, current))
    if pairs is None:
        alone = len(old) == len(new) == 1
        pairs = {new[0]: old[0]} if alone else {name: name for name in new if name in old}
    lost = [name for name in pairs if name not in new] + [name for name in pairs.values() if name not in old]
    if lost or not pairs:
        what = f"no model {lost[0]!r}" if lost else "no two models have one name"
        raise BadInput(
            f"audits compared: {what}. The baseline has {old}, the current audit {new}: name the pairs."
        )
    return dict(sorted(pairs.items()))


def shared_questions(
    baseline: StudyTables, current: StudyTables, conditions: Sequence[str]
) -> SharedQuestions:
    """What is compared and what is not.

    Prompts are alike if their contents are, and so their ids: an id is a digest of all that a model is shown.

    Raises
    ------
    BadInput : no instance is in both
    """
    old, new = (
        audit.instances.loc[audit.instances["condition"].isin(conditions), [*KEY, "instance_id"]]
        for audit in (baseline, current)
    )
    both = old.merge(new, on=KEY, how="outer", suffixes=("_old", "_new"), indicator=True)
    one_side = both["_merge"] != "both"
    same = ~one_side & (both["instance_id_old"] == both["instance_id_new"])
    if not same.any():
        raise BadInput(
            "audits compared: no question is the same in both. Run the new audit on the baseline's questions, with "
            "its conditions and its seed."
        )

    def listed(mask: pd.Series) -> list[Prompt]:
        return [Prompt(*map(str, row)) for row in both.loc[mask, KEY].sort_values(KEY).to_numpy()]

    return SharedQuestions(
        pd.Index(both.loc[same, "instance_id_new"]),
        changed=listed(~one_side & ~same),
        only_baseline=listed(both["_merge"] == "left_only"),
        only_current=listed(both["_merge"] == "right_only"),
    )


def shared_methods(baseline: StudyTables, current: StudyTables) -> list[str]:
    """Names of the methods of both.

    Raises
    ------
    BadInput : no method is in both
    """
    old, new = (set(map(str, audit.scores["method"].unique())) for audit in (baseline, current))
    if not old & new:
        raise BadInput(
            f"audits compared: no UE method in both: {sorted(old)} and {sorted(new)}. Score both with the same methods."
        )
    return sorted(old & new)


def one_study(
    baseline: StudyTables,
    current: StudyTables,
    matched: Mapping[str, str],
    alike: pd.Index,
    methods: Sequence[str],
) -> StudyTables:
    """Both audits as models of one study."""
    old, new = (
        audit.scores[audit.scores["instance_id"].isin(alike) & audit.scores["method"].isin(methods)]
        for audit in (baseline, current)
    )
    tables = [old[old["model"] == own].assign(model=before(name)) for name, own in matched.items()]
    tables += [new[new["model"] == name].assign(model=after(name)) for name in matched]
    instances = current.instances[current.instances["instance_id"].isin(alike)]
    return StudyTables(pd.concat(tables, ignore_index=True), instances, current.items)
