"""The table `scores`: every UE method on every instance, with one label for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from vqa_canary.errors import BadInput
from vqa_canary.rows import CLEAN
from vqa_canary.tables import KEYS
from vqa_canary.ue.configured import methods_of
from vqa_canary.ue.embedded_samples import EmbeddedSamples
from vqa_canary.ue.registration import EMBEDDED, Method, Undefined
from vqa_canary.ue.samples import NO_OPTION, choices, modal_choice
from vqa_canary.ue.stacking import StackedColumn, blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from vqa_canary.ue.configured import Entry
    from vqa_canary.ue.stacking import Column

UNKNOWN = -2
"""Stands for the choice of a row without an answer: the instance failed, or was not asked for this kind of answer."""

NO_EMBEDDER = "no embedder is configured; see `embedder` in docs/methods.md"
"""Why samples have no vectors."""

_SHOWN = ["instance_id", "dataset", "item_id", "condition", "options", "answer_index"]


def scores_table(
    evidence: pd.DataFrame,
    instances: pd.DataFrame,
    methods: Sequence[Entry],
    label: Literal["choice", "native"] = "choice",
    embeddings: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Rows of `scores`: one for each row of `evidence` and each method, sorted by key.

    `uncertainty` is null where the evidence is missing or the method undefined; `reason` says why, as
    it does where there is an uncertainty but no answer to judge.
    `choice` and `correct` follow one rule, whatever the method:

    - `label="choice"`: the likeliest option (the lowest index on ties); where there are no option
      log-probs, the greedy choice. So all methods are judged on the same errors.
    - `label="native"`: the answer that the method is about: the likeliest option, the greedy choice
      or the modal sample (the lowest index on ties).

    `correct` is null where nothing is right (no `answer_index`) and where there is no answer
    (failed, or not asked). An answer that names no option is wrong: its `choice` is null and its
    `correct` false. `confidence` is 1 - uncertainty for methods that yield a probability.

    Parameters
    ----------
    methods : entries of `scoring.methods`: names, or names with settings (see `ue.configured.methods_of`)
    embeddings : the table `embeddings`, with the vector of each text that the samples have; without it, or where it
        has no row, methods that need `sample_embeddings` have no value

    Raises
    ------
    BadInput : evidence of an unknown instance or of another number of options, a choice that is no
        option, a method that fails or whose result is out of its range; the message names the model and the instance
    UnknownName : no such method
    UnfitSetting : a setting of a method that there is not, or that does not fit
    """
    chosen_methods = methods_of(methods)
    data = _shown(evidence, instances)
    columns = _columns(data, chosen_methods, embeddings)
    answers = _answers(data, columns)
    ok = (data["status"] == "ok").to_numpy()
    tables = [_score(data, columns, method, ok, answers, label) for method in chosen_methods]
    return pd.concat(tables, ignore_index=True).sort_values(list(KEYS["scores"]), ignore_index=True)


def _shown(evidence: pd.DataFrame, instances: pd.DataFrame) -> pd.DataFrame:
    known = evidence["instance_id"].isin(instances["instance_id"])
    if not known.all():
        stray = evidence.loc[~known].iloc[0]
        raise BadInput(
            f"evidence of {stray['model']}, instance {stray['instance_id']}: no such row in instances. "
            "Make the evidence again, or delete its shard."
        )
    return evidence.merge(instances[_SHOWN], on="instance_id", validate="many_to_one").reset_index(drop=True)


def _columns(
    data: pd.DataFrame, methods: Sequence[Method], embeddings: pd.DataFrame | None
) -> dict[str, Column]:
    needed = {"options", "option_logprobs", "samples"}.union(*(method.needs for method in methods))
    columns: dict[str, Column] = {name: StackedColumn(data, name) for name in sorted(needed - {EMBEDDED})}
    if EMBEDDED in needed:
        columns[EMBEDDED] = EmbeddedSamples(data, embeddings)
    given, shown = columns["option_logprobs"], columns["options"]
    unequal = ~given.missing & (given.lengths != shown.lengths)
    if unequal.any():
        at = int(unequal.argmax())
        raise BadInput(
            f"evidence of {data['model'][at]}, instance {data['instance_id'][at]}, option_logprobs: "
            f"{given.lengths[at]} values for {shown.lengths[at]} options. Make the evidence again."
        )
    for rows, block in blocks(columns, ["option_logprobs"], ~given.missing):
        given.missing[rows] = np.isneginf(block["option_logprobs"]).all(axis=-1)
    return columns


def _answers(data: pd.DataFrame, columns: Mapping[str, Column]) -> dict[str, NDArray[np.int64]]:
    """For each kind of answer, what each row answered: an option index, `NO_OPTION` or `UNKNOWN`."""
    option, modal = (np.full(len(data), UNKNOWN) for _ in range(2))
    for at, block in blocks(columns, ["option_logprobs"], ~columns["option_logprobs"].missing):
        option[at] = block["option_logprobs"].argmax(axis=-1)
    for at, block in blocks(columns, ["samples"], ~columns["samples"].missing):
        chosen = choices(block["samples"])
        _check(data, columns, "samples", at, chosen.max(axis=-1))
        modal[at] = modal_choice(chosen)
    spoken = np.where(data["greedy_text"].isna(), UNKNOWN, NO_OPTION)
    named = data["greedy_choice"]
    greedy = np.where(named.isna(), spoken, named.fillna(NO_OPTION).astype(np.int64))
    _check(data, columns, "greedy_choice", np.arange(len(data)), greedy)
    return {
        "choice": np.where(option == UNKNOWN, greedy, option),
        "option": option,
        "greedy": greedy,
        "modal": modal,
    }


