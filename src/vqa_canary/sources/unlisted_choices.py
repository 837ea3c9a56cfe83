"""Records without options: the right answer as an option, and the choices that the question itself offers."""

from __future__ import annotations

import re

from vqa_canary.quoting import listed, quoted
from vqa_canary.sources.answer_cells import refuse_several_in_one
from vqa_canary.sources.cells import Refused
from vqa_canary.sources.languages import ENGLISH, UNKNOWN, QuestionLanguage
from vqa_canary.sources.multiple_choice import Unfair, closed_options
from vqa_canary.sources.wording import normalise, tidy
from vqa_canary.spelling import visible

GIVE_OPTIONS = "give the question its options"
"""What messages advise wherever options can neither be read nor made up."""


def answer_without_options(
    question: str, answers: tuple[str, ...], kind: str | None, language: QuestionLanguage | None
) -> tuple[str, tuple[str, ...] | None, tuple[str, ...]]:
    """The answer written as an option, the choices that the question offers, if it does, and other words for it.

    Parameters
    ----------
    answers : different words for the right answer, at least one
    kind : the record's `answer_type`, OPEN or CLOSED in any case; None where it has none
    language : of the question; None where it is not known

    Raises
    ------
    Refused : an unknown kind, or several right answers
    Unfair : a closed question whose choices do not hold the answer
    """
    kind = None if kind is None else visible(kind).casefold()
    if kind is not None and kind not in ("open", "closed"):
        raise Refused(
            f"answer_type: {quoted(kind)} is neither OPEN nor CLOSED; write one of these, or leave it empty"
        )
    read = [_read_alone(question, answer, language) for answer in answers]
    closed = {answer: offered for answer, offered in read if offered is not None}
    if len(closed) > 1:
        raise Refused(
            f"answer: several of the choices of the question are right ({listed(closed)}); keep one"
        )
    for answer, offered in closed.items():
        return answer, offered, ()
    if kind == "closed":
        if language in (None, ENGLISH, UNKNOWN):
            try:
                closed_options(question, read[0][0])
            except Unfair as error:  # says why they cannot be read
                raise Unfair(f"{str(error).partition('; give')[0]}; {GIVE_OPTIONS}") from error
        raise Unfair(
            f"the closed question does not offer its recorded answer {quoted(read[0][0])}; {GIVE_OPTIONS}"
        )
    if len(answers) == 1:
        refuse_several_in_one(question, answers[0])
    (answer, _), *others = read
    return answer, None, tuple(other for other, _ in others if normalise(other) != normalise(answer))


def _read_alone(
    question: str, answer: str, language: QuestionLanguage | None
) -> tuple[str, tuple[str, ...] | None]:
    """An answer written as an option, and the choices that the question offers, if the answer is one of them."""
    folded = normalise(answer)
    if language is not None and language not in (ENGLISH, UNKNOWN):
        says_yes = language.says_yes(question, folded)
        if says_yes is not None:
            return language.yes_no[0 if says_yes else 1], language.yes_no
        choices = language.choices(question, answer) if language.choices else None
        if choices is not None:
            return next(one for one in choices if normalise(one) == folded), choices
        return " ".join(answer.split()), None
    bare = re.sub(r"^(a|an|the)\s+", "", answer, flags=re.IGNORECASE).rstrip(".")
    written = {"true": "Yes", "false": "No"}.get(folded, folded if folded.isdecimal() else tidy(bare))
    try:
        return written, closed_options(question, written)
    except Unfair:
        return written, None
