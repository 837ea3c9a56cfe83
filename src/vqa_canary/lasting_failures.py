"""Whether an instance that failed may be answered when it is asked again as it is."""

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
