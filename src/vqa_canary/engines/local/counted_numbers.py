"""Random numbers that are a function of a key and a counter alone, the same on every device."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

ROUNDS = 10
_MASK = 0xFFFFFFFF
_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_WEYL = (0x9E3779B9, 0xBB67AE85)
"""Constants of Philox 4x32, from Salmon et al. (2011), "Parallel random numbers: as easy as 1, 2, 3", and its published
test vectors."""


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

    one, two, three, four = counters
    for turn in range(ROUNDS):
        # The product of two words needs 64 bits without a sign. Those of int64 are the same bits, so that shifting and
        # masking gives its halves. Words stand alone: halves of one tensor would be copied in each round.
        left, right = one * _MULTIPLIERS[0], three * _MULTIPLIERS[1]
        one = ((right >> 32) & _MASK) ^ two ^ ((keys[0] + turn * _WEYL[0]) & _MASK)
        three = ((left >> 32) & _MASK) ^ four ^ ((keys[1] + turn * _WEYL[1]) & _MASK)
        two, four = right & _MASK, left & _MASK
    return torch.stack([one, two, three, four])


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
    at = torch.arange(half, device=keys.device).expand(len(keys), half)
    fixed = torch.full_like(at, position)
    zero = torch.zeros_like(at)
    counters = torch.stack([at, fixed, part[:, None].expand_as(at), zero])
    words = philox(counters, keys.T[:, :, None])
    # 52 bits and half of the last one are exact in double precision, above 0 and below 1.
    uniform = (((words[0::2] >> 6) * 2**26 + (words[1::2] >> 6)).double() + 0.5) / 2.0**52
    return -uniform.movedim(0, -1).reshape(len(keys), 2 * half)[:, :n].log()
