"""Right and wrong answers to questions about images, drawn with a known share and likeness."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def alike(
    rng: np.random.Generator, sizes: NDArray[np.int64], share: float, likeness: float
) -> NDArray[np.bool_]:
    """Events of questions, image by image: each image has a share of its own, drawn from a beta distribution."""
    own = np.full(len(sizes), share)
    if likeness:
        whole = 1 / likeness - 1
        own = rng.beta(share * whole, (1 - share) * whole, len(sizes))
    return rng.random(int(sizes.sum())) < np.repeat(own, sizes)


def several_sizes(rng: np.random.Generator, n_images: int) -> NDArray[np.int64]:
    return rng.integers(1, 8, n_images)
