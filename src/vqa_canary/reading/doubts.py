"""A last look at an answer that names an option: what stands around the naming may take it back.

A reader who doubts reads nothing: a wrong option is worse than none. So the words (`turns`, `rejects`, `offers` and
`frames` of each language) are looked for without asking what exactly they deny; only where they plainly speak of the
other options are they passed over.
"""

from __future__ import annotations

import re

from vqa_canary.reading.folding import Folded
from vqa_canary.reading.languages import any_of, words
from vqa_canary.reading.mentions import letters_in, mention_at, text_mentions
from vqa_canary.reading.phrases import Phrase
from vqa_canary.reading.sentences import doubtful, sentence_end, sentence_start, sentences
from vqa_canary.reading.shown import LATIN, ShownOptions

_JOINED = re.compile(
    r"(?:(?<!\w)(?:and|or|also|both|und|oder|et|ou|y|o)|[和或]|还是|-{1,3}>|={1,3}>|→|✅[^\n]{0,3}\n)\W{0,3}\Z"
)
"""Right before a naming: a second one of two."""
_HEDGED = re.compile(
    r"[(,;\u2014-] ?(?:(?:but|more|most|or|and|very) ){0,2}(?:probably|likely|possibly|perhaps|maybe|rather)\W{0,3}\Z"
)
"""Right before a naming: it corrects a first one of the same sentence: "Yes (probably no)"."""
_RIGHT_OF = re.compile(
    r"\W{0,3}(?:is|are|lies|was) (?:only |just )?(?:(?:right|correct|true)(?:-sided| (?:next|above|"
    r"of|below|behind|beside|"
    r"near|to|in|for|only|under|upper|lower|middle))|(?:only|often|rarely|sometimes|never|barely) )"
    r"|\W{0,3}would (?:be|have been) (?:the )?(?:correct|right|true)?[^.\n]{0,40}(?:, (?:had|if|but)|"
    r" in an? | for an? |were|, which)"
)
"""Right behind a naming: "right" is a place, or the judgement is one under a condition."""
_REPORTED = re.compile(
    r"[\"')]{0,2}(?: is| was)? what [a-z' ]{1,40} (?:says?|said|claims?|claimed|thinks?|thought)(?!\w)|"
    r"[\"')]{0,2},? (?:says?|said|claims?|claimed|writes?|wrote|states?|stated|according to) "
    r"(?:the|your|a|an|some|one|he|she|they|others|dr)(?!\w)"
)
"""Right behind a naming: somebody else says so."""
_LOOKED_AT = re.compile(
    r"(?:(?<!\w)(?:looking at|consider(?:ing)?|regarding|as for|what about|evaluat(?:e|ing)|examin(?:e|ing)|"
    r"betrachten wir|considérons|consideremos)(?: now)?|看看|考虑|"
    r"\A\W{0,3}(?:format|template|response format|output format) ?:[^\n]{0,20})"
    r"[\s\"'(]{0,3}(?:(?:the )?(?:option|choice|answer)[ :]{1,2})?[\"'(]{0,2}\Z"
)
"""Right before a naming: an option is looked at, or a form is given for the answer."""
_QUOTED = re.compile(
    r"\w(?<!answer)(?<!antwort)(?<!réponse)(?<!respuesta)(?<!answer is)[^\"'\n\w]{0,4}"
    rf"(?<![{LATIN}])[\"'] ?(?P<said>[^\W\d_][^\"'\n]{{2,60}})\Z"
)
"""Before a naming: words of an answer that are quoted, and so not said: "The format is 'Answer: B'"."""
_QUOTED_NAMING = re.compile(rf"(?:{words('articles')} ?)?(?:{words('nouns')} ?)?[#(]?")
_VALUE = re.compile(r" ?[:=] ?(?:no|none|not|absent|unlikely|excluded|ruled out|low|n/a)(?!\w)")
"""Right behind a letter alone: what was found of it."""
_NUMBERED = re.compile(r"[)\"']{0,2} ?[(,]? ?(?:option|choice|answer|number) ?#?(\d{1,2})(?!\w)")
"""Right behind a naming: the option's number."""
_SHARE = re.compile(r"[\s:=(.-]{0,4}\d{1,3}(?:[.,]\d{1,3})? ?%(?! ?(?:sure|certain|confiden))")
"""Right behind a letter: a list of probabilities, of which this may be any."""
_EARLIER = re.compile(
    r"[^.!?;\n]{0,60}?(?<!\w)(?:(?:seen|shown|noted|visible|present)(?: only)? (?:previously|earlier|before|yesterday|"
    r"formerly|(?:on|in|at) (?:(?:the|a|an|his|her|your|their) )?(?:prior|previous|earlier|older?|textbook|"
    r"(?:19|20)\d\d))|(?:has|have|had|is|are)(?: (?:now|since|fully|completely|already)){0,2} (?:resolved|gone|"
    r"disappeared|healed|cleared|vanished|re-?expanded))(?!\w)"
)
"""Behind a text, in its sentence: it was seen on another image, or is seen no more."""
_LAST_CLAUSE = re.compile(r"(?:, |; | )(?:but|however|aber|mais|pero|yet) |但是?|不过")
_LIMIT = 3000
"""Signs before and behind a naming that are looked at."""


