"""What is left where nothing is stated: a last line, or the one option that an answer speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vqa_canary.reading.endings import ending
from vqa_canary.reading.folding import Folded
from vqa_canary.reading.languages import any_of, patterns, words
from vqa_canary.reading.mentions import begin_of, letters_in, marked_letters, mention_at, text_mentions
from vqa_canary.reading.modifiers import modified_at
from vqa_canary.reading.opening import LABEL_STOPS
from vqa_canary.reading.phrases import Phrase, phrase_at
from vqa_canary.reading.sentences import (
    doubtful,
    is_of_another,
    is_supposed,
    sentence_end,
    sentence_start,
    sentences,
)
from vqa_canary.reading.shown import LATIN, ShownOptions
from vqa_canary.reading.statement import Statement
from vqa_canary.reading.yes_no import YES_NO


def shown_texts(view: Folded, shown: ShownOptions) -> Iterator[Phrase]:
    """Option texts that a sentence presents as what the image shows."""
    for lead in (one for pattern in patterns("shows") for one in pattern.finditer(view.small)):
        phrase = phrase_at(view, lead.end(), shown) or modified_at(view, lead.end(), shown)
        if phrase and not phrase.problem and phrase.text and not ending(view, phrase, shown):
            start = sentence_start(view.small, phrase.start)
            before = view.small[start : phrase.start]
            passed = doubtful(before) or _WEAKENS.search(before) or _other_heading(before)
            if not passed and (_is_measure(view.small, phrase, before) or not is_of_another(before)):
                yield phrase
    for start, _ in sentences(view.small):
        phrase = modified_at(view, start, shown)
        judged = any_of("shown").match(view.small, phrase.until) if phrase else None
        if phrase and judged and not _JUDGES.match(view.small, judged.end()):
            yield phrase
    for start, _ in text_mentions(view, shown):
        phrase = phrase_at(view, start, shown, skip=False)
        begin = begin_of(view, phrase) if phrase else start
        judged = any_of("shown").match(view.small, phrase.until) if phrase and not phrase.problem else None
        whole = judged and not _JUDGES.match(view.small, judged.end())
        if phrase and whole and sentence_start(view.small, begin) >= begin - 1:
            yield phrase


_WEAKENS = re.compile(
    r"(?<!\w)(?:fail(?:s|ed|ing|ure)?|barely|hardly|scarcely|rarely|seldom|doubt(?:s|ful|fully)?|questionabl[ey]|"
    r"uncertain(?:ly)?|unclear|insufficient(?:ly)?|equivocal(?:ly)?|resolved|no longer|exclu\w{2,6}|"
    r"risk|poorly|incompletely|indications?|reasons?|request(?:ed)?|referr\w{2,4}|suspicion|suspected|concerns?|complaint|prior|previous(?:ly)?|earlier|formerly|yesterday|ago|"
    r"last (?:year|month|week|time)|"
    r"kaum|à peine|apenas)(?!\w)"
)


_OF_ANOTHER_NUMBER = re.compile(
    r"(?<!\w)(?:confiden|certain|sure|probab|likel|chance|accura|page|figure|"
    r"case|age|aged|years?|patient|error|risk|report|previous|prior|earlier|scale|bar|grid|ruler|thick|sensitiv|specific)"
)
"""Before a number: it is no measure of what was asked for."""


def _is_measure(small: str, phrase: Phrase, before: str) -> bool:
    """Whether a number ends a sentence of what was measured: "The stenosis is about 50%."."""
    ends = re.compile(r"[.!]?(?:\Z|\n)").match(small, phrase.until)
    return bool(small[phrase.start].isdigit() and ends and not _OF_ANOTHER_NUMBER.search(before))


_JUDGES = re.compile(
    r",? (?:to|as|and|but|normal(?:ly)?|clear(?:ly)?|intact|unremarkable|well|only|with(?:out|in normal)?)(?!\w)"
)
""" "The left lung is seen to be normal": it is not said that it is the one asked for."""


_HEADINGS = re.compile(
    r"(?:organ|structure|region|area|part|site|location|side|laterality|modality|technique|plane|view|section|type|"
    r"class(?:ification)?|category|grade|stage|finding|findings|abnormality|impression|conclusion|result|label|"
    r"prediction|pathology|disease|condition|lesion|object|image|scan|picture|marked|highlighted)[\"' ]{0,2}\Z"
)


def _other_heading(before: str) -> bool:
    """Whether an option's text stands behind the heading of something else than what is seen: "Indication:"."""
    heading, colon, rest = before.rpartition(":")
    return bool(colon) and not rest.strip(" \"'(") and not _HEADINGS.search(heading)


