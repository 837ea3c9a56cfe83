"""What the sentences of an answer say of the options: that one is right, that one is wrong, that two may be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from vqa_canary.reading.folding import CLOSED, OPENED, Folded
from vqa_canary.reading.languages import RULES, Place, words
from vqa_canary.reading.phrases import (
    LATIN,
    Phrase,
    Shown,
    is_marked,
    letters_in,
    mention_at,
    phrase_at,
)

Kind = Literal["asserts", "may assert", "denies", "problem"]


@dataclass(frozen=True, slots=True)
class Statement:
    """What one place of an answer says."""

    at: int
    kind: Kind
    phrase: Phrase | None
    how: str
    """How the option is named, or which problem there is."""

    @property
    def choice(self) -> int | None:
        return self.phrase.choice if self.phrase else None


_END_OF_SENTENCE = re.compile("[.!?;](?=[\\s\"')\\]]|\\Z)|[\\n\u3002]|[!?;](?=[\u2e80-\U0003ffff])")
_DENIED_LEAD = re.compile(
    rf"(?:{words('negations')}|doubt)(?: (?!(?:and|but|so)\b)[\w']{{1,12}}){{0,4}} ?\Z|不(?:认为|觉得|确定)"
    rf"?\w{{0,4}}\Z"
)
_SUPPOSED_LEAD = re.compile(
    r"(?<!\w)(?:wrong|incorrect|false|other|alternative|first|initial|previous|original|second|next|worst|"
    r"falsche|mauvaise|incorrecta|错误的?|least (?:likely|probable)|user's|student's|your) (?:\w{1,12} )?\Z"
)
_NOT_SUPPOSED = re.compile(
    r"(?:ask(?:s|ed|ing)?|determine|see|check|know|decide|even|as|what|tell|assess|sure|certain|identify) "
    r"if(?!\w)"
)
_REPORTED = re.compile(
    r"(?<!\w)(?:users?|you|they|people|some|others?|someone|students?|many|prompt|textbooks?|"
    r"radiologists?|doctors?|one|he|she) (?:\w{1,12} )?"
    r"(?:says?|said|thinks?|thought|claims?|claimed|believe[sd]?|argue[sd]?|suggest(?:s|ed)|choose|chose|"
    r"pick|picked|answer(?:s|ed))(?!\w)"
)
_SUPPOSED_BEHIND = re.compile(
    r"(?<!\w)(?:if|unless|provided|assuming|only when|falls|wenn|sofern|à condition|s'il|si (?:le|la|el|"
    r"los|les|se|es)|a menos)(?!\w)|如果|假如|若"
)
_ADVERBS = (
    r"(?:(?:maybe|possibly|perhaps|even|also|potentially|probably|either|both|option|vielleicht|eventuell|"
    r"peut-être|quizás|tal vez) ?)?"
)
_JOIN = re.compile(
    f"[\\s)\\]}}\"']{{0,2}}(?:,|;|/|、|-)?\\s?(?:(?P<open>{words('alternatives')})|"
    f"(?P<all>{words('joins')}))?\\s?"
    f"(?:, ?)?(?:\\(or )?{_ADVERBS}"
)
_NEXT_WORD_OF_TEXT = re.compile(
    rf" (?:because|since|as(?! well)|which|due|given|based|here|seen|shown|according|rather|instead|in "
    rf"(?:this|the|that) (?:image|picture|scan|x-ray|figure|case|photo|view|slice)"
    rf"|to me|scans?|images?|imaging|views?|plane|sections?|slices?|sides?|organ|modality|weil|da|denn|"
    rf"car|parce|porque|ya|option|(?:that )?is (?:seen|shown|visible|marked|highlighted))(?![{LATIN}])"
)
_NEXT_WORD_OF_LETTER = re.compile(f" ?{words('continuers')}")
_STOPS = "".join((".,;:)!?]}\"'\n|\u3002\u3001\u2014\u2705\u2713\u2714*", OPENED, CLOSED))
_ARE = re.compile(rf"[)\"']{{0,2}}(?: (?:are|sind|sont|son|both|together)(?![{LATIN}])|都|均)")


@cache
def _patterns(place: Place) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(rule.pattern) for rule in RULES if rule.place == place)


@cache
def _any(place: Place) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{rule.pattern})" for rule in RULES if rule.place == place))


def statements(view: Folded, shown: Shown) -> list[Statement]:
    """All statements about options, in the order of the text."""
    found = [*_led(view, shown), *_denied(view, shown), *_judged(view, shown)]
    return sorted(found, key=lambda one: (one.at, one.kind == "denies"))


def _led(view: Folded, shown: Shown) -> Iterator[Statement]:
    """Options behind words that assert one: "the answer is B"."""
    places: tuple[Place, ...] = ("before", "before, weakly", "corrects")
    for pattern in _patterns("takes back"):
        yield from (Statement(one.start(), "problem", None, "denied") for one in pattern.finditer(view.small))
    for place in places:
        for pattern in _patterns(place):
            for lead in pattern.finditer(view.small):
                if one := _after_lead(view, shown, lead.start(), lead.end(), place):
                    yield one


def _after_lead(view: Folded, shown: Shown, start: int, end: int, place: Place) -> Statement | None:
    phrase = phrase_at(view, end, shown)
    if phrase is None:
        strong = place == "before" and _says_nothing(view.small, end)
        return Statement(end, "problem", None, "no option") if strong else None
    weak = place != "before"
    if weak and not phrase.letter and not phrase.problem:
        return None
    if weak and phrase.problem and not phrase.capital and not phrase.marked:
        return None
    if not phrase.capital and phrase.letter and not _small_letter_counts(view, phrase, weak):
        return None
    context = view.small[sentence_start(view.small, start) : start]
    after = ending(view, phrase, shown, strict=weak)
    if after == "part":
        return None
    if after == "question":
        return None
    if phrase.problem or after == "two options":
        return Statement(phrase.start, "problem", phrase, phrase.problem or after)
    denied = place != "corrects" and _DENIED_LEAD.search(context[-60:].rsplit(",", 1)[-1])
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
    """Small letters are words in many languages: they count in brackets, or where the sentence ends behind them."""
    if phrase.marked or phrase.text:
        return True
    after = view.small[phrase.until : phrase.until + 1]
    alone = after in (".", ")", "\n", ",", "\u3002", CLOSED) or not after
    if view.small[phrase.start] in "aeiouy":
        stopped = after in (".", ")", "\u3002", CLOSED)
        return not weak and (stopped or (alone and view.small[: phrase.start].rstrip()[-1:] in (":", "=")))
    return alone


def _denied(view: Folded, shown: Shown) -> Iterator[Statement]:
    """Options behind words that deny one: "not B", "neither A nor B"."""
    for lead in _any("denies before").finditer(view.small):
        phrase = phrase_at(view, lead.end(), shown)
        if phrase is None or (phrase.letter and not (phrase.capital or phrase.marked)):
            continue
        yield from (Statement(one.start, "denies", one, "denied") for one in _listed(view, phrase, shown))


def _judged(view: Folded, shown: Shown) -> Iterator[Statement]:
    """Options in front of words that assert or deny them: "B is correct"."""
    groups = _groups(view, shown)
    for group in groups:
        last = group[-1]
        if _any("denies after").match(view.small, last.until):
            yield from (Statement(one.start, "denies", one, "denied") for one in group)
            continue
        judged = _any("after").match(view.small, last.until)
        several = len({one.choice for one in group}) > 1
        if several and (judged or _ARE.match(view.small, last.until)):
            yield Statement(group[0].start, "problem", group[0], "two options")
        elif judged and not several:
            yield from _judgement(view, group[0], judged.end())


def _judgement(view: Folded, phrase: Phrase, end: int) -> Iterator[Statement]:
    context = view.small[sentence_start(view.small, phrase.start) : phrase.start]
    if phrase.problem:
        yield Statement(phrase.start, "problem", phrase, phrase.problem)
    elif _asks(view.small, end) or is_supposed(context, view.small[end : sentence_end(view.small, end)]):
        return
    elif _DENIED_LEAD.search(context[-60:].rsplit(",", 1)[-1]):
        yield Statement(phrase.start, "denies", phrase, "denied")
    else:
        yield Statement(phrase.start, "asserts", phrase, "statement")


_BEFORE_JUDGED = re.compile(
    "(?:\\A|[\\n.,;:!?()\\[\\]\"'>\u2014\u3002\u3001\u2192\ue000-] ?"
    rf"|(?<![{LATIN}])(?:so|that|thus|therefore|think|believe|because|since|while|whereas|but|only|hence|"
    rf"however|then|would|clearly|is|ist|est|es|würde|werde|dass|que|aber|mais|pero|donc) "
    "|选项|答案|项|是|为|故|即|选|以|说明|认为)[\"'(\\[]{0,2}\\Z"
)


def _groups(view: Folded, shown: Shown) -> list[list[Phrase]]:
    """Namings that a judgement may follow, those that are joined together."""
    found = sorted({one.start: one for one in _mentions(view, shown)}.values(), key=lambda one: one.start)
    groups: list[list[Phrase]] = []
    for one in found:
        if groups and one.start < groups[-1][-1].until:
            continue
        if groups and _are_joined(view.small, groups[-1][-1].until, _begin(view, one)):
            groups[-1].append(one)
        elif one.marked or _BEFORE_JUDGED.search(view.small[max(0, one.start - 24) : _begin(view, one)]):
            groups.append([one])
    return groups


def _begin(view: Folded, phrase: Phrase) -> int:
    """Where a naming begins with its article, noun and bracket."""
    before = view.small[max(0, phrase.start - 40) : phrase.start]
    lead = re.search(
        rf"(?:(?<![{LATIN}])(?:{words('articles')} )?{words('nouns')}[ :#]{{0,2}}|(?<![{LATIN}])"
        rf"{words('articles')} )?[(\"'\[]{{0,2}}\Z",
        before,
    )
    return phrase.start - (len(lead[0]) if lead else 0)


def _mentions(view: Folded, shown: Shown) -> Iterator[Phrase]:
    for at in letters_in(view):
        if view.written[at] != view.small[at] or is_marked(view, at) or _starts_line(view.small, at):
            one = mention_at(view, at, shown)
            if one and (one.problem != "beyond the options" or one.marked or view.small[at] not in "ai"):
                yield one
    for start, _ in text_mentions(view, shown):
        if one := phrase_at(view, start, shown, skip=False):
            yield one


def _starts_line(small: str, at: int) -> bool:
    return not small[:at].strip() or small[at - 1] == "\n"


def text_mentions(view: Folded, shown: Shown) -> list[tuple[int, int | None]]:
    """Where option texts of two signs or more stand whole, the longest at each place, none within another."""
    if shown.by == "letter":
        return []
    flat, found = view.small.replace("\n", " "), []
    for key, _ in shown.keys:
        at = flat.find(key) if len(key) > 1 or key.isdigit() else -1
        while at >= 0:
            found.append((at, -len(key)))
            at = flat.find(key, at + 1)
    kept: list[tuple[int, int | None]] = []
    until = 0
    for start, _ in sorted(found):
        named = shown.text_at(view, start) if start >= until and _is_whole(view, start) else None
        if named:
            kept.append((start, named[0]))
            until = named[1]
    return kept


def _is_whole(view: Folded, at: int) -> bool:
    before, sign = view.small[at - 1 : at] if at else "", view.small[at]
    latin = re.compile(f"[{LATIN}]")
    if not before or not latin.match(sign):
        return True
    return not latin.match(before) and before not in "-%^&+~<>/" and not (sign.isdigit() and before in ".,")


def _are_joined(small: str, start: int, end: int) -> bool:
    between = small[start:end]
    if not between.strip() or len(between) > 30:
        return False
    return bool(
        re.fullmatch(
            rf"[)\"']{{0,2}}(?:,|/|、)?\s?(?:{words('joins')}|{words('alternatives')})"
            rf"?\s?{_ADVERBS}[(\"']{{0,2}}",
            between,
        )
    )


def _listed(view: Folded, phrase: Phrase, shown: Shown) -> list[Phrase]:
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


def ending(view: Folded, phrase: Phrase, shown: Shown, *, strict: bool = False) -> str:
    """What follows a naming: "" where it stands by itself, or "two options", "question", "part" (of a longer name)."""
    small, until = view.small, phrase.until
    if _second(view, phrase, shown):
        return "two options"
    if _another_later(view, phrase, shown):
        return "two options"
    sign = small[until : until + 1]
    word = _NEXT_WORD_OF_LETTER if phrase.letter else _NEXT_WORD_OF_TEXT
    spaced = re.compile(" ?[(\u2014=>|\u2192\u2705\u2713\u2714-]").match(small, until)
    if sign and sign not in _STOPS and not spaced:
        goes_on = (strict or not word.match(small, until)) and not (
            sign > "\u2e80" and word.match(small, until)
        )
        if goes_on and not (phrase.letter and phrase.text) and not _counts(small, phrase, shown):
            return "part"
    return "question" if _asks(small, until) else ""


_COUNTED = re.compile(
    r" (?!cm|mm|ml|mg|or|to|and|years?|weeks?|months?|days?|of)[a-z]{3,20}(?: [a-z]{2,20})?(?=[.!\n]|\Z)"
)
_HEDGES = re.compile(
    r"(?<!\w)(?:but|although|though|however|could|might|may|equally|also|or|then|for the second|aber|mais|pero)(?!\w)|但|也"
)


def _counts(small: str, phrase: Phrase, shown: Shown) -> bool:
    """Whether a number that is an option is followed by what it counts: "3 nodules"."""
    numbers = phrase.text and all(text.isdigit() for text in shown.texts)
    return numbers and bool(_COUNTED.match(small, phrase.until))


def _another_later(view: Folded, phrase: Phrase, shown: Shown) -> bool:
    """Whether the sentence goes on to another option without denying it: "B, but it could be C", "B > C"."""
    end = sentence_end(view.small, phrase.until)
    rest = view.small[phrase.until : end]
    hedged = bool(_HEDGES.search(rest))
    places = [at for at in letters_in(view) if phrase.until <= at < end] if phrase.letter or hedged else []
    others = [mention_at(view, at, shown) for at in places if view.written[at] != view.small[at]]
    if hedged:
        texts = [start for start, _ in text_mentions(view, shown) if phrase.until <= start < end]
        others += [phrase_at(view, start, shown, skip=False) for start in texts]
    return any(one is not None and _stands_beside(view, phrase, one, shown) for one in others)


def _stands_beside(view: Folded, phrase: Phrase, other: Phrase, shown: Shown) -> bool:
    if other.choice in (None, phrase.choice):
        return False
    if (
        view.small[other.start] in "ai"
        and other.letter
        and not other.marked
        and not _stops(view.small, other.until)
    ):
        return False  # an article, a pronoun
    before = view.small[max(0, other.start - 90) : other.start]
    if re.search(
        rf"{words('negations')}[^.\n]{{0,60}}\Z|(?<!\w)(?:than|unlike|while|whereas|as) (?:options? )?[(]?\Z",
        before,
    ):
        return False
    return not _any("denies after").match(view.small, _listed(view, other, shown)[-1].until)


def _second(view: Folded, phrase: Phrase, shown: Shown) -> bool:
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
        return _stops(view.small, following.until) or following.marked or following.text
    if not joined[0].strip():
        labelled = following.marked or view.small[following.end : following.end + 1] in (")", ":", ".")
        return following.letter and labelled and phrase.letter
    if not joined["all"] and joined[0].strip() in ("-",):
        return following.letter and _stops(view.small, following.until)
    if _any("denies after").match(view.small, _listed(view, following, shown)[-1].until):
        return False
    return (
        _stops(view.small, following.until)
        or bool(_ARE.match(view.small, following.until))
        or bool(
            re.match(
                rf"[)\"']{{0,2}} ?(?:{words('joins')}|{words('alternatives')})",
                view.small[following.until :][:20],
            )
        )
    )


def _stops(small: str, at: int) -> bool:
    return not small[at : at + 1] or small[at] in _STOPS


def sentence_start(small: str, at: int) -> int:
    """Where the sentence begins in which `at` stands; it looks back 600 signs at most."""
    begin = max(0, at - 600)
    start = begin
    for found in _END_OF_SENTENCE.finditer(small, begin, at):
        if not _is_label(small, found.start()):
            start = found.end()
    return start


def sentence_end(small: str, at: int) -> int:
    """Where the sentence ends in which `at` stands; it looks 600 signs ahead at most."""
    found = _END_OF_SENTENCE.search(small, at, at + 600)
    return found.end() if found else min(len(small), at + 600)


def _is_label(small: str, at: int) -> bool:
    """Whether the full stop at `at` only ends a label ("B. Liver") or an abbreviation ("e.g.")."""
    if small[at] != "." or at < 1 or not small[at - 1].isalpha():
        return False
    before = small[at - 2 : at - 1] if at > 1 else ""
    if before in ("", "\n", ".", "("):
        return True
    return before == " " and (at < 3 or small[at - 3] in ".\n!?;,:")


def _asks(small: str, at: int) -> bool:
    found = re.compile("[.!?\\n\u3002]").search(small, at, at + 300)
    return bool(found and found[0] == "?")


def is_supposed(context: str, behind: str = "") -> bool:
    """Whether a sentence only supposes, by the words before a naming or behind it."""
    asked = re.search(
        r"(?<!\w)(?:whether|ask(?:s|ed|ing)?|question (?:is|was))(?!\w)", context.rsplit(",", 1)[-1]
    )
    return bool(
        asked
        or _REPORTED.search(context.rsplit(",", 1)[-1])
        or re.search(words("conditions"), _NOT_SUPPOSED.sub(" ", context))
        or _SUPPOSED_BEHIND.search(_NOT_SUPPOSED.sub(" ", behind))
    )


def doubtful(before: str) -> bool:
    """Whether the words before an option's text in a sentence deny it, compare with it, suppose or weaken it."""
    before = re.sub("looks like", " ", before)
    kinds = ("negations", "comparisons", "conditions", "modals")
    return any(re.search(words(kind), before) for kind in kinds)


