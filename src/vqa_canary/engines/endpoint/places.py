"""At which of the listed tokens of an answer the words that decide it are read."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log

from vqa_canary.engines.answer_words import (
    MAJORITY,
    Named,
    begins_with_bare_letter,
    is_word,
    may_be_an_article,
    spelling_of,
)
from vqa_canary.engines.endpoint.alignment import plain, token_at
from vqa_canary.engines.endpoint.positions import Position
from vqa_canary.engines.endpoint.readout import WordLogprobs, names_of, openings_of, read_words
from vqa_canary.engines.local.places import SMALL_LETTER, UNTOLD
from vqa_canary.engines.prompts import LETTERS

NOT_LINED_UP = "the listed tokens do not spell the answer, so none can be told for the one that names it"


def read_at(
    positions: Sequence[Position],
    text: str,
    words: tuple[str, ...],
    forms: tuple[str, ...],
    named: Named | None,
    chosen: int | None = None,
) -> tuple[WordLogprobs, int] | str:
    """The words' log-probs at the token that carries the named one, and its index; or why they are not read.

    If no word is named, they are read at the first token where they have the majority there, letters beyond the options
    included: a model that chooses one of these answers by a letter, too. An article that looks like a letter is none,
    and neither is a letter read that is not the option's which the text names. Else the reason is empty: it depends on
    what was asked.

    Parameters
    ----------
    positions : tokens of the answer
    text : what they spell, with its outer space
    chosen : index of the word that stands for what the text names in another way, if it does
    """
    if named is None:
        found = _read(positions, words, forms, {}, 0)
        if isinstance(found, str):
            return found
        # No letter is named, perhaps a text: then what counts is whether letters have the majority at the first token.
        letters = _letters(positions, words, forms)
        mass = max(found[0].listed_mass, sum(letters.values()))
        if set(words) <= set(LETTERS) and (
            _is_no_letter(positions, text, forms) or _is_another(found[0], letters, chosen)
        ):
            return ""
        return found if mass > MAJORITY else ""
    at = token_at(positions, text, named.start)
    if at is None:
        return NOT_LINED_UP
    word = words[named.word]
    # Right at the beginning every form that the list holds is summed, as the local engine sums them.
    if at < 2 and begins_with(positions, (word,), forms):
        return _read(positions, words, forms, {}, 0)
    if may_be_an_article(text, named):
        return SMALL_LETTER
    own = plain(positions[at].token)
    # Further on the token must be the word itself: of `Breast` the token `B` says nothing of option B.
    if not is_word(own, named.written):
        return UNTOLD
    # Tokens written like the model's own, with another option's word in it, are where the other options stand in the
    # list.
    alike = {own.replace(named.written, spelling_of(named.written, other)): other for other in words}
    return _read(positions[at:], words, forms, alike, at)


def begins_with(positions: Sequence[Position], words: tuple[str, ...], forms: tuple[str, ...]) -> bool:
    """Whether the first token is one of the words, or what opens one that the next token ends."""
    names = names_of(words, forms)
    first = plain(positions[0].token)
    return first in names or (
        first in openings_of(forms) and len(positions) > 1 and first + plain(positions[1].token) in names
    )


def _letters(
    positions: Sequence[Position], words: tuple[str, ...], forms: tuple[str, ...]
) -> dict[str, float]:
    """Listed probability of each letter of the alphabet at the first token, where the words are letters."""
    names = names_of(LETTERS if set(words) <= set(LETTERS) else (), forms)
    found: dict[str, float] = {}
    for token in positions[0].top_logprobs:
        if letter := names.get(plain(token.token)):
            found[letter] = found.get(letter, 0.0) + exp(token.logprob)
    return found


def _is_no_letter(positions: Sequence[Position], text: str, forms: tuple[str, ...]) -> bool:
    """Whether the answer begins with a letter that is an article, or a part of a word."""
    return begins_with(positions, tuple(LETTERS), forms) and not begins_with_bare_letter(text)


def _is_another(found: WordLogprobs, letters: dict[str, float], chosen: int | None) -> bool:
    """Whether a letter is likelier than that of the option which the text names."""
    if chosen is None:
        return False
    own = found.logprobs[chosen]
    # Letters without an option are not among the words that were read, so they are looked up beside them.
    beyond = [log(p) for letter, p in letters.items() if letter not in found.words and p > 0]
    return own < max(found.logprobs) or own < max(beyond, default=own)


def _read(
    positions: Sequence[Position],
    words: tuple[str, ...],
    forms: tuple[str, ...],
    alike: dict[str, str],
    at: int,
) -> tuple[WordLogprobs, int] | str:
    found = read_words(positions, words, forms, alike)
    n = len(positions[0].top_logprobs)
    what = "an option" if len(words[0]) == 1 else " or ".join(words)
    return (found, at) if found else f"none of the {n} listed tokens names {what}"
