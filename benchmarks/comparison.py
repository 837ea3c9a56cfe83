"""How far two contestants' evidence on the same work differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from vqa_canary.rows import Evidence


@dataclass(frozen=True)
class Difference:
    """Over every field of evidence."""

    largest: float = 0.0
    """Of numbers (nats, shares), where the texts they belong to are the same."""
    changed: int = 0
    """Texts and choices that are not the same: greedy, sampled, verbalized."""
    compared: int = 0
    """Numbers looked at."""

    def __add__(self, other: Difference) -> Difference:
        largest = float(np.maximum(self.largest, other.largest))  # NaN stays NaN
        return Difference(largest, self.changed + other.changed, self.compared + other.compared)


def difference(ours: Sequence[Evidence], theirs: Iterable[Evidence]) -> Difference:
    """`theirs` by instance; it may lack some of ours, but not the other way round."""
    known = {one.instance_id: one for one in ours}
    found = Difference()
    for one in theirs:
        found += _between(known[one.instance_id], one)
    return found


def over_turns(ours: Sequence[Sequence[Evidence]], theirs: Sequence[Iterable[Evidence]]) -> Difference:
    """`difference` of each turn that both have had."""
    turns = zip(ours, theirs, strict=False)
    return sum((difference(one, other) for one, other in turns), Difference())


def _between(ours: Evidence, theirs: Evidence) -> Difference:
    failed = [one.error for one in (ours, theirs) if one.status != "ok"]
    if failed:
        raise RuntimeError(f"{ours.instance_id} was not answered: {failed[0]}")
    found = Difference()
    # Follow-ups to answers that are not the same ask for other things.
    same = (ours.greedy_text, ours.greedy_choice) == (theirs.greedy_text, theirs.greedy_choice)
    pairs = zip(_parts(ours, same), _parts(theirs, same), strict=True)
    for (said, numbers), (other_said, other_numbers) in pairs:
        # Special tokens are left out of a text, so that equal texts may still be of unequally many tokens.
        n_tokens, n_others = len(numbers or ()), len(other_numbers or ())
        if said != other_said or (numbers and other_numbers and n_tokens != n_others):
            found += Difference(changed=1)
        elif numbers is not None and other_numbers is not None:
            gaps = np.abs(np.subtract(numbers, other_numbers))
            found += Difference(float(gaps.max(initial=0.0)), compared=gaps.size)
    return found


def _parts(one: Evidence, follow_ups: bool) -> Iterator[tuple[object, tuple[float, ...] | None]]:
    """What was said, and the numbers that depend on it; None for numbers that an engine leaves out where the reply
    gives no reason to believe them, while a rival takes them from the first token whatever the reply says."""
    yield None, one.option_logprobs and (*one.option_logprobs, one.option_mass or 0.0)
    greedy = (one.greedy_text, one.greedy_choice)
    yield greedy, (*(one.greedy_token_logprobs or ()), *(one.greedy_token_entropies or ()))
    if follow_ups:
        yield None, None if one.p_true is None else (one.p_true,)
        yield (one.verbalized_text, one.verbalized_confidence), ()
    for sample in one.samples or ():
        yield (sample.text, sample.choice), sample.token_logprobs
