"""Which option a text names, how and where."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from vqa_canary.reading.doubts import doubted
from vqa_canary.reading.folding import CLOSED, OPENED, Folded, folded
from vqa_canary.reading.languages import words
from vqa_canary.reading.opening import opens_with
from vqa_canary.reading.outcome import OptionRead
from vqa_canary.reading.presented import at_the_end, ends_a_list, none_named, only_one, says_none
from vqa_canary.reading.shown import By, ShownOptions, shown_of
from vqa_canary.reading.statement import Statement
from vqa_canary.reading.statements import statements
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
    read = _read_short if len(text) <= SHORT else _read
    return read(text, tuple(options), by)


SHORT = 200
"""Most characters of a text whose reading is kept: questions with the same options are often answered in the same few
words, and reading these again and again took a twelfth of the time of a study."""
MOST_KEPT = 2**14
"""Most readings that are kept, some 16 MB of short options: what one model says of a study's questions the next model
that the same process asks often says too, if it is still known then."""


def _read(text: str, options: tuple[str, ...], by: By) -> OptionRead:
    start, end = answer_part(text)
    if start == end:
        return OptionRead(None, "thinking only" if thinks_only(text) else "nothing said")
    return _Reader(text, shown_of(options, by)).read(start, end)


_read_short = lru_cache(maxsize=MOST_KEPT)(_read)


class _Reader:
    def __init__(self, text: str, shown: ShownOptions) -> None:
        self._text, self._shown = text, shown

    def read(self, start: int, end: int, depth: int = 0) -> OptionRead:
        """The option that the text from `start` to `end` names."""
        values = answer_values(self._text, start, end) if depth < 2 else []
        if values:
            if problem := next((value.problem for value in values if value.problem), ""):
                return OptionRead(None, problem)
            read = _agreed([self.read(value.start, value.end, depth + 2) for value in values], "json")
            closed = self._text.rfind("}", values[-1].end, end)
            return self._unless(read, folded(self._text, closed + 1, end)) if closed >= 0 else read
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
        read = OptionRead(read.choice, kind, read.start, read.end, read.letter)
        return self._unless(read, _part(view, closed + 1, len(view.small))) if closed >= 0 else read

    def _unless(self, read: OptionRead, behind: Folded) -> OptionRead:
        """What was set apart, unless the text behind it denies it or names another option."""
        said = [one for one in statements(behind, self._shown) if one.kind != "may assert"]
        if read.choice is None or not said:
            return read
        if any(one.kind == "denies" and one.choice == read.choice for one in said):
            return OptionRead(None, "denied")
        if any(one.kind != "denies" and one.choice != read.choice for one in said):
            return OptionRead(None, "two options")
        return read

    def _plain(self, view: Folded) -> OptionRead:
        shown = self._shown
        said = statements(view, shown)
        opening = opens_with(view, shown)
        if opening and not any(one.kind == "denies" and one.at == opening.at for one in said):
            said = [opening, *said]
        none = none_named(view)
        outcome = _resolved(said)
        if _at_odds(view, opening, outcome):
            return OptionRead(None, "letter with another option's text")
        if none and (outcome is None or outcome.at <= none[0] or outcome.kind == "problem"):
            return self._none(view, none)
        if outcome is None:
            outcome = at_the_end(view, shown) or only_one(view, shown, said)
        if outcome is None:
            return OptionRead(None, _why(view, said))
        if outcome.kind != "asserts" or outcome.phrase is None or outcome.choice is None:
            return OptionRead(None, outcome.how)
        phrase = outcome.phrase
        if reason := doubted(view, phrase, shown):
            return OptionRead(None, reason)
        return OptionRead(
            outcome.choice, outcome.how, *view.place(phrase.start, phrase.end), letter=phrase.letter
        )

    def _none(self, view: Folded, at: tuple[int, int]) -> OptionRead:
        """ "None of the above": the option that says so, if there is exactly one, and it ends no list of all."""
        if ends_a_list(view, at[0], self._shown):
            return OptionRead(None, "two options")
        named = [index for index, text in enumerate(self._shown.texts) if says_none(text)]
        if len(named) != 1 or self._shown.by == "letter":
            return OptionRead(None, "denied" if not named else "two options")
        return OptionRead(named[0], "none of the options", *view.place(*at))


def _part(view: Folded, start: int, end: int) -> Folded:
    """The signs from `start` to `end`, without white space around them."""
    while start < end and view.small[start] in " \n":
        start += 1
    while start < end and view.small[end - 1] in " \n":
        end -= 1
    cut: Any = slice(start, end)
    return Folded(view.small[cut], view.written[cut], view.starts[cut], view.ends[cut])


def _boxes_joined(view: Folded, opened: int) -> list[Folded]:
    """The boxes in front of the last one with no more than a word between them."""
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


def _at_odds(view: Folded, opening: Statement | None, last: Statement | None) -> bool:
    """Whether an answer begins with a bare letter, and states another option's text without taking the letter back."""
    first, later = opening and opening.phrase, last and last.phrase
    if not first or not later or later.letter or later.choice == first.choice or later.problem:
        return False
    between = view.small[first.until : later.start]
    turns = re.search(words("turns"), between) or re.search(words("corrections"), between)
    return first.letter and not first.text and not turns


def _why(view: Folded, said: list[Statement]) -> str:
    """The reason why no option was read."""
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
