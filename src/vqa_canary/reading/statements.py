"""What the sentences of an answer say of the options: that one is right, that one is wrong, that two may be."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vqa_canary.reading.endings import ending, listed
from vqa_canary.reading.folding import CLOSED, Folded
from vqa_canary.reading.judgements import judged
from vqa_canary.reading.languages import Place, any_of, patterns, words
from vqa_canary.reading.phrases import Phrase, phrase_at
from vqa_canary.reading.sentences import DENIED_LEAD, is_supposed, sentence_end, sentence_start
from vqa_canary.reading.shown import LATIN, ShownOptions
from vqa_canary.reading.statement import Statement
from vqa_canary.reading.yes_no import concludes

_SUPPOSED_LEAD = re.compile(
    r"(?<!\w)(?:wrong|incorrect|false|other|alternative|first|initial|previous|original|second|third|fourth|"
    r"fifth|last|next|worst|adjacent|neighbou?ring|nearby|surrounding|different|another|opposite|"
    r"falsche|mauvaise|incorrecta|错误的?|least (?:likely|probable)|user's|student's|your) (?:\w{1,12} )?\Z"
)

_HARDLY = re.compile(
    r"(?<!\w)(?:less|hardly|barely|scarcely|poorly|rarely|seldom|partly|partially|equally)(?: likely)? \Z"
)
"""Right before words that assert an option: they hold of it in part, or no more than of others."""


def statements(view: Folded, shown: ShownOptions) -> list[Statement]:
    """All statements about options, in the order of the text."""
    found = [*_led(view, shown), *_denied(view, shown), *judged(view, shown)]
    return sorted(found, key=lambda one: (one.at, one.kind == "denies"))


def _led(view: Folded, shown: ShownOptions) -> Iterator[Statement]:
    """Statements in which an option stands behind words that assert it: "the answer is B"."""
    places: tuple[Place, ...] = ("before", "before, weakly", "corrects")
    for pattern in patterns("takes back"):
        yield from (Statement(one.start(), "problem", None, "denied") for one in pattern.finditer(view.small))
    for place in places:
        for pattern in patterns(place):
            for lead in pattern.finditer(view.small):
                if one := _after_lead(view, shown, lead.start(), lead.end(), place):
                    yield one


def _after_lead(view: Folded, shown: ShownOptions, start: int, end: int, place: Place) -> Statement | None:
    phrase = phrase_at(view, end, shown)
    if phrase is None:
        strong = place == "before" and _says_nothing(view.small, end)
        return Statement(end, "problem", None, "no option") if strong else None
    weak = place != "before"
    if weak and not phrase.letter and not phrase.problem and not concludes(view, phrase, start, end):
        return None
    if weak and phrase.problem and not phrase.capital and not phrase.marked:
        return None
    if not phrase.capital and phrase.letter and not _small_letter_counts(view, phrase, weak):
        return None
    context = view.small[sentence_start(view.small, start) : start]
    several = re.search(
        r"(?:answers|options|choices|antworten|réponses|respuestas)(?!\w)", view.small[start:end]
    )
    after = ending(view, phrase, shown, strict=weak, lines=bool(several))
    if after == "part":
        return None
    if after == "question":
        return None
    if phrase.problem or after == "two options":
        return Statement(phrase.start, "problem", phrase, phrase.problem or after)
    denied = place != "corrects" and (
        DENIED_LEAD.search(context[-60:].rsplit(",", 1)[-1]) or _HARDLY.search(context[-30:])
    )
    if denied or _SUPPOSED_LEAD.search(view.small[max(0, start - 40) : start]):
        return Statement(phrase.start, "denies", phrase, "denied")
    if is_supposed(context, view.small[phrase.until : sentence_end(view.small, phrase.until)]):
        return None
    lead = view.small[start:end]
    if re.search(words("modals"), context[-40:]) or re.search(words("modals"), lead):
        return Statement(phrase.start, "may assert", phrase, "statement")
    return Statement(phrase.start, "asserts", phrase, "statement")


def _says_nothing(small: str, at: int) -> bool:
    """Whether a statement goes on by saying that there is no answer."""
    return bool(
        re.compile(
            rf"[\s\"'(]{{0,3}}(?:none|unknown|unclear|uncertain|indeterminate|undetermined|neither|n/a|"
            rf"not (?:listed|given|clear|visible|possible|available|among)|cannot|unable|impossible)"
            rf"(?![{LATIN}])"
        ).match(small, at)
    )


def _small_letter_counts(view: Folded, phrase: Phrase, weak: bool) -> bool:
    """Whether a small letter names an option: it is a word in many languages, and counts in brackets, or where the
    sentence ends behind it."""
    if phrase.marked or phrase.text:
        return True
    after = view.small[phrase.until : phrase.until + 1]
    alone = after in (".", ")", "\n", ",", "\u3002", CLOSED) or not after
    if view.small[phrase.start] in "aeiouy":
        stopped = after in (".", ")", "\u3002", CLOSED)
        return not weak and (stopped or (alone and view.small[: phrase.start].rstrip()[-1:] in (":", "=")))
    return alone


def _denied(view: Folded, shown: ShownOptions) -> Iterator[Statement]:
    """Statements in which an option stands behind words that deny it: "not B", "neither A nor B"."""
    for lead in any_of("denies before").finditer(view.small):
        phrase = phrase_at(view, lead.end(), shown)
        if phrase is None or (phrase.letter and not (phrase.capital or phrase.marked)):
            continue
        yield from (Statement(one.start, "denies", one, "denied") for one in listed(view, phrase, shown))
