"""What an answer begins with: a letter that stands apart, or an option's text."""

from __future__ import annotations

import re

from vqa_canary.reading.endings import KINDS_OF_THING, NUMBERS, ending, is_degree
from vqa_canary.reading.folding import CLOSED, Folded
from vqa_canary.reading.languages import any_of, words
from vqa_canary.reading.mentions import letters_in, mention_at, text_mentions
from vqa_canary.reading.modifiers import modified_at
from vqa_canary.reading.names import GOES_ON, is_a_person
from vqa_canary.reading.phrases import Phrase, phrase_at
from vqa_canary.reading.sentences import sentence_end
from vqa_canary.reading.shown import ShownOptions
from vqa_canary.reading.statement import Statement
from vqa_canary.reading.yes_no import TURNS, YES_NO, yes_or_no

LABEL_STOPS = re.compile("[)\\]}>\"']{0,2} ?(?:[.:,;=|\\n\u3002\u3001\u2014\u2192]|-|\\Z)")


_DELIMITED = re.compile(f"[)\\]{CLOSED}]|[.:](?=\\s|\\Z)|\\n|\\Z| ?[-\u2014=>:|(]|[,;\u3002\u3001]|选?项")


_REASON = re.compile(
    r" (?:because|since|rather than|instead of|not(?! \w{1,20}ly)|due to|as (?:it|the|this)|weil|car|"
    r"porque|parce)(?!\w)"
)


_HEADER = re.compile(f"(?:\\A|[\\n.] ?){words('headers')}")


_DENIES_IT = re.compile(
    r"(?<!\w)(?:(?:not|\w{2,6}n't|never) (?:[a-z]{1,12} ){0,4}(?:it|there)|it (?:(?:is|was|does|has|can)(?: not|n't)"
    r"|cannot)|not (?:seen|visible|present|shown|marked))(?!\w)"
)


_VALUE = re.compile(
    r"[.!:,;\u3002]?[\s(-]{0,3}(?:\d|[+-](?:\W|\Z)|(?:not?|none|never|absent|negative|unlikely|excluded|ruled out|"
    r"denied|resolved|clear|normal|unremarkable|intact|low|high|possible|uncertain|unknown|n/a)(?!\w))"
)
"""A value or a judgement behind an option's text, that makes a heading of it: "Pneumonia: 0", "Left lung. Clear"."""


_GOES_ON = re.compile(
    rf"(?: {KINDS_OF_THING})?"
    r"(?:[.,;:!\n(]|\Z| [(\u2014-]"
    r"| (?:of|in|on|at|because|since|due|based|given|as|here|seen|shown|which|according|rather|instead|to me|option|"
    r"weil|da|denn|car|parce|porque|ya|(?:that )?is (?:seen|shown|visible|marked|highlighted))(?!\w)"
    r"(?! (?:to|as|and|but|normal(?:ly)?|clear(?:ly)?)(?!\w)))"
)
"""How a sentence goes on behind an option's text that begins it, so that the text is the answer still."""


_OF_A_PART = re.compile(
    r" (?:of|in|on|at) [^,.\n]{1,60} (?:is|are|was|were|appears?|looks?)(?! (?:the (?:answer|marked)|seen|"
    r"shown|visible|"
    r"present|marked|highlighted|noted|identified|indicated|evident|depicted|affected|involved)(?!\w))(?!\w)"
)
"""How a sentence goes on that says something of a part: "Lung of the patient is clear"."""
_FOUND = re.compile(r"(?<!\w)(?:there (?:is|are) (?!no(?!\w))|abnormal)")


_COUNTED_ONLY = re.compile(
    r" (?!views?|images?|slices?|scans?|tesla|questions?|days?|weeks?|months?|years?)"
    r"[a-z-]{2,20}(?: (?!views?|images?|mri|ct)[a-z-]{2,20})?(?: (?:can be|are|is) (?:seen|visible|shown|"
    r"present|noted))?"
    r"[.!]?\Z| (?:because|since|as|given|based)(?!\w)"
)
"""Behind a number: what it counts, and nothing else."""


def opens_with(view: Folded, shown: ShownOptions) -> Statement | None:
    """What the answer begins with: a letter that stands apart, or an option's text."""
    phrase = phrase_at(view, 0, shown) or modified_at(view, 0, shown) or _yes_no_behind(view, shown)
    if phrase is None:
        return None
    at = phrase.start
    after = ending(view, phrase, shown)
    two = after == "two options" and (phrase.capital or phrase.marked)
    if phrase.letter and not two and not _letter_opens(view, phrase):
        return None
    bare = phrase.choice is not None and phrase.letter and not phrase.text and not phrase.marked
    if bare and is_a_person(view.written, phrase.end, shown.texts[phrase.choice or 0]):
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


