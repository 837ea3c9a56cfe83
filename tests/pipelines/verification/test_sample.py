"""Which instances are asked anew: whole items, drawn by ids, whatever the order of rows."""

from __future__ import annotations

from random import Random
from typing import TypeVar

from tests.pipelines.verification.made_up import CONDITIONS, INSTANCES, ITEMS, make_instances, make_items

from vqa_canary.pipelines.verification.sample import draw_sample
from vqa_canary.rows import with_images


def test_items_come_with_all_their_conditions_and_the_sample_has_the_asked_size() -> None:
    drawn = draw_sample(ITEMS, INSTANCES, 7, n_images=3, n_items=2)
    items = {one.item_id for one in drawn.instances}
    assert len(items) == 6
    assert len(drawn.instances) == 6 * len(CONDITIONS)
    assert len(set(drawn.images.values())) == 3
    assert not drawn.whole


def test_a_sample_larger_than_the_study_is_the_whole_study() -> None:
    drawn = draw_sample(ITEMS, INSTANCES, 7, n_images=99, n_items=99)
    assert sorted(one.instance_id for one in drawn.instances) == sorted(one.instance_id for one in INSTANCES)
    assert drawn.whole


T = TypeVar("T")


def test_row_order_is_no_matter_and_the_seed_is() -> None:
    def shuffled(rows: list[T], seed: int) -> list[T]:
        return Random(seed).sample(rows, len(rows))

    drawn = draw_sample(ITEMS, INSTANCES, 7, 2, 1)
    assert draw_sample(shuffled(ITEMS, 1), shuffled(INSTANCES, 2), 7, 2, 1) == drawn
    others = [draw_sample(ITEMS, INSTANCES, seed, 2, 1) for seed in range(20)]
    assert len({one.instances for one in others}) > 5


def test_a_further_image_takes_the_place_of_at_most_one() -> None:
    items = make_items(n_images=12)
    before = draw_sample(items[:-3], make_instances(items[:-3]), 7, 6, 1)
    after = draw_sample(items, make_instances(items), 7, 6, 1)
    assert len(set(before.images.values()) - set(after.images.values())) <= 1


def test_each_image_has_one_clean_instance_and_the_same_words_with_another_image() -> None:
    drawn = draw_sample(ITEMS, INSTANCES, 7, 4, 2)
    assert {one.condition for one in drawn.shown} == {"clean"}
    assert len({one.image_id for one in drawn.shown}) == len(drawn.shown) == 4
    for one in drawn.shown:
        other = drawn.others[one.instance_id]
        assert (other.question, other.options) == (one.question, one.options)
        assert other.image_sha256 != one.image_sha256
        assert other.image_path != one.image_path


def test_a_study_of_one_image_has_no_other() -> None:
    items = make_items(n_images=1)
    drawn = draw_sample(items, make_instances(items), 7, 4, 2)
    assert len(drawn.shown) == 1
    assert drawn.others == {}


def test_questions_that_share_an_image_are_one_unit_and_get_as_many_other_images() -> None:
    first, second, third, *rest = make_items(n_images=6, n_items=1)
    first, second = (with_images(one, [*one.images, *third.images]) for one in (first, second))
    items = [first, second, third, *rest]
    instances = [with_images(one, item.images) for item in items for one in make_instances([item])]
    drawn = draw_sample(items, instances, 7, n_images=99, n_items=99)
    assert len(set(drawn.images.values())) == 4
    assert len({drawn.images[one.instance_id] for one in instances[:6]}) == 1
    [shown] = [one for one in drawn.shown if drawn.images[one.instance_id] == first.image_id]
    other = drawn.others[shown.instance_id]
    assert len(other.images) == len(shown.images)
    assert other.images != shown.images
