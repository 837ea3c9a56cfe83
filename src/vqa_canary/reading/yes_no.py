"""A Yes or a No that an answer begins with, and what takes it back."""

from __future__ import annotations

import re

from vqa_canary.reading.folding import Folded
from vqa_canary.reading.languages import words
from vqa_canary.reading.mentions import text_mentions
from vqa_canary.reading.phrases import Phrase
from vqa_canary.reading.shown import ShownOptions
from vqa_canary.reading.statement import Statement

YES_NO = {"yes", "no", "ja", "nein", "oui", "non", "sí", "si", "是", "否", "有", "没有", "true", "false"}
_DENYING = ("no", "nein", "non", "否", "没有", "false")
_NO_VERDICT = re.compile(
    r"[.:=|-]{0,2} ?[#(]?\d|\. of (?!course)|"
    r"[,;.] ?(?:(?:but )?i(?:'m| am) )?not (?:(?:so|very|really|quite) )?(?:sure|certain)(?!\w)|"
    r"[,;.!] ?(?:(?:i(?:'m| am) )?ready|thanks?(?: you)?|go ahead|please)(?!\w)"
)
"""Behind a Yes or a No that is none: "No. 3", "No. of lesions", "Yes: 20%", "no, not sure", "Yes, go ahead"."""

_PRONOUN = re.compile(r" (?:there|it|this|the|that|they|he|she|i|these|those|you|we)(?!\w)")
_OFFERS = re.compile(
    r"(?<!\w)(?:let me|let us|let's|(?:happy|glad|pleased|ready) to|help|assist|please(?! (?:note|be aware|keep))|"
    r"upload|provide|"
    r"i(?:'ll| will| would|'d| could| am able| can(?! (?:clearly |also )?(?:see|identify|observe|detect|confirm))))"
    r"(?!\w)|让我|我可以|我来|乐意|帮|(?<!\w)(?:ich kann|gern[e]?|je peux|avec plaisir|puedo|con gusto)(?!\w)"
)
_PICTURE = r"(?:image|picture|photo|scan|file|attachment|x-ray)"
_NO_PICTURE = re.compile(rf"(?<!\w)(?:no|without an?|missing) {_PICTURE}")
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
_SUPPOSED = re.compile(
    r"(?<!\w)(?:if|unless|provided|assuming|suppos(?:e|ing)|depend(?:s|ing)|in case|only when|might|could|may|maybe|"
    r"perhaps|possibly|wenn|falls|sofern|vielleicht|s'il|si|peut-être|quizás|tal vez|a menos)(?!\w)|"
    r"如果|假如|若|可能|也许"
)
TURNS = re.compile(
    r"(?<!\w)(?:but(?! (?:still |clearly )?(?:visible|present|definite)(?!\w))|however|although|though|"
    r"actually|wait|elsewhere|otherwise|on the other hand|aber|jedoch|"
    r"mais|cependant|pero|sino)(?!\w)|但|不过|然而|\?"
)


def yes_or_no(view: Folded, phrase: Phrase, shown: ShownOptions) -> Statement | None:
    """What a Yes or a No at the beginning of an answer states; None where it is no verdict."""
    small, until = view.small, phrase.until
    key = small[phrase.start : phrase.end].removesuffix("\u7684")
    stops = re.compile("[.,;:!\\n\u3002\u2014]|\\Z| [-\u2014(]").match(small, until)
    if not stops and not (key in ("yes", "no") and _PRONOUN.match(small, until)):
        return None
    if _NO_VERDICT.match(small, until):
        return None
    if why := _taken_back(view, phrase, shown):
        return Statement(phrase.start, "problem", phrase, why)
    return Statement(phrase.start, "asserts", phrase, "text")


def _taken_back(view: Folded, phrase: Phrase, shown: ShownOptions) -> str:
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
    if TURNS.search(rest) or (key not in _DENYING and re.search(words("negations"), rest)):
        return "denied"
    return ""


_SO = re.compile(r"(?:so|therefore|thus|hence|daher|also|somit|donc|entonces|por lo tanto|因此|所以)[,:]? ?")


def concludes(view: Folded, phrase: Phrase, start: int, end: int) -> bool:
    """Whether words from `start` to `end` draw an option's text from what was said before: "Therefore, yes."."""
    small = view.small
    stops = re.compile("[.!\u3002]?(?:\\Z|\\n)").match(small, phrase.until)
    told = not re.search(words("refusals"), small[:start]) and not _NO_PICTURE.search(small, 0, start)
    known = told and phrase.end - phrase.start > 1
    return bool(known and stops and _SO.fullmatch(small, start, end))
