"""What an engine answers, held to what it promises: one row for each instance, and no exception without a name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from vqa_canary.engines.local.memory import is_out_of_memory
from vqa_canary.engines.protocols import Engine
from vqa_canary.plugin_faults import BREAKS, PluginFault, innermost, is_fault, plugin_fault
from vqa_canary.registry import place_of
from vqa_canary.row_types import misfit
from vqa_canary.rows import Evidence, Instance

ASKED_ANEW = "a model that is asked anew"
"""Stands for the name of a model, in messages, where no evidence is stored under it."""

REMEDY = "Mend the engine: an instance that it cannot answer gets Evidence of status `failed` with its error."

TOO_LARGE = "Memory did not suffice: give the model a smaller `batch_size`, or a device with more memory."


def answered_rows(
    model: str, engine: Engine, asked: Sequence[Instance], answers: Iterable[object]
) -> Iterator[Evidence]:
    """The rows that an engine gives, as they come.

    Parameters
    ----------
    model : name of the model, which every row must bear; `ASKED_ANEW` where the rows alone know it
    answers : what `engine.answer` has returned for the instances `asked`

    Raises
    ------
    PluginFault : the engine breaks, gives what is no `Evidence` or one with a field of another type, one of
        another model, or not exactly one row for each instance
    """
    missing = {one.instance_id: None for one in asked}
    with naming(model, engine):
        for row in answers:
            if not isinstance(row, Evidence):
                _refuse(model, engine, f"gives {type(row).__name__} where it must give Evidence")
            if wrong := misfit(row):
                which = f"instance {row.instance_id}" if row.instance_id in missing else "an instance"
                _refuse(model, engine, f"gives for {which} {wrong}")
            at = row.instance_id
            if at not in missing:
                again = at in {one.instance_id for one in asked}
                told = f"a second row of instance {at}" if again else "a row of an instance"
                _refuse(model, engine, f"gives {told}, which it was not asked for")
            if row.model != model != ASKED_ANEW:
                _refuse(model, engine, f"gives for instance {at} evidence of another model")
            del missing[at]
            yield row
    if missing:
        _refuse(model, engine, f"gives no row of instance {next(iter(missing))}")


def fingerprint_of(model: str, engine: Engine) -> str:
    """The fingerprint of an engine, under which its answers are kept.

    Raises
    ------
    PluginFault : the engine breaks, or its fingerprint is no text or a blank one
    """
    with naming(model, engine):
        fingerprint: object = engine.fingerprint
    if not isinstance(fingerprint, str) or not fingerprint.strip():
        what = "a blank text" if isinstance(fingerprint, str) else type(fingerprint).__name__
        _refuse(
            model, engine, f"gives {what} as its fingerprint, which is a text that changes with its answers"
        )
    return fingerprint


def facts_of(model: str, engine: Engine) -> dict[str, str]:
    """What answered, fact by fact.

    Raises
    ------
    PluginFault : the engine breaks, or its facts are no texts by name
    """
    with naming(model, engine):
        facts = engine.facts
    known = isinstance(facts, dict)
    odd = [part for fact in facts.items() for part in fact if not isinstance(part, str)] if known else [facts]
    if odd:
        what = f"gives {type(odd[0]).__name__} in its facts, which are a dictionary of texts by name"
        _refuse(model, engine, what)
    return facts


@contextmanager
def naming(model: str, engine: Engine) -> Iterator[None]:
    """Name the engine, and the instance that it was busy with, where its code breaks.

    Raises
    ------
    PluginFault
    """
    try:
        yield
    except BREAKS as error:
        if not is_fault(error):
            raise
        instance = innermost(error, Instance)
        remedy = TOO_LARGE if is_out_of_memory(error) else REMEDY
        about = f"on instance {instance.instance_id}" if instance else "when it is used"
        raise plugin_fault(_called(model, engine), place_of(type(engine)), error, about, remedy) from error


def _called(model: str, engine: Engine) -> str:
    return f"model {model}: its engine {type(engine).__name__}"


def _refuse(model: str, engine: Engine, what: str) -> NoReturn:
    raise PluginFault(
        f"{_called(model, engine)} (defined in {place_of(type(engine))}) {what}. An engine must give exactly one row "
        "for each instance, with values of the types of its table."
    )
