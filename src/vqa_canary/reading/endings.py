"""What follows a naming: nothing of weight, a second option, or the rest of a longer name."""

from __future__ import annotations

import re

from vqa_canary.reading.folding import CLOSED, OPENED, Folded
from vqa_canary.reading.languages import any_of, words
from vqa_canary.reading.mentions import letters_in, mention_at, text_mentions
from vqa_canary.reading.phrases import Phrase, phrase_at
from vqa_canary.reading.sentences import asks, sentence_end
from vqa_canary.reading.shown import LATIN, ShownOptions, stops

ADVERBS = (
    r"(?:(?:maybe|possibly|perhaps|even|also|potentially|probably|either|both|option|vielleicht|eventuell|"
    r"peut-être|quizás|tal vez) ?)?"
)


_JOIN = re.compile(
    f"[\\s)\\]}}\"']{{0,2}}(?:,|;|/|、|-)?\\s?(?:(?P<open>{words('alternatives')})|"
    f"(?P<all>{words('joins')}))?\\s?"
    f"(?:, ?)?(?:\\(or )?{ADVERBS}"
)


KINDS_OF_IMAGE = (
    r"(?:scans?|images?|views?|sections?|slices?|mri|mr|ct|x-?rays?|radiographs?|films?|stud(?:y|ies)|"
    r"exam(?:ination)?s?|sequences?)(?: (?:scans?|images?|slices?))?"
)
"""What a picture is called behind an option's text: "a T2-weighted MRI"."""
KINDS_OF_THING = (
    rf"(?:(?:(?:chest|brain|abdominal) )?{KINDS_OF_IMAGE}|imaging|plane|stage|stain|projection|sides?|"
    r"organ|modality)"
)
"""Nouns that say behind an option's text what kind of thing it is: "axial plane", "late stage"."""
PARTS = (
    *("left", "right", "middle", "center", "centre", "top", "bottom", "upper", "lower", "inside", "outside"),
    *("none", "all", "both", "one", "two", "three", "four", "some", "most", "any", "each", "half", "part"),
)
"""Before "of the", they name a part or a place of what follows, and are no answer: "left of the heart"."""
_NEXT_WORD_OF_TEXT = re.compile(
    rf"{''.join(f'(?<!{word})' for word in PARTS)}(?<![0-9]) of the"
    rf"(?! (?:image|picture|scan|field|midline|matter))(?![{LATIN}])"
    r"| (?:because|since|as(?! well)|which|due|given|based|here|seen|shown|according|rather|instead|"
    r"in (?:this|the|that) (?:image|picture|scan|x-ray|figure|case|photo|view|slice)|on (?:the|"
    r"this) (?:right|left)|to me|"
    rf"{KINDS_OF_THING}|option|"
    r"(?:that )?is (?:seen|shown|visible|marked|highlighted)|weil|da|denn|markiert|dargestellt|abgebildet|zu sehen|"
    rf"car|parce|porque|ya)(?![{LATIN}])"
)


_NEXT_WORD_OF_LETTER = re.compile(f" ?{words('continuers')}")


_STOPS = "".join((".,;:)!?]}\"'\n|\u3002\u3001\u2014\u2705\u2713\u2714*", OPENED, CLOSED))


ARE = re.compile(rf"[)\"']{{0,2}}(?: (?:are|sind|sont|son|both|together)(?![{LATIN}])|都|均)")


def listed(view: Folded, phrase: Phrase, shown: ShownOptions) -> list[Phrase]:
    """`phrase` and what is joined to it."""
    found = [phrase]
    while len(found) < 26:
        joined = _JOIN.match(view.small, found[-1].until)
        if not joined or not joined[0].strip():
            break
        following = phrase_at(view, joined.end(), shown)
        if following is None or following.start <= found[-1].start:
            break
        found.append(following)
    return found


def ending(
    view: Folded, phrase: Phrase, shown: ShownOptions, *, strict: bool = False, lines: bool = True
) -> str:
    """What follows a naming: "" where it stands by itself, or "two options", "question", "part" (of a longer name).

    With `strict`, a letter stands by itself only in front of a stop; without `lines`, an option on the next line
    stands beside it only if that line holds nothing else.
    """
    small, until = view.small, phrase.until
    if _second(view, phrase, shown, lines):
        return "two options"
    if another_later(view, phrase, shown):
        return "two options"
    if phrase.letter and phrase.text and re.match(rf",? {words('alternatives')} ", small[until : until + 40]):
        return "two options"
    sign = small[until : until + 1]
    word = _NEXT_WORD_OF_LETTER if phrase.letter else _NEXT_WORD_OF_TEXT
    spaced = re.compile(' ?[(\\["\u2014=>|\u2192\u2705\u2713\u2714-]').match(small, until)
    if sign and sign not in _STOPS and not spaced:
        goes_on = (strict or not word.match(small, until)) and not (
            sign > "\u2e80" and word.match(small, until)
        )
        if (
            goes_on
            and not (phrase.letter and phrase.text)
            and not (_counts(small, phrase, shown) or is_degree(small, phrase))
        ):
            return "part"
    return "question" if asks(small, until) else ""


NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_COUNTED = re.compile(
    r" (?!cm|mm|ml|mg|or|to|and|years?|weeks?|months?|days?|of|views?|images?|slices?|scans?|tesla|"
    r"questions?)[a-z]{3,20}(?: [a-z]{2,20})?(?: (?:can be|are|is) (?:seen|visible|shown|present|noted))?(?=[.!\n]|\Z)"
)


_REASON = re.compile(
    r"(?<!\w)(?:because|since|as|while|whereas|given|weil|denn|car|parce|puisque|porque|ya que)(?!\w)|因为|由于"
)
_HEDGES = re.compile(
    r"(?<!\w)(?:but|although|though|however|could|might|may|equally|also|or|then|for the second|aber|mais"
    r"|pero)(?!\w)|但|也"
)


_VERB = re.compile(
    r" (?:is|was|could|might|may|can|cannot|would|should|also|seems|remains|ist|könnte|est|pourrait|es|podría)(?!\w)"
)
"""Words that stand behind an option and never behind an article: "C, but A is possible"."""


def _counts(small: str, phrase: Phrase, shown: ShownOptions) -> bool:
    """Whether a number that is an option is followed by what it counts: "3 nodules"."""
    numbers = phrase.text and all(text.isdigit() or text in NUMBERS for text in shown.texts)
    return numbers and bool(_COUNTED.match(small, phrase.until))


_DEGREE = re.compile(
    r"(?<= )(?:[a-d]|[0-9]{1,2}|i{1,3}|iv|vi{0,3})"
    r" (?:disease|infection|fracture|injury|cancer|carcinoma|tumou?r|lesion|deficiency|dissection)(?=[.,;:!\n(]|\Z| \()"
)
"""A text that ends in a numeral or a letter, and what it is one of: "stage IV disease", "hepatitis B infection"."""


def is_degree(small: str, phrase: Phrase) -> bool:
    last = max(phrase.start, small.rfind(" ", phrase.start, phrase.end) + 1)
    return not phrase.letter and bool(_DEGREE.match(small, last))


def another_later(view: Folded, phrase: Phrase, shown: ShownOptions) -> bool:
    """Whether the sentence goes on to another option without denying it: "B, but it could be C", "B > C"."""
    end = sentence_end(view.small, phrase.until)
    rest = view.small[phrase.until : end]
    hedged = bool(_HEDGES.search(rest))
    places = [at for at in letters_in(view) if phrase.until <= at < end] if phrase.letter or hedged else []
    others = [mention_at(view, at, shown) for at in places if view.written[at] != view.small[at]]
    if hedged:
        texts = [start for start, _ in text_mentions(view, shown) if phrase.until <= start < end]
        others += [phrase_at(view, start, shown, skip=False) for start in texts]
    beside = [one for one in others if one is not None and _stands_beside(view, phrase, one, shown)]
    return any(hedged or not _REASON.search(view.small, phrase.until, one.start) for one in beside)


def _stands_beside(view: Folded, phrase: Phrase, other: Phrase, shown: ShownOptions) -> bool:
    if other.choice in (None, phrase.choice):
        return False
    if (
        view.small[other.start] in "ai"
        and other.letter
        and not other.marked
        and not stops(view.small, other.until)
        and not (view.small[other.start] == "a" and _VERB.match(view.small, other.until))
    ):
        return False  # an article, a pronoun
    before = view.small[max(0, other.start - 90) : other.start]
    if re.search(
        rf"{words('negations')}[^.\n]{{0,60}}\Z|(?<!\w)(?:than|unlike|while|whereas|as) (?:options? )?[(]?\Z",
        before,
    ):
        return False
    return not any_of("denies after").match(view.small, listed(view, other, shown)[-1].until)


def _second(view: Folded, phrase: Phrase, shown: ShownOptions, lines: bool) -> bool:
    """Whether another option stands beside a naming: "B or C", "B, C", "B. Liver C. Spleen"."""
    joined = _JOIN.match(view.small, phrase.until)
    if not joined:
        return False
    following = phrase_at(view, joined.end(), shown)
    if following is None or (following.choice == phrase.choice and not following.problem):
        return False
    if following.letter and not (following.marked or following.capital == phrase.capital):
        return False
    if following.letter and not following.capital and not following.marked and phrase.letter is False:
        return False
    if joined["open"]:
        return stops(view.small, following.until) or following.marked or following.text
    if any_of("denies after").match(view.small, listed(view, following, shown)[-1].until):
        return False
    if not joined[0].strip():
        if (
            "\n" in joined[0]
            and not lines
            and view.small[following.until : following.until + 1] not in ("", "\n")
        ):
            return False  # an explanation of another option, not a list of two
        labelled = following.marked or view.small[following.end : following.end + 1] in (")", ":", ".")
        return following.letter and labelled and phrase.letter
    if not joined["all"] and joined[0].strip() in ("-",):
        return following.letter and stops(view.small, following.until)
    return (
        stops(view.small, following.until)
        or bool(ARE.match(view.small, following.until))
        or bool(
            re.match(
                rf"[)\"']{{0,2}} ?(?:{words('joins')}|{words('alternatives')})",
                view.small[following.until :][:20],
            )
        )
    )
