"""What every UE method promises."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vqa_canary.frames import frame
from vqa_canary.rows import Evidence
from vqa_canary.testing import made_up
from vqa_canary.testing.demands import demand, name_in
from vqa_canary.ue.configured import Entry, methods_of
from vqa_canary.ue.registration import EMBEDDED, METHODS, Method

if TYPE_CHECKING:
    import pandas as pd

    Study = tuple[pd.DataFrame, pd.DataFrame]

TOLD = {
    ".. math::": "a formula",
    "Parameters": "its parameters",
    "Returns": "its range",
    "References": "a source",
}
"""What the docstring of a method has to hold."""


def check_ue_method(method: str | Callable[..., Any], **settings: Any) -> None:
    """Hold a registered UE method to its promises, on made-up evidence of questions with two to five options.

    Complete evidence gives a finite value within the declared bounds, or `Undefined` with its reason, also where a
    probability is 0 or 1 or all samples agree; neither the order of rows nor their company changes a value; the
    evidence is left as it was; where evidence is missing there is a reason and no number; and the docstring says
    formula, range and source.

    Parameters
    ----------
    method : its name, or the decorated function
    settings : of the method, as under `scoring.methods`; the defaults without

    Raises
    ------
    AssertionError : a promise is broken; the message says which
    UnknownName, BadInput : there is no such method or setting, or the method fails
    """
    name = name_in(METHODS, method)
    entry: Entry = {name: settings} if settings else name
    [bound] = methods_of([entry])
    study = _study()
    _check_values(entry, bound, study)
    _check_independence(entry, bound, study)
    _check_missing_evidence(entry, bound)
    text = inspect.getdoc(bound.function) or ""
    lacking = [what for part, what in TOLD.items() if part not in text]
    demand(
        not lacking,
        f"UE method {name}: its docstring lacks {', '.join(lacking)} (sections {', '.join(TOLD)})",
    )


def _study() -> Study:
    """Forty instances with two to five options and answers of one to three tokens, and four with sure answers."""
    rows = [(number, made_up.SIZES[number % len(made_up.SIZES)]) for number in range(44)]
    answers = [made_up.evidence(*row) for row in rows[:40]] + [made_up.extreme(*row) for row in rows[40:]]
    return frame(answers, "evidence"), frame([made_up.instance(*row) for row in rows], "instances")


def _scores(entry: Entry, evidence: pd.DataFrame, instances: pd.DataFrame) -> pd.DataFrame:
    from vqa_canary.ue.table import scores_table

    return scores_table(evidence, instances, [entry], embeddings=made_up.embeddings(evidence, instances))


def _check_values(entry: Entry, method: Method, study: Study) -> None:
    import numpy as np

    evidence, _ = study
    before = evidence.map(repr)
    scores = _scores(entry, *study)
    demand(
        before.equals(evidence.map(repr)), f"UE method {method.name}: changes the evidence that it is given"
    )
    values, reasons = scores["uncertainty"], scores["reason"]
    known = values.notna()
    demand(
        known.any() and values[known].nunique() > 3,
        f"UE method {method.name}: tells nothing apart: {values[known].nunique()} different values "
        f"of {len(scores)} instances",
    )
    inside = values[known].between(method.lower, method.upper)
    demand(inside.all(), f"UE method {method.name}: a value is outside {method.lower:g} to {method.upper:g}")
    demand(
        reasons[known].isna().all() and reasons[~known].str.startswith("undefined: ").all(),
        f"UE method {method.name}: complete evidence gives neither a value nor Undefined: {reasons.dropna().unique()}",
    )
    likely = scores["confidence"][known]
    right = np.array_equal(likely, 1 - values[known]) if method.confidence else likely.isna().all()
    demand(
        right, f"UE method {method.name}: its confidence is not what `confidence={method.confidence}` says"
    )


def _check_independence(entry: Entry, method: Method, study: Study) -> None:
    import pandas as pd

    evidence, instances = study
    together = _scores(entry, *study)
    shuffled = evidence.sample(frac=1, random_state=3), instances.sample(frac=1, random_state=4)
    demand(
        _scores(entry, *shuffled).equals(together),
        f"UE method {method.name}: the order of rows changes a value; each row must count by itself",
    )
    # Every fifth is of each number of options and of tokens; the last few are sure of themselves.
    some = sorted({*range(0, len(evidence), 5), *range(len(evidence))[-len(made_up.SIZES) :]})
    alone = [_scores(entry, evidence.iloc[[at]], instances) for at in some]
    demand(
        pd.concat(alone, ignore_index=True).equals(together.iloc[some].reset_index(drop=True)),
        f"UE method {method.name}: a row by itself gets another value than among others",
    )


def _without(row: Evidence, column: str) -> Evidence:
    missing: dict[str, Any] = {column: None}
    return replace(row, **missing)


def _check_missing_evidence(entry: Entry, method: Method) -> None:
    shown = frame([made_up.instance(0), made_up.instance(1)], "instances")
    whole = made_up.evidence(0), made_up.evidence(1)
    for need in set(method.needs) - {"options", EMBEDDED}:
        scores = _scores(entry, frame([_without(whole[0], need), whole[1]], "evidence"), shown)
        demand(
            scores["uncertainty"].isna().tolist()[0] and scores["confidence"].isna()[0],
            f"UE method {method.name}: gives a number where there is no {need}",
        )
        demand(
            str(scores["reason"][0]).startswith(f"no {need}: ") and scores["uncertainty"].notna()[1],
            f"UE method {method.name}: missing {need} is not told, or spoils another row",
        )
    if EMBEDDED in method.needs:
        unsampled = frame([_without(whole[0], "samples"), whole[1]], "evidence")
        _check_missing_embeddings(entry, method, frame(whole, "evidence"), unsampled, shown)
    failed = Evidence("made_up", "i000", status="failed", error="out of memory")
    first = _scores(entry, frame([failed, whole[1]], "evidence"), shown).iloc[0]
    empty = first[["uncertainty", "confidence", "choice", "correct"]].isna().all()
    demand(
        empty and first["reason"] == "failed: out of memory",
        f"UE method {method.name}: a failed instance gets a number, or its error is not told",
    )


def _check_missing_embeddings(
    entry: Entry, method: Method, evidence: pd.DataFrame, unsampled: pd.DataFrame, instances: pd.DataFrame
) -> None:
    """Where nothing is embedded; and for one row, where it has no samples."""
    from vqa_canary.ue.table import scores_table

    without = scores_table(evidence, instances, [entry])
    told = without["reason"].str.startswith(f"no {EMBEDDED}: ").all() and without["uncertainty"].isna().all()
    demand(
        told, f"UE method {method.name}: gives a number without an embedder, or does not say why it has none"
    )
    scores = _scores(entry, unsampled, instances)
    demand(
        scores["uncertainty"].isna().tolist() == [True, False] and str(scores["reason"][0]).startswith("no "),
        f"UE method {method.name}: missing samples are not told, or spoil another row",
    )
