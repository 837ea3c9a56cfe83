"""At which token of a greedy answer the words that decide it are read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.engines.answer_words import (
    MAJORITY,
    Named,
    begins_with_bare_letter,
    covers,
    joined,
    may_be_an_article,
    siblings,
    spelling_of,
)
from vqa_canary.engines.local.asked import Said, Turn
from vqa_canary.engines.local.decoding import Continuation
from vqa_canary.engines.local.rendering import Prompt, Renderer
from vqa_canary.engines.prompts import LETTERS
from vqa_canary.engines.surface_forms import Readout, read_words

if TYPE_CHECKING:
    from numpy.typing import NDArray

NO_LETTER = "the answer names no option by its letter, and its first token is no letter for the most part"
NO_TRUTH = "the reply says neither True nor False"
UNTOLD = "the token at which the answer says it cannot be told from those of the other options"
SMALL_LETTER = "the answer names its option by a small letter among words, where `a` may be the article"
"""Each of these four texts is a reason why the words of a question are read at no token of its answer."""
OPENING = " \n("
"""Characters that may stand before the first word of an answer and are read with it: see `LETTER_FORMS`."""


@dataclass(frozen=True)
class Place:
    """Where the words of a question are read."""

    turn: Turn
    readout: Readout
    at: int | None = None
    """Index of the answer's token at which the words are read; None where they are read nowhere."""
    after: Continuation | None = None
    """What followed the question's prompt, if the words are read right there."""
    prompt: Prompt | None = None
    """What else has to be read to get there: the question and the answer up to the place."""
    reason: str = ""
    """Why the words are read nowhere; empty where they are read."""

    def read(self, after: Continuation) -> NDArray[np.float64]:
        """Log-probability of each word, read in `after`, which followed the prompt of the place."""
        return read_words(after.next_logprobs, after.opened, self.readout)


class Places:
    """Finds at which token of an answer words are read, and which tokens may stand there."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer

    def readout(self, turn: Turn) -> Readout:
        """Where to read a question's words right after its prompt.

        Behind an answer that was begun for the model there may be nowhere: the last letters of what was written may
        merge with the first of what follows.

        Raises
        ------
        ValueError : behind any other prompt some word cannot be told from the others
        """
        if not turn.words:
            return Readout((), {})
        return self._behind(turn, "", required=not turn.asked.prefix)

    def first(self, turn: Turn, after: Continuation, readout: Readout) -> Place | None:
        """The first token of a reply, if that is one of the words or these have most of the probability there."""
        words = {token for ids in readout.first for token in ids}
        # A reply that begins with True or False is read where it begins; any other is asked for in full, which costs
        # more.
        likeliest = int(np.argmax(after.next_logprobs))
        sure = likeliest in words or self._mass(turn, after, readout) > MAJORITY
        return Place(turn, readout, 0, after) if sure else None

    def find(
        self,
        turn: Turn,
        after: Continuation,
        readout: Readout,
        said: Said,
        named: Named | None,
        why_not: str,
        chosen: int | None = None,
    ) -> Place:
        """The token that carries the named word; if no word is named, the first one where these have the majority.

        Letters beyond the options count among them: a model that chooses one of these answers by a letter, too. An
        article that looks like a letter is none, and neither is a letter read that is not the `chosen` option's, which
        the text names in another way.
        """
        tokens = said.answer.tokens
        # The answer names its option by no letter. Its first token counts all the same if the words have the majority
        # there, and letters only if that beginning may stand for one (see `_is_letter`).
        if named is None:
            sure = self._mass(turn, after, readout) > MAJORITY
            if sure and set(turn.words) <= set(LETTERS):
                sure = self._is_letter(turn, after, said, chosen)
            return Place(turn, readout, 0, after) if sure else Place(turn, readout, reason=why_not)
        if not said.text[: named.start].strip(OPENING) and covers(readout, tokens, named.word):
            return Place(turn, readout, 0, after)  # what the first token opens is summed, too
        if may_be_an_article(said.text, named):
            return Place(turn, readout, reason=SMALL_LETTER)
        at = said.token_of(named)
        found = self._readout_at(turn, said, at, named) if at < len(tokens) else readout
        if at == len(tokens) or not covers(found, tokens[at:], named.word):
            return Place(turn, readout, reason=UNTOLD)
        return Place(turn, found, at, prompt=replace(turn.prompt, said=tuple(tokens[:at])))

    def _mass(self, turn: Turn, after: Continuation, readout: Readout) -> float:
        mass = float(np.exp(read_words(after.next_logprobs, after.opened, readout)).sum())
        if mass > MAJORITY or not set(turn.words) <= set(LETTERS):
            return mass
        letters = self._behind(replace(turn, words=tuple(LETTERS)), "")
        # Letters of options that the question does not have count as letters: a model that puts half its belief on E
        # where there are A to D has chosen by letter all the same.
        return float(sum(np.exp(after.next_logprobs[list(ids)]).sum() for ids in letters.first))

    def _is_letter(self, turn: Turn, after: Continuation, said: Said, chosen: int | None) -> bool:
        """Whether the first token stands for the answer: it begins no word, and is not another option's letter."""
        tokens, bare = said.answer.tokens, begins_with_bare_letter(said.text)
        if bare and chosen is None:
            return True
        letters = self._behind(replace(turn, words=tuple(LETTERS)), "")
        # The first token is a letter's, but the answer goes on with it: `A mass`, `C-arm`.
        if not bare and any(covers(letters, tokens, at) for at in range(len(LETTERS))):
            return False
        later = {opening: ids for opening, ids in letters.later.items() if opening in after.opened}
        likely = read_words(after.next_logprobs, after.opened, replace(letters, later=later))
        return chosen is None or bool(likely[chosen] == likely.max())

    def _readout_at(self, turn: Turn, said: Said, at: int, named: Named) -> Readout:
        """Every way to write each word there: those that are read behind any prompt, and the way that was chosen."""
        before = said.tokenizer.decode(said.answer.tokens[:at], skip_special_tokens=False)
        # The token may be written in a way that no prompt's first token has (`**b`), so three kinds of ways are joined:
        # those of any first word, those in the case and width that the answer chose, and the tokens built like its own.
        ways = [self._behind(turn, before)]
        spelt = tuple(spelling_of(named.written, word) for word in turn.words)
        if spelt != turn.words:
            ways.append(self._behind(replace(turn, words=spelt), before))
        alike = siblings(said.tokenizer, said.answer.tokens[at], named, turn.words)
        return joined([*ways, alike] if alike else ways)

    def _behind(self, turn: Turn, said: str, required: bool = False) -> Readout:
        try:
            return self._renderer.readout(turn.prompt.text + said, turn.words, turn.forms)
        except ValueError:
            if required:
                raise
            return Readout((frozenset(),) * len(turn.words), {})
