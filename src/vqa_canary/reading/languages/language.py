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
"""What the texts of a rule's examples are said about."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One wording, and what it is read as."""

    name: str
    language: str
    place: Place
    pattern: str
    reads: tuple[tuple[str, str], ...]
    """Texts and the letter of the one of `EXAMPLE_OPTIONS` that each names."""
    refuses: tuple[str, ...] = ()
    """Texts that come close and name none."""


@dataclass(frozen=True, slots=True)
class Language:
    """What the reader needs to know of a language beside its rules (see `languages/`)."""

    name: str
    articles: tuple[str, ...]
    """Stand before an option's text, or before its letter, and change nothing."""
    nouns: tuple[str, ...]
    """What an option is called, before its letter: `option B`."""
    joins: tuple[str, ...]
    """Put a second option beside the first: `B and C`."""
    alternatives: tuple[str, ...]
    """Leave open which of two: `B or C`."""
    negations: tuple[str, ...]
    """Before an option, deny it; in a sentence, make doubtful what it shows."""
    comparisons: tuple[str, ...]
    """In a sentence, name what is not meant: `next to the liver`."""
    conditions: tuple[str, ...]
    """Begin what is only supposed."""
    provisos: tuple[str, ...]
    """Behind a naming: it holds under a condition alone."""
    modals: tuple[str, ...]
    """Weaken a statement: `it might be B`."""
    copulas: tuple[str, ...]
    """Join what is spoken of to what is said of it: `the heart is normal`."""
    pronouns: tuple[str, ...]
    """Stand by themselves for what was asked about: `it is normal`."""
    subjects: tuple[str, ...]
    """What else may be spoken of where a sentence says what was asked for: the picture, what is marked in it, what is
    found there. What is said of anything else (`the mediastinum is normal`) answers another question."""
    continuers: tuple[str, ...]
    """May follow a letter that was named, so that it is not part of the next word."""
    headers: tuple[str, ...]
    """Begin an explanation of what was answered."""
    corrections: tuple[str, ...]
    """Take back what was said."""
    turns: tuple[str, ...]
    """Behind a naming: the model turns to something else, or says that it cannot tell."""
    rejects: tuple[str, ...]
    """Behind a naming: something is rejected, which may be what was named."""
    offers: tuple[str, ...]
    """Behind a naming: a second option is offered."""
    others: tuple[str, ...]
    """What is rejected or offered are the other options, all together."""
    frames: tuple[str, ...]
    """Before a naming, in its sentence: it is denied, supposed, or said by somebody else."""
    refusals: tuple[str, ...]
    """Refuse to answer, or say that it cannot be told."""
    spaced: bool = True
    """Whether words stand between spaces."""