def shown_texts(view: Folded, shown: Shown) -> Iterator[Phrase]:
    """Option texts that a sentence presents as what the image shows."""
    for lead in (one for pattern in _patterns("shows") for one in pattern.finditer(view.small)):
        phrase = phrase_at(view, lead.end(), shown)
        if phrase and not phrase.problem and phrase.text and not ending(view, phrase, shown):
            start = sentence_start(view.small, phrase.start)
            if not doubtful(view.small[start : phrase.start]):
                yield phrase
    for start, _ in text_mentions(view, shown):
        phrase = phrase_at(view, start, shown, skip=False)
        begin = _begin(view, phrase) if phrase else start
        if phrase and not phrase.problem and _any("shown").match(view.small, phrase.until):
            if sentence_start(view.small, begin) >= begin - 1:
                yield phrase


def none_named(view: Folded) -> tuple[int, int] | None:
    """The last sentence that says that no option is right."""
    last = None
    for found in _sentences(view.small):
        start, end = found
        said = _any("none of the options").match(view.small, start)
        if said and (
            re.match("[\\s\"').!\u3002,\ue001]{0,3}\\Z", view.small[said.end() : end])
            or re.match(r"[\"']?,? (?:because|since|as|,|weil|car|porque)", view.small[said.end() : end])
        ):
            last = (start, said.end())
    return last


def _sentences(small: str) -> Iterator[tuple[int, int]]:
    start = 0
    for found in _END_OF_SENTENCE.finditer(small):
        if _is_label(small, found.start()):
            continue
        yield from _trimmed(small, start, found.end())
        start = found.end()
    yield from _trimmed(small, start, len(small))


def _trimmed(small: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and (small[start].isspace() or small[start] in "\"'(*-"):
        start += 1
    if start < end:
        yield start, end
