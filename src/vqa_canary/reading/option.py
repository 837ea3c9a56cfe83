"""Which option a text names, how and where."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from vqa_canary.reading.folding import CLOSED, OPENED, Folded, folded
from vqa_canary.reading.languages import words
from vqa_canary.reading.outcome import OptionRead
from vqa_canary.reading.phrases import (
    LATIN,
    By,
    Phrase,
    Shown,
    is_marked,
    letters_in,
    mention_at,
    phrase_at,
    shown_of,
)
from vqa_canary.reading.statements import (
    Statement,
    _any,
    doubtful,
    ending,
    is_supposed,
    none_named,
    sentence_end,
    sentence_start,
    shown_texts,
    statements,
    text_mentions,
)
from vqa_canary.reading.structured import answer_values, is_object
from vqa_canary.reading.thinking import answer_part, thinks_only


def read_option(text: str, options: Sequence[str], *, by: By = "either") -> OptionRead:
    """The option of `options` that `text` names, how it names it and where; or none, and why.

    Parameters
    ----------
    text : what a model said, as it said it: with its thinking, markup and end tokens
    options : texts of the options, in the order in which the model was shown them; letters count them from A
    by : what may name an option: its letter, its text, or either

    The last statement ("the answer is B", "Answer: B", "B is correct") wins over what was weighed before it; then
    what the answer begins with, or ends with on a line of its own; then an option's text that the whole answer
    alone speaks of. It names none where two are named or it is denied, where a letter stands with the text of
    another option, or where a careful reader would doubt. Rules and their examples are in `languages/`.
    """
    start, end = answer_part(text)
    if start == end:
        return OptionRead(None, "thinking only" if thinks_only(text) else "nothing said")
    return _Reader(text, shown_of(tuple(options), by)).read(start, end)


class _Reader:
    def __init__(self, text: str, shown: Shown) -> None:
        self._text, self._shown = text, shown

    def read(self, start: int, end: int, depth: int = 0) -> OptionRead:
        """The option that the text from `start` to `end` names."""
        values = answer_values(self._text, start, end) if depth < 2 else []
        if values:
            if any(value.several for value in values):
                return OptionRead(None, "two options")
            return _agreed([self.read(value.start, value.end, depth + 2) for value in values], "json")
        if is_object(self._text, start, end):
            return OptionRead(None, "no option")
        view = folded(self._text, start, end)
        if depth < 4 and OPENED in view.small:
            return self._set_apart(view, start, end, depth)
        return self._plain(view)

    def _set_apart(self, view: Folded, start: int, end: int, depth: int) -> OptionRead:
        """What stands in the last box or tag, unless the text behind it says otherwise."""
        opened = view.small.rindex(OPENED)
        closed = view.small.find(CLOSED, opened)
        inner = _part(view, opened + 1, closed if closed >= 0 else len(view.small))
        kind = (
            "boxed"
            if self._text[view.starts[opened]] != "<" or self._text.startswith("<|", view.starts[opened])
            else "tag"
        )
        read = self._plain(inner)
        if read.choice is None:
            return read
        for other in _boxes_joined(view, opened):
            before = self._plain(other)
            if before.choice is not None and before.choice != read.choice:
                return OptionRead(None, "two options")
        behind = _part(view, closed + 1, len(view.small)) if closed >= 0 else None
        said = [one for one in statements(behind, self._shown) if one.kind != "may assert"] if behind else []
        if any(one.kind == "denies" and one.choice == read.choice for one in said):
            return OptionRead(None, "denied")
        if any(one.kind != "denies" and one.choice != read.choice for one in said):
            return OptionRead(None, "two options")
        return OptionRead(read.choice, kind, read.start, read.end, read.letter)

    def _plain(self, view: Folded) -> OptionRead:
        shown = self._shown
        said = statements(view, shown)
        opening = _opening(view, shown)
        if opening and not any(one.kind == "denies" and one.at == opening.at for one in said):
            said = [opening, *said]
        none = none_named(view)
        outcome = _resolved(said)
        if none and (outcome is None or outcome.at <= none[0] or outcome.kind == "problem"):
            return self._none(view, none)
        if outcome is None:
            outcome = _at_the_end(view, shown) or _only_one(view, shown, said)
        if outcome is None:
            return OptionRead(None, _why(view, said))
        if outcome.kind != "asserts" or outcome.phrase is None or outcome.choice is None:
            return OptionRead(None, outcome.how)
        phrase = outcome.phrase
        return OptionRead(
            outcome.choice, outcome.how, *view.place(phrase.start, phrase.end), letter=phrase.letter
        )

    def _none(self, view: Folded, at: tuple[int, int]) -> OptionRead:
        """ "None of the above": the option that says so, if there is exactly one."""
        named = [index for index, text in enumerate(self._shown.texts) if says_none(text)]
        if len(named) != 1 or self._shown.by == "letter":
            return OptionRead(None, "denied" if not named else "two options")
        return OptionRead(named[0], "none of the options", *view.place(*at))


def says_none(option: str) -> bool:
    """Whether an option's text says that none of the options is right."""
    return bool(_any("none of the options").fullmatch(option))


