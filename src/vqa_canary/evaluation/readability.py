"""Whether a model's answers could be read at all: what no number about a model is worth anything without.

An answer is read where its text names an option. One that names none is counted as wrong, so a model whose way of
answering is not understood looks like a bad model. Here is counted how often that happened, what the texts that
could not be read look like (never what they say), and between which two ends accuracy lies. A letter beyond the options
is no option, but it is understood: whoever says E where there are four options is wrong, and accuracy needs no range.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from vqa_canary.evaluation.accuracy_range import accuracy_ranges
from vqa_canary.evaluation.image_clusters import image_clusters
from vqa_canary.frames import is_null
from vqa_canary.nota import headline, offering
from vqa_canary.reading.shapes import SHAPES, shape_of
from vqa_canary.rows import ALL_CONDITIONS
from vqa_canary.statistics.proportions import proportion

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vqa_canary.evaluation.grid import Grid

Row = dict[str, Any]

BEYOND = SHAPES["beyond the options"]
LEAST_READ = 0.95
"""Share of a model's answers that must name an option."""
LEAST_MASS = 0.5
"""Median probability on option letters below which these are not what the model wants to answer with."""
MOST_CONTRARY = 0.05
"""Share of instances whose text names another option than the likeliest letter; above it, one of the two is misread."""
CUT = "cut at"
"""Stands in the error of an instance whose answer ended at the token limit."""
MOST_CUT = 0.05
"""Share of the answers, greedy and sampled, of answered instances that may be cut before they name an option."""


def readability_table(
    evidence: pd.DataFrame,
    instances: pd.DataFrame,
    items: pd.DataFrame,
    grids: Sequence[Grid],
    subgroups: Sequence[str] = (),
) -> list[Row]:
    """One row for each data set, model and condition, and one of condition "" for all conditions together.

    Returns
    -------
    keys dataset, model, condition and

    - headline: the subset that the condition is reported on, see `nota.headline`
    - instances; answered and failed of them; answerable: those of which something is right
    - answers: those that gave a text, the cut ones included; `named` of them name an option, `unnamed` name none,
      `cut` ended at the token limit and have no text; `beyond`: unnamed ones that are a letter beyond the options
    - read: estimate of named / answers, images as the unit
    - samples, samples_named; cut_answers: answers, greedy and sampled, of answered instances that were cut before they
      named an option
    - with_mass, median_mass: median probability on the option letters, None where no instance has one
    - compared: instances with a named option and option log-probs; contrary: those where another option is likelier
    - shapes: [{shape, n}] of the unnamed texts, the commonest first
    - warnings: which of these apply. `unread`: not all instances failed, and over 5 % of the answers were not
      understood; `beyond`: under 95 % name an option, but what is missing are letters beyond the options; `cut`,
      `contrary`, `mass`
    - accuracy: between which ends accuracy lies, see `accuracy_range`; empty where `unread` does not apply, and in the
      row of all conditions
    """
    shown, offers_nota = _shown(evidence, instances, items), offering(instances)
    rows = [
        _row(part, _about(str(dataset), str(model), condition, offers_nota))
        for (dataset, model), own in shown.groupby(["dataset", "model"], sort=True)
        for condition, part in _by_condition(own)
    ]
    unread = [
        (row["dataset"], row["model"], row["condition"])
        for row in rows
        if row["condition"] != ALL_CONDITIONS and "unread" in row["warnings"]
    ]
    ranges = accuracy_ranges(_readings(shown), grids, instances, unread, subgroups) if unread else {}
    return [
        row | {"accuracy": ranges.get((row["dataset"], row["model"], row["condition"]), [])} for row in rows
    ]


def _shown(evidence: pd.DataFrame, instances: pd.DataFrame, items: pd.DataFrame) -> pd.DataFrame:
    """Evidence with what was shown; clusters are the items' own images, whatever image a condition shows."""
    about = instances[["instance_id", "dataset", "item_id", "condition", "options", "answer_index"]]
    own = items[["dataset", "item_id"]].assign(cluster=image_clusters(items))
    about = about.merge(own, on=["dataset", "item_id"])
    shown = evidence.merge(about, on="instance_id").sort_values(["model", "instance_id"], ignore_index=True)
    ok = (shown["status"] == "ok").to_numpy(bool)
    spoken = ok & shown["greedy_text"].notna().to_numpy(bool)
    named = shown["greedy_choice"].notna().to_numpy(bool)
    cut = ~ok & shown["error"].astype("object").fillna("").str.contains(CUT, regex=False).to_numpy(bool)
    unnamed = spoken & ~named
    shapes = [
        shape_of(str(text), [str(option) for option in options]) if is_unnamed else ""
        for text, options, is_unnamed in zip(shown["greedy_text"], shown["options"], unnamed, strict=True)
    ]
    shown = shown.assign(ok=ok, named=spoken & named, unnamed=unnamed, cut=cut, shape=shapes)
    shown["n_samples"] = [len(_listed(row)) for row in shown["samples"]]
    shown["n_samples_named"] = [
        sum(not is_null(sample["choice"]) for sample in _listed(row)) for row in shown["samples"]
    ]
    return shown.assign(beyond=shown["shape"] == BEYOND)


