"""Log-probs of prompts and answers, each read in one pass without a cache, and how far they move by rounding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from vqa_canary.engines.local.cached_prompts import stack_inputs
from vqa_canary.engines.local.sampler import Distributions, log_softmax

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vqa_canary.engines.local.decoding import Continuation, Request
    from vqa_canary.engines.local.loading import Loaded
    from vqa_canary.engines.local.rendering import Prompt

EXACT, ROUNDED = 1e-4, 0.2
"""Largest difference of a log-prob that is taken for rounding, in standard deviations of the log-probs: in float32, and
in types of fewer bits, whose own limit is measured and no larger than this."""
MARGIN = 2.0
"""How many times as far a reading may be off, in a type of fewer bits, as rounding was seen to move the log-probs."""
RULED_OUT = -1e4
"""A model may set the logits of tokens that it rules out to any huge negative number. Differences among such numbers
mean nothing and would hide all others, so log-probs are taken to be no less than this."""
_TIMES = 2
_STEPS = 4.0
"""So many times a type's step next to 1 is rounding in any case, in standard deviations: a logit that stands four of
them from 0 moves by about as much when it becomes the next number of the type."""
_PLACES = 16
"""Places of an answer whose log-probs are made at once: those of all would be many double-precision numbers, of a long
answer and a large vocabulary more than a device has room for beside the model."""


def whole_logprobs(
    loaded: Loaded, prompt: Prompt, answer: Sequence[int] = ()
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Log-probs of all that may follow a prompt, and of each token of one answer to it, in one pass over both.

    Returns
    -------
    shapes (vocabulary,) and (tokens of the answer,)
    """
    import torch

    n = max(1, len(answer))
    row = prompt.lengthened([*prompt.said, *answer[: n - 1]])
    output = loaded.model(**stack_inputs(loaded, [row]), use_cache=False, logits_to_keep=n)
    logits = output.logits[0, -n:]
    first = Distributions(logits[:1]).numpy[0]
    if not answer:
        return first, np.zeros(0)
    tokens = torch.tensor(list(answer), device=logits.device)[:, None].split(_PLACES)
    parts = [
        log_softmax(some).gather(-1, said) for some, said in zip(logits.split(_PLACES), tokens, strict=True)
    ]
    return first, torch.cat(parts)[:, 0].cpu().numpy()


def difference(loaded: Loaded, request: Request, found: Continuation) -> float:
    """How far what was found behind a prompt, and along its answers, is from whole passes over the same tokens."""
    answers = {tuple(one.tokens): one.logprobs for one in (found.greedy, *found.samples)}
    images, off = request.prompt.renderer.image_tokens, []
    for tokens, logprobs in answers.items():  # one at a time, since each holds logits of all its places
        # Behind a token that stands for an image, a pass over a whole prompt would look for one more image.
        n = next((at for at, token in enumerate(tokens, 1) if token in images), len(tokens))
        first, along = whole_logprobs(loaded, request.prompt, tokens[:n])
        off += [apart(first, found.next_logprobs), apart(along, np.array(logprobs[:n]))]
    return largest(off)


def limit_of(loaded: Loaded, prompts: Sequence[Prompt]) -> float:
    """Largest difference of a log-prob that can be rounding, in standard deviations of the log-probs.

    In a type of fewer bits than float32, each linear layer's outputs are moved at random by so little that some three
    in ten of them become the next number of that type: another order of sums, or another kernel, does the same. How far
    log-probs move by that, times `MARGIN`, is the limit; but never less than a few steps of the type, nor more than
    `ROUNDED`, which it is where nothing could be measured.
    """
    import torch

    if loaded.model.dtype not in (torch.bfloat16, torch.float16):
        return EXACT
    with torch.no_grad():
        right = [whole_logprobs(loaded, prompt)[0] for prompt in prompts]
        moved = []
        for seed in range(_TIMES):
            with _rounded_otherwise(loaded.model, seed):
                moved.append([whole_logprobs(loaded, prompt)[0] for prompt in prompts])
    noise = largest(apart(p, q) for one in moved for p, q in zip(right, one, strict=True))
    noise /= spread(np.concatenate(right))
    # Where nothing moves, nothing was measured: the model has no linear layers of the library's kind, as where they are
    # quantised by layers of another one.
    if not noise > 0:
        return ROUNDED
    step = float(torch.finfo(loaded.model.dtype).eps)
    return min(ROUNDED, max(MARGIN * noise, _STEPS * step))


@contextmanager
def _rounded_otherwise(model: Any, seed: int) -> Iterator[None]:
    import torch

    generators: dict[torch.device, torch.Generator] = {}

    def move(module: Any, args: Any, output: Any) -> Any:
        if not isinstance(output, torch.Tensor):  # such as a router's, which is no layer's output
            return output
        device = output.device
        if device not in generators:
            generators[device] = torch.Generator(device).manual_seed(seed)
        shares = torch.rand(output.shape, generator=generators[device], device=device)
        half = torch.finfo(output.dtype).eps / 2
        return (output.float() * (1 + half * (2 * shares - 1))).to(output.dtype)

    layers = [one for one in model.get_decoder().modules() if isinstance(one, torch.nn.Linear)]
    handles = [layer.register_forward_hook(move) for layer in layers]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def spread(logprobs: NDArray[np.float64]) -> float:
    """Standard deviation of log-probs over the tokens that a model does not rule out; NaN where all are alike, so that
    nothing that is counted in it passes for small."""
    told = logprobs[logprobs > RULED_OUT]
    return float(np.std(told) or np.nan) if len(told) else np.nan


def apart(logprobs: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    """Largest difference of two arrays of log-probs, 0 where they are empty; NaN where one of them holds NaN."""
    return float(np.abs(finite(logprobs) - finite(others)).max(initial=0.0))


def largest(differences: Iterable[float]) -> float:
    """The largest of some differences. NaN stays NaN, which Python's `max` loses wherever it does not come first; it is
    within no limit."""
    return float(np.max(list(differences)))


def finite(logprobs: NDArray[np.float64]) -> NDArray[np.float64]:
    """The log-probs with one value for all tokens that are ruled out: they agree where both sides rule them out, and
    are far apart where one does."""
    return np.maximum(logprobs, RULED_OUT)
