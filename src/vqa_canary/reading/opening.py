"""What an answer begins with: a letter that stands apart, or an option's text."""

from __future__ import annotations

import re

from vqa_canary.reading.endings import ending
from vqa_canary.reading.folding import CLOSED, Folded
from vqa_canary.reading.languages import any_of, words
from vqa_canary.reading.mentions import letters_in, mention_at, text_mentions
from vqa_canary.reading.phrases import Phrase, phrase_at
from vqa_canary.reading.sentences import sentence_end
from vqa_canary.reading.shown import Shown
from vqa_canary.reading.statement import Statement

LABEL_STOPS = re.compile("[)\\]}>\"']{0,2} ?(?:[.:,;=|\\n\u3002\u3001\u2014\u2192]|-|\\Z)")


_DELIMITED = re.compile(f"[)\\]{CLOSED}]|[.:](?=\\s|\\Z)|\\n|\\Z| ?[-\u2014=>:|(]|[,;\u3002\u3001]|选?项")


_REASON = re.compile(
    r" (?:because|since|rather than|instead of|not(?! \w{1,20}ly)|due to|as (?:it|the|this)|weil|car|"
    r"porque|parce)(?!\w)"
)


_HEADER = re.compile(f"(?:\\A|[\\n.] ?){words('headers')}")


_PRONOUN = re.compile(r" (?:there|it|this|the|that|they|he|she|i|these|those|you|we)(?!\w)")


YES_NO = {
    "yes",
    "no",
    "ja",
    "nein",
    "oui",
    "non",
    "s\u00ed",
    "si",
    "\u662f",
    "\u5426",
    "\u6709",
    "\u6ca1\u6709",
    "true",
    "false",
}


def opens_with(view: Folded, shown: Shown) -> Statement | None:
    """What the answer begins with: a letter that stands apart, or an option's text."""
    phrase = phrase_at(view, 0, shown)
    if phrase is None:
        return None
    at = phrase.start
    after = ending(view, phrase, shown)
    two = after == "two options" and (phrase.capital or phrase.marked)
    if phrase.letter and not two and not _letter_opens(view, phrase):
        return None
    if after in ("two options", "question"):
        return Statement(at, "problem", phrase, "a question" if after == "question" else after)
    if phrase.letter:
        if phrase.problem:
            return Statement(at, "problem", phrase, phrase.problem)
        if _is_list(view, phrase, shown):
            return Statement(at, "problem", phrase, "two options")
        if not phrase.text and (other := _other_text_follows(view, phrase, shown)):
            return Statement(at, "problem", phrase, other)
        return Statement(at, "asserts", phrase, phrase.how)
    if phrase.problem:
        return Statement(at, "problem", phrase, phrase.problem)
    return _opening_text(view, phrase, shown, after)


def _letter_opens(view: Folded, phrase: Phrase) -> bool:
    """Whether a letter at the beginning is a letter and no word."""
    rest = view.small[phrase.until :]
    alone = not rest.strip(" .,:;!?\u3002\"')]*-\n")
    if alone or (phrase.text and phrase.letter):
        return True
    if phrase.problem and not phrase.capital and not phrase.marked:
        return False
    stands = bool(_DELIMITED.match(view.small, phrase.end)) or phrase.marked
    stands = stands or (phrase.capital and bool(_REASON.match(view.small, phrase.end)))
    if not stands:
        return False
    if not phrase.capital and not phrase.marked:
        return view.small[phrase.start] not in "aeiouy" and view.small[phrase.end : phrase.end + 1] in (
            ")",
            "\n",
            ".",
            ":",
        )
    if phrase.marked and not _DELIMITED.match(view.small, phrase.end):
        return bool(_REASON.match(view.small, phrase.until))
    return True


def _is_list(view: Folded, phrase: Phrase, shown: Shown) -> bool:
    """Whether the answer goes on with other labels before any explanation: a list of options, not a choice."""
    header = _HEADER.search(view.small, phrase.until)
    until = header.start() + 1 if header else len(view.small)
    for at in letters_in(view):
        if at <= phrase.until or at >= until:
            continue
        line = (
            not view.small[:at].strip()
            or view.small[at - 1] in "\n("
            or view.small[at - 2 : at] in (". ", "; ", ", ", "\n(")
        )
        if not line or not (view.written[at] != view.small[at] or view.small[at - 1] == "("):
            continue
        other = mention_at(view, at, shown)
        if (
            other is None
            or other.choice in (phrase.choice, None)
            or not LABEL_STOPS.match(view.small, other.end)
        ):
            continue
        if not any_of("denies after").match(view.small, other.until):
            return True
    return False


def _other_text_follows(view: Folded, phrase: Phrase, shown: Shown) -> str:
    """A letter whose sentence speaks of another option's text and not of its own."""
    end = sentence_end(view.small, phrase.until + 2)
    told = {index for at, index in text_mentions(view, shown) if phrase.until <= at < end}
    line = view.small[phrase.end : phrase.end + 2]
    if told and phrase.choice not in told and "\n" not in line:
        return "letter with another option's text"
    return ""


def _opening_text(view: Folded, phrase: Phrase, shown: Shown, after: str) -> Statement | None:
    small, until = view.small, phrase.until
    key = small[phrase.start : phrase.end]
    sentence = small[until : sentence_end(small, until)]
    if key in YES_NO:
        stops = small[until : until + 1] in (
            "",
            ".",
            ",",
            ";",
            ":",
            "!",
            "\n",
            "\u3002",
            "\u2014",
        ) or small.startswith(" -", until)
        if not stops and not (key in ("yes", "no") and _PRONOUN.match(small, until)):
            return None
        others = {index for at, index in text_mentions(view, shown) if at >= until and index != phrase.choice}
        if key not in ("no", "nein", "non", "\u5426", "\u6ca1\u6709", "false") and re.search(
            words("negations"), sentence
        ):
            return Statement(phrase.start, "problem", phrase, "denied")
        if key in ("no", "nein", "non") and others:
            return Statement(phrase.start, "problem", phrase, "two options")
        if any(
            index != phrase.choice
            for at, index in text_mentions(view, shown)
            if until <= at < until + len(sentence)
        ):
            return Statement(phrase.start, "problem", phrase, "two options")
        return Statement(phrase.start, "asserts", phrase, "text")
    if after:
        return None
    stop = small[until : until + 1]
    others = {index for at, index in text_mentions(view, shown) if index != phrase.choice}
    if stop in ("", "\n", ".", "\u3002", "!") or small[until:].strip() in ("", ".", "!"):
        lines = {
            index
            for at, index in text_mentions(view, shown)
            if index != phrase.choice and _whole_line(view, at, shown)
        }
        return (
            Statement(phrase.start, "problem", phrase, "two options")
            if lines
            else Statement(phrase.start, "asserts", phrase, "text")
        )
    if key == "right" and stop in (",", ";"):  # "Right, let me see"
        return None
    if others or re.search(words("negations"), sentence) or re.search(words("modals"), sentence):
        return None
    return Statement(phrase.start, "asserts", phrase, "text")


def _whole_line(view: Folded, at: int, shown: Shown) -> bool:
    phrase = phrase_at(view, at, shown, skip=False)
    if phrase is None:
        return False
    before = view.small[:at].rstrip(" -\"'(")
    after = view.small[phrase.until : phrase.until + 1]
    return (not before or before[-1] in "\n.") and after in ("", "\n", ".")
