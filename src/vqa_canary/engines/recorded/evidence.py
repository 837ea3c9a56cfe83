"""Recorded rows that are rows of `evidence` already, whole or in part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from math import exp, inf
from typing import Any

from vqa_canary.engines.prompts import LETTERS
from vqa_canary.engines.recorded.cells import Cells, quoted
from vqa_canary.lasting_failures import NOT_RECORDED
from vqa_canary.reading import read_option
from vqa_canary.rows import Evidence, Gap, Instance, Sample

COLUMNS = tuple(field.name for field in fields(Evidence))

_ROUNDING = 1e-9
"""How far above 0, its exact upper limit, a log-softmax may end by rounding."""
_TOLERANCE = 1e-6
"""How far the option probabilities may add up to another sum than `option_mass`, and how far above 1 that may be."""
_GAPS = (
    *("option_logprobs", "greedy_text", "greedy_token_logprobs", "greedy_token_entropies", "samples"),
    *("p_true", "verbalized_confidence"),
)


def evidence_row(cells: Cells, model: str, instance: Instance) -> Evidence:
    """The recorded row of `instance`, as what `model` returned; what is missing is null, and `gaps` says so.

    A missing `option_mass` is the sum of the options; a missing `greedy_choice`, or `choice` of a sample, is read
    from the text (see `read_option`), where there is a text.

    Raises
    ------
    BadInput : a value that the table `evidence` does not take
    """
    status = cells.text("status") or "ok"
    if status not in ("ok", "failed"):
        raise cells.wrong("status", f"{quoted(status)} is neither ok nor failed")
    error = cells.text("error")
    if status == "failed":
        if not error:
            raise cells.wrong("error", "is missing, though the status is failed; say why")
        # A failed row counts nowhere, so evidence in it would be lost without a word.
        if given := [name for name in _GAPS if cells.raw(name) is not None]:
            raise cells.wrong(given[0], "is there, though the status is failed; leave it empty, or say ok")
        return Evidence(model, instance.instance_id, status, error=error)
    if error:
        raise cells.wrong("error", f"{quoted(error)}, though the status is ok; say failed")
    shown = instance.options
    logprobs = _option_logprobs(cells, shown)
    text = cells.text("greedy_text")
    row = Evidence(
        model,
        instance.instance_id,
        option_logprobs=logprobs,
        option_mass=_option_mass(cells, logprobs),
        greedy_text=text,
        greedy_choice=_choice(cells, "greedy_choice", cells.raw("greedy_choice"), text, shown),
        greedy_token_logprobs=cells.reals("greedy_token_logprobs", -inf, _ROUNDING),
        greedy_token_entropies=cells.reals("greedy_token_entropies", -_ROUNDING, inf),
        samples=_samples(cells, shown),
        p_true=cells.real("p_true", 0, 1),
        verbalized_text=cells.text("verbalized_text"),
        verbalized_confidence=cells.real("verbalized_confidence", 0, 1),
        prompt_tokens=cells.whole("prompt_tokens"),
        reused_tokens=cells.whole("reused_tokens"),
        completion_tokens=cells.whole("completion_tokens"),
        calls=cells.whole("calls"),
        read_at=cells.whole("read_at"),
        cut_answers=cells.whole("cut_answers"),
        bounded=_bounded(cells),
    )
    _check_whole(cells, row)
    return with_gaps(row, _given_gaps(cells, row))


def with_gaps(row: Evidence, known: Mapping[str, str] | None = None) -> Evidence:
    """The row with a reason for each kind of evidence that it lacks: a known one, or that it was not recorded."""
    reasons = {name: NOT_RECORDED for name in _GAPS if getattr(row, name) is None} | dict(known or {})
    return replace(row, gaps=tuple(Gap(name, reason) for name, reason in reasons.items()) or None)


def _option_logprobs(cells: Cells, shown: tuple[str, ...]) -> tuple[float, ...] | None:
    logprobs = cells.reals("option_logprobs", -inf, _ROUNDING)
    if logprobs is not None and len(logprobs) != len(shown):
        raise cells.wrong(
            "option_logprobs", f"{len(logprobs)} values for the {len(shown)} options {list(shown)}"
        )
    return logprobs


def _option_mass(cells: Cells, logprobs: tuple[float, ...] | None) -> float | None:
    mass = cells.real("option_mass", 0, 1 + _TOLERANCE)
    if logprobs is None:
        if mass is not None:
            raise cells.wrong("option_mass", f"{mass}, though there are no option_logprobs")
        return None
    total = sum(map(exp, logprobs))
    if total > 1 + _TOLERANCE:
        raise cells.wrong("option_logprobs", f"as probabilities they add up to {total:.6g}, more than 1")
    if mass is not None and abs(total - mass) > _TOLERANCE:
        raise cells.wrong("option_mass", f"{mass} is not the sum of the options, {total:.6g}")
    # The sum is taken even where the file states it, so that rounding in the file does not come back as evidence.
    return total


def _choice(cells: Cells, column: str, value: Any, text: str | None, shown: tuple[str, ...]) -> int | None:
    if value is None:
        return read_option(text, shown).choice if text is not None else None
    number = cells.checked_real(column, value, 0, len(shown) - 1)
    if not number.is_integer():
        raise cells.wrong(column, f"{number} is not a whole number")
    return int(number)


def _samples(cells: Cells, shown: tuple[str, ...]) -> tuple[Sample, ...] | None:
    parts = cells.parts("samples")
    if parts is None:
        return None
    samples = []
    for part in parts:
        if not isinstance(part, Mapping) or not isinstance(part.get("text"), str):
            raise cells.wrong("samples", f"{quoted(part)} is not a mapping with a text")
        sample = cells.part("samples", part)
        logprobs = sample.reals("samples.token_logprobs", -inf, _ROUNDING)
        choice = _choice(sample, "samples.choice", sample.raw("samples.choice"), part["text"], shown)
        samples.append(Sample(cells.checked_text("samples.text", part["text"]), choice, logprobs or ()))
    return tuple(samples)


def _bounded(cells: Cells) -> tuple[str, ...] | None:
    parts = cells.parts("bounded")
    for part in parts or ():
        if part not in (*LETTERS, "True", "False"):
            raise cells.wrong("bounded", f"{quoted(part)} is neither an option's letter nor True nor False")
    return tuple(parts) if parts else None


def _given_gaps(cells: Cells, row: Evidence) -> dict[str, str]:
    gaps: dict[str, str] = {}
    for gap in cells.parts("gaps") or ():
        if not isinstance(gap, Mapping) or not (str(gap.get("reason") or "")).strip():
            raise cells.wrong("gaps", f"{quoted(gap)} is not a field with a reason")
        name = str(gap.get("field"))
        if getattr(row, name, None) is not None:
            raise cells.wrong(
                "gaps", f"the field {name!r} is there, though a reason is given for its absence"
            )
        gaps[cells.checked_text("gaps", name)] = cells.checked_text("gaps", str(gap["reason"]))
    return gaps


def _check_whole(cells: Cells, row: Evidence) -> None:
    """Refuse a row in which one column says something else than another."""
    logprobs, entropies = row.greedy_token_logprobs, row.greedy_token_entropies
    if logprobs is not None and entropies is not None and len(logprobs) != len(entropies):
        raise cells.wrong(
            "greedy_token_entropies", f"{len(entropies)} values for {len(logprobs)} greedy_token_logprobs"
        )
    if (row.reused_tokens or 0) > (row.prompt_tokens or 0) or (
        row.reused_tokens is not None and row.prompt_tokens is None
    ):
        raise cells.wrong("reused_tokens", f"{row.reused_tokens} of {row.prompt_tokens} prompt_tokens")
    tokens = row.greedy_token_logprobs
    if row.read_at is not None and (
        row.option_logprobs is None or (tokens is not None and row.read_at >= len(tokens))
    ):
        raise cells.wrong("read_at", f"{row.read_at} is no token at which option_logprobs were read")
    if row.bounded and row.option_logprobs is None and row.p_true is None:
        raise cells.wrong("bounded", "only a probability that is there can be a bound")
