"""Random numbers that are a function of a key and a counter alone, the same on every device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import torch

ROUNDS = 10
_MASK = 0xFFFFFFFF
_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_WEYL = (0x9E3779B9, 0xBB67AE85)
"""Constants of Philox 4x32, from Salmon et al. (2011), "Parallel random numbers: as easy as 1, 2, 3", and its published
test vectors."""

MOST_TOGETHER = 2**15
"""Most counters that are computed at once on a CPU, so that what is computed of them stays in its cache."""


def philox(counters: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
    """Philox 4x32 with ten rounds: four words of 32 random bits for each counter and key.

    Parameters
    ----------
    counters : four words of 32 bits in int64, shape (4, ...)
    keys : two words of 32 bits in int64, shape (2, ...), which broadcasts against a counter's word

    Returns
    -------
    int64, shape (4, ...), each from 0 to 2**32 - 1
    """
    import torch

    return torch.stack(_rounds(list(counters), list(keys)))


def exponentials(keys: torch.Tensor, position: int, part: torch.Tensor, n: int) -> torch.Tensor:
    """Standard-exponential numbers: `n` for each key, as they are at one position and in one part.

    Parameters
    ----------
    keys : 64 bits each as two words of 32 in int64, shape (keys, 2)
    position, part : further coordinates, 0 to 2**32 - 1; `part` one for each key, shape (keys,)

    Returns
    -------
    float64, shape (keys, n), above 0
    """
    import torch

    half = (n + 1) // 2
    rows = max(1, MOST_TOGETHER // max(1, half))
    if keys.device.type == "cpu" and len(keys) > rows:
        parts = zip(keys.split(rows), part.split(rows), strict=True)
        return torch.cat([exponentials(some, position, own, n) for some, own in parts])
    at = torch.arange(half, device=keys.device)[None]
    counter = [at, torch.full_like(at[:, :1], position), part[:, None], torch.zeros_like(at[:, :1])]
    key = list(keys.T[:, :, None])
    if keys.device.type == "cpu":  # numpy takes half the time for whole numbers, and they are the same ones
        words: Any = _rounds(*([word.numpy().view(np.uint64) for word in one] for one in (counter, key)))
        pairs = [((high >> 6) << 26) + (low >> 6) for high, low in (words[:2], words[2:])]
        bits = torch.from_numpy(np.stack(pairs, axis=-1).view(np.int64))
    else:
        words = _rounds(counter, key)
        bits = torch.stack([((high >> 6) << 26) + (low >> 6) for high, low in (words[:2], words[2:])], -1)
    # 52 bits and half of the last one are exact in double precision, above 0 and below 1.
    uniform = bits.reshape(len(keys), 2 * half)[:, :n].double().add_(0.5).div_(2.0**52)
    return uniform.log_().neg_()


def _rounds(counter: list[Any], key: list[Any]) -> list[Any]:
    """The four words of `philox`, from words that broadcast against one another: tensors of int64, or numpy arrays of
    uint64, which are the faster ones."""
    one, two, three, four = counter
    for turn in range(ROUNDS):
        # The product of two words needs 64 bits without a sign. Those of int64 are the same bits, so that shifting and
        # masking gives its halves. Words stand alone: halves of one array would be copied in each round.
        left, right = one * _MULTIPLIERS[0], three * _MULTIPLIERS[1]
        one = ((right >> 32) & _MASK) ^ (two ^ ((key[0] + turn * _WEYL[0]) & _MASK))
        three = ((left >> 32) & _MASK) ^ (four ^ ((key[1] + turn * _WEYL[1]) & _MASK))
        two, four = right & _MASK, left & _MASK
    return [one, two, three, four]
