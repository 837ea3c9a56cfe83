"""Which questions are drawn: by image, by column, and whatever the order of rows."""

from __future__ import annotations

import logging
import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vqa_canary.errors import BadInput
from vqa_canary.pipelines.parameters import Selection
from vqa_canary.rows import Attribute, Item
from vqa_canary.sources.selection import select_strata
from vqa_canary.testing import made_up

MODALITIES = ("CT", "MRI", None)


def item(number: int, image: int, value: int, dataset: str = "one") -> Item:
    """A question about an image, whose modality, and whose site, is one of three."""
    site = None if MODALITIES[value] is None else (Attribute("site", str(MODALITIES[value])),)
    changed = {"item_id": str(number), "image_id": f"{image:016x}", "dataset": dataset, "attributes": site}
    return replace(made_up.items(1)[0], modality=MODALITIES[value], **changed)  # type: ignore[arg-type]


def chosen(items: list[Item], at_most: int, per: str = "modality", seed: int = 7) -> set[tuple[str, str]]:
    found = select_strata(items, [one.image_id for one in items], per, at_most, seed)
    return {(one.dataset, one.item_id) for one in found}


images = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=3), min_size=1, max_size=20)
"""For each image the modalities of its questions: usually one, but nothing forbids several."""


@given(images, st.integers(3, 8), st.integers(0, 3), st.sampled_from(["one", "two"]))
def test_a_choice_is_whole_within_bounds_as_large_as_may_be_and_free_of_order(
    values: list[list[int]], at_most: int, seed: int, other: str
) -> None:
    items = [item(0, 999, 0)] + [
        item(10 * image + n + 1, image, value, other if image % 3 else "one")
        for image, own in enumerate(values)
        for n, value in enumerate(own)
    ]
    kept = chosen(items, at_most, seed=seed)
    shuffled = random.Random(seed).sample(items, len(items))
    assert chosen(shuffled, at_most, seed=seed) == kept
    assert chosen(items, at_most, "site", seed) == kept  # attributes are columns, too
    taken = Counter((one.dataset, one.modality) for one in items if (one.dataset, one.item_id) in kept)
    assert max(taken.values()) <= at_most
    groups: dict[tuple[str, str], list[Item]] = {}
    for one in items:
        groups.setdefault((one.dataset, one.image_id), []).append(one)
    for (dataset, _), own in groups.items():
        here = {(dataset, one.item_id) in kept for one in own}
        assert len(here) == 1  # questions that share an image are kept or left together
        if here == {False}:
            sizes = Counter((dataset, one.modality) for one in own)
            assert any(taken[stratum] + n > at_most for stratum, n in sizes.items())


def test_each_image_is_as_likely_as_any_other() -> None:
    items = [item(n, n, n % 2) for n in range(20)]
    counts = Counter(one for seed in range(400) for one in chosen(items, 3, seed=seed))
    assert len(counts) == 20
    # 120 expected of each; 9 standard deviations of a binomial count are 82.
    assert all(abs(n - 120) < 82 for n in counts.values())


def test_what_is_few_is_taken_whole_and_said(caplog: pytest.LogCaptureFixture) -> None:
    items = [item(n, n, 0) for n in range(5)] + [item(9, 9, 1), item(8, 8, 2), item(7, 8, 2)]
    with caplog.at_level(logging.INFO, "vqa_canary.sources.selection"):
        kept = chosen(items, 3)
    assert {("one", "9"), ("one", "8"), ("one", "7")} < kept
    assert [(one.levelname, one.getMessage()) for one in caplog.records] == [
        ("INFO", "one, modality CT: 3 of 5 questions are taken"),
        ("WARNING", "one, modality MRI: fewer questions than 3, so all are taken (1)"),
        ("WARNING", "one, modality not given: fewer questions than 3, so all are taken (2)"),
    ]
    caplog.clear()
    assert chosen([*items[:5], item(6, 6, 1), item(7, 6, 1)], 1) < {("one", str(n)) for n in range(5)}
    assert "modality MRI: no question is taken (of 2)" in caplog.text
    caplog.clear()
    with caplog.at_level(logging.INFO, "vqa_canary.sources.selection"):
        chosen(items, 3, "site")  # values of an attribute may be any text, even of the answer
    sites = {one.value for some in items for one in some.attributes or ()}
    assert "site group 1 of " in caplog.text
    assert not any(str(site) in caplog.text for site in sites)


def test_a_choice_that_cannot_be_made_is_refused() -> None:
    with pytest.raises(BadInput, match="no question has a value of 'body_regio'"):
        chosen([item(0, 0, 0)], 3, "body_regio")
    with pytest.raises(BadInput, match="at_most: 1 is too few"):
        chosen([item(0, 0, 0), item(1, 0, 0)], 1)


@pytest.mark.parametrize(
    "settings", [{"per": "modality"}, {"at_most": 3}, {"per": "modality", "at_most": 3, "max_images": 2}]
)
def test_settings_that_do_not_go_together_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"not both|together"):
        Selection.model_validate(settings)
