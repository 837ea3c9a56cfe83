"""Conformal prediction sets: how strange each option is (LAC, APS), and from which score on it is left out.

A conformal set holds every option whose score is at most a quantile of the scores that right answers got in
calibration. It then holds the right answer with at least the target probability, however bad the model is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.statistics.clusters import number

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_ROUNDING = 1e-12


def lac_scores(probabilities: ArrayLike) -> NDArray[np.float64]:
    """The LAC score of each option, 1 - p: shape (n, K) to shape (n, K), from 0 to 1.

    LAC stands for "least ambiguous set-valued classifier": among sets with the promised coverage these are smallest.

    Examples
    --------
    >>> lac_scores([[0.75, 0.25, 0.0]])
    array([[0.25, 0.75, 1.  ]])

    References
    ----------
    Sadinle, Lei & Wasserman (2019), Least Ambiguous Set-Valued Classifiers with Bounded Error Levels.
    """
    return np.asarray(1 - np.asarray(probabilities, np.float64))


def aps_scores(probabilities: ArrayLike, uniform: ArrayLike | None = None) -> NDArray[np.float64]:
    r"""The APS score ("adaptive prediction sets"): probability of all likelier options, and a part U of its own.

    .. math:: s_k = \sum_{j \text{ before } k} p_j + U p_k

    Options that tie stand in the order of their index.

    Parameters
    ----------
    probabilities : shape (n, K), NaN where there is no option
    uniform : shape (n,), U of each question, from 0 to 1; without it U = 1: no chance, and larger sets

    Returns
    -------
    shape (n, K), from 0 to 1

    Examples
    --------
    >>> aps_scores([[0.25, 0.75, 0.0]])
    array([[1.  , 0.75, 1.  ]])
    >>> aps_scores([[0.25, 0.75, 0.0]], uniform=[0.5])
    array([[0.875, 0.375, 1.   ]])

    References
    ----------
    Romano, Sesia & Candes (2020), Classification with Valid and Adaptive Coverage, section 2.
    """
    p = np.nan_to_num(np.asarray(probabilities, np.float64), nan=-1.0)  # options that are none go last
    u = np.ones(len(p)) if uniform is None else np.asarray(uniform, np.float64)
    order = np.argsort(-p, axis=1, kind="stable")
    ranked = np.maximum(np.take_along_axis(p, order, axis=1), 0.0)
    scores = np.empty_like(p)
    np.put_along_axis(scores, order, np.cumsum(ranked, axis=1) - ranked + u[:, None] * ranked, axis=1)
    return scores


def image_weights(images: ArrayLike) -> NDArray[np.float64]:
    r"""Weight of each calibration question where images count alike: :math:`1 / ((G + 1) n_g)`, shape (n,).

    G is the number of images and n_g the number of questions about the image. The weights add up to G / (G + 1): the
    rest stands for the image that is still to come, whose score nobody knows.

    Examples
    --------
    >>> image_weights(["a", "a", "b"])
    array([0.16666667, 0.16666667, 0.33333333])

    References
    ----------
    Lee, Barber & Willett (2023), Distribution-Free Inference with Hierarchical Data (arXiv 2306.06342), HCP; Dunn,
    Wasserman & Ramdas (2022), Distribution-Free Prediction Sets for Two-Layer Hierarchical Models.
    """
    codes, g = number(images)
    return np.asarray(1 / ((g + 1) * np.bincount(codes, minlength=g)[codes]))


def conformal_quantile(scores: ArrayLike, weights: ArrayLike, target: float) -> float:
    """Smallest score up to which the weights reach `target`; infinite if all of them together do not.

    Weights of 1 / (n + 1) give the usual split-conformal quantile, the ceil((n + 1) target)-th smallest.

    Examples
    --------
    >>> conformal_quantile([0.1, 0.4, 0.2, 0.3], weights=[1 / 5] * 4, target=0.75)  # the ceil(3.75) = 4th smallest
    0.4
    >>> conformal_quantile([0.1, 0.4, 0.2, 0.3], weights=[1 / 5] * 4, target=0.9)
    inf

    References
    ----------
    Vovk, Gammerman & Shafer (2005), Algorithmic Learning in a Random World; with weights: Tibshirani et al.
    (2019), Conformal Prediction under Covariate Shift.
    """
    s, w = np.asarray(scores, np.float64), np.asarray(weights, np.float64)
    order = np.argsort(s, kind="stable")
    reached = np.cumsum(w[order]) >= target - _ROUNDING
    return float(s[order][reached.argmax()]) if reached.any() else float("inf")
