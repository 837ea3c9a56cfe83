"""What an answer begins with: a letter that stands apart, or an option's text."""

from __future__ import annotations

import re

from vqa_canary.reading.endings import ending
from vqa_canary.reading.folding import CLOSED, Folded
from vqa_canary.reading.languages import any_of, words
from vqa_canary.reading.mentions import letters_in, mention_at, text_mentions
from vqa_canary.reading.names import GOES_ON, is_a_person
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


_OFFERS = re.compile(
    r"(?<!\w)(?:let me|let us|let's|(?:happy|glad|pleased|ready) to|help|assist|please(?! (?:note|be aware|keep))|"
    r"upload|provide|"
    r"i(?:'ll| will| would|'d| could| am able| can(?! (?:clearly |also )?(?:see|identify|observe|detect|confirm))))"
    r"(?!\w)|让我|我可以|我来|乐意|帮|(?<!\w)(?:ich kann|gern[e]?|je peux|avec plaisir|puedo|con gusto)(?!\w)"
)


_PICTURE = r"(?:image|picture|photo|scan|file|attachment|x-ray)"
_UNSEEN = re.compile(
    rf"(?<!\w)(?:no {_PICTURE}s? (?:(?:is|was|were|has been) )?(?:attached|provided|uploaded|given|available|included)"
    r"|not (?:been )?(?:uploaded|provided|attached|included|received)|(?:is|are|was) (?:needed|required|missing)|"
    r"i (?:need|require|understand|hear|follow|agree to)|i(?:'ve| have)? (?:got|received)|sorry|access to|"
    r"i (?:can )?see (?:what|why|you|your(?! (?:image|picture|scan)))|ask away|"
    rf"i (?:can )?see (?:the|this|your) {_PICTURE}(?=[.,!\n]|\Z| (?:that )?you )|"
    r"(?:the|this|that|your|an?|my|good|great|interesting)(?: [a-z-]{2,14}){0,2} questions?|"
    r"kann (?:ich )?[^.\n]{1,30} nicht|ne peux pas|no puedo)"
    r"(?!\w)"
)
"""What speaks of the talk and not of the picture: an image that was not given, or that was received."""


_DENIES_IT = re.compile(
    r"(?<!\w)(?:(?:not|\w{2,6}n't|never) (?:[a-z]{1,12} ){0,4}(?:it|there)|it (?:(?:is|was|does|has|can)(?: not|n't)"
    r"|cannot)|not (?:seen|visible|present|shown|marked))(?!\w)"
)


_SUPPOSED = re.compile(
    r"(?<!\w)(?:if|unless|provided|assuming|suppos(?:e|ing)|depend(?:s|ing)|in case|only when|might|could|may|maybe|"
    r"perhaps|possibly|wenn|falls|sofern|vielleicht|s'il|si|peut-être|quizás|tal vez|a menos)(?!\w)|"
    r"如果|假如|若|可能|也许"
)


_TURNS = re.compile(
    r"(?<!\w)(?:but|however|although|though|actually|wait|elsewhere|otherwise|on the other hand|aber|jedoch|"
    r"mais|cependant|pero|sino)(?!\w)|但|不过|然而|\?"
)


_VALUE = re.compile(
    r"[.!:,;\u3002]?[\s(-]{0,3}(?:\d|[+-](?:\W|\Z)|(?:not?|none|never|absent|negative|unlikely|excluded|ruled out|"
    r"denied|resolved|clear|normal|unremarkable|intact|low|high|possible|uncertain|unknown|n/a)(?!\w))"
)
"""A value or a judgement behind an option's text, that makes a heading of it: "Pneumonia: 0", "Left lung. Clear"."""


_GOES_ON = re.compile(
    r"(?: (?:scans?|images?|imaging|views?|plane|sections?|slices?|sides?|organ|modality))?(?:[.,;:!\n(]|\Z| [(\u2014-]"
    r"| (?:of|in|on|at|because|since|due|based|given|as|here|seen|shown|which|according|rather|instead|to me|option|"
    r"weil|da|denn|car|parce|porque|ya|(?:that )?is (?:seen|shown|visible|marked|highlighted))(?!\w)"
    r"(?! (?:to|as|and|but|normal(?:ly)?|clear(?:ly)?)(?!\w)))"
)
"""How a sentence goes on behind an option's text that begins it, so that the text is the answer still."""


