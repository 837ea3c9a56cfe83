"""Whether a way of reading gives what whole prompts read alone give, and whether this check could tell.

The trial is made of real prompts: the longest, so that windows bind, others beside it, and follow-ups to
their answers. A wrong variant is put through it too: if it is not clearly off, nothing is established.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.engines.local.cached_prompts import FullPrompts, read_whole, stack_inputs
from vqa_canary.engines.local.decoding import Continuation, Reading, Request
from vqa_canary.engines.local.memory import ends_everything, is_out_of_memory
from vqa_canary.engines.local.packing import PackedRows
from vqa_canary.engines.local.sampler import Distributions
from vqa_canary.engines.local.trial import FEW_TOKENS, Trial, all_mirrored
from vqa_canary.engines.local.whole_passes import apart, difference, largest, spread, whole_logprobs
from vqa_canary.engines.negatives import another

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    from vqa_canary.engines.local.tree import TreeReading

POWER = 5
"""How many times further off the wrong variant has to be than the reading that is checked."""


@dataclass(frozen=True)
class Verdict:
    """Largest differences of log-probs to whole prompts, in standard deviations of the log-probs."""

    difference: float
    control: float
    limit: float

    @property
    def passed(self) -> bool:
        return self.difference <= self.limit < self.control and self.control >= POWER * self.difference

    def __str__(self) -> str:
        off = f"log-probs {self.difference:.1g} standard deviations from whole prompts (limit {self.limit:g})"
        if self.difference <= self.limit and not self.passed:
            return f"not established: {off}, but a wrong variant is only {self.control:.1g} off"
        return f"{off}; a wrong variant: {self.control:.1g}"

    @property
    def in_short(self) -> str:
        """The error and its limit, for a line that a person reads: `error 2e-06, limit 1e-04`."""
        return f"error {self.difference:.0e}, limit {self.limit:.0e}"


# The wrong variant of a tree makes the very mistake that packing could make: prompts of a row see one another. If the
# check does not notice that, it would not notice a wrong mask either.
class FlatRows(PackedRows):
    """Rows in which every node sees all that came before it, its own prompt or not."""

    def _visible(self, rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.bool_]:
        return super()._visible(rows, columns) | (np.arange(self.n_columns) <= columns[:, None])


# Ways of reading without a mask of their own can go wrong by giving a prompt another image's cache, so their wrong
# variant looks at another image.
class SwappedImages:
    """A reading that takes each image for its mirror image."""

    name, whole_shards = "swapped images", False

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def session(self) -> Reading:
        return SwappedImages(self._reading.session())

    def read(self, requests: Sequence[Request]) -> list[Continuation]:
        return self._reading.read(
            [replace(r, prompt=replace(r.prompt, images=all_mirrored(r.prompt.images))) for r in requests]
        )


# Prompts without an image have none to mix up; they can be given one another's cache.
class SwappedPrompts:
    """A reading that takes each prompt for the next one."""

    name, whole_shards = "swapped prompts", False

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def session(self) -> Reading:
        return SwappedPrompts(self._reading.session())

    def read(self, requests: Sequence[Request]) -> list[Continuation]:
        others = [*requests[1:], *requests[:1]]
        pairs = zip(requests, others, strict=True)
        return self._reading.read([replace(one, prompt=other.prompt) for one, other in pairs])


def check_reading(
    reading: Reading, control: Reading, full: FullPrompts, trial: Trial, limit: float
) -> Verdict:
    """Hold `reading` against `full`, and `control`, a wrong variant of it, too."""
    import torch

    with torch.no_grad():
        right = full.session().read(trial.requests)
        # Follow-ups ask about the answers of the right reading for all three, so that they are compared on the same
        # prompts.
        follow_ups = _follow_ups(trial, right)
        right = right + full.session().read(follow_ups)
        found = [_read_both(one.session(), trial.requests, follow_ups) for one in (reading, control)]
    # Logits of one model may spread far wider than another's, so differences are counted in standard deviations of its
    # own log-probs.
    scale = spread(np.concatenate([one.next_logprobs for one in right]))
    off, control_off = (largest(map(_difference, right, own)) / scale for own in found)
    return Verdict(off, control_off, limit)


def check_tree(
    reading: TreeReading, control: TreeReading, full: FullPrompts, trial: Trial, beyond: int, limit: float
) -> Verdict:
    """Hold a tree, and a wrong variant of it, against whole passes over its prompts and over all that it answers.

    Whole passes cost no more for long answers than for short ones, so the trial's answers can be as long as those of
    the work. The model is told of `beyond` more columns than there are, as many as the work may have: one that goes by
    their number answers otherwise now, and not only once there are as many.
    """
    import torch

    with torch.no_grad():
        session = reading.telling(beyond)
        found = session.read(trial.requests)
        follow_ups = _follow_ups(trial, found)
        requests = [*trial.requests, *follow_ups]
        found += session.read(follow_ups)
        # What is wrong with the other one shows at once.
        few = [replace(one, max_new_tokens=min(one.max_new_tokens, FEW_TOKENS)) for one in trial.requests]
        wrong = _read_both(control.telling(beyond), few, follow_ups)
        scale = spread(np.concatenate([whole_logprobs(full.loaded, one.prompt)[0] for one in trial.requests]))
        off, control_off = (
            largest(difference(full.loaded, *pair) for pair in zip(requests, own, strict=True)) / scale
            for own in (found, wrong)
        )
    return Verdict(off, control_off, limit)


def _follow_ups(trial: Trial, answered: Sequence[Continuation]) -> list[Request]:
    answers = [trial.tokenizer.decode(one.greedy.tokens, skip_special_tokens=True) for one in answered]
    return trial.follow_up([answer.strip() for answer in answers])


def unseen_image(alone: FullPrompts, trial: Trial) -> int | None:
    """Number, from 1, of the first image of the trial's first prompt that changes nothing when it is replaced; None
    where all are seen.

    What one prompt gives twice may differ on some devices; an image that changes no more than that is not seen.
    """
    import torch

    [request, *_] = trial.requests
    images = request.prompt.images

    def read(seen: tuple[Image, ...]) -> NDArray[np.float64]:
        [found] = alone.session().read([replace(request, prompt=replace(request.prompt, images=seen))])
        return found.next_logprobs

    with torch.no_grad():
        first, again = read(images), read(images)
        noise = apart(first, again)
        # Every image is replaced in turn while the others stay.
        for at, image in enumerate(images):
            other = read((*images[:at], another(image), *images[at + 1 :]))
            if apart(first, other) <= noise:
                return at + 1
    return None


def reads_in_batches(alone: FullPrompts, trial: Trial, limit: float) -> bool:
    """Whether two images of one shape give in one batch what each gives alone."""
    import torch

    pair = [replace(one, draws=(), max_new_tokens=0) for one in (trial.requests[0], trial.requests[-1])]
    with torch.no_grad():
        right = [one.next_logprobs for one in alone.session().read(pair)]
        try:
            together = replace(alone, batch_size=2).read(pair)
        except Exception as error:  # of any kind: what cannot be stacked fails anywhere in a model
            if ends_everything(error) or is_out_of_memory(error):
                raise
            return False
    # Of what is NaN alone nothing is said here; rows with it fail by themselves.
    known = [(p, q.next_logprobs) for p, q in zip(right, together, strict=True) if not np.isnan(p).any()]
    return not known or largest(apart(p, q) for p, q in known) <= limit * spread(np.concatenate(right))


def check_decoding(alone: FullPrompts, trial: Trial) -> float:
    """How far log-probs along the likeliest tokens, read one by one over a cache, are from one pass over all
    of them, in standard deviations of the log-probs."""
    import torch

    model, prompt = alone.loaded.model, trial.requests[0].prompt
    inputs = stack_inputs(alone.loaded, [prompt.inputs])

    with torch.no_grad():
        rows, first = read_whole(alone.loaded, inputs)
        likeliest = np.argsort(-Distributions(first).numpy[0])
        # The likeliest tokens are those that an answer would hold. An end token or an image's would make the text
        # behind it something else than an answer.
        closing = alone.loaded.end_ids | alone.renderer.image_tokens
        tokens = [int(token) for token in likeliest if token not in closing][:FEW_TOKENS]
        found = np.stack([rows.extend([(0, token)]).numpy[0] for token in tokens])
        longer = stack_inputs(alone.loaded, [prompt.lengthened(tokens)])
        whole = Distributions(model(**longer, use_cache=False).logits[0, -len(tokens) :]).numpy
    return apart(found, whole) / spread(whole)


def _read_both(session: Reading, first: Sequence[Request], then: Sequence[Request]) -> list[Continuation]:
    # In one session, as in a run: follow-ups reuse what was read for the questions.
    return session.read(first) + session.read(then)


def _difference(right: Continuation, found: Continuation) -> float:
    """Largest difference of log-probs after the prompt, and along both answers as long as they are the same."""
    values = [apart(right.next_logprobs, found.next_logprobs)]
    pairs = zip([right.greedy, *right.samples], [found.greedy, *found.samples], strict=True)
    for one, other in pairs:
        for token, same, p, q in zip(one.tokens, other.tokens, one.logprobs, other.logprobs, strict=False):
            # Where one reading chose another token, the answers are about different texts from there on.
            if token != same:
                break
            values.append(abs(p - q))
    return largest(values)
