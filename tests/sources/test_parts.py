"""A part of the questions with the shares of the whole, image by image, drawn by the seed."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vqa_canary.errors import BadInput
from vqa_canary.rows import Attribute, Item
from vqa_canary.sources.parts import draw_part

PLACE = "conditions.no_image.at_most"


def item(number: int, image: int, modality: str | None, dataset: str = "d") -> Item:
    return Item(
        dataset=dataset,
        item_id=f"item{number}",
        split="test",
        image_id=f"{image:016x}",
        image_path=f"{image}.png",
        image_sha256=f"{image:064x}",
        question="Which organ?",
        options=("lung", "heart"),
        answer_index=0,
        question_type="organ",
        answer_type="open",
        nota_valid=True,
        source_id=f"record {number}",
        modality=modality,
    )


def draw(items: list[Item], at_most: int, seed: int = 7, per: str = "modality") -> frozenset[tuple[str, str]]:
    return draw_part(items, [one.image_id for one in items], per, at_most, seed, PLACE)


@st.composite
def studies(draw: st.DrawFn) -> list[Item]:
    """Images of one to three questions, each image of one of three modalities or of none."""
    items: list[Item] = []
    for image in range(draw(st.integers(1, 25))):
        modality = draw(st.sampled_from(["CT", "CT", "MRI", None]))
        items += [item(len(items) + at, image, modality) for at in range(draw(st.integers(1, 3)))]
    return items


@given(studies(), st.integers(3, 80), st.integers(0, 3))
def test_whole_images_within_the_number_and_near_the_shares(
    items: list[Item], at_most: int, seed: int
) -> None:
    part = draw(items, at_most, seed)
    chosen = [one for one in items if ("d", one.item_id) in part]
    assert len(chosen) == len(part) <= at_most
    assert {one.image_id for one in chosen}.isdisjoint(
        one.image_id for one in items if ("d", one.item_id) not in part
    )
    if len(items) <= at_most:
        assert len(part) == len(items)
        return
    assert len(part) > at_most - 3  # an image of three questions may not fit any more
    whole, own = (Counter(one.modality for one in rows) for rows in (items, chosen))
    for (
        modality,
        n,
    ) in whole.items():  # rounding, then an image too few of each of three groups, made up for by one
        assert abs(own[modality] - at_most * n / len(items)) < 1 + 3 * 3


@given(studies(), st.integers(3, 40), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(items: list[Item], at_most: int, rng: random.Random) -> None:
    mixed = list(items)
    rng.shuffle(mixed)
    assert draw(mixed, at_most) == draw(items, at_most)


def test_shares_are_those_of_the_whole_where_images_have_one_question() -> None:
    items = [item(at, at, ("CT", "CT", "MRI", "X-ray")[at % 4]) for at in range(400)]
    part = draw(items, 40)
    own = Counter(one.modality for one in items if ("d", one.item_id) in part)
    assert own == {"CT": 20, "MRI": 10, "X-ray": 10}
    assert draw(items, 40, seed=8) != part


def test_each_dataset_has_its_own_number() -> None:
    items = [item(at, at, "CT", dataset) for dataset in ("d", "e") for at in range(30)]
    assert Counter(dataset for dataset, _ in draw(items, 10)) == {"d": 10, "e": 10}


def test_shares_of_an_attribute() -> None:
    items = [
        replace(item(at, at, None), attributes=(Attribute("site", "AB"[at % 2]),) if at % 3 else None)
        for at in range(90)
    ]
    part = draw(items, 30, per="site")
    own = Counter(one.attributes and one.attributes[0].value for one in items if ("d", one.item_id) in part)
    assert own == {None: 10, "A": 10, "B": 10}


def test_a_number_below_every_image_is_refused() -> None:
    items = [item(at, at // 4, "CT") for at in range(12)]
    with pytest.raises(BadInput, match=r"no_image.at_most: 3 is too few for d: .* Raise it to 4 or more"):
        draw(items, 3)
    assert len(draw(items, 4)) == 4
