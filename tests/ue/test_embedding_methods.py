"""`embedding_eigen` and `radial_dispersion` against numpy's own covariance and a count of distances; and, with `pro`,
against golden values."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ue.golden import make

from vqa_canary.ue.configured import methods_of
from vqa_canary.ue.embedded_samples import in_one_order
from vqa_canary.ue.embedding_eigen import embedding_eigen
from vqa_canary.ue.radial_dispersion import radial_dispersion
from vqa_canary.ue.registration import METHODS, Undefined

GOLDEN: list[dict[str, Any]] = json.loads(make.TARGET.read_text(encoding="utf-8"))
NAMED: dict[str, Any] = {
    "pro": "pro",
    "pro(alpha=0.1)": {"pro": {"alpha": 0.1}},
    "pro(responses=all)": {"pro": {"responses": "all"}},
    "embedding_eigen": "embedding_eigen",
    "radial_dispersion": "radial_dispersion",
    "radial_dispersion(weights=probability)": {"radial_dispersion": {"weights": "probability"}},
}
numbers = st.integers(0, 2**32 - 1)


def unit_vectors(seed: int, n_distinct: int, n_samples: int, d: int) -> np.ndarray:
    """Vectors of samples, of which several may say the same: shape (n_samples, d)."""
    rng = np.random.default_rng(seed)
    distinct = rng.normal(size=(n_distinct, d))
    distinct /= np.linalg.norm(distinct, axis=1, keepdims=True)
    return np.asarray(distinct[rng.integers(n_distinct, size=n_samples)])


def structs(logs: Sequence[tuple[float, ...]]) -> np.ndarray:
    return np.array([{"text": "?", "choice": None, "token_logprobs": one} for one in logs], object)


def no_samples(vectors: np.ndarray) -> np.ndarray:
    return structs([()] * len(vectors))


made = st.builds(unit_vectors, numbers, st.integers(1, 6), st.integers(2, 12), st.integers(2, 40))


def test_the_golden_file_is_what_its_script_writes() -> None:
    assert make.TARGET.read_text(encoding="utf-8") == make.as_json()
    assert {name for case in GOLDEN for name in case["values"]} == NAMED.keys()


@pytest.mark.parametrize("name", NAMED)
def test_golden_values(name: str) -> None:
    [method] = methods_of([NAMED[name]])
    assert method.name == name
    assert len(GOLDEN) > 4
    for case in GOLDEN:
        samples = [{"text": text, "choice": None, "token_logprobs": logs} for text, logs in case["samples"]]
        given = {"samples": np.array([samples], object), "sample_embeddings": np.array([case["vectors"]])}
        [found] = method(**{need: given[need] for need in method.needs})
        assert found == pytest.approx(float(case["values"][name]), rel=1e-12, abs=1e-12)


@given(made)
def test_embedding_eigen_is_the_mean_log_of_singular_values(vectors: np.ndarray) -> None:
    covariance = np.cov(vectors, ddof=1) + 0.001 * np.eye(len(vectors))
    singular = np.linalg.svd(covariance, compute_uv=False)
    found = embedding_eigen(vectors)
    assert found == pytest.approx(np.log10(singular).mean(), abs=1e-9)
    assert METHODS["embedding_eigen"].lower <= found <= METHODS["embedding_eigen"].upper + 1e-12


@given(made)
def test_radial_dispersion_is_the_sum_of_distances(vectors: np.ndarray) -> None:
    centre = vectors.mean(axis=0)
    distances = [math.fsum(abs(x - c) for x, c in zip(vector, centre, strict=True)) for vector in vectors]
    found = radial_dispersion(no_samples(vectors), vectors)
    assert found == pytest.approx(math.fsum(distances), abs=1e-9)
    assert 0 <= found <= len(vectors) * math.sqrt(vectors.shape[1])


@given(made, numbers)
def test_weights_count_a_sample_as_often_as_it_is_likely(vectors: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    logs = [tuple(-rng.exponential(size=2)) for _ in vectors]
    p = np.array([math.exp(sum(one)) for one in logs])
    centre = np.average(vectors, axis=0, weights=p)
    expected = np.average(np.abs(vectors - centre).sum(axis=1), weights=p)
    found = radial_dispersion(structs(logs), vectors, weights="probability")
    assert found == pytest.approx(expected, abs=1e-9)
    assert 0 <= found <= math.sqrt(vectors.shape[1])
    alike = radial_dispersion(structs([(-0.5,)] * len(vectors)), vectors, weights="probability")
    plain = radial_dispersion(no_samples(vectors), vectors)
    assert alike * len(vectors) == pytest.approx(float(plain), abs=1e-9)


@pytest.mark.parametrize("weights", ["none", "probability"])
@given(vectors=made, seed=numbers, random=st.randoms(use_true_random=False))
def test_the_order_of_samples_does_not_count(
    weights: Literal["none", "probability"], vectors: np.ndarray, seed: int, random: Random
) -> None:
    """To the last digit: questions with the same answers stay tied."""
    logs = [(-x,) for x in np.random.default_rng(seed).exponential(size=len(vectors))]
    order = random.sample(range(len(vectors)), len(vectors))
    again, weighed = vectors[order], structs([logs[at] for at in order])
    assert embedding_eigen(again) == embedding_eigen(vectors)
    assert radial_dispersion(weighed, again, weights=weights) == radial_dispersion(
        structs(logs), vectors, weights=weights
    )


@given(numbers, st.integers(2, 12), st.integers(2, 40))
def test_samples_that_say_the_same_are_the_most_certain(seed: int, n_samples: int, d: int) -> None:
    same, other = unit_vectors(seed, 1, n_samples, d), unit_vectors(seed, 2, n_samples, d)
    assert radial_dispersion(no_samples(same), same) == 0
    assert radial_dispersion(structs([(-1.0,)] * n_samples), same, weights="probability") == 0
    variance = same[0].var(ddof=1)
    expected = (-3 * (n_samples - 1) + math.log10(n_samples * variance + 0.001)) / n_samples
    assert embedding_eigen(same) == pytest.approx(expected, abs=1e-9)
    if not (other == other[0]).all():
        assert radial_dispersion(no_samples(other), other) > 0


@given(numbers, st.integers(4, 10))
def test_a_further_answer_that_is_given_more_often_spreads_more(seed: int, n_samples: int) -> None:
    """As long as it is the rarer one: k of n samples elsewhere."""
    one, two = unit_vectors(seed, 1, 1, 16)[0], unit_vectors(seed + 1, 1, 1, 16)[0]
    spreads = []
    for k in range(n_samples // 2 + 1):
        vectors = np.array([two] * k + [one] * (n_samples - k))
        spreads.append(
            (float(embedding_eigen(vectors)), float(radial_dispersion(no_samples(vectors), vectors)))
        )
    assert [radial for _, radial in spreads] == sorted(radial for _, radial in spreads)
    assert min(eigen for eigen, _ in spreads[1:]) > spreads[0][0] - 1e-9


@pytest.mark.parametrize(
    "method",
    [
        embedding_eigen,
        lambda v: radial_dispersion(no_samples(v), v),
        lambda v: radial_dispersion(structs([(-1.0,)] * len(v)), v, weights="probability"),
    ],
)
def test_one_sample_cannot_disagree(method: Callable[[np.ndarray], Any]) -> None:
    with pytest.raises(Undefined, match="two samples"):
        method(np.array([[0.6, 0.8]]))


def test_what_is_undefined_says_so() -> None:
    with pytest.raises(Undefined, match="vectors of one number"):
        embedding_eigen(np.array([[1.0], [1.0]]))
    vectors = np.eye(2)
    assert (
        radial_dispersion(no_samples(vectors), vectors) == 2
    )  # without weights no log-probabilities are needed
    with pytest.raises(Undefined, match="no log-probabilities of its tokens"):
        radial_dispersion(no_samples(vectors), vectors, weights="probability")


@given(numbers, st.integers(1, 6), st.integers(1, 5))
def test_vectors_are_put_in_one_order(seed: int, n_samples: int, d: int) -> None:
    rng = np.random.default_rng(seed)
    vectors = rng.integers(-1, 2, size=(3, n_samples, d)) * rng.choice([1.0, -1.0])  # with 0.0 and -0.0
    mixed = np.stack([row[rng.permutation(n_samples)] for row in vectors])
    assert in_one_order(mixed).tobytes() == in_one_order(vectors).tobytes()
    assert sorted(map(tuple, in_one_order(vectors)[0])) == sorted(map(tuple, vectors[0] + 0.0))
