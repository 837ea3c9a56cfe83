"""UE method `pro`: the entropy that the likeliest responses alone guarantee."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field

from vqa_canary.ue.registration import ue_method
from vqa_canary.ue.samples import sequence_logprobs, texts_as_numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray


@ue_method(lower=-np.inf, upper=np.inf, answer="modal")
def pro(
    samples: NDArray[Any],
    *,
    alpha: Annotated[float, Field(gt=0, le=1)] = 0.4,
    responses: Literal["distinct", "all"] = "distinct",
) -> NDArray[np.float64]:
    r"""A lower bound of the entropy over responses, from the probabilities of the likeliest ones, in nats.

    .. math:: U = -\ln p_K - \sum_{i=1}^{K} p_i \ln \frac{p_i}{p_K}

    where p_1 >= p_2 >= ... are the probabilities of the sampled responses, each the product over its tokens, and K
    counts those of at least `alpha`; it is 1 where none is that likely.

    Parameters
    ----------
    samples : shape (..., S), sample structs with the log-probability of every token
    alpha : probability from which on a response counts
    responses : `distinct` counts equal texts (but for outer space) once, as a beam search finds them, with their
        mean probability: it differs where samples saw the options in different orders. `all` counts every sample

    Returns
    -------
    shape (...), 0 (one response is certain) upwards without bound where `distinct` responses exclude one another, as
    those to one prompt do. Below 0 where they do not, so that the probabilities of those that count exceed 1 together:
    repeats among `all`, or samples that saw the options in different orders

    Raises
    ------
    Undefined : a sample without log-probabilities of its tokens

    References
    ----------
    Nguyen, Gupta & Le (2026), Probabilities Are All You Need: A Probability-Only Approach to Uncertainty Estimation in
    Large Language Models, arXiv 2511.07694, "PRO". Theirs are the responses of a beam search, which are distinct.
    """
    logs = sequence_logprobs(samples)
    if responses == "distinct":
        logs = _once_each(logs, texts_as_numbers(samples))
    # Sorted, so that the order of samples cannot change the last digit of a sum; and not a reversed view, of which
    # numpy computes `exp` in another way for one row than for many.
    logs = -np.sort(-logs, axis=-1)
    counts = logs >= np.log(alpha)
    counts[..., 0] = True
    least = np.where(counts, logs, np.inf).min(axis=-1, keepdims=True)
    above = np.where(counts, np.exp(logs) * (np.where(counts, logs, least) - least), 0)
    return np.asarray(-least[..., 0] - above.sum(axis=-1))


def _once_each(logs: NDArray[np.float64], texts: NDArray[np.int64]) -> NDArray[np.float64]:
    """The mean probability of each text where it first stands, and 0 where it is repeated; as logs, shape (..., S)."""
    same = texts[..., :, None] == texts[..., None, :]
    is_first = same.argmax(axis=-1) == np.arange(texts.shape[-1])
    of_text = np.sort(np.where(same, logs[..., None, :], -np.inf), axis=-1)
    largest = of_text[..., -1:]  # taken out, so that equal probabilities have a mean that is equal to them
    mean = np.exp(of_text - largest).sum(axis=-1) / same.sum(axis=-1)
    return np.where(is_first, largest[..., 0] + np.log(mean), -np.inf)
