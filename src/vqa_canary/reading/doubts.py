"""A last look at an answer that names an option: what stands around the naming may take it back.

A reader who doubts reads nothing: a wrong option is worse than none. So the words below are looked for without asking
what exactly they deny; only where they plainly speak of the other options are they passed over.
"""

from __future__ import annotations

import re

from vqa_canary.reading.folding import Folded
from vqa_canary.reading.mentions import letters_in, text_mentions
from vqa_canary.reading.phrases import Phrase
from vqa_canary.reading.sentences import doubtful, sentence_end, sentence_start, sentences
from vqa_canary.reading.shown import Shown

_TURNS = re.compile(
    r"(?<!\w)(?:wait|hold on|hm{1,4}|apolog(?:y|ies|i[sz]e)|sorry|on (?:second thoughts?|reflection)|"
    r"(?:i )?mis(?:read|took|spoke)|correction|edit|scratch that|let me re(?:consider|think|check)|"
    r"just kidding|upon (?:review\w{0,12}|re-?exam\w{0,12}|closer)|update|contradict\w{0,12}|i made an error|"
    r"(?:random|wild) guess|"
    r"(?:can't|cannot|can not|unable to|not able to) (?:actually )?(?:tell|see|interpret|view|"
    r"determine|answer|say)|"
    r"(?:do not|don't) (?:know|have enough)|not what (?:the|is)|"
    r"(?:should|must|would) (?:rather )?be [a-z ]{1,30} instead|i change my|moment mal|halt|pardon|"
    r"perdón|espera)(?!\w)"
    r"|等等|等一下|不对|更正|抱歉"
)
"""Behind a naming: the model turns to something else."""
_REJECTS = re.compile(
    r"(?<!\w)(?:incorrect|wrong|not (?:correct|right|true|consistent|the case|it|supported|"
    r"compatible|possible)|"
    r"(?:be |is |are )?(?:excluded|ruled out)|can(?:not|'t| not) be|does not (?:fit|match|point)|"
    r"doesn't (?:fit|match)|"
    r"is a trap|by mistake|i disagree|also false|is false|inconsistent|auszuschließen|ausgeschlossen|falsch|"
    r"incorrecta?|fausse?|descarta\w{0,12}|pointing elsewhere)(?!\w)|错误|排除|不正确"
)
"""Behind a naming: something is rejected, which may be what was named."""
_OFFERS = re.compile(
    r"(?<!\w)(?:(?:equally|just as) (?:plausible|likely|possible|well)|alternatively|(?:might|may|"
    r"could) (?:also|equally|"
    r"well|just as well) be|also (?:plausible|possible|likely)|low confidence)(?!\w)|也有可能|也可能"
)
"""Behind a naming: a second option is offered."""
_OTHERS = re.compile(
    r"(?<!\w)(?:others?|rest|remaining|alternatives?|choices|options|andere\w{0,12}|übrigen|autres|demás|"
    r"otras)(?!\w)|其他|其余"
)
_FRAMES = re.compile(
    r"(?<!\w)(?:next (?:most|best)|back-?up|(?:another|one|an alternative|a tempting|the tempting|"
    r"naive|distractor|obvious|"
    r"tempting|remaining|reference) (?:possible |likely )?(?:option|answer|choice|possibility)|"
    r"normally|usually|typically|"
    r"nothing suggests|student'?s?|textbook|in most (?:such )?(?:cases|questions|patients)|"
    r"in an? (?:normal|healthy)|expected output|"
    r"possible answers?|answer (?:choices|options)|most common|letter (?:in|on)|according to|"
    r"differential|no (?:reason|evidence)|(?:need|have|want) to (?:verify|check|show|prove)|"
    r"to conclude|"
    r"let'?s say|for example|example|for instance|(?<!i )(?:might|would|could|may) (?:think|say|"
    r"believe|assume)|at first|"
    r"my earlier|my (?:first|previous|initial)|answer key|könnte meinen|ursprünglich|pourrait croire|"
    r"dirían|dirait)(?!\w)"
    r"|错误的?答案|很多人|本来|你的答案|难以确定|无法确定"
)
"""Before a naming, in its sentence: what is named is not what the model answers."""
_JOINED = re.compile(
    r"(?:(?<!\w)(?:and|or|also|both|und|oder|et|ou|y|o)|[和或]|还是|-{1,3}>|={1,3}>|→|✅[^\n]{0,3}\n)\W{0,3}\Z"
)
"""Right before a naming: a second one of two."""
_RIGHT_OF = re.compile(
    r"\W{0,3}(?:is|are|lies|was) (?:only |just )?(?:(?:right|correct|true)(?:-sided| (?:next|above|"
    r"of|below|behind|beside|"
    r"near|to|in|for|only|under|upper|lower|middle))|(?:only|often|rarely|sometimes|never|barely) )"
    r"|\W{0,3}would (?:be|have been) (?:the )?(?:correct|right|true)?[^.\n]{0,40}(?:, (?:had|if|but)|"
    r" in an? | for an? |were|, which)"
)
"""Right behind a naming: "right" is a place, or the judgement is one under a condition."""
_SHARE = re.compile(r"[\s:=(-]{0,4}\d{1,3}(?:[.,]\d{1,3})? ?%(?! ?(?:sure|certain|confiden))")
"""Right behind a letter: a list of probabilities, of which this may be any."""
_LAST_CLAUSE = re.compile(r"(?:, |; | )(?:but|however|aber|mais|pero|yet) |但是?|不过")
_LIMIT = 3000
"""Signs before and behind a naming that are looked at."""