def _part(view: Folded, start: int, end: int) -> Folded:
    cut: Any = slice(start, end)
    return Folded(view.small[cut], view.written[cut], view.starts[cut], view.ends[cut])


def _boxes_joined(view: Folded, opened: int) -> list[Folded]:
    """Boxes in front of the last with no more than a word between."""
    found = []
    closed = view.small.rfind(CLOSED, 0, opened)
    while closed >= 0 and len(view.small[closed + 1 : opened].strip()) <= 6:
        before = view.small.rfind(OPENED, 0, closed)
        if before < 0:
            break
        found.append(_part(view, before + 1, closed))
        opened, closed = before, view.small.rfind(CLOSED, 0, before)
    return found


def _agreed(reads: list[OptionRead], how: str) -> OptionRead:
    named = [one for one in reads if one.choice is not None]
    if len({one.choice for one in named}) > 1:
        return OptionRead(None, "two options")
    problems = [one for one in reads if one.choice is None and one.how != "no option"]
    if problems or not named:
        return OptionRead(None, problems[0].how if problems else "no option")
    return OptionRead(named[0].choice, how, named[0].start, named[0].end, named[0].letter)


def _resolved(said: list[Statement]) -> Statement | None:
    """What is left when each statement takes back what stands before it; None where nothing was stated."""
    last: Statement | None = None
    for one in said:
        if one.kind in ("asserts", "problem"):
            last = one
        elif one.kind == "denies" and last and last.choice == one.choice:
            last = Statement(one.at, "problem", one.phrase, "denied")
        elif one.kind == "may assert" and last and last.kind == "asserts" and last.choice != one.choice:
            last = Statement(one.at, "problem", one.phrase, "two options")
    if last is None:
        may = [one for one in said if one.kind == "may assert"]
        if may and len({one.choice for one in may}) == 1:
            denied = any(one.kind == "denies" and one.choice == may[0].choice for one in said)
            return None if denied else Statement(may[0].at, "asserts", may[0].phrase, "statement")
    return last


_LABEL_STOPS = re.compile("[)\\]}>\"']{0,2} ?(?:[.:,;=|\\n\u3002\u3001\u2014\u2192]|-|\\Z)")
_DELIMITED = re.compile(f"[)\\]{CLOSED}]|[.:](?=\\s|\\Z)|\\n|\\Z| ?[-\u2014=>:|(]|[,;\u3002\u3001]|选?项")
_REASON = re.compile(
    r" (?:because|since|rather than|instead of|not(?! \w{1,20}ly)|due to|as (?:it|the|this)|weil|car|"
    r"porque|parce)(?!\w)"
)
_HEADER = re.compile(f"(?:\\A|[\\n.] ?){words('headers')}")
_PRONOUN = re.compile(r" (?:there|it|this|the|that|they|he|she|i|these|those|you|we)(?!\w)")
_YES_NO = {
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


def _opening(view: Folded, shown: Shown) -> Statement | None:
    """What the answer begins with: a letter that stands apart, or an option's text."""
    phrase = phrase_at(view, 0, shown)
    if phrase is None:
        return None
    if phrase.letter and not _letter_opens(view, phrase):
        return None
    at = phrase.start
    after = ending(view, phrase, shown)
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
            or not _LABEL_STOPS.match(view.small, other.end)
        ):
            continue
        if not _any("denies after").match(view.small, other.until):
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
    if key in _YES_NO:
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


