"""Which share of errors remains when only the least uncertain answers are given: AURC, excess AURC, PRR."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.statistics.jackknife import LOG, LOG_OF_REST, LOGIT, contrast, jackknife

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vqa_canary.estimate import Estimate
    from vqa_canary.statistics.jackknife import Counts, Levels


@dataclass(frozen=True, slots=True)
class RiskCoverage:
    """Areas under the risk-coverage curve: error rate (risk) among the least uncertain answers, over their share."""

    aurc: Estimate
    """The area itself: 0 (no error) to 1 (nothing but errors); no interval with fewer than 5 images with an error."""
    excess_aurc: Estimate
    """The area less that of the best order, which puts all errors last: 0 upwards, below 1."""
    prr: Estimate
    """Prediction rejection ratio: 1 (the best order), 0 (a random one), below 0 (a worse one)."""


def risk_coverages(levels: Levels) -> list[RiskCoverage]:
    r"""AURC, excess AURC and PRR with jackknife intervals over images, one a row of `levels`.

    .. math:: AURC = \frac{1}{n} \sum_{k=1}^{n} \frac{1}{k} \sum_{i \le k} e_{(i)}, \quad
              E\text{-}AURC = AURC - AURC^*, \quad PRR = \frac{r - AURC}{r - AURC^*}

    with errors e in order of uncertainty, AURC* of the best order, and r the error rate, which is
    the expected AURC of a random order. Equal uncertainties: each error is replaced by the mean of
    its level, the expectation over all orders of the tied items.

    Scales: log; for PRR the log of 1 - PRR. t with (images with an error) - 1 df for AURC, and with
    (images with an error, images with a right answer, the smaller) - 1 df for the others, which are
    null with one class only or fewer than 5 images on a side.

    Parameters
    ----------
    levels : the items by uncertainty

    Examples
    --------
    From the least uncertain: right, wrong, right, wrong, and so on. The risks among the first 1, 2, ..., 10 answers are
    0, 1/2, 1/3, 2/4, 2/5, 3/6, ...: their mean is 0.411. In the best order it would be 0.177, in a random one 0.5.

    >>> from vqa_canary.statistics.jackknife import by_level
    >>> (found,) = risk_coverages(by_level(range(10), [0, 1] * 5, range(10)))
    >>> round(found.aurc.value, 3), round(found.excess_aurc.value, 3)
    (0.411, 0.233)
    >>> round(found.prr.value, 3)  # (0.5 - 0.411) / (0.5 - 0.177)
    0.277
    >>> risk_coverages(by_level([1, 2], [0, 0], ["a", "b"]))[0].prr
    - (n = 2, 2 images; one class only: no wrong answer)

    References
    ----------
    Geifman, Uziel & El-Yaniv (2019), Bias-Reduced Uncertainty Estimation for Deep Neural
    Classifiers (AURC, E-AURC; the optimum is exact here); PRR: Malinin & Gales (2021), Uncertainty
    Estimation in Autoregressive Structured Prediction, in the form of Vashurin et al. (2025),
    Benchmarking Uncertainty Quantification Methods for LLMs with LM-Polygraph, rejection to 100 %.
    """
    (curve, best, risk), (curves, bests, risks) = _areas(levels.counts), _areas(levels.counts_without)
    # NaN arises where one image has all the errors, so that there are none without it: then there is no interval.
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio, ratios = (risk - curve) / (risk - best), (risks - curves) / (risks - bests)
    columns = (
        jackknife(levels, curve, curves, LOG, levels.wrong_images - 1),
        contrast(levels, curve - best, curves - bests, LOG),
        contrast(levels, ratio, ratios, LOG_OF_REST),
    )
    return [RiskCoverage(*row) for row in zip(*columns, strict=True)]


def risk_coverage(levels: Levels) -> RiskCoverage:
    """`risk_coverages` of one row.

    Examples
    --------
    >>> from vqa_canary.statistics.jackknife import by_level
    >>> risk_coverage(by_level([1, 2, 3], [0, 0, 1], range(3))).aurc  # the risks are 0, 0 and 1/3
    0.111 (n = 3, 3 images; no interval: fewer than 5 images with an error)
    """
    (found,) = risk_coverages(levels)
    return found


def caught(levels: Levels, share: float = 0.2) -> Estimate:
    """`caught_of_rows` of one row.

    Examples
    --------
    >>> from vqa_canary.statistics.jackknife import by_level
    >>> caught(by_level(range(10), [0] * 5 + [1] * 5, range(10))).value  # two of five
    0.4
    """
    (found,) = caught_of_rows(levels, share)
    return found


def caught_of_rows(levels: Levels, share: float = 0.2) -> list[Estimate]:
    """Share of the wrong items among the `share` most uncertain, one a row; a tie at the edge counts in part.

    Returns
    -------
    0 to 1, `share` in expectation if the order is random; null with one class only or fewer than 5
    images on a side

    Examples
    --------
    The most uncertain fifth of these 20 items holds 3 of 6 wrong ones.

    >>> from vqa_canary.statistics.jackknife import by_level
    >>> wrong = [0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 1]
    >>> caught_of_rows(by_level(range(20), wrong, range(20)), share=0.2)
    [0.500 (95 %: 0.077 to 0.923; n = 20, 20 images)]
    """
    return contrast(levels, _part(levels.counts, share), _part(levels.counts_without, share), LOGIT)


def _areas(counts: Counts) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """AURC, that of the best order, and the error rate, each of shape (...,).

    Within a level of s items and e errors that begins after K items and C errors, the j-th risk is
    (C + j e/s)/(K + j), and over j = 1..s these sum to e + (C - K e/s)(H(K+s) - H(K)), with the
    harmonic numbers H. The best order has the risks j/(N + j) at its end, after N right answers.
    """
    # In place where it can be: these arrays are the largest of a study, and each new one costs as much as a sum.
    wrong, right = counts
    items = wrong + right
    after, errors = items.cumsum(axis=-1), wrong.cumsum(axis=-1)
    n, n_wrong = after[..., -1], errors[..., -1].copy()
    before = after - items
    errors -= wrong
    lead = wrong / np.maximum(items, 1, out=items)
    lead *= before
    np.subtract(errors, lead, out=lead)
    harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, n.max(initial=0) + 1))])
    up_to = harmonic.take(after)
    lead[..., 0] *= up_to[..., 0]  # what is before a level is after the one below it, and nothing is H(0) = 0
    lead[..., 1:] *= up_to[..., 1:] - up_to[..., :-1]
    lead += wrong
    total = lead.sum(axis=-1)
    best = n_wrong - (n - n_wrong) * (harmonic[n] - harmonic[n - n_wrong])
    with np.errstate(divide="ignore", invalid="ignore"):
        return total / n, best / n, n_wrong / n


def _part(counts: Counts, share: float) -> NDArray[np.float64]:
    """Share of the wrong items that are taken when levels are taken from the top until `share` of all items are."""
    wrong, items = counts[0][..., ::-1], (counts[0] + counts[1])[..., ::-1]
    room = share * items.sum(axis=-1, keepdims=True) - (items.cumsum(axis=-1) - items)
    taken = np.clip(room / np.maximum(items, 1), 0, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((wrong * taken).sum(axis=-1) / wrong.sum(axis=-1))
