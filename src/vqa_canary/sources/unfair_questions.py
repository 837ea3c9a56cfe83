"""Free answers for which no list of options can be fair, judged by their words alone."""

from __future__ import annotations

import re

from vqa_canary.sources.overlap import terms, words
from vqa_canary.sources.wording import normalise

MOST_WORDS = 6
"""Most words of an answer that can be one option among others. A longer one is a description: others fit as well, and
its length gives it away."""

_YES_NO = re.compile(
    r"(is|are|was|were|do|does|did|can|could|has|have|had|will|would|should|am)\b(?!.*\bor\b).*", re.DOTALL
)

_MEASURE = re.compile(r"[0-9][0-9.,x ]*(mm|cm|m|ml|l|%|percent)?( [0-9.,x ]*(mm|cm|m|ml|l|%|percent))*")


def why_unfair(question: str, answer: str) -> str | None:
    """Why the free `answer` cannot become one option among others, or None.

    A question for yes or no that is answered otherwise; an answer that begins with yes or no; a description.
    """
    if re.match(r"(yes|no|not)\b", normalise(answer)):
        return "the answer says yes or no and more; no other answer is its counterpart"
    if _YES_NO.fullmatch(normalise(question)):
        return "the question asks for yes or no, and is answered otherwise"
    if len(answer.split()) > MOST_WORDS:
        return f"the answer is a description of more than {MOST_WORDS} words; others fit as well"
    return None


def counterpart(distractor: str, question: str, answer: str) -> bool:
    """Whether a distractor answers the question in the way that the answer does.

    A number or measure stands only beside others, and what the question itself names answers nothing: `Right Colon`
    to `Where is the ascending colon?`.
    """
    if bool(_MEASURE.fullmatch(normalise(distractor))) != bool(_MEASURE.fullmatch(normalise(answer))):
        return False
    return not any(thing <= words(question) for thing in terms(distractor))
