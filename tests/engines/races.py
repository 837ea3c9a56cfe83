"""The race by which samples are drawn, written anew from its description: slow, with Python's own whole numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

WORD = 2**32


def philox(counter: Sequence[int], key: Sequence[int]) -> list[int]:
    """Philox 4x32-10 of Salmon et al. (2011)."""
    a, b, c, d = counter
    k, m = key
    for _ in range(10):
        first, second = 0xD2511F53 * a, 0xCD9E8D57 * c
        a, b, c, d = second // WORD ^ b ^ k, second % WORD, first // WORD ^ d ^ m, first % WORD
        k, m = (k + 0x9E3779B9) % WORD, (m + 0xBB67AE85) % WORD
    return [a, b, c, d]


def exponential(key: int, position: int, part: int, at: int) -> float:
    """The standard-exponential number `at` of a part."""
    words = philox((at // 2, position, part, 0), (key % WORD, key // WORD))
    high, low = words[2 * (at % 2) : 2 * (at % 2) + 2]
    return -math.log(((high >> 6) * 2**26 + (low >> 6) + 0.5) / 2**52)


def winner(key: int, position: int, part: int, odds: Sequence[float]) -> int:
    times = [exponential(key, position, part, at) / p if p else math.inf for at, p in enumerate(odds)]
    return times.index(min(times))


def race(key: int, position: int, odds: Sequence[float]) -> int:
    """The token drawn with these odds: a block of 256 first, then a token of it."""
    blocks = [list(odds[start : start + 256]) for start in range(0, len(odds), 256)]
    block = winner(key, position, 0, [sum(block) for block in blocks])
    return 256 * block + winner(key, position, block + 1, blocks[block])