def _check(
    data: pd.DataFrame,
    columns: Mapping[str, Column],
    name: str,
    at: NDArray[np.int64],
    largest: NDArray[np.int64],
) -> None:
    beyond = largest >= columns["options"].lengths[at]
    if beyond.any():
        row = int(at[beyond][0])
        raise BadInput(
            f"evidence of {data['model'][row]}, instance {data['instance_id'][row]}, {name}: choice "
            f"{largest[beyond][0]} is outside the {columns['options'].lengths[row]} options."
        )


def _score(
    data: pd.DataFrame,
    columns: Mapping[str, Column],
    method: Method,
    ok: NDArray[np.bool_],
    answers: Mapping[str, NDArray[np.int64]],
    label: str,
) -> pd.DataFrame:
    uncertainty, reason = _uncertainty(data, columns, method, ok)
    answer = np.where(ok, answers["choice" if label == "choice" else method.answer], UNKNOWN)
    reason[(answer == UNKNOWN) & reason.isna()] = "no answer to judge"
    right = data["answer_index"].astype("Int64")
    unlabelled = right.isna() & (data["condition"] == CLEAN)
    reason[unlabelled & reason.isna()] = "no label: which option is right is not known"
    correct = pd.Series(answer == right.fillna(UNKNOWN).to_numpy(np.int64), dtype="boolean")
    return pd.DataFrame(
        {
            **{name: data[name] for name in ("model", "instance_id")},
            "method": method.name,
            **{name: data[name] for name in ("dataset", "item_id", "condition")},
            "uncertainty": uncertainty,
            "confidence": 1 - uncertainty if method.confidence else np.nan,
            "choice": pd.Series(answer, dtype="Int64").where(answer >= 0),
            "correct": correct.where((answer != UNKNOWN) & right.notna()),
            "reason": reason,
        }
    )


def _uncertainty(
    data: pd.DataFrame, columns: Mapping[str, Column], method: Method, ok: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], pd.Series]:
    """The method's values, and for each that is NaN the reason."""
    values = np.full(len(data), np.nan)
    reason = pd.Series(None, index=data.index, dtype="str")
    usable = ok.copy()
    reason[~ok] = "failed: " + data.loc[~ok, "error"].fillna("no error was recorded")
    for need in method.needs:
        gone = usable & columns[need].missing
        reason[gone] = f"no {need}: " + _why(data[gone], need)
        usable &= ~gone
    for at, block in blocks(columns, method.needs, usable):
        try:
            values[at], undefined = _values_of(method, block)
        except BadInput as error:
            row, why = _first_that_fails(method, block, error)
            raise type(error)(
                f"evidence of {data['model'][at[row]]}, instance {data['instance_id'][at[row]]}: {why}"
            ) from error
        for row, why_not in undefined.items():
            reason.iloc[at[row]] = f"undefined: {why_not}"
    return values, reason


def _values_of(
    method: Method, block: Mapping[str, NDArray[Any]]
) -> tuple[NDArray[np.float64], dict[int, Undefined]]:
    """The method's values of a block, and for each row that has none, where the value is NaN, why.

    A method that raises `Undefined` is asked again row by row, since it cannot say which rows it means: one row without
    a value takes no other row's value away.

    Raises
    ------
    BadInput : as the method does
    """
    try:
        return method(**block), {}
    except Undefined:
        values, undefined = np.full(len(block[method.needs[0]]), np.nan), {}
        for row, alone in enumerate(_rows_of(method, block)):
            try:
                [values[row]] = method(**alone)
            except Undefined as error:
                undefined[row] = error
        return values, undefined


def _rows_of(method: Method, block: Mapping[str, NDArray[Any]]) -> Iterator[dict[str, NDArray[Any]]]:
    """Each row of a block as a block of its own."""
    for row in range(len(block[method.needs[0]])):
        yield {name: values[row : row + 1] for name, values in block.items()}


def _first_that_fails(
    method: Method, block: Mapping[str, NDArray[Any]], error: BadInput
) -> tuple[int, BadInput]:
    """The row of a block on which a method fails, and how; the first one where it fails on no row by itself."""
    for row, alone in enumerate(_rows_of(method, block)):
        try:
            method(**alone)
        except Undefined:
            continue
        except BadInput as fault:
            return row, fault
    return 0, error


def _why(data: pd.DataFrame, need: str) -> pd.Series:
    """Why a column is null, as far as the other columns of the row tell."""
    why = pd.Series("the engine gave none", index=data.index, dtype="str")
    if need == "p_true":
        why[data["greedy_choice"].isna()] = "the greedy answer names no option"
    if need == "verbalized_confidence":
        why[data["verbalized_text"].notna()] = "the reply states no number from 0 to 100"
    if need == "option_logprobs":
        why[data[need].notna()] = "no option has any probability"
    if need == EMBEDDED:
        lacking = data["samples"].map(len, na_action="ignore").fillna(0) == 0
        why[~lacking] = NO_EMBEDDER
        why[lacking] = _why(data[lacking], "samples")
        return why
    told = data["gaps"].map(lambda gaps: _reason_of(gaps, need), na_action="ignore")
    return why.where(told.isna(), told)


def _reason_of(gaps: Iterable[Mapping[str, str]], need: str) -> str | None:
    return next((gap["reason"] for gap in gaps if gap["field"] == need), None)