def doubted(view: Folded, phrase: Phrase, shown: ShownOptions) -> str:
    """Why a naming does not count after all; empty where it does."""
    small = view.small
    begin = sentence_start(small, phrase.start)
    before = _LAST_CLAUSE.split(small[begin : phrase.start])[-1]
    behind = small[phrase.until : phrase.until + _LIMIT]
    if re.search(words("frames"), before):
        return "denied"
    if _JOINED.search(small[max(0, phrase.start - 12) : phrase.start]) and _named_before(view, phrase, shown):
        return "two options"
    hedged = _HEDGED.search(small[max(0, phrase.start - 30) : phrase.start])
    denied = phrase.letter and re.search(words("negations"), before)
    if hedged and not denied and _named_before(view, phrase, shown):
        return "two options"
    quoted = _QUOTED.search(small, begin, phrase.start)
    if quoted and not _QUOTED_NAMING.fullmatch(quoted["said"]):
        return "denied"
    if _LOOKED_AT.search(small[begin : phrase.start]) or _REPORTED.match(behind):
        return "denied"
    if not phrase.letter and _EARLIER.match(behind):
        return "no option"
    numbered = _NUMBERED.match(behind)
    if numbered and phrase.choice is not None and int(numbered[1]) != phrase.choice + 1:
        return "letter with another option's text"
    if _RIGHT_OF.match(behind) or (phrase.letter and _SHARE.match(behind)):
        return "no option"
    if (phrase.letter and not phrase.text and _VALUE.match(behind)) or _is_part(view, phrase, shown):
        return "no option"
    if re.search(words("turns"), behind) or re.search(words("offers"), behind):
        return "two options"
    rejects = re.compile(words("rejects"))
    for start, end in sentences(behind):
        place = phrase.until + start, phrase.until + end
        if rejects.search(small, *place) and not _of_others(view, *place, phrase, shown):
            return "denied"
    return "letter with another option's text" if _text_of_another(view, phrase, shown) else ""


def _is_part(view: Folded, phrase: Phrase, shown: ShownOptions) -> bool:
    """Whether a text alone is named, and the rest of another option's text stands elsewhere: "pneumonia, viral"."""
    if phrase.letter or phrase.choice is None:
        return False
    own = set(shown.texts[phrase.choice].split())
    longer = [set(text.split()) - own for text in shown.texts if own < set(text.split())]
    said = set(re.findall(r"[^\W_]{3,60}", view.small[:_LIMIT]))
    return any(len(min(rest, key=len)) > 2 and rest <= said for rest in longer)


