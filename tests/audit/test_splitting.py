"""The split by image, and the fixed order of questions."""

from __future__ import annotations

from math import ceil
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vqa_canary.audit.splitting import calibration_images, priorities
from vqa_canary.errors import BadInput
from vqa_canary.seeding import derive_seed

images = st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=30)


@settings(max_examples=40, deadline=None)
@given(images, st.integers(0, 99), st.sampled_from([0.2, 0.5, 0.7]), st.randoms())
def test_the_split_is_the_first_images_by_seed_in_any_row_order(
    ids: list[str], seed: int, share: float, random: Random
) -> None:
    found = calibration_images(ids, seed, share)
    ranked = sorted(set(ids), key=lambda one: derive_seed(seed, one, "calibration split"))
    assert found == set(ranked[: ceil(round(share * len(ranked), 9))])
    random.shuffle(ids)
    assert calibration_images(ids + ids[:3], seed, share) == found


def test_seeds_split_differently_and_a_share_that_is_none_is_refused() -> None:
    ids = [f"g{i}" for i in range(200)]
    one, other = calibration_images(ids, 1), calibration_images(ids, 2)
    assert len(one) == len(other) == 100
    assert 30 < len(one & other) < 70
    for share in (0.0, 1.0, -0.5, float("nan")):
        with pytest.raises(BadInput, match="calibration share"):
            calibration_images(ids, 1, share)


@settings(max_examples=40, deadline=None)
@given(st.sets(st.text(max_size=4), max_size=20), st.randoms())
def test_priorities_are_a_permutation_that_belongs_to_the_ids(ids: set[str], random: Random) -> None:
    names = sorted(ids)
    first = dict(zip(names, priorities(names, 5), strict=True))
    assert sorted(first.values()) == list(range(len(names)))
    random.shuffle(names)
    assert dict(zip(names, priorities(names, 5), strict=True)) == first


def test_priorities_depend_on_the_seed() -> None:
    ids = [str(i) for i in range(50)]
    assert list(priorities(ids, 1)) != list(priorities(ids, 2))
