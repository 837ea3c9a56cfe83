"""Beyond the other models' accuracy: against a plain fit, and where it is undefined."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from tests.made_up_answers import MakeAnswers
from tests.optional import not_none

from vqa_canary.estimate import Undefined
from vqa_canary.evaluation.claims.beyond_others import AtRisk, beyond_others, others_right
from vqa_canary.statistics.logistic import image_covariance


@pytest.fixture
def items(answers: MakeAnswers) -> AtRisk:
    """Collapse knows uncertainty and the others' accuracy; the type `rare` has no collapse."""
    data = answers(np.random.default_rng(0), 80)
    rng = np.random.default_rng(1)
    n = len(data.wrong)
    others = np.round(rng.random(n) * 11) / 11
    collapse = data.uncertainty - others + rng.normal(size=n) > 0.2
    kind = np.where(rng.random(n) < 0.5, "organ", "side")
    kind[np.flatnonzero(~collapse)[:9]] = "rare"
    return AtRisk(
        uncertainty=data.uncertainty,
        collapse=collapse,
        others=others,
        n_options=rng.integers(3, 6, n).astype(float),
        question_type=kind,
        question_words=rng.integers(4, 12, n).astype(float),
        images=data.images,
    )


def test_slope_and_error_are_those_of_the_plain_regression(items: AtRisk) -> None:
    """Of raw columns, with an indicator for the less common of two types; a rare type joins the other."""
    u = (items.uncertainty - items.uncertainty.mean()) / items.uncertainty.std()
    fewer = min("organ", "side", key=lambda name: (items.question_type == name).sum())
    of_type = items.question_type == fewer
    columns = (u, items.others, items.others**2, items.n_options, items.question_words, of_type)
    plain = np.column_stack([np.ones(len(u)), *columns])
    fit = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-12, max_iter=10_000)
    beta = fit.fit(plain, items.collapse).coef_[0]
    found = beyond_others(items)
    assert found.slope == pytest.approx(beta[1], abs=1e-4)
    variance = image_covariance(plain, items.collapse.astype(float), beta, items.images)[1, 1]
    assert found.se == pytest.approx(np.sqrt(variance), rel=1e-3)
    sides = (len(set(items.images[side])) for side in (items.collapse, ~items.collapse))
    assert found.df == min(sides) - 1
    assert found.p_value < 0.001
    assert not_none(found.gain) > 0


def test_units_and_the_order_of_rows_do_not_matter(items: AtRisk) -> None:
    found = beyond_others(items)
    order = np.random.default_rng(2).permutation(len(items.images))
    mixed = AtRisk(*(getattr(items, name)[order] for name in AtRisk.__slots__))
    for other in (replace(items, uncertainty=3 * items.uncertainty + 7), mixed):
        again = beyond_others(other)
        assert again.p_value == pytest.approx(found.p_value, rel=1e-6)
        assert again.gain == pytest.approx(found.gain, abs=1e-9)


def test_two_other_models_do_not_bend_the_line(items: AtRisk) -> None:
    """Few items at the lowest share, all of which hold: a square would fit them without error."""
    few = (items.others < 0.1) & ~items.collapse
    three = np.where(few, 0.0, np.where(items.others < 0.5, 0.5, 1.0))
    assert beyond_others(replace(items, others=three)).p_value < 0.001


def test_a_column_twice_counts_once(items: AtRisk) -> None:
    twin = replace(items, n_options=items.question_words)
    alone = replace(items, n_options=np.full(len(items.images), 4.0))
    assert beyond_others(twin).slope == pytest.approx(beyond_others(alone).slope)


def test_others_leave_the_model_out_and_skip_what_is_missing() -> None:
    correct = np.array([[1.0, 0.0, np.nan], [1.0, 1.0, np.nan], [0.0, np.nan, 1.0]])
    expected = [[0.5, 1.0, 1.0], [0.5, 0.0, 1.0], [1.0, 0.5, np.nan]]
    assert others_right(correct) == pytest.approx(np.array(expected), nan_ok=True)


def test_what_cannot_be_asked_says_why(items: AtRisk) -> None:
    n = len(items.images)
    cases = [
        ({"collapse": np.arange(n) < 3}, "too few"),
        ({"others": np.full(n, np.nan)}, "no other model"),
        ({"others": np.full(n, 0.5)}, "right alike"),
        ({"uncertainty": items.question_words}, "does not vary beyond"),
        ({"uncertainty": np.full(n, 0.3)}, "does not vary beyond"),
        ({"uncertainty": items.collapse.astype(float)}, "no finite logistic fit"),
    ]
    for changes, reason in cases:
        with pytest.raises(Undefined, match=reason):
            beyond_others(replace(items, **changes))


def test_items_that_no_other_model_answered_are_left_out(items: AtRisk) -> None:
    some = np.arange(len(items.images)) % 10 == 0
    found = beyond_others(replace(items, others=np.where(some, np.nan, items.others)))
    assert found.n == (~some).sum()
