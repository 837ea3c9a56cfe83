"""Random generators that depend on (seed, stable id, purpose) alone, never on the order of rows or of earlier draws."""

from __future__ import annotations

import hashlib
import json
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def derive_seed(seed: int, stable_id: str, purpose: str) -> int:
    """A 64-bit seed for one choice about one thing.

    Changing any of the three gives an unrelated stream; the same three give the same stream
    on every machine, whatever else was drawn before.
    """
    text = json.dumps([seed, stable_id, purpose])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def random_for(seed: int, stable_id: str, purpose: str) -> Random:
    """The standard library's generator for choices among Python objects."""
    return Random(derive_seed(seed, stable_id, purpose))


def generator_for(seed: int, stable_id: str, purpose: str) -> np.random.Generator:
    """NumPy's generator for arrays."""
    import numpy as np

    return np.random.default_rng(derive_seed(seed, stable_id, purpose))