_FOUND = re.compile(r"(?<!\w)(?:there (?:is|are) (?!no(?!\w))|abnormal)")


_COUNTED_ONLY = re.compile(r" [a-z-]{2,20}(?: [a-z-]{2,20})?[.!]?\Z| (?:because|since|as|given|based)(?!\w)")


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


_NO_VERDICT = re.compile(
    r"[.:=|-]{0,2} ?[#(]?\d|\. of (?!course)|"
    r"[,;.] ?(?:(?:but )?i(?:'m| am) )?not (?:(?:so|very|really|quite) )?(?:sure|certain)(?!\w)|"
    r"[,;.!] ?(?:(?:i(?:'m| am) )?ready|thanks?(?: you)?|go ahead|please)(?!\w)"
)
"""Behind a Yes or a No that is none: "No. 3", "No. of lesions", "Yes: 20%", "no, not sure", "Yes, go ahead"."""


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
    if phrase.letter and not phrase.text and not phrase.marked and phrase.choice is not None:
        if is_a_person(view.written, phrase.end, shown.texts[phrase.choice]):
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
    key = small[phrase.start : phrase.end].removesuffix("\u7684")
    rest = small[until:]
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
        ) or small.startswith((" -", " \u2014", " ("), until)
        if not stops and not (key in ("yes", "no") and _PRONOUN.match(small, until)):
            return None
        if _NO_VERDICT.match(rest):
            return None
        if why := _taken_back(view, phrase, shown):
            return Statement(phrase.start, "problem", phrase, why)
        return Statement(phrase.start, "asserts", phrase, "text")
    if after:
        return None
    stop = small[until : until + 1]
    others = {index for at, index in text_mentions(view, shown) if index != phrase.choice}
    if _lists_endings(small, phrase, shown):
        return Statement(phrase.start, "problem", phrase, "two options")
    if stop in (":", "=", "|", "\u2192", ">") or _VALUE.match(small, until) or _TURNS.search(rest):
        return None
    if stop == " " and not _GOES_ON.match(small, until) and not key.isdigit() and key[-1:] < "\u2e80":
        return None
    if key.isdigit() and (
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


_DENYING = ("no", "nein", "non", "\u5426", "\u6ca1\u6709", "false")


def _taken_back(view: Folded, phrase: Phrase, shown: Shown) -> str:
    """Why what follows a Yes or a No leaves it open what was meant; empty where it does not."""
    small, until = view.small, phrase.until
    rest = small[until : until + 2000]
    key = small[phrase.start : phrase.end].removesuffix("\u7684")
    if re.search(words("refusals"), rest) or _UNSEEN.search(rest):
        return "a refusal"
    if _OFFERS.search(rest) or _SUPPOSED.search(rest):
        return "no option"
    if any(at >= until and index != phrase.choice for at, index in text_mentions(view, shown)):
        return "two options"
    if _TURNS.search(rest) or (key not in _DENYING and re.search(words("negations"), rest)):
        return "denied"
    return ""


def _lists_endings(small: str, phrase: Phrase, shown: Shown) -> bool:
    """Whether the text is followed by the last words of other options: "Grade I, II"."""
    found = re.compile(r" ?(?:,|/|;|-|and|or|to|&) ?(?:and |or )?([^\W_]{1,12})(?!\w)").match(
        small, phrase.until
    )
    if not found or phrase.choice is None:
        return False
    own = shown.texts[phrase.choice].split()
    others = (text.split() for at, text in enumerate(shown.texts) if at != phrase.choice)
    return any(len(own) > 1 and one[:-1] == own[:-1] and one[-1] == found[1] for one in others)


def _whole_line(view: Folded, at: int, shown: Shown) -> bool:
    phrase = phrase_at(view, at, shown, skip=False)
    if phrase is None:
        return False
    before = view.small[:at].rstrip(" -\"'(")
    after = view.small[phrase.until : phrase.until + 1]
    return (not before or before[-1] in "\n.") and after in ("", "\n", ".")