_ON_WHAT = re.compile(
    r"(?:based on|according to|judging by|looking at|in|from|on) (?:the|this|these)(?: [a-z-]{2,14}){0,3} "
    r"(?:images?|pictures?|scans?|x-rays?|radiographs?|ct|mri|findings?|views?|slices?|films?|appearance)"
    r"(?: [^,.:;\n]{1,40})?, "
)


def _yes_no_behind(view: Folded, shown: ShownOptions) -> Phrase | None:
    """A Yes or a No behind words that say what it is seen in: "Based on the image, no"."""
    found = _ON_WHAT.match(view.small)
    phrase = phrase_at(view, found.end(), shown, skip=False) if found else None
    is_verdict = phrase and not phrase.letter and view.small[phrase.start : phrase.end] in YES_NO
    return phrase if is_verdict else None


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
    quoted = view.small[phrase.start - 1 : phrase.start] in ("(", "[", '"', "'") and phrase.start > 0
    if (quoted or not phrase.marked) and GOES_ON.match(view.written, phrase.end):
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


def _is_list(view: Folded, phrase: Phrase, shown: ShownOptions) -> bool:
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


def _other_text_follows(view: Folded, phrase: Phrase, shown: ShownOptions) -> str:
    """The problem of a letter whose sentence speaks of another option's text and not of its own; empty where there is
    none."""
    end = sentence_end(view.small, phrase.until + 2)
    told = {index for at, index in text_mentions(view, shown) if phrase.until <= at < end}
    line = view.small[phrase.end : phrase.end + 2]
    if told and phrase.choice not in told and "\n" not in line:
        return "letter with another option's text"
    return ""


def _opening_text(view: Folded, phrase: Phrase, shown: ShownOptions, after: str) -> Statement | None:
    small, until = view.small, phrase.until
    key = small[phrase.start : phrase.end].removesuffix("\u7684")
    rest = small[until:]
    sentence = small[until : sentence_end(small, until)]
    if key in YES_NO:
        return yes_or_no(view, phrase, shown)
    if after:
        return None
    stop = small[until : until + 1]
    others = {index for at, index in text_mentions(view, shown) if index != phrase.choice}
    if _lists_endings(small, phrase, shown):
        return Statement(phrase.start, "problem", phrase, "two options")
    if stop in (":", "=", "|", "\u2192", ">") or _VALUE.match(small, until) or TURNS.search(rest):
        return None
    if (
        stop == " "
        and not is_degree(small, phrase)
        and not _GOES_ON.match(small, until)
        and not (key.isdigit() or key in NUMBERS)
        and key[-1:] < "\u2e80"
    ):
        return None
    if re.match(r", (?:should|when|where|whether)(?!\w)", rest) or _OF_A_PART.match(sentence):
        return None
    if (key.isdigit() or key in NUMBERS) and (
        re.match(r"[.)] ", rest) or (stop == " " and not _COUNTED_ONLY.match(small, until))
    ):
        return None  # a step, or a number of other things
    later = rest[sentence_end(small, until) - until :]
    if not others and (_DENIES_IT.search(later) or (key == "normal" and _FOUND.search(later))):
        return None
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
    if re.match(rf"[,;] ?{words('alternatives')}", rest):
        return None
    if others or any(re.search(words(kind), sentence) for kind in ("negations", "modals", "conditions")):
        return None
    return Statement(phrase.start, "asserts", phrase, "text")


def _lists_endings(small: str, phrase: Phrase, shown: ShownOptions) -> bool:
    """Whether the text is followed by the last words of other options: "Grade I, II"."""
    found = re.compile(r" ?(?:,|/|;|-|and|or|to|&) ?(?:and |or )?([^\W_]{1,12})(?!\w)").match(
        small, phrase.until
    )
    if not found or phrase.choice is None:
        return False
    own = shown.texts[phrase.choice].split()
    others = (text.split() for at, text in enumerate(shown.texts) if at != phrase.choice)
    return any(len(own) > 1 and one[:-1] == own[:-1] and one[-1] == found[1] for one in others)


def _whole_line(view: Folded, at: int, shown: ShownOptions) -> bool:
    phrase = phrase_at(view, at, shown, skip=False)
    if phrase is None:
        return False
    before = view.small[:at].rstrip(" -\"'(")
    after = view.small[phrase.until : phrase.until + 1]
    return (not before or before[-1] in "\n.") and after in ("", "\n", ".")
