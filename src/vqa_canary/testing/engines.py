"""What every engine promises."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from vqa_canary.engines.answered_rows import answered_rows, facts_of, fingerprint_of
from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.protocols import Engine, Expecting, ImageOpener
from vqa_canary.engines.registration import ENGINES, Maker, make_engine
from vqa_canary.engines.sampling import Sampling
from vqa_canary.errors import BadInput
from vqa_canary.frames import frame
from vqa_canary.rows import Evidence, Instance, with_images
from vqa_canary.strict import strictly
from vqa_canary.testing import made_up
from vqa_canary.testing.demands import demand

if TYPE_CHECKING:
    from PIL.Image import Image

MODEL, SEED, SAMPLING = "checked", 7, Sampling.model_validate({"n_samples": 3})
EFFORT = ("prompt_tokens", "reused_tokens", "completion_tokens", "calls")
"""Columns that say what an answer took, not what it was."""
ROUNDING = 1e-3
"""Most by which log-probabilities of an instance may differ alone and in a batch."""


def check_engine(
    engine: str | Maker,
    options: Mapping[str, Any] | None = None,
    *,
    instances: Sequence[Instance] | None = None,
    open_image: ImageOpener | None = None,
    repeatable: bool = True,
) -> None:
    """Hold a registered engine to its promises, on a model that it can ask.

    Its settings refuse unknown names; making it is no work that a second one could not repeat; its fingerprint is the
    same for the same settings; it gives exactly one sound row of evidence for each instance, the same ones when it is
    made and asked again and, within rounding, when each instance is asked alone; and an image that cannot be opened
    costs the answers that need it and no others. A question that shows no image is answered, or fails alone.

    Parameters
    ----------
    engine : its name, or the decorated class or function
    options : of the model, as below `models.<name>`; without, only what can be seen without a model is checked
    instances : to ask about; made-up questions with two to five options without
    open_image : gives their images; noise without
    repeatable : whether the same question gets the same answer, which no server promises

    Raises
    ------
    AssertionError : a promise is broken; the message says which
    BadInput : there is no such engine, its settings do not fit, or it cannot be asked
    """
    engine = engine if isinstance(engine, str) else _name_of(engine)
    _check_settings(engine, options)
    if options is None:
        return
    asked = list(instances or [made_up.instance(n, made_up.SIZES[n % 4]) for n in range(9)])
    opened = open_image or _noise
    first = _made(engine, options, asked)
    demand(
        fingerprint_of(MODEL, first) == _made(engine, options, asked).fingerprint,
        f"engine {engine}: its fingerprint is another one for the same settings",
    )
    rows = _answers(first, asked, opened)
    _check_rows(engine, rows, asked)
    facts_of(MODEL, first)
    if repeatable:
        again = _answers(_made(engine, options, asked), asked, opened)
        for one in asked:
            same = _content(rows[one.instance_id]) == _content(again[one.instance_id])
            demand(same, f"engine {engine}: answers instance {one.instance_id} in two ways with one seed")
        _check_alone(engine, _made(engine, options, asked), asked, opened, rows)
    _check_lost_image(engine, _made(engine, options, asked), asked, opened, rows)
    _check_without_image(engine, options, asked, opened, rows)


def _name_of(maker: Maker) -> str:
    names = [name for name in ENGINES if ENGINES[name][0] is maker]
    demand(
        names, f"{getattr(maker, '__name__', maker)} is not registered as an engine; decorate it with @engine"
    )
    return names[0]


def _check_settings(engine: str, options: Mapping[str, Any] | None) -> None:
    maker, kind = ENGINES[engine]
    demand(inspect.getdoc(kind), f"engine {engine}: its settings {kind.__name__} have no docstring")
    demand(inspect.getdoc(maker), f"engine {engine}: has no docstring; its first line says what answers")
    try:
        strictly(kind, {**(options or {}), "no_such_setting": 1})
    except ValidationError as error:
        closed = "extra_forbidden" in {one["type"] for one in error.errors(include_url=False)}
    else:
        closed = False
    demand(closed, f'engine {engine}: takes unknown settings; its model needs ConfigDict(extra="forbid")')


def _made(engine: str, options: Mapping[str, Any], instances: Sequence[Instance]) -> Engine:
    made = make_engine(MODEL, {"engine": engine, **options}, Prompts(), SAMPLING, SEED, Path.cwd())
    if isinstance(made, Expecting):
        made.expect(instances)
    return made


def _answers(engine: Engine, asked: Sequence[Instance], open_image: ImageOpener) -> dict[str, Evidence]:
    rows = answered_rows(MODEL, engine, asked, engine.answer(asked, open_image))
    return {row.instance_id: row for row in rows}


def _check_rows(engine: str, rows: Mapping[str, Evidence], asked: Sequence[Instance]) -> None:
    from vqa_canary.contracts import Contract, ContractError

    try:
        Contract("evidence").validate(frame(rows.values(), "evidence"))
    except ContractError as error:
        raise AssertionError(f"engine {engine}: {error}") from error
    answered = [row for row in rows.values() if row.status == "ok"]
    errors = {row.error for row in rows.values() if row.error}
    demand(answered, f"engine {engine}: not one of {len(rows)} instances was answered: {sorted(errors)}")
    for one in asked:
        row, n = rows[one.instance_id], len(one.options)
        about = f"engine {engine}, instance {one.instance_id}"
        logprobs = row.option_logprobs
        demand(
            logprobs is None or len(logprobs) == n,
            f"{about}: not one log-probability for each of {n} options",
        )
        picks = [row.greedy_choice, *(sample.choice for sample in row.samples or ())]
        demand(
            all(pick is None or 0 <= pick < n for pick in picks), f"{about}: a choice is none of {n} options"
        )
        drawn = row.samples is None or len(row.samples) == SAMPLING.n_samples
        demand(drawn, f"{about}: not {SAMPLING.n_samples} samples, as `sampling.n_samples` asks")


def _check_alone(
    engine: str,
    other: Engine,
    asked: Sequence[Instance],
    open_image: ImageOpener,
    rows: Mapping[str, Evidence],
) -> None:
    for one in reversed(asked):
        whole, alone = rows[one.instance_id], _answers(other, [one], open_image)[one.instance_id]
        demand(
            whole.status == alone.status and _alike(whole.option_logprobs or (), alone.option_logprobs or ()),
            f"engine {engine}: answers instance {one.instance_id} otherwise alone than among others",
        )


def _check_lost_image(
    engine: str,
    other: Engine,
    asked: Sequence[Instance],
    open_image: ImageOpener,
    rows: Mapping[str, Evidence],
) -> None:
    lost = asked[0].image_id

    def open_or_refuse(instance: Instance) -> Image:
        if instance.image_id == lost:
            raise BadInput("image 'lost.png': there is no such file")
        return open_image(instance)

    try:
        rows_without = _answers(other, asked, open_or_refuse)
    except BadInput as error:
        raise AssertionError(
            f"engine {engine}: an image that cannot be opened stops all answers; its instance must fail alone"
        ) from error
    for one in asked:
        row = rows_without[one.instance_id]
        if one.image_id == lost:
            told = row.status == "ok" or row.error
            demand(
                told, f"engine {engine}: an image that cannot be opened gives neither an answer nor an error"
            )
        else:
            same = row.status == rows[one.instance_id].status
            demand(
                same, f"engine {engine}: an image that cannot be opened costs the answer about another image"
            )


def _check_without_image(
    engine: str,
    options: Mapping[str, Any],
    asked: Sequence[Instance],
    open_image: ImageOpener,
    rows: Mapping[str, Evidence],
) -> None:
    bare = replace(with_images(asked[0], ()), instance_id=f"{asked[0].instance_id} without its image")
    both = [bare, *asked]
    found = _answers(_made(engine, options, both), both, _where_there_is_one(open_image))
    row = found[bare.instance_id]
    demand(
        row.status == "ok" or row.error,
        f"engine {engine}: a question without an image gives neither an answer nor an error",
    )
    lost = [one for one in asked if found[one.instance_id].status != rows[one.instance_id].status]
    demand(not lost, f"engine {engine}: a question without an image costs the answer to another one")


def _where_there_is_one(open_image: ImageOpener) -> ImageOpener:
    def opened(instance: Instance) -> Image:
        if not instance.images:
            raise BadInput("the question is asked without an image, and what asks about it shows one")
        return open_image(instance)

    return opened


def _alike(left: Sequence[float], right: Sequence[float]) -> bool:
    near = (one == other or abs(one - other) <= ROUNDING for one, other in zip(left, right, strict=False))
    return len(left) == len(right) and all(near)


def _noise(instance: Instance) -> Image:
    return made_up.image(int(instance.image_id or "0", 16))


def _content(row: Evidence) -> Evidence:
    without: dict[str, Any] = dict.fromkeys(EFFORT)
    return replace(row, **without)
