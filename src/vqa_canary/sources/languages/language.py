"""What the rules of one language are, as a table."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

Verdict = Callable[[str, str], bool | None]
Choices = Callable[[str, str], tuple[str, ...] | None]
Terms = Callable[[str], str | None]

NEVER = re.compile(r"(?!)")
"""A pattern that fits no text."""


@dataclass(frozen=True, slots=True)
class QuestionLanguage:
    """How questions of one language are told from others, and what may be made of them.

    A language is known for yes/no questions by `yes` and `no`; distractors are invented for it only if it has `terms`,
    because two answers that mean the same must never stand in one list of options.
    """

    code: str
    """Code of the language in ISO 639-1, such as `zh`; empty for a language that is not known."""
    called: str
    """Name of the language, as messages say it."""
    words: frozenset[str] = frozenset()
    """Small words, in small letters, that are common in the language's questions and rare in those of other
    languages."""
    letters: re.Pattern[str] = NEVER
    """Fits characters that are written in this language alone."""
    yes_no: tuple[str, str] = ("Yes", "No")
    """Texts of the two options of a yes/no question."""
    yes: frozenset[str] = frozenset()
    """Answers, in the form that `normalise` gives, that say yes to any yes/no question."""
    no: frozenset[str] = frozenset()
    verdict: Verdict | None = None
    """Says whether an answer says yes to a question, where words alone do not tell; it gives None where the answer says
    neither yes nor no."""
    asks_yes_no: re.Pattern[str] = NEVER
    """Is found in a question that asks for yes or no."""
    choices: Choices | None = None
    """Gives the options that a question offers itself, if the answer is one of them."""
    terms: Terms | None = None
    """Puts an answer into the words that `overlap` knows; it gives None for an answer in other words, of which nothing
    can be said."""
    gist: Callable[[str], str] = str
    """Gives those words of a question that `overlap` knows."""
    speaks_of_others: re.Pattern[str] = NEVER
    """Fits an option, in the form that `normalise` gives, that speaks of the other options: none, all or both of
    them."""

    def says_yes(self, question: str, answer: str) -> bool | None:
        """Whether the answer, in the form that `normalise` gives, says yes to the question; None where it does not
        say yes or no."""
        if self.verdict is not None:
            return self.verdict(question, answer)
        return True if answer in self.yes else False if answer in self.no else None
