"""Logistic regression against scikit-learn, its image-robust covariance against the definition."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from tests.made_up_answers import MakeAnswers

from vqa_canary.estimate import Undefined
from vqa_canary.statistics.logistic import fit_logistic, image_covariance, log_likelihood

Data = tuple[np.ndarray, np.ndarray, np.ndarray]


@pytest.fixture
def data(answers: MakeAnswers) -> Data:
    found = answers(np.random.default_rng(0), 60)
    other = np.random.default_rng(1).normal(size=(len(found.wrong), 2))
    design = np.column_stack([np.ones(len(other)), found.uncertainty, other])
    return design, found.wrong.astype(float), found.images


def test_coefficients_against_scikit_learn(data: Data) -> None:
    design, events, _ = data
    oracle = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-10, max_iter=1000)
    assert fit_logistic(design, events) == pytest.approx(oracle.fit(design, events).coef_[0], abs=1e-6)


def test_the_sandwich_against_its_definition(data: Data) -> None:
    design, events, images = data
    beta = fit_logistic(design, events)
    p = 1 / (1 + np.exp(-design @ beta))
    width = design.shape[1]
    hessian, meat = np.zeros((width, width)), np.zeros((width, width))
    for row, chance in zip(design, p, strict=True):
        hessian += chance * (1 - chance) * np.outer(row, row)
    for image in set(images):
        score = sum((events[i] - p[i]) * design[i] for i in np.flatnonzero(images == image))
        meat += np.outer(score, score)
    inverse = np.linalg.inv(hessian)
    expected = inverse @ meat @ inverse * 60 / 59 * (len(events) - 1) / (len(events) - width)
    assert image_covariance(design, events, beta, images) == pytest.approx(expected, rel=1e-8)


def test_each_item_its_own_image_is_the_variance_of_single_items(data: Data) -> None:
    """With one constant column the sandwich is 1 / (n p(1 - p)), times n/(n - 1)."""
    _, events, _ = data
    n, p = len(events), events.mean()
    constant = np.ones((n, 1))
    beta = fit_logistic(constant, events)
    assert beta[0] == pytest.approx(np.log(p / (1 - p)))
    found = image_covariance(constant, events, beta, np.arange(n))
    assert found[0, 0] == pytest.approx(1 / (p * (1 - p)) / (n - 1))
    assert log_likelihood(constant @ beta, events).mean() == pytest.approx(
        p * np.log(p) + (1 - p) * np.log(1 - p)
    )


@pytest.mark.parametrize("some", [False, True], ids=["complete", "quasi"])
def test_separation_has_no_finite_fit(data: Data, some: bool) -> None:
    design, events, _ = data
    column = np.where(np.arange(len(events)) % 3 == 0, events, 0) if some else events
    with pytest.raises(Undefined, match="no finite logistic fit"):
        fit_logistic(np.column_stack([design, column]), events)


def test_columns_that_depend_on_each_other_are_refused(data: Data) -> None:
    design, events, _ = data
    with pytest.raises(Undefined, match="no finite logistic fit"):
        fit_logistic(np.column_stack([np.zeros(len(events)), design]), events)
