"""Errors of instances that failed: of what kind they are, and whether a second attempt may mend them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from vqa_canary.counting import counted
from vqa_canary.like_reasons import LONGEST, alike, unquoted

NOT_RECORDED = "not recorded"
"""Error of an instance that a file of recorded answers says nothing about."""

_PASSING = re.compile(
    r"""connection\ (?:cut|refused)
      | no\ (?:whole\ )?answer\ within
      | (?:HTTP\ status|an\ error)\ (?:408|409|425|429|50[02346789]|5[1-9]\d)\b
      | an\ error\ inside\ a\ response
      | not\ asked                                # a budget of calls or tokens was spent
      | bad\ response:\ (?:not\ JSON|an\ answer\ given\ before|a\ streamed|finish\ reason)""",
    re.VERBOSE,
)
"""Beginnings of the errors that a second attempt may mend; every other error is taken to last."""

_CALLS = re.compile(r", \d+ calls in all")
_NUMBER = re.compile(r"\b(?<!status )(?<!error )\d+(?:,\d{3})*(?:\.\d+)?")
"""Numbers that may differ among failures of one kind; HTTP statuses are left out, because they tell kinds apart."""


def told(error: str) -> str:
    """The error without quotations and without the number of calls that it took; its other numbers stay."""
    return unquoted(_CALLS.sub("", error))[:LONGEST]


def kind_of(error: str) -> str:
    """A key that errors of one kind share: the error with N for each number."""
    return _NUMBER.sub("N", told(error))


def kinds_of(errors: Mapping[str, int]) -> Counter[str]:
    """How many failed for each kind of error: told without names and the calls that they took.

    Parameters
    ----------
    errors : how many failed with each error
    """
    shorter = {error: _CALLS.sub("", error) for error in errors}
    of = alike(shorter.values(), _NUMBER)
    kinds = Counter[str]()
    for error, n in errors.items():
        kinds[of[shorter[error]]] += n
    return kinds


def may_pass(error: str) -> bool:
    """Whether the same question may be answered later, though nothing of settings, server or data is mended.

    Parameters
    ----------
    error : of a failed row of `evidence`
    """
    return _PASSING.match(error) is not None


def all_failed(n: int) -> str:
    """The reason to give for a missing number where every one of `n` answers failed."""
    answers = "the only answer" if n == 1 else f"all {counted(n, 'answer')}"
    return f"not measured: {answers} failed"


def advice(
    errors: Mapping[str, int], unanswered: Mapping[str, int] | None = None, answered: Sequence[str] = ()
) -> tuple[str, bool]:
    """What to do about failed instances, and whether the command that asks for them again belongs behind it.

    Parameters
    ----------
    errors : how many failed with each error
    unanswered : conditions of which no instance at all has an answer, each with its instances; None where not known
    answered : the other conditions
    """
    failed = sum(errors.values())
    if errors.get(NOT_RECORDED) == failed:
        return _record_more(failed, unanswered, answered), False
    lasting = sum(n for error, n in errors.items() if not may_pass(error))
    if not lasting:
        return "Ask only those again:", True
    which = "They would" if lasting == failed else f"{lasting:,} of them would"
    return (
        f"{which} fail again in the same way, so mend the reason first. Then ask only those that failed again:",
        True,
    )


def _record_more(failed: int, unanswered: Mapping[str, int] | None, answered: Sequence[str]) -> str:
    """Asking a file again does not make it say more: either it gets more rows, or less is asked of it."""
    if unanswered is None:
        return (
            "The file of answers has no row for them. Add the rows, or leave conditions out of `conditions` that the "
            "file has no answers for."
        )
    if not unanswered or not answered:
        return "The file of answers has no row for them: add the rows, and run again."
    text = f"The file of answers has no row for {' or '.join(unanswered)}: set `conditions: [{', '.join(answered)}]`"
    text += ", and keep in `nota_conditions` of the evaluation only those that are left (`[]` where none is)"
    text += "; or add rows that name their `condition`."
    others = failed - sum(unanswered.values())
    return text + (f" Of the other conditions it lacks {counted(others, 'answer')}." if others else "")
