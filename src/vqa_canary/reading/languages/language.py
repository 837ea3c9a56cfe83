"""What a language brings to the reader: words, and rules with their examples.

A pattern is a regular expression over the text as `folding.py` gives it: small letters (as `str.casefold` makes
them), one space between words, a line end as `\\n`, no markup. It has no unbounded repeat (`*`, `+`), so that reading
takes time in proportion to the length of the text; a test looks at every pattern.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Place = Literal[
    "before",
    "before, weakly",
    "corrects",
    "after",
    "takes back",
    "denies before",
    "denies after",
    "shows",
    "shown",
    "none of the options",
]
"""Where the words stand, and what they do.

before : an option behind them is the answer ("the answer is B"), whatever was weighed before
before, weakly : as `before`, but for a letter only, as what stands there may be any word ("so B")
corrects : as `before, weakly`, also behind a denial ("not A, but B")
takes back : what was said before is no answer any more, until another follows
after : an option in front of them is the answer ("B is correct")
denies before, denies after : that option is not the answer
shows, shown : an option's text behind or in front of them is what the image shows; counted if no other is mentioned
none of the options : the whole sentence says that no option is right; names the option that says so, if there is one
"""

EXAMPLE_OPTIONS = ("Lung", "Liver", "Spleen", "None of the above")
"""The options that the examples of all rules are said about."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One wording, and what it is read as."""

    name: str
    language: str
    place: Place
    pattern: str
    reads: tuple[tuple[str, str], ...]
    """Examples: texts, and the letter of the one of `EXAMPLE_OPTIONS` that each names."""
    refuses: tuple[str, ...] = ()
    """Examples: texts that come close and name no option."""


@dataclass(frozen=True, slots=True)
class ReplyLanguage:
    """What the reader needs to know of a language beside its rules (see `languages/`)."""

    name: str
    articles: tuple[str, ...]
    """Words that stand before an option's text, or before its letter, and change nothing."""
    nouns: tuple[str, ...]
    """Words for an option that stand before its letter: `option B`."""
    joins: tuple[str, ...]
    """Words that put a second option beside the first: `B and C`."""
    alternatives: tuple[str, ...]
    """Words that leave open which of two options is meant: `B or C`."""
    negations: tuple[str, ...]
    """Words that deny the option behind them and, within a sentence, make doubtful what it shows."""
    comparisons: tuple[str, ...]
    """Words that introduce, within a sentence, a thing that is not meant: `next to the liver`."""
    conditions: tuple[str, ...]
    """Words that begin what is only supposed."""
    provisos: tuple[str, ...]
    """Words behind a naming which say that it holds under a condition alone."""
    modals: tuple[str, ...]
    """Words that weaken a statement: `it might be B`."""
    copulas: tuple[str, ...]
    """Words that join what is spoken of to what is said of it: `the heart is normal`."""
    pronouns: tuple[str, ...]
    """Words that stand by themselves for what was asked about: `it is normal`."""
    subjects: tuple[str, ...]
    """Other words for what a sentence speaks of if it says what was asked for: the picture, what is marked in it, what
    is found there. What is said of anything else (`the mediastinum is normal`) answers another question."""
    continuers: tuple[str, ...]
    """Words that may follow a letter which was named, so that the letter is not part of the next word."""
    headers: tuple[str, ...]
    """Words that begin an explanation of what was answered."""
    corrections: tuple[str, ...]
    """Words that take back what was said."""
    turns: tuple[str, ...]
    """Words behind a naming with which the model turns to something else, or says that it cannot tell."""
    rejects: tuple[str, ...]
    """Words behind a naming that reject something, which may be the option that was named."""
    offers: tuple[str, ...]
    """Words behind a naming that offer a second option."""
    others: tuple[str, ...]
    """Words which say that the rejected or offered options are all the other ones together."""
    frames: tuple[str, ...]
    """Words before a naming, in its sentence, by which it is denied, supposed, or said by somebody else."""
    refusals: tuple[str, ...]
    """Words that refuse to answer, or say that it cannot be told."""
    spaced: bool = True
    """Whether the language writes spaces between words."""
