"""How many requests an instance takes."""

from __future__ import annotations

from math import ceil
from typing import Literal

from vqa_canary.engines.sampling import Sampling


def calls_an_instance(sampling: Sampling, n_per_call: int | Literal["auto"]) -> tuple[int, int]:
    """Fewest and most requests that one instance takes, without retries and the canary's.

    The question is one request, and the samples are one for each `n_per_call` of them: with `auto` between
    one for all and one for each, since a server may honour less, and one for each where each sample sees the options in
    an order of its own. P(True) and the stated confidence are one
    each, or none: `sampling.follow_ups` may leave them out, the first needs log-probs and an answer that names an
    option, both need an answer. P(True) is one more where the reply does not begin with True or False.
    """
    n = sampling.n_samples
    if sampling.reshuffled:
        n_per_call = 1
    fewest = most = n if n_per_call == "auto" else ceil(n / n_per_call)
    if n_per_call == "auto":
        fewest = min(n, 1)
    follow_ups = sum({"p_true": 2, "verbalized": 1}[name] for name in sampling.follow_ups)
    return 1 + fewest, 1 + most + follow_ups
