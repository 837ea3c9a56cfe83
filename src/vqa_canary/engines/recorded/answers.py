"""Recorded answers: what a model replied, and whatever else was kept beside it."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf, log
from typing import Any

from vqa_canary.engines.prompts import LETTERS
from vqa_canary.engines.recorded.cells import Cells, quoted
from vqa_canary.engines.recorded.choosing import choice_of
from vqa_canary.engines.recorded.evidence import with_gaps
from vqa_canary.engines.recorded.options import RecordedModel
from vqa_canary.errors import BadInput
from vqa_canary.reading import read_confidence
from vqa_canary.rows import Evidence, Instance, Sample
from vqa_canary.tabular.json_records import parse_cell

COLUMNS = ("id", "answer", "condition", "dataset", "confidence", "option_probabilities", "samples")

_MOST = 1e15
"""Largest probability, percentage or count that an option may have: sums of these are finite."""


def answer_row(cells: Cells, model: str, instance: Instance, options: RecordedModel) -> Evidence:
    """The recorded answer to `instance` as evidence of `model`; what is missing is null, and `gaps` says so.

    `answer` and the texts of `samples` name an option or none (see `choice_of`). `confidence`, a number or a text
    that states one, goes where stated confidence does. `option_probabilities` are logged: where they add up to at
    most 1 they are kept as they are, and `option_mass` is their sum; where to more, as percentages and counts do,
    they are divided by it.

    Raises
    ------
    BadInput : a cell that cannot be read, or an answer that may name two options
    """
    shown = instance.options
    answer = cells.answer()
    probabilities = _probabilities(cells, shown)
    samples = cells.parts("samples")
    confidence = _confidence(cells, options.confidence_scale)
    if answer is None and probabilities is None and samples is None:
        return Evidence(model, instance.instance_id, "failed", error=f"{cells.key}: no answer was recorded")
    row = Evidence(
        model,
        instance.instance_id,
        option_logprobs=_logged(probabilities),
        option_mass=None if probabilities is None else sum(probabilities),
        greedy_text=None if answer is None else str(answer),
        greedy_choice=None if answer is None else choice_of(answer, shown, options, cells, "answer"),
        samples=None if samples is None else tuple(_sample(part, shown, options, cells) for part in samples),
        verbalized_text=None if confidence is None else cells.text("confidence"),
        verbalized_confidence=confidence,
    )
    return with_gaps(row)


def _confidence(cells: Cells, scale: float) -> float | None:
    """A recorded confidence as a share: a number on the scale, or a text that states one ("85%", "0,85", "about 85 %
    sure")."""
    try:
        number = cells.real("confidence", 0, scale)
    except BadInput as error:
        stated = cells.raw("confidence")
        share = read_confidence(stated, scale) if isinstance(stated, str) else None
        if share is None:
            remedy = "give numbers, and what stands for certain as `confidence_scale`"
            raise BadInput(f"{error}; {remedy}, or leave the cell empty") from error
        return share
    if scale == 100 and number is not None and 0 < number < 1:
        told = f"{number:g} may mean {100 * number:g} % or {number:g} %"
        raise cells.wrong("confidence", f"{told}; set `confidence_scale: 1`, or write per cent in every row")
    return None if number is None else number / scale


def _sample(part: Any, shown: tuple[str, ...], options: RecordedModel, cells: Cells) -> Sample:
    if not isinstance(part, (str, int, float)):
        raise cells.wrong("samples", f"{quoted(part)} is not a text")
    return Sample(
        cells.checked_text("samples", str(part)), choice_of(part, shown, options, cells, "samples"), ()
    )


def _probabilities(cells: Cells, shown: tuple[str, ...]) -> tuple[float, ...] | None:
    """Probability of each option; they add up to at most 1."""
    value = cells.raw("option_probabilities")
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = parse_cell(value)
        except ValueError as error:
            raise cells.wrong("option_probabilities", f"{quoted(value)} is not JSON ({error})") from error
    if isinstance(value, Mapping):
        letters = list(LETTERS[: len(shown)])
        if sorted(map(str, value)) != letters:
            raise cells.wrong(
                "option_probabilities", f"keys {quoted(sorted(map(str, value)))} are not {letters}"
            )
        parts = [cells.checked_real("option_probabilities", value[letter], 0, _MOST) for letter in letters]
    else:
        listed = cells.reals("option_probabilities", 0, _MOST)
        if listed is None:
            return None
        parts = list(listed)
    if len(parts) != len(shown):
        raise cells.wrong(
            "option_probabilities", f"{len(parts)} values for the {len(shown)} options {list(shown)}"
        )
    total = sum(parts)
    if total <= 0:
        raise cells.wrong("option_probabilities", "all are 0; leave the cell empty where they are not known")
    return tuple(part / total for part in parts) if total > 1 else tuple(parts)


def _logged(probabilities: tuple[float, ...] | None) -> tuple[float, ...] | None:
    if probabilities is None:
        return None
    return tuple(log(part) if part > 0 else -inf for part in probabilities)
