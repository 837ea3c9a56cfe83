"""What error remains when only the least uncertain answers are given: AURC, excess AURC, PRR."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.evaluation.clusters import count
from vqa_canary.evaluation.estimate import Estimate, Undefined, undefined
from vqa_canary.evaluation.jackknife import LOG, LOG_OF_REST, LOGIT, Levels, by_level, jackknife

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from vqa_canary.evaluation.jackknife import Metric


def aurc(uncertainty: ArrayLike, wrong: ArrayLike, clusters: ArrayLike) -> Estimate:
    r"""Area under the risk-coverage curve: mean error of the k least uncertain answers over all k.

    .. math:: AURC = \frac{1}{n} \sum_{k=1}^{n} \frac{1}{k} \sum_{i \le k} e_{(i)}

    Equal uncertainties: each error is replaced by the mean of its level, which is the expectation
    over all orders of the tied items. Log scale, t with (images with an error) - 1 df.

    Returns
    -------
    0 (no error) to 1 (nothing but errors); no interval with fewer than 5 images with an error

    References
    ----------
    Geifman, Uziel & El-Yaniv (2019), Bias-Reduced Uncertainty Estimation for Deep Neural
    Classifiers, section 3.
    """

    def make(levels: Levels) -> Estimate:
        return jackknife(levels, area(levels.n), LOG, levels.wrong_images - 1)

    return _estimate(make, uncertainty, wrong, clusters)


def excess_aurc(uncertainty: ArrayLike, wrong: ArrayLike, clusters: ArrayLike) -> Estimate:
    """AURC above that of the best possible order, which puts all errors last.

    Returns
    -------
    0 (best order) upwards, below 1; null with one class only or fewer than 5 images on a side

    References
    ----------
    Geifman, Uziel & El-Yaniv (2019), section 3 ("E-AURC"); the optimum is exact here.
    """

    def make(levels: Levels) -> Estimate:
        df = levels.df
        total, best = area(levels.n), optimum(levels.n)
        return jackknife(levels, lambda w, r: total(w, r) - best(w, r), LOG, df)

    return _estimate(make, uncertainty, wrong, clusters)


def prr(uncertainty: ArrayLike, wrong: ArrayLike, clusters: ArrayLike) -> Estimate:
    r"""Prediction rejection ratio: how far the order goes from a random one to the best.

    .. math:: PRR = \frac{r - AURC}{r - AURC^*}

    with r the error rate (the expected AURC of a random order) and AURC* that of the best order.

    Returns
    -------
    1 (best order), 0 (random), below 0 (worse); null with one class only or fewer than 5 images on
    a side

    References
    ----------
    Malinin & Gales (2021), Uncertainty Estimation in Autoregressive Structured Prediction; in this
    form: Vashurin et al. (2025), Benchmarking Uncertainty Quantification Methods for LLMs with
    LM-Polygraph, with rejection up to 100 %.
    """

    def make(levels: Levels) -> Estimate:
        df = levels.df
        total, best = area(levels.n), optimum(levels.n)

        def ratio(wrong: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.float64]:
            risk = wrong.sum(axis=-1) / (wrong + right).sum(axis=-1)
            return np.asarray((risk - total(wrong, right)) / (risk - best(wrong, right)))

        return jackknife(levels, ratio, LOG_OF_REST, df)

    return _estimate(make, uncertainty, wrong, clusters)


def caught(uncertainty: ArrayLike, wrong: ArrayLike, clusters: ArrayLike, share: float = 0.2) -> Estimate:
    """Share of the wrong items among the `share` most uncertain; a tie at the edge counts in part.

    Returns
    -------
    0 to 1, `share` in expectation if the order is random; null as `prr`
    """

    def make(levels: Levels) -> Estimate:
        df = levels.df

        def part(wrong: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.float64]:
            down_wrong, down = wrong[..., ::-1], (wrong + right)[..., ::-1]
            room = share * down.sum(axis=-1, keepdims=True) - (down.cumsum(axis=-1) - down)
            taken = np.clip(room / np.maximum(down, 1), 0, 1)
            return np.asarray((down_wrong * taken).sum(axis=-1) / wrong.sum(axis=-1))

        return jackknife(levels, part, LOGIT, df)

    return _estimate(make, uncertainty, wrong, clusters)


def area(n: int) -> Metric:
    r"""AURC from counts by level, for at most `n` items.

    Within a level of s items and e errors that begins after K items and C errors, the k-th risk is
    (C + j e/s)/(K + j), and over j = 1..s these sum to e + (C - K e/s)(H(K+s) - H(K)), with the
    harmonic numbers H.
    """
    harmonic = _harmonic(n)

    def metric(wrong: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.float64]:
        items = wrong + right
        after, errors = items.cumsum(axis=-1), wrong.cumsum(axis=-1)
        rate = wrong / np.maximum(items, 1)
        lead = (errors - wrong) - rate * (after - items)
        risk = wrong + lead * (harmonic[after] - harmonic[after - items])
        return np.asarray(risk.sum(axis=-1) / after[..., -1])

    return metric


def optimum(n: int) -> Metric:
    """AURC of the order that puts all errors last, from counts by level, for at most `n` items."""
    harmonic = _harmonic(n)

    def metric(wrong: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.float64]:
        n_wrong, n_right = wrong.sum(axis=-1), right.sum(axis=-1)
        total = n_wrong + n_right
        return np.asarray((n_wrong - n_right * (harmonic[total] - harmonic[n_right])) / total)

    return metric


def _harmonic(n: int) -> NDArray[np.float64]:
    return np.concatenate([[0.0], np.cumsum(1 / np.arange(1, n + 1))])


def _estimate(
    make: Callable[[Levels], Estimate], uncertainty: ArrayLike, wrong: ArrayLike, clusters: ArrayLike
) -> Estimate:
    try:
        return make(by_level(uncertainty, wrong, clusters))
    except Undefined as error:
        return undefined(str(error), len(np.asarray(wrong)), count(clusters))