def doubted(view: Folded, phrase: Phrase, shown: Shown) -> str:
    """Why a naming does not count after all; empty where it does."""
    small = view.small
    begin = sentence_start(small, phrase.start)
    before = _LAST_CLAUSE.split(small[begin : phrase.start])[-1]
    behind = small[phrase.until : phrase.until + _LIMIT]
    if _FRAMES.search(before):
        return "denied"
    if _JOINED.search(small[max(0, phrase.start - 12) : phrase.start]) and _named_before(view, phrase, shown):
        return "two options"
    if _RIGHT_OF.match(behind) or (phrase.letter and _SHARE.match(behind)):
        return "no option"
    if _TURNS.search(behind) or _OFFERS.search(behind):
        return "two options"
    for start, end in sentences(behind):
        place = phrase.until + start, phrase.until + end
        if _REJECTS.search(small, *place) and not _of_others(view, *place, phrase, shown):
            return "denied"
    return "letter with another option's text" if _text_of_another(view, phrase, shown) else ""


def _of_others(view: Folded, start: int, end: int, phrase: Phrase, shown: Shown) -> bool:
    """Whether a sentence that rejects something names another option and not this one, or speaks of the others."""
    if _OTHERS.search(view.small, start, end):
        return True
    named = {index for at, index in text_mentions(view, shown) if start <= at < end}
    named |= {
        ord(view.small[at]) - 97 for at in letters_in(view) if start <= at < end and _is_capital(view, at)
    }
    return bool(named & set(range(shown.n))) and phrase.choice not in named


def _is_capital(view: Folded, at: int) -> bool:
    return view.written[at] != view.small[at]


def _named_before(view: Folded, phrase: Phrase, shown: Shown) -> bool:
    """Whether another option stands in the same sentence before a naming."""
    begin = sentence_start(view.small, phrase.start)
    letters = {
        view.small[at] for at in letters_in(view) if begin - 20 <= at < phrase.start and _is_capital(view, at)
    }
    texts = {index for at, index in text_mentions(view, shown) if begin <= at < phrase.start}
    own = chr(97 + (phrase.choice or 0))
    return bool(letters - {own}) or bool(texts - {phrase.choice})


def _text_of_another(view: Folded, phrase: Phrase, shown: Shown) -> bool:
    """Whether a letter alone is named, and its sentence or the one before says that it is another option's text."""
    if not phrase.letter or phrase.text:
        return False
    end = sentence_end(view.small, phrase.until)
    begin = sentence_start(view.small, phrase.start)
    begin = sentence_start(view.small, max(0, begin - 2))
    texts = [
        (at, index)
        for at, index in text_mentions(view, shown)
        if begin <= at < end and not doubtful(view.small[max(begin, at - 40) : at])
    ]
    if not texts or any(index == phrase.choice for _, index in texts):
        return False
    around = view.small[begin:end]
    return len({index for _, index in texts}) == 1 and bool(_CONCLUDES.search(around))


_CONCLUDES = re.compile(
    r"(?<!\w)(?:so|therefore|thus|hence|because|since|is the|marked|also|answer|choice|option|daher|"
    r"donc|por tanto)(?!\w)|所以|因此"
)