def none_named(view: Folded) -> tuple[int, int] | None:
    """The last sentence that says that no option is right."""
    last = None
    for found in sentences(view.small):
        start, end = found
        said = any_of("none of the options").match(view.small, start)
        if said and (
            re.match("[\\s\"').;!\u3002,\ue001]{0,3}\\Z", view.small[said.end() : end])
            or re.match(r"[\"']?,? (?:because|since|as|,|weil|car|porque)", view.small[said.end() : end])
        ):
            last = (start, said.end())
    return last


_BETWEEN_OPTIONS = re.compile(
    "[\\s\"'.,;:|/)\\]\u3001\u3002*\u2022\u00b7-]{0,6}(?:[(\\[]?[a-z0-9][\\s.):\\]|\u3001-]{1,3})?[\\s\"'*\u2022\u00b7-]{0,4}"
)
"""What stands between two options of a list: marks, and the label of the next one."""


def ends_a_list(view: Folded, at: int, shown: ShownOptions) -> bool:
    """Whether the texts of two other options stand right before "none of the above": the options, said again."""
    placed = [
        (start, found) for start, _ in text_mentions(view, shown) if (found := shown.text_at(view, start))
    ]
    chosen, begin = set[int | None](), at
    for start, (index, until) in reversed([one for one in placed if one[0] < at]):
        if not _BETWEEN_OPTIONS.fullmatch(view.small, until, begin):
            break
        chosen, begin = chosen | {index}, start
    before = view.small[sentence_start(view.small, begin) : begin]
    return len(chosen) > 1 and not re.search(words("negations"), before)


def says_none(option: str) -> bool:
    """Whether an option's text says that none of the options is right."""
    return bool(any_of("none of the options").fullmatch(option))


def at_the_end(view: Folded, shown: ShownOptions) -> Statement | None:
    """A last line that is nothing but a letter, or a letter with its own text."""
    small = view.small.rstrip()
    numbered = len(re.findall(r"(?:\A|\n)\d{1,2}[.):] ", small)) > 1  # "1. B\n2. C"
    start = max(small.rfind("\n") + 1, 0 if numbered else _last_sentence(small))
    if start == 0:
        return None
    phrase = phrase_at(view, start, shown)
    if phrase is None or small[phrase.until :].strip(" .!\"')]\u3002") or phrase.start < start:
        return None
    if phrase.letter and not (phrase.capital or phrase.marked):
        return None
    if phrase.problem:
        return Statement(phrase.start, "problem", phrase, phrase.problem)
    for at in letters_in(view):
        line = at == 0 or view.small[at - 1] == "\n" or view.small[at - 2 : at] == "\n("
        other = mention_at(view, at, shown) if line and at < start else None
        if other and other.choice not in (None, phrase.choice) and LABEL_STOPS.match(view.small, other.end):
            return Statement(phrase.start, "problem", phrase, "two options")
    if not phrase.letter and len({index for _, index in text_mentions(view, shown)}) > 1:
        return None
    return Statement(phrase.start, "asserts", phrase, phrase.how)


def _last_sentence(small: str) -> int:
    """Where a last sentence of one letter begins: "It lies on the right. B."; 0 where there is none."""
    found = re.search(r"(?<!fig)(?<!vs)(?<!no)(?<!st)(?<!dr)[.!?] (?=[(\"]?[a-z][)\"]?[.!]?\Z)", small[-12:])
    return len(small) - len(small[-12:]) + found.end() if found and len(small) > 12 else 0


def only_one(view: Folded, shown: ShownOptions, said: list[Statement]) -> Statement | None:
    """The one option that an answer of sentences speaks of, where one of them presents it."""
    denied = {one.choice for one in said if one.kind == "denies"}
    texts = {index for _, index in text_mentions(view, shown)}
    marked = marked_letters(view, shown)
    letters = {one.choice for one in marked}
    texts -= denied
    if denied & letters or any(one.problem for one in marked):
        return None
    if len(letters) == 1 and texts <= letters:
        phrase = marked[0]
        before = view.small[sentence_start(view.small, phrase.start) : phrase.start]
        if phrase.choice is not None and not _doubted(view, phrase, before, shown):
            return Statement(phrase.start, "asserts", phrase, phrase.how)
    if len(texts) == 1 and not letters and None not in texts:
        for phrase in shown_texts(view, shown):
            if phrase.choice not in texts or view.small[phrase.start : phrase.end] in YES_NO:
                continue
            if _is_praise(view.small, phrase):
                continue
            if _more_is_said(view, phrase, shown, said):
                continue
            rest = view.small[phrase.until : sentence_end(view.small, phrase.until)]
            if not re.search(
                rf"(?<![{LATIN}])(?:but|however|although|though|aber|mais|pero|or|oder|ou)(?![{LATIN}])|但",
                rest,
            ):
                return Statement(phrase.start, "asserts", phrase, "text")
    return None


