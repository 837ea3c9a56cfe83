"""Which tokens begin a word, such as an option letter, right after a given prompt.

Tokenisers merge over string boundaries, so a form is always tokenised behind the whole prompt.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# How models are seen to begin an answer: at once, behind a space or a line end, with or without a bracket.
LETTER_FORMS = ("{}", " {}", "\n{}", "({}", " ({}", "{})")
WORD_FORMS = ("{}", " {}", "\n{}")

Tokenise = Callable[[str], list[int]]


@dataclass(frozen=True)
class Readout:
    """Where to read the probability of each word.

    `first` are ids of the next token that name the word; `later` are ids of the token after an
    opening token, such as the letter after `(`: {opening id: ids}.
    """

    first: tuple[frozenset[int], ...]
    later: dict[int, tuple[frozenset[int], ...]]


def read_words(
    first: NDArray[np.float64], opened: Mapping[int, NDArray[np.float64]], readout: Readout
) -> NDArray[np.float64]:
    """Log-probability of each word: its surface forms summed.

    Parameters
    ----------
    first : log-probs of the next token
    opened : the same behind each opening token of `readout`
    """
    # The forms of a word exclude one another, so their probabilities add up.
    probabilities = np.array([np.exp(first[list(ids)]).sum() for ids in readout.first])
    for opening, words in readout.later.items():
        after = opened[opening]
        inner = np.array([np.exp(after[list(ids)]).sum() for ids in words])
        probabilities = probabilities + np.exp(first[opening]) * inner
    # A word that no form can write has probability 0, and minus infinity is the right logarithm of that.
    with np.errstate(divide="ignore"):
        result: NDArray[np.float64] = np.log(probabilities)
    return result


def find_readout(
    prompt: str, words: Sequence[str], forms: Sequence[str], tokenise: Tokenise, unknown: int | None
) -> Readout:
    """Read-out of `words` after `prompt`.

    A form counts if it leaves the prompt's own tokens alone, uses no unknown token, and tells
    the words apart by its first new token, or by its second where all share the first. Ids that
    two words share name neither.

    Raises
    ------
    ValueError : some word cannot be told from the others by any form
    """
    before = tokenise(prompt)
    first: list[set[int]] = [set() for _ in words]
    later: dict[int, list[set[int]]] = {}
    for form in forms:
        tails = [_tail(before, tokenise(prompt + form.format(word))) for word in words]
        # A form that cannot be written for every word is written for none: else the words would be summed over
        # different forms, and the one with more of them would look likelier.
        if any(tail is None or unknown in tail[:2] for tail in tails):
            continue
        starts = [tail[0] for tail in tails if tail]
        # All words begin with one token, such as `(`: what tells them apart is the token behind it.
        if len(words) > 1 and len(set(starts)) == 1:
            seconds = [tail[1] if tail and len(tail) > 1 else -1 for tail in tails]
            if len(set(seconds)) == len(words) and -1 not in seconds:
                _add(later.setdefault(starts[0], [set() for _ in words]), seconds)
        # Where some words share a first token and others do not, the form is left out as well.
        elif len(set(starts)) == len(words):
            _add(first, starts)
    readout = Readout(exclusive(first), {start: exclusive(ids) for start, ids in later.items()})
    for at, word in enumerate(words):
        if not (readout.first[at] or any(ids[at] for ids in readout.later.values())):
            raise ValueError(f"the tokeniser cannot tell {word!r} from {words!r} after this prompt")
    return readout


def _add(sets: list[set[int]], ids: list[int]) -> None:
    for known, new in zip(sets, ids, strict=True):
        known.add(new)


def _tail(before: list[int], whole: list[int]) -> list[int] | None:
    """The new tokens, or None where none is new or the prompt's own tokens changed."""
    kept = len(before)
    return whole[kept:] if len(whole) > kept and whole[:kept] == before else None


def exclusive(sets: Sequence[set[int]]) -> tuple[frozenset[int], ...]:
    """The sets without ids that more than one of them holds."""
    counts: dict[int, int] = {}
    for ids in sets:
        for token in ids:
            counts[token] = counts.get(token, 0) + 1
    return tuple(frozenset(token for token in ids if counts[token] == 1) for ids in sets)
