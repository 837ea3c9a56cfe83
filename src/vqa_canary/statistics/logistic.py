"""Logistic regression with standard errors over images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from vqa_canary.estimate import Undefined
from vqa_canary.statistics.clusters import number

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

MAX_STEPS = 25
"""Newton steps; a fit that exists needs fewer than ten."""
_CONVERGED = 1e-8
"""Largest last step of a coefficient; also the loss of likelihood that counts as rounding."""


def fit_logistic(design: NDArray[np.float64], events: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Maximum-likelihood coefficients, unpenalised, by Newton's method with halved steps.

    .. math:: \max_\beta \sum_i y_i \eta_i - \log(1 + e^{\eta_i}), \quad \eta = X \beta

    Where the columns tell events from non-events without error (separation) the maximum lies at
    infinity: every Newton step then moves on by about one, and never gets small.

    Parameters
    ----------
    design : shape (n, p), columns of comparable size; a constant is one of them if it is wanted
    events : shape (n,), 1 or 0; a number between both counts as so much of an event and the rest of none

    Raises
    ------
    Undefined : no finite maximum is reached in 25 steps, or the columns depend on each other

    Examples
    --------
    A constant and an indicator give the log-odds of both groups: of 1 in 4, and from there to those of 3 in 4.

    >>> design = np.column_stack([np.ones(8), [0] * 4 + [1] * 4])
    >>> fit_logistic(design, np.array([0, 0, 0, 1, 0, 1, 1, 1])).round(3)  # the logarithms of 1/3 and of 9
    array([-1.099,  2.197])
    >>> fit_logistic(design, np.array([0, 0, 0, 0, 1, 1, 1, 1]))
    Traceback (most recent call last):
    vqa_canary.estimate.Undefined: no finite logistic fit: some covariates tell events from the rest without error

    References
    ----------
    Albert & Anderson (1984), On the Existence of Maximum Likelihood Estimates in Logistic
    Regression Models.
    """
    beta = np.zeros(design.shape[1])
    now = log_likelihood(design @ beta, events).sum()
    for _ in range(MAX_STEPS):
        p = expit(design @ beta)
        try:
            step = np.linalg.solve(_information(design, p), design.T @ (events - p))
        except np.linalg.LinAlgError as error:
            raise Undefined("no finite logistic fit: its columns depend on each other") from error
        # A full step may overshoot where the curvature changes fast; half of it, and so on, always climbs.
        while (after := log_likelihood(design @ (beta + step), events).sum()) < now - _CONVERGED:
            step = step / 2
        beta, now = beta + step, after
        if np.abs(step).max() < _CONVERGED:
            return beta
    raise Undefined("no finite logistic fit: some covariates tell events from the rest without error")


def image_covariance(
    design: NDArray[np.float64], events: NDArray[np.float64], beta: NDArray[np.float64], images: ArrayLike
) -> NDArray[np.float64]:
    r"""Covariance of the coefficients when the items of an image depend on each other: the sandwich.

    .. math:: V = H^{-1} \Big( \frac{G}{G-1} \frac{n-1}{n-p} \sum_g s_g s_g^\top \Big) H^{-1}, \quad
              s_g = \sum_{i \in g} (y_i - p_i) x_i, \quad H = \sum_i p_i (1 - p_i) x_i x_i^\top

    Parameters
    ----------
    design, events, beta : as in `fit_logistic`
    images : shape (n,), image of each item; two or more, and more items than columns

    Returns
    -------
    shape (p, p)

    Examples
    --------
    The log-odds of 5 events in 10 have the variance 1 / (10 x 0.25) = 0.4; with one item an image, the sandwich adds
    the factor 10 / 9. If the items of an image are always equal, five images carry the information of five items.

    >>> constant, events = np.ones((10, 1)), np.array([0, 0, 1, 1, 0, 0, 1, 1, 0, 1.0])
    >>> image_covariance(constant, events, np.zeros(1), images=range(10)).round(3)
    array([[0.444]])
    >>> image_covariance(constant, events, np.zeros(1), images=[0, 0, 1, 1, 2, 2, 3, 3, 4, 4]).round(3)
    array([[0.8]])

    References
    ----------
    Liang & Zeger (1986), Longitudinal Data Analysis Using Generalized Linear Models;
    the factor before the sum: Cameron & Miller (2015), A Practitioner's Guide to Cluster-Robust Inference.
    """
    codes, n_images = number(images)
    p = expit(design @ beta)
    scores = np.zeros((n_images, design.shape[1]))
    np.add.at(scores, codes, (events - p)[:, None] * design)
    bread = np.linalg.inv(_information(design, p))
    # With few images the raw sandwich is too small: this is the correction that Stata and statsmodels make, too.
    few = n_images / (n_images - 1) * (len(p) - 1) / (len(p) - len(beta))
    return np.asarray(bread @ (scores.T @ scores * few) @ bread)


def log_likelihood(eta: NDArray[np.float64], events: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-likelihood of each event, shape (n,), from its log-odds `eta`.

    Examples
    --------
    >>> log_likelihood(np.array([0.0, 0.0]), np.array([0.0, 1.0])).round(3)  # even odds: the logarithm of 1/2
    array([-0.693, -0.693])
    """
    return np.asarray(events * eta - np.logaddexp(0, eta))


def _information(design: NDArray[np.float64], p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Fisher information of the coefficients, shape (p, p): the sum of p (1 - p) x x'."""
    return np.asarray(design.T @ (design * (p * (1 - p))[:, None]))
