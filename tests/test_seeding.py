"""Streams that depend on (seed, id, purpose) and on nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vqa_canary.seeding import derive_seed, generator_for, random_for

parts = st.tuples(st.integers(), st.text(max_size=4), st.text(max_size=4))


@given(parts, parts)
def test_streams_are_equal_exactly_where_all_three_parts_are(
    one: tuple[int, str, str], other: tuple[int, str, str]
) -> None:
    assert (derive_seed(*one) == derive_seed(*other)) == (one == other)


def test_the_values_are_fixed_for_ever() -> None:
    """A change here would silently change every option, sample and interval of every study."""
    assert derive_seed(7, "item", "options") == 14259638268565051614
    assert random_for(7, "item", "options").random() == random_for(7, "item", "options").random()
    assert generator_for(7, "item", "options").random() == generator_for(7, "item", "options").random()