def _at_the_end(view: Folded, shown: Shown) -> Statement | None:
    """A last line that is nothing but a letter, or a letter with its own text."""
    small = view.small.rstrip()
    start = max(small.rfind("\n") + 1, _last_sentence(small))
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
        if other and other.choice not in (None, phrase.choice) and _LABEL_STOPS.match(view.small, other.end):
            return Statement(phrase.start, "problem", phrase, "two options")
    if not phrase.letter and len({index for _, index in text_mentions(view, shown)}) > 1:
        return None
    return Statement(phrase.start, "asserts", phrase, phrase.how)


def _last_sentence(small: str) -> int:
    """Where a last sentence of one letter begins: "It lies on the right. B."; 0 where there is none."""
    found = re.search(r"(?<!fig)(?<!vs)(?<!no)(?<!st)(?<!dr)[.!?] (?=[(\"]?[a-z][)\"]?[.!]?\Z)", small[-12:])
    return len(small) - len(small[-12:]) + found.end() if found and len(small) > 12 else 0


def _only_one(view: Folded, shown: Shown, said: list[Statement]) -> Statement | None:
    """The one option that an answer of sentences speaks of, where one of them presents it."""
    denied = {one.choice for one in said if one.kind == "denies"}
    texts = {index for _, index in text_mentions(view, shown)}
    marked = [one for one in _marked_letters(view, shown)]
    letters = {one.choice for one in marked}
    if denied & (texts | letters) or any(one.problem for one in marked):
        return None
    if len(letters) == 1 and texts <= letters:
        phrase = marked[0]
        before = view.small[sentence_start(view.small, phrase.start) : phrase.start]
        if phrase.choice is not None and not _doubted(view, phrase, before, shown):
            return Statement(phrase.start, "asserts", phrase, phrase.how)
    if len(texts) == 1 and not letters and None not in texts:
        for phrase in shown_texts(view, shown):
            if view.small[phrase.start : phrase.end] in _YES_NO or _is_praise(view.small, phrase):
                continue
            rest = view.small[phrase.until : sentence_end(view.small, phrase.until)]
            if not re.search(
                rf"(?<![{LATIN}])(?:but|however|although|though|aber|mais|pero|or|oder|ou)(?![{LATIN}])|但",
                rest,
            ):
                return Statement(phrase.start, "asserts", phrase, "text")
    return None


_PRESENTS = (
    r"(?:(?<!\w)(?:is|are|was|be|as|with|match(?:es)?|fits|corresponds? to|points? to|belongs? to|closest "
    r"to|select(?:ed)?)|[:=\u2192,(]|->|\A|\n)"
    rf" ?(?:{words('articles')} )?(?:{words('nouns')}[ :]{{0,2}})?[(\"'\[]{{0,2}}\Z"
)
"""What stands before the only letter of an answer of sentences that presents it as the answer."""


def _is_praise(small: str, phrase: Phrase) -> bool:
    """ "That's right" names no side."""
    return (
        small[phrase.start : phrase.end] == "right"
        and small[max(0, phrase.start - 4) : phrase.start] != "the "
    )


def _doubted(view: Folded, phrase: Phrase, before: str, shown: Shown) -> bool:
    behind = view.small[phrase.until : sentence_end(view.small, phrase.until)]
    led = phrase.text or re.search(_PRESENTS, before)
    return not led or doubtful(before) or is_supposed(before, behind) or bool(ending(view, phrase, shown))


def _marked_letters(view: Folded, shown: Shown) -> list[Phrase]:
    """Letters in brackets, behind a noun, or with their own text."""
    if shown.by == "text":
        return []
    places = [at for at in letters_in(view) if view.written[at] != view.small[at] or is_marked(view, at)]
    found = (mention_at(view, at, shown) for at in places)
    return [one for one in found if one and (one.marked or (one.text and one.capital))]


def _why(view: Folded, said: list[Statement]) -> str:
    """Why nothing was read."""
    if any(one.kind == "denies" for one in said):
        return "denied"
    if re.match(words("refusals"), view.small) or re.search(
        rf"(?:\A|[\n.,!] ?|however,? |but ){words('refusals')}", view.small[:400]
    ):
        return "a refusal"
    if view.small.rstrip().endswith("?"):
        return "a question"
    if re.match("an? ", view.small) and len(view.small.split()) > 1:
        return "article"
    return "no option"