def _more_is_said(view: Folded, phrase: Phrase, shown: ShownOptions, said: list[Statement]) -> bool:
    """Whether other sentences than that of `phrase` say more than that other options are not seen."""
    denied = {one.at for one in said if one.kind == "denies" and one.choice != phrase.choice}
    begin = sentence_start(view.small, phrase.start)
    marked = _MARKED.search(view.small, begin, phrase.start)
    for start, end in sentences(view.small):
        if start <= phrase.start < end or any(start <= at < end for at in denied):
            continue
        if _WEAKENS.search(view.small, start, end):
            return True
        place = _OF_ITS_PLACE.match(view.small, start)
        told = (place or (marked and _describes(view.small, start, end))) and not any(
            re.search(words(kind), view.small[start:end]) for kind in _DOUBTS
        )
        if not told or not _MARKED.search(view.small, 0, phrase.start):
            return True
    rest = view.small[phrase.until : sentence_end(view.small, phrase.until)]
    if any(at >= phrase.until for at in denied):
        return False
    if _WEAKENS.search(rest) or _AND_MORE.search(rest):
        return True
    return any(re.search(words(kind), rest) for kind in _DOUBTS)


_DOUBTS = ("negations", "conditions", "modals")


def _describes(small: str, start: int, end: int) -> bool:
    """Whether a sentence describes what another one names: "It has a smooth contour."."""
    return bool(_LOOKS.match(small, start) and not _OF_NOW.search(small, start, end))


_LOOKS = re.compile(
    r"(?:it (?:has|is|shows|appears|contains)|its|(?:the )?(?:organ|structure|bone|shape|contours?|margins?|density|"
    r"texture|parenchyma|surface|signal|border|walls?|enhancement|[a-z]{5,20} differentiation))(?!\w)"
)
_OF_NOW = re.compile(
    r"(?<!\w)(?:now|then|since|previous(?:ly)?|prior|before|follow-up|improved|gone|treated|normal|clear|intact|"
    r"healthy|unremarkable|answer|question|option|i|you|we)(?!\w)|\?"
)
"""In another sentence than that which presents an option: it may be of another time, or of the talk."""


_MARKED = re.compile(
    r"(?<!\w)(?:marked|highlighted|indicated|circled|outlined|labell?ed|arrow(?:ed|head)?|box(?:ed)?)(?!\w)"
)


_OF_ITS_PLACE = re.compile(r"(?:it|the organ|this organ) (?:lies|is (?:located|situated|found)|sits)(?!\w)")


_AND_MORE = re.compile(
    r"(?:;|,? and) (?:there|it|the|is|was)(?!\w)|(?<!\w)(?:is|was|are|appears|looks|which|as) (?:[a-z]{2,12} )?"
    r"(?:normal|clear|intact|unremarkable|healthy)(?!\w)"
)


_PRESENTS = (
    r"(?:(?<!\w)(?:is|are|was|be|as|with|match(?:es)?|fits|corresponds? to|points? to|belongs? to|closest "
    r"to|select(?:ed)?)|[:=\u2192,(]|->|\A|\n)"
    rf" ?(?:{words('articles')} )?(?:{words('nouns')}[ :]{{0,2}})?[(\"'\[]{{0,2}}\Z"
)
"""What stands before the only letter of an answer of sentences that presents it as the answer."""


def _is_praise(small: str, phrase: Phrase) -> bool:
    """Whether "right" only praises: "That's right" names no side."""
    return (
        small[phrase.start : phrase.end] == "right"
        and small[max(0, phrase.start - 4) : phrase.start] != "the "
    )


def _doubted(view: Folded, phrase: Phrase, before: str, shown: ShownOptions) -> bool:
    behind = view.small[phrase.until : sentence_end(view.small, phrase.until)]
    led = phrase.text or re.search(_PRESENTS, before)
    return not led or doubtful(before) or is_supposed(before, behind) or bool(ending(view, phrase, shown))
