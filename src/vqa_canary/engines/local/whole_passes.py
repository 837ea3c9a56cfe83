"""Log-probs of prompts and answers, each read in one pass without a cache, and how far they move by rounding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from vqa_canary.engines.local.cached_prompts import stack_inputs
from vqa_canary.engines.local.families import image_batch
from vqa_canary.engines.local.sampler import Distributions

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


def whole_logprobs(loaded: Loaded, prompt: Prompt, answers: Sequence[Sequence[int]]) -> NDArray[np.float64]:
    """Log-probs behind a prompt and behind each token of answers of one length, but not behind the last one.

    Returns
    -------
    shape (answers, tokens, vocabulary); of an empty answer one distribution, the one behind the prompt
    """
    n = max(1, len(answers[0]))
    rows = [prompt.lengthened([*prompt.said, *answer[: n - 1]]) for answer in answers]
    apart = image_batch(loaded, prompt.key) == prompt.key
    parts = [[row] for row in rows] if apart else [rows]
    found = [
        loaded.model(**stack_inputs(loaded, part), use_cache=False, logits_to_keep=n).logits[:, -n:]
        for part in parts
    ]
    return np.concatenate([Distributions(logits).numpy for logits in found])


def difference(loaded: Loaded, request: Request, found: Continuation) -> float:
    """How far what was found behind a prompt, and along its answers, is from whole passes over the same tokens."""
    told = [(one.tokens, one.logprobs) for one in (found.greedy, *found.samples) if one.tokens] or [([], [])]
    distinct = {tuple(tokens): logprobs for tokens, logprobs in told}
    right = whole_logprobs(loaded, request.prompt, list(distinct))
    off = [np.abs(finite(right[0, 0]) - finite(found.next_logprobs)).max()]
    for whole, (tokens, logprobs) in zip(right, distinct.items(), strict=True):
        along = whole[np.arange(len(tokens)), list(tokens)] if tokens else np.zeros(0)
        off += [np.abs(finite(along) - finite(np.array(logprobs))).max()] if tokens else []
    return float(np.max(off))  # NaN stays NaN, and fails


def limit_of(loaded: Loaded, prompts: Sequence[Prompt]) -> float:
    """Largest difference of a log-prob that can be rounding, in standard deviations of the log-probs.

    In a type of fewer bits than float32, each linear layer's outputs are moved at random by so little that some three
    in ten of them become the next number of that type: another order of sums, or another kernel, does the same. How far
    log-probs move by that, times `MARGIN`, is the limit.
    """
    import torch

    if loaded.model.dtype not in (torch.bfloat16, torch.float16):
        return EXACT
    with torch.no_grad():
        right = [whole_logprobs(loaded, prompt, [()])[0, 0] for prompt in prompts]
        moved = []
        for seed in range(_TIMES):
            with _rounded_otherwise(loaded.model, seed):
                moved.append([whole_logprobs(loaded, prompt, [()])[0, 0] for prompt in prompts])
    off = [np.abs(finite(p) - finite(q)).max() for one in moved for p, q in zip(right, one, strict=True)]
    noise = float(np.max(off)) / spread(np.concatenate(right))
    return min(ROUNDED, MARGIN * noise) if np.isfinite(noise) else ROUNDED


@contextmanager
def _rounded_otherwise(model: Any, seed: int) -> Iterator[None]:
    import torch

    generators: dict[torch.device, torch.Generator] = {}

    def move(module: Any, args: Any, output: Any) -> Any:
        if not isinstance(output, torch.Tensor):  # such as a router's, which is no layer's output
            return output
        device = output.device
        generator = generators.setdefault(device, torch.Generator(device).manual_seed(seed))
        shares = torch.rand(output.shape, generator=generator, device=device)
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
    """Standard deviation of log-probs over the tokens that a model does not rule out."""
    return float(np.std(logprobs[logprobs > RULED_OUT]))


def finite(logprobs: NDArray[np.float64]) -> NDArray[np.float64]:
    """The log-probs with one value for all tokens that are ruled out: they agree where both sides rule them out, and
    are far apart where one does."""
    return np.maximum(logprobs, RULED_OUT)
