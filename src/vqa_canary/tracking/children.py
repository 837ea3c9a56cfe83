"""The child runs: from the table `metrics` to one record a model and method."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vqa_canary.nota import headline
from vqa_canary.rows import ALL_CONDITIONS, CLEAN
from vqa_canary.tracking.headlines import METRICS
from vqa_canary.tracking.parent import study_of
from vqa_canary.tracking.record import RunRecord, flat, legal_name, shown

if TYPE_CHECKING:
    import pandas as pd

Row = Mapping[Any, Any]


def children(
    metrics: pd.DataFrame,
    parameters: Mapping[str, Any],
    fingerprints: Mapping[str, Any],
    offers_nota: Collection[str],
    facts: Mapping[str, Mapping[str, str]] | None = None,
    readability: Sequence[Row] = (),
    method_settings: Mapping[str, Mapping[str, Any]] | None = None,
) -> Iterator[RunRecord]:
    """One record for each model and method, in order of their names.

    A metric is called `<metric>.<condition>`, such as `auroc.clean`, with its limits beside it in
    `.ci_low` and `.ci_high`; several datasets put `<dataset>.` before it. It is of the headline
    subset of the condition, see `nota.headline`. There are the metrics of `headlines.METRICS`, of `clean` and of the
    conditions that hide the answer. What is undefined is no metric but a tag `undefined.<metric>.<condition>` with the
    reason.

    Parameters
    ----------
    metrics : the table; rows without a method count for every method
    parameters : settings of the study
    fingerprints : `prompts`: fingerprint; `conditions`: fingerprint by name; `models`: by name
    offers_nota : the conditions that `nota.offering` gives
    facts : by model, what answered (such as its version and device); they become parameters `engine.<fact>`
    readability : rows of that table; the share of answers that name an option becomes `answers_read`, over all
        conditions, and `answers_read.clean`
    method_settings : settings of UE methods that have some, by method; they become parameters `method.<setting>`
    """
    headlines = _headline(metrics, offers_nota)
    shown_of = {CLEAN, *nota_conditions(parameters, offers_nota)}
    headlines = headlines[headlines["metric"].isin(METRICS) & headlines["condition"].isin(shown_of)]
    several = headlines["dataset"].nunique() > 1
    for model, of_model in headlines.groupby("model"):
        general = of_model[of_model["method"] == ""]
        for method, of_method in of_model[of_model["method"] != ""].groupby("method"):
            rows = [*_rows(general, several), *_rows(of_method, several)]
            yield RunRecord(
                name=f"{method} · {model}",
                tags={
                    "study": study_of(parameters),
                    "kind": "model x method",
                    "dataset": shown(sorted(of_model["dataset"].unique())),
                    "model": str(model),
                    "method": str(method),
                    **{f"undefined.{name}": shown(row["reason"]) for name, row in rows if not _defined(row)},
                },
                params=_params(str(model), str(method), parameters, fingerprints)
                | flat((facts or {}).get(str(model), {}), "engine")
                | flat((method_settings or {}).get(str(method), {}), "method"),
                metrics=dict(_values(rows)) | dict(_answers_read(str(model), readability, several)),
            )


def nota_conditions(parameters: Mapping[str, Any], offers_nota: Collection[str]) -> list[str]:
    """The conditions that hide the answer, in the order of the settings; those that offer NOTA where none is named."""
    evaluation = parameters.get("evaluation") or {}
    named = (
        evaluation.get("nota_conditions") if isinstance(evaluation, Mapping) else evaluation.nota_conditions
    )
    return list(named) if named else sorted(offers_nota)


def _answers_read(model: str, readability: Sequence[Row], several: bool) -> Iterator[tuple[str, float]]:
    for row in readability:
        few = row["condition"] in (ALL_CONDITIONS, CLEAN)
        if row["model"] == model and few and row["read"]["value"] is not None:
            parts = [row["dataset"] if several else "", "answers_read", row["condition"]]
            yield legal_name(".".join(filter(None, parts))), float(row["read"]["value"])


def _headline(metrics: pd.DataFrame, offers_nota: Collection[str]) -> pd.DataFrame:
    """The rows about each condition's headline subset."""
    subsets = metrics["condition"].map(lambda name: headline(name, offers_nota))
    return metrics[metrics["subset"] == subsets]


def _rows(metrics: pd.DataFrame, several: bool) -> Iterator[tuple[str, Row]]:
    for row in metrics.to_dict("records"):
        prefix = f"{row['dataset']}." if several else ""
        yield legal_name(f"{prefix}{row['metric']}.{row['condition']}"), row


def _values(rows: list[tuple[str, Row]]) -> Iterator[tuple[str, float]]:
    for name, row in rows:
        for suffix, column in (("", "value"), (".ci_low", "ci_low"), (".ci_high", "ci_high")):
            if _defined(row, column):
                yield name + suffix, float(row[column])


def _defined(row: Row, column: str = "value") -> bool:
    return row[column] is not None and math.isfinite(row[column])


def _params(
    model: str, method: str, parameters: Mapping[str, Any], fingerprints: Mapping[str, Any]
) -> dict[str, str]:
    scoring = flat(parameters.get("scoring", {}), "scoring")
    return {
        "model": model,
        "method": method,
        "seed": shown(parameters.get("seed")),
        **flat(parameters.get("models", {}).get(model, {}), "model"),
        **flat(parameters.get("sampling", {}), "sampling"),
        **{name: value for name, value in scoring.items() if name != "scoring.methods"},
        "fingerprint.model": shown(fingerprints.get("models", {}).get(model)),
        "fingerprint.prompts": shown(fingerprints.get("prompts")),
        **flat(fingerprints.get("conditions", {}), "fingerprint.condition"),
    }