def _readings(shown: pd.DataFrame) -> pd.DataFrame:
    """Rows of the instances that gave an answer to be read; `read` is one that was understood."""
    answers = shown[shown["named"] | shown["unnamed"] | shown["cut"]]
    names = ["model", "dataset", "item_id", "condition", "cut", "beyond"]
    return answers[names].assign(read=answers["named"] | answers["beyond"])


def _by_condition(own: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    yield ALL_CONDITIONS, own
    for condition, part in own.groupby("condition", sort=True):
        yield str(condition), part


def _about(dataset: str, model: str, condition: str, offers_nota: Collection[str]) -> Row:
    subset = headline(condition, offers_nota)
    return {"dataset": dataset, "model": model, "condition": condition, "headline": subset}


def _row(part: pd.DataFrame, about: Row) -> Row:
    answers = (part["named"] | part["unnamed"] | part["cut"]).to_numpy(bool)
    read = proportion(part["named"].to_numpy(bool)[answers], part["cluster"].to_numpy(str)[answers])
    mass = part.loc[part["ok"], "option_mass"].dropna()
    contrary = list(_contrary(part[part["named"]]))
    row = about | {
        "instances": len(part),
        "answered": int(part["ok"].sum()),
        "failed": int((~part["ok"]).sum()),
        "answerable": int(part["answer_index"].notna().sum()),
        "answers": int(answers.sum()),
        **{name: int(part[name].sum()) for name in ("named", "unnamed", "cut", "beyond")},
        "read": read.columns(),
        "samples": int(part.loc[part["ok"], "n_samples"].sum()),
        "samples_named": int(part.loc[part["ok"], "n_samples_named"].sum()),
        "cut_answers": int(part["cut_answers"].fillna(0).sum()) if "cut_answers" in part else 0,
        "with_mass": len(mass),
        "median_mass": float(mass.median()) if len(mass) else None,
        "compared": len(contrary),
        "contrary": sum(contrary),
        "shapes": _shapes(part.loc[part["unnamed"], "shape"]),
    }
    return row | {"warnings": [name for name, applies in _RULES.items() if applies(row)]}


def _contrary(named: pd.DataFrame) -> Iterator[bool]:
    """Whether another option is likelier than the named one, wherever both are known; equally likely is not."""
    for choice, logprobs in zip(named["greedy_choice"], named["option_logprobs"], strict=True):
        values: NDArray[np.float64] = np.asarray(_listed(logprobs), np.float64)
        if int(choice) < len(values) and not np.isneginf(values).all():
            yield bool(values[int(choice)] < values.max())


def _shapes(unnamed: pd.Series) -> list[Row]:
    ordered = sorted(Counter(unnamed).items(), key=lambda pair: (-pair[1], pair[0]))
    return [{"shape": shape, "n": n} for shape, n in ordered]


def _listed(value: Any) -> Any:
    """The members of a list column's cell; a missing cell has none."""
    return value if hasattr(value, "__len__") else ()


def _is_unread(row: Row) -> bool:
    """Where every instance failed, nothing was said that could be misread: it is the failures that are told."""
    return bool(row["answered"] and row["named"] + row["beyond"] < LEAST_READ * row["answers"])


_RULES: Mapping[str, Callable[[Row], Any]] = {
    "unread": _is_unread,
    "beyond": lambda row: (
        row["beyond"] and row["named"] < LEAST_READ * row["answers"] and not _is_unread(row)
    ),
    "cut": lambda row: row["cut"] > 0 or row["cut_answers"] > MOST_CUT * (row["answers"] + row["samples"]),
    "contrary": lambda row: row["contrary"] > MOST_CONTRARY * row["compared"],
    "mass": lambda row: row["median_mass"] is not None and row["median_mass"] < LEAST_MASS,
}
"""When a warning applies."""
