"""Errors of instances that failed: of what kind they are, and whether a second attempt may mend them."""

from __future__ import annotations

import re

_PASSING = re.compile(
    r"""connection\ (?:cut|refused)
      | no\ (?:whole\ )?answer\ within
      | (?:HTTP\ status|an\ error)\ (?:408|409|425|429|50[02346789]|5[1-9]\d)\b
      | an\ error\ inside\ a\ response
      | not\ asked                                # a budget of calls or tokens was spent
      | bad\ response:\ (?:not\ JSON|an\ answer\ given\ before|a\ streamed|finish\ reason)""",
    re.VERBOSE,
)
"""How the errors of failures begin that a second attempt may mend; what is not known here lasts."""

_CALLS = re.compile(r", \d+ calls in all")
_QUOTED = re.compile(r"(?<!\w)'[^']*'|\"[^\"]*\"")
_NUMBER = re.compile(r"\b(?<!status )(?<!error )\d+(?:\.\d+)?")
_LONGEST = 300
"""Characters of a kind that are shown."""


def kind_of(error: str) -> str:
    """What errors of one kind have in common: without names, numbers and the calls that they took; statuses stay."""
    kind = _NUMBER.sub("N", _QUOTED.sub("…", _CALLS.sub("", error)))
    return kind if len(kind) <= _LONGEST else f"{kind[:_LONGEST]}..."


def may_pass(error: str) -> bool:
    """Whether the same question may be answered later, though nothing of settings, server or data is mended.

    Parameters
    ----------
    error : of a failed row of `evidence`
    """
    return _PASSING.match(error) is not None


def advice(lasting: int, failed: int) -> str:
    """What to do about failed instances, before the command that asks for them again.

    Parameters
    ----------
    lasting : how many of the `failed` would fail again as long as nothing is mended
    """
    if not lasting:
        return "Ask only those again:"
    which = "They would" if lasting == failed else f"{lasting:,} of them would"
    return f"{which} fail again in the same way, so mend the reason first. Then ask only those that failed again:"