def _of_others(view: Folded, start: int, end: int, phrase: Phrase, shown: ShownOptions) -> bool:
    """Whether a sentence that rejects something names another option and not this one, or speaks of the others."""
    if re.compile(words("others")).search(view.small, start, end):
        return True
    named = {index for at, index in text_mentions(view, shown) if start <= at < end}
    letters = (mention_at(view, at, shown) for at in letters_in(view) if start <= at < end)
    named |= {one.choice for one in letters if one and one.capital}
    return bool(named & set(range(shown.n))) and phrase.choice not in named


def _is_capital(view: Folded, at: int) -> bool:
    return view.written[at] != view.small[at]


def _named_before(view: Folded, phrase: Phrase, shown: ShownOptions) -> bool:
    """Whether another option stands in the same sentence before a naming."""
    begin = sentence_start(view.small, phrase.start)
    letters = {
        view.small[at] for at in letters_in(view) if begin <= at < phrase.start and _is_capital(view, at)
    }
    texts = {index for at, index in text_mentions(view, shown) if begin <= at < phrase.start}
    own = chr(97 + (phrase.choice or 0))
    return bool(letters - {own}) or bool(texts - {phrase.choice})


def _text_of_another(view: Folded, phrase: Phrase, shown: ShownOptions) -> bool:
    """Whether a letter alone is named, and its sentence or the one before says that it is another option's text."""
    if not phrase.letter or phrase.text:
        return False
    end = sentence_end(view.small, phrase.until)
    begin = sentence_start(view.small, phrase.start)
    begin = sentence_start(view.small, max(0, begin - 2))
    texts = [
        (at, index)
        for at, index in text_mentions(view, shown)
        if begin <= at < end
        and not doubtful(view.small[max(begin, at - 40) : at])
        and not _is_passed_over(view, at, index, shown, phrase)
    ]
    if not texts or any(index == phrase.choice for _, index in texts):
        return False
    around = view.small[begin:end]
    return len({index for _, index in texts}) == 1 and bool(_CONCLUDES.search(around))


def _is_passed_over(view: Folded, at: int, index: int | None, shown: ShownOptions, phrase: Phrase) -> bool:
    """Whether an option's text is spoken of as what the answer is not: elsewhere, denied, or thought of at first."""
    found = shown.text_at(view, at)
    until = found[1] if found and found[0] == index else at
    before = view.small[sentence_start(view.small, at) : at]
    return bool(
        _ELSEWHERE.match(view.small, until)
        or any_of("denies after").match(view.small, until)
        or (_AT_FIRST.search(before) and _LAST_CLAUSE.search(view.small, until, phrase.start))
    )


_ELSEWHERE = re.compile(
    r"[\"')]{0,2}(?: (?:(?:is|are|lies|sits|would be|should be) (?:located |situated |found |seen )?"
    r"(?:on|at|in|to) the (?:other|opposite|contralateral|wrong)|(?:is|lies) elsewhere|"
    r"would (?:be|lie|sit|have|show|appear|look)(?! (?:like )?(?:the|my) (?:answer|best|correct|right|marked)))"
    r"| ?[:\u2014-] ?(?:no|incorrect|wrong|absent))(?!\w)"
)
"""Behind an option's text: it is not what is marked, as it lies on the other side, or would look otherwise."""
_AT_FIRST = re.compile(
    r"(?<!\w)(?:initially|at first|at first glance|originally) (?:\w{2,14} ){0,4}\Z|"
    r"(?<!\w)(?:my first thought|mistak(?:e|en|ing) (?:it )?for|confused? with) (?:\w{2,14} ){0,4}\Z"
)
"""Before an option's text: it is what was thought first."""
_CONCLUDES = re.compile(
    r"(?<!\w)(?:so|therefore|thus|hence|because|since|is the|marked|also|answer|choice|option|daher|"
    r"donc|por tanto)(?!\w)|所以|因此"
)
