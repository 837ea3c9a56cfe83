"""Probabilities of option letters, or of True and False, from a list of likeliest tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log

from vqa_canary.engines.endpoint.alignment import plain
from vqa_canary.engines.endpoint.positions import Position

ROUNDING = 1e-6
"""Probability that is taken to be left over where the listed ones add up to 1, since servers round."""

_BELOW = 1 - 1e-9
"""Factor that keeps a bound below the smallest listed probability: a word that is not listed is not likelier than one
that is, and must never tie with it either."""


@dataclass(frozen=True)
class WordLogprobs:
    """Log-probability of each word, and which of them are bounds."""

    logprobs: tuple[float, ...]
    """Natural log of each word's probability, in the order of `words`; the probabilities add up to at most 1."""
    bounded: tuple[str, ...]
    """Those words that no listed token names where the answer stands; their probability is an upper bound."""
    words: tuple[str, ...] = ()

    @property
    def listed_mass(self) -> float:
        """Probability of all words together that were read off the list, those that are only bounded left out."""
        read = zip(self.words, self.logprobs, strict=True)
        return sum(exp(logprob) for word, logprob in read if word not in self.bounded)


def names_of(words: Sequence[str], forms: Sequence[str]) -> dict[str, str]:
    """The word of each text that is a form of one."""
    return {form.format(word): word for word in words for form in forms}


def read_words(
    positions: Sequence[Position],
    words: Sequence[str],
    forms: Sequence[str],
    alike: Mapping[str, str] | None = None,
) -> WordLogprobs | None:
    r"""What the first positions of an answer say about `words`, or None where no listed token names any.

    Read are, as the local engine reads them:

    - the tokens listed first whose text is a form of a word, such as `A`, ` A` or `(A`: summed;
    - where the model began with an opening that is a form's text before its word (`(`, a space, a line
      end), the tokens listed next that complete a form, times the probability of the opening.

    Not read are forms behind an opening that the model did not choose, since the server lists nothing
    there, and forms below the end of a list. So the probability of a word that is listed is what the
    list says of it, a lower bound where the list is cut.

    A word that is not listed where the answer stands (behind the opening, if there is one) is bounded:

    .. math:: p = \min(p_{\min}, r / m), \quad r = \max(1 - \sum_i p_i, 10^{-6})

    with the smallest listed probability, the mass that is not listed, and the number m of such words;
    behind an opening times its probability, and less by a billionth of it. No token of it can be likelier than that
    smallest one, and it is the largest share of what is left that all such words can have at once. A tie with the word
    listed last would make the first of them the answer, though no list names it.

    Parameters
    ----------
    positions : tokens of the answer with those listed, from the first
    words : what is read, such as letters
    forms : how a word may be written, with `{}` in its place
    alike : the word of further texts, written as the model wrote its own
    """
    # Without a list at the first position nothing bounds any word.
    if not positions or not positions[0].top_logprobs:
        return None
    first = _by_text(positions[0])
    names = names_of(words, forms) | dict(alike or {})
    found = dict.fromkeys(words, 0.0)
    for text, probability in first.items():
        if text in names:
            found[names[text]] += probability
    at, scale, answer, listed = 0, 1.0, first, names.keys() & first.keys()
    # The model began with an opening, such as `(`. Forms behind it are told apart at the next position, and what is
    # listed there is given that opening.
    opening = plain(positions[0].token)
    if opening in openings_of(forms) and len(positions) > 1 and positions[1].top_logprobs:
        if positions[0].logprob is None:  # what stands behind an opening is as likely as that
            return None
        at, scale, answer = 1, exp(positions[0].logprob), _by_text(positions[1])
        # From here on `names` holds what is left of each form behind the opening.
        names = {text.removeprefix(opening): word for text, word in names.items() if text.startswith(opening)}
        for text, probability in answer.items():
            if text in names:
                found[names[text]] += scale * probability
        listed |= names.keys() & answer.keys()
    # A text that names no word at all says nothing of any: bounds alone would make up a distribution.
    if not listed:
        return None
    # Bounded where the answer stands: behind the opening, if it has one.
    missing = [word for word in words if not any(names.get(text) == word for text in answer)]
    for word in missing:
        found[word] += scale * _bound(positions[at], len(missing))
    return WordLogprobs(_logs(found), tuple(missing), tuple(words))


def openings_of(forms: Sequence[str]) -> set[str]:
    """Texts that may stand before a word and are not yet one, such as `(`."""
    return {form.split("{")[0] for form in forms} - {""}


def _by_text(position: Position) -> dict[str, float]:
    """Probability of each text at a position: tokens that read alike are one."""
    found: dict[str, float] = {}
    for token in position.top_logprobs:
        text = plain(token.token)
        found[text] = found.get(text, 0.0) + exp(token.logprob)
    return found


def _bound(position: Position, n_missing: int) -> float:
    listed = sorted(exp(token.logprob) for token in position.top_logprobs)
    least = min(position.top_logprobs, key=lambda token: token.logprob)
    # A token that was drawn is listed though it is not among the likeliest: others may stand between.
    drawn = len(listed) > 1 and least.token == position.token
    return _BELOW * min(listed[1 if drawn else 0], max(1 - sum(listed), ROUNDING) / n_missing)


def _logs(found: Mapping[str, float]) -> tuple[float, ...]:
    total = max(sum(found.values()), 1.0)  # above 1 by a server's rounding only
    tiny = 5e-324  # exp of a very small log-probability is 0
    return tuple(min(log(max(value / total, tiny)), 0.0) for value in found.values())
