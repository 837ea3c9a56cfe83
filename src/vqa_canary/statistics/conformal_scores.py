"""How strange an option is (LAC, APS), and from where on it is left out of a conformal set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.statistics.clusters import number

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_ROUNDING = 1e-12


def lac_scores(probabilities: ArrayLike) -> NDArray[np.float64]:
    """1 - p of each option: shape (n, K) to shape (n, K), from 0 to 1.

    References
    ----------
    Sadinle, Lei & Wasserman (2019), Least Ambiguous Set-Valued Classifiers with Bounded Error Levels.
    """
    return np.asarray(1 - np.asarray(probabilities, np.float64))


def aps_scores(probabilities: ArrayLike, uniform: ArrayLike | None = None) -> NDArray[np.float64]:
    r"""Probability of the options before this one, the likeliest first, and a part of its own.

    .. math:: s_k = \sum_{j \text{ before } k} p_j + U p_k

    Options that tie stand in the order of their index.

    Parameters
    ----------
    probabilities : shape (n, K), NaN where there is no option
    uniform : shape (n,), U of each question, from 0 to 1; without it U = 1: no chance, and larger sets

    Returns
    -------
    shape (n, K), from 0 to 1

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
    """
    s, w = np.asarray(scores, np.float64), np.asarray(weights, np.float64)
    order = np.argsort(s, kind="stable")
    reached = np.cumsum(w[order]) >= target - _ROUNDING
    return float(s[order][reached.argmax()]) if reached.any() else float("inf")
