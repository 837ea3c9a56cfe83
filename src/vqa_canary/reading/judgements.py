"""Options in front of words that assert or deny them: "B is correct"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vqa_canary.reading.endings import ADVERBS, ARE, another_later
from vqa_canary.reading.folding import Folded
from vqa_canary.reading.languages import any_of, words
from vqa_canary.reading.mentions import begin_of, mentions, text_mentions
from vqa_canary.reading.phrases import Phrase
from vqa_canary.reading.sentences import DENIED_LEAD, asks, is_supposed, sentence_end, sentence_start
from vqa_canary.reading.shown import LATIN, ShownOptions
from vqa_canary.reading.statement import Statement


def judged(view: Folded, shown: ShownOptions) -> Iterator[Statement]:
    """Statements in which an option stands in front of words that assert or deny it: "B is correct"."""
    groups = _groups(view, shown)
    for group in groups:
        last = group[-1]
        if any_of("denies after").match(view.small, last.until):
            yield from (Statement(one.start, "denies", one, "denied") for one in group)
            continue
        judged = any_of("after").match(view.small, last.until)
        several = len({one.choice for one in group}) > 1
        if several and (judged or ARE.match(view.small, last.until)):
            yield Statement(group[0].start, "problem", group[0], "two options")
        elif judged and not several:
            yield from _judgement(view, group[0], shown, judged.end())


def _judgement(view: Folded, phrase: Phrase, shown: ShownOptions, end: int) -> Iterator[Statement]:
    context = view.small[sentence_start(view.small, phrase.start) : phrase.start]
    if phrase.problem:
        yield Statement(phrase.start, "problem", phrase, phrase.problem)
    elif asks(view.small, end) or is_supposed(context, view.small[end : sentence_end(view.small, end)]):
        return
    elif DENIED_LEAD.search(context[-60:].rsplit(",", 1)[-1]):
        yield Statement(phrase.start, "denies", phrase, "denied")
    elif (
        _names_another(view, phrase, shown, end)
        or another_later(view, phrase, shown)
        or _one_of_two(view.small, phrase.until, end)
    ):
        yield Statement(phrase.start, "problem", phrase, "two options")
    else:
        yield Statement(phrase.start, "asserts", phrase, "statement")


def _names_another(view: Folded, phrase: Phrase, shown: ShownOptions, end: int) -> bool:
    """Whether the words of a judgement are another option: "No (yes)"."""
    places = text_mentions(view, shown) if phrase.text and not phrase.letter else []
    return any(phrase.until <= at < end and index != phrase.choice for at, index in places)


def _one_of_two(small: str, start: int, end: int) -> bool:
    """Whether a judgement holds of another option as well: "C is correct, too"."""
    return bool(_TOO.search(small[start:end]) or _TOO_BEHIND.match(small, end))


_TOO = re.compile(r"(?<!\w)(?:too|also|as well|equally|auch|aussi|también)(?!\w)|也")
_TOO_BEHIND = re.compile(r",? (?:too|also|as well|equally)(?!\w)")
_BEFORE_JUDGED = re.compile(
    "(?:\\A|[\\n.,;:!?()\\[\\]\"'>\u2014\u3002\u3001\u2192\ue000-] ?"
    rf"|(?<![{LATIN}])(?:so|that|thus|therefore|think|believe|because|since|while|whereas|but|only|hence|"
    rf"however|then|would|clearly|is|makes|make|leaves|ist|est|es|würde|werde|dass|que|aber|mais|pero|donc) "
    "|选项|答案|项|是|为|故|即|选|以|说明|认为)[\"'(\\[]{0,2}\\Z"
)


def _groups(view: Folded, shown: ShownOptions) -> list[list[Phrase]]:
    """Namings that a judgement may follow; those that are joined together make one group."""
    found = sorted({one.start: one for one in mentions(view, shown)}.values(), key=lambda one: one.start)
    groups: list[list[Phrase]] = []
    for one in found:
        if groups and one.start < groups[-1][-1].until:
            continue
        if groups and _are_joined(view.small, groups[-1][-1].until, begin_of(view, one)):
            groups[-1].append(one)
        elif one.marked or _BEFORE_JUDGED.search(view.small[max(0, one.start - 24) : begin_of(view, one)]):
            groups.append([one])
    return groups


def _are_joined(small: str, start: int, end: int) -> bool:
    between = small[start:end]
    if not between.strip() or len(between) > 30:
        return False
    return bool(
        re.fullmatch(
            rf"[)\"']{{0,2}}(?:,|/|、)?\s?(?:{words('joins')}|{words('alternatives')})"
            rf"?\s?{ADVERBS}[(\"']{{0,2}}",
            between,
        )
    )
