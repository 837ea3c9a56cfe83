"""What a policy does with questions, counted by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.monitoring.conftest import POLICY, grid

from vqa_canary.errors import BadInput
from vqa_canary.monitoring.observing import (
    answers_fingerprint,
    asked_fingerprint,
    counts,
    joined_images,
    labels_fingerprint,
    observe,
    watched_images,
)


def test_answered_where_uncertainty_is_known_and_at_most_the_threshold() -> None:
    u = np.array([0.1, 0.5, 0.500001, np.nan, 0.2, 0.9])
    correct = np.array([1.0, 0.0, 1.0, 1.0, 0.0, 0.0])
    made = grid(n_images=2, margin=u, correct=correct)
    seen = observe(made, POLICY, ())
    assert seen["answered"].tolist() == [True, True, False, False, True, False]
    assert seen["image"].tolist() == ["gg00000"] * 3 + ["gg00001"] * 3
    found = counts(seen)
    assert (found.questions, found.images, found.answered, found.escalated, found.failed) == (6, 2, 3, 3, 0)
    images = {one.image: one for one in watched_images(seen, joined_images(made), 7, labelled=True)}
    assert (images["gg00000"].answered, images["gg00000"].wrong) == (2, 1)
    assert (images["gg00001"].answered, images["gg00001"].wrong) == (1, 1)
    unlabelled = watched_images(seen, joined_images(made), 7, labelled=False)
    assert [(one.answered, one.wrong) for one in unlabelled] == [
        (images[one.image].answered, None) for one in unlabelled
    ]


def test_what_was_seen_before_is_not_counted() -> None:
    made = grid(n_images=4)
    seen = observe(made, POLICY, {"gg00001", "another"})
    assert seen.loc[seen["seen"], "image"].unique().tolist() == ["gg00001"]
    found = counts(seen)
    assert found.seen == 3
    assert found.answered + found.escalated + found.failed + found.seen == found.questions == 12
    assert "gg00001" not in {one.image for one in watched_images(seen, joined_images(made), 7, True)}


def test_the_order_is_by_seed_and_never_by_row_or_answer() -> None:
    made = grid(n_images=20)
    seen = observe(made, POLICY, ())
    order = [one.image for one in watched_images(seen, {}, 7, True)]
    mixed = seen.sample(frac=1, random_state=1)
    assert [one.image for one in watched_images(mixed, {}, 7, True)] == order
    assert order != sorted(order)
    assert [one.image for one in watched_images(seen, {}, 8, True)] != order
    other = observe(grid(n_images=20, seed=5), POLICY, ())
    assert [one.image for one in watched_images(other, {}, 7, True)] == order


def test_fingerprints_change_with_what_they_are_of_alone() -> None:
    made, other = grid(n_images=6), grid(n_images=6, seed=3)
    one, two = observe(made, POLICY, ()), observe(other, POLICY, ())
    assert asked_fingerprint(made.items) == asked_fingerprint(other.items.sample(frac=1, random_state=0))
    assert asked_fingerprint(made.items) != asked_fingerprint(grid(n_images=6, name="h").items)
    assert answers_fingerprint(one) != answers_fingerprint(two)
    unlabelled = one.assign(correct=pd.array([None] * len(one), "boolean"), seen=True)
    assert answers_fingerprint(unlabelled) == answers_fingerprint(one)
    assert labels_fingerprint(unlabelled) is None
    assert labels_fingerprint(one) != labels_fingerprint(one.assign(correct=True))


def test_another_method_or_model_is_refused() -> None:
    for changed in ({"method": "anll"}, {"model": "n"}):
        with pytest.raises(BadInput, match="have no answers of"):
            observe(grid(), POLICY.model_copy(update=changed), ())
