"""Golden values of `pro`, `embedding_eigen` and `radial_dispersion`: the formulas of their papers at fifty digits.

It shares no code with the package and computes with `mpmath` alone, singular values included. Written anew by

    python tests/ue/golden/make.py

beside itself as `values.json`; a test checks that the file is what this script writes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import mpmath
from mpmath import mpf

TARGET = Path(__file__).with_name("values.json")
RIDGE = mpf(1) / 1000

Said = tuple[str, list[float]]


def probability(logs: Sequence[float]) -> Any:
    """Of a whole response: the product over its tokens."""
    found = mpf(1)
    for log in logs:
        found *= mpmath.exp(mpf(log))
    return found


def pro(samples: Sequence[Said], alpha: float, distinct: bool) -> Any:
    """arXiv 2511.07694: -log p_K - sum over i <= K of p_i log(p_i / p_K), of the p_i of at least alpha."""
    of_text: dict[Any, list[Any]] = {}
    for at, (text, logs) in enumerate(samples):
        of_text.setdefault(text if distinct else at, []).append(probability(logs))
    ordered = sorted((sum(found) / len(found) for found in of_text.values()), reverse=True)
    kept = [p for p in ordered if p >= mpf(alpha)] or ordered[:1]
    return -mpmath.log(kept[-1]) - sum(p * mpmath.log(p / kept[-1]) for p in kept)


def embedding_eigen(vectors: Sequence[Sequence[float]]) -> Any:
    """arXiv 2512.04351: mean log10 of the singular values of cov + 0.001 I, dimensions as observations, ddof 1."""
    rows = [[mpf(x) for x in vector] for vector in vectors]
    size, d = len(rows), len(rows[0])
    centred = [[x - sum(row) / d for x in row] for row in rows]
    covariance = mpmath.matrix(size, size)
    for i in range(size):
        for j in range(size):
            covariance[i, j] = sum(a * b for a, b in zip(centred[i], centred[j], strict=True)) / (d - 1)
        covariance[i, i] += RIDGE
    singular = mpmath.svd_r(covariance, compute_uv=False)
    return sum(mpmath.log10(one) for one in singular) / size


def radial_dispersion(vectors: Sequence[Sequence[float]], weights: Sequence[Any] | None) -> Any:
    """arXiv 2512.04351: L1 distances from the mean, summed; with weights, each counts by its share in both."""
    size, d = len(vectors), len(vectors[0])
    shares = [mpf(1) / size] * size if weights is None else [w / sum(weights) for w in weights]
    mean = [sum(s * mpf(v[at]) for s, v in zip(shares, vectors, strict=True)) for at in range(d)]
    distances = [sum(abs(mpf(x) - m) for x, m in zip(vector, mean, strict=True)) for vector in vectors]
    counted = [mpf(1)] * size if weights is None else shares
    return sum(c * distance for c, distance in zip(counted, distances, strict=True))


def cases() -> list[dict[str, Any]]:
    """Made-up samples and vectors with every value, as JSON."""
    rng = Random(16)
    found = []
    for n_samples in (2, 3, 5, 10, 10, 10):
        texts = [f"answer {at}" for at in range(3)]
        said = [
            (rng.choice(texts), [-rng.expovariate(4) for _ in range(rng.randint(1, 4))])
            for _ in range(n_samples)
        ]
        directions = {text: [rng.gauss(0, 1) for _ in range(16)] for text in texts}
        vectors = [
            [x / math.sqrt(sum(y * y for y in directions[text])) for x in directions[text]]
            for text, _ in said
        ]
        values = {
            "pro": pro(said, 0.4, distinct=True),
            "pro(alpha=0.1)": pro(said, 0.1, distinct=True),
            "pro(responses=all)": pro(said, 0.4, distinct=False),
            "embedding_eigen": embedding_eigen(vectors),
            "radial_dispersion": radial_dispersion(vectors, None),
            "radial_dispersion(weights=probability)": radial_dispersion(
                vectors, [probability(logs) for _, logs in said]
            ),
        }
        as_text = {name: mpmath.nstr(value, 25) for name, value in values.items()}
        found.append({"samples": said, "vectors": vectors, "values": as_text})
    return found


def as_json() -> str:
    with mpmath.workdps(50):
        return json.dumps(cases(), indent=1) + "\n"


if __name__ == "__main__":
    TARGET.write_text(as_json(), encoding="utf-8")
