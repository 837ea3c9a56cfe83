"""Student's t against `scipy.stats`."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from vqa_canary.statistics.student import chance_above, exceeded_by


@pytest.mark.parametrize("df", [1, 4, 59, 500])
def test_it_is_the_distribution_of_scipy_stats(df: int) -> None:
    for alpha in (0.001, 0.025, 0.5):
        assert exceeded_by(alpha, df) == pytest.approx(stats.t.isf(alpha, df), rel=1e-12, abs=1e-15)
    for t in (-3.0, 0.0, 2.5, np.inf):
        assert chance_above(t, df) == pytest.approx(stats.t.sf(t, df), rel=1e-12)
    assert np.isnan(chance_above(np.nan, df))
