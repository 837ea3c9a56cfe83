"""What a row of `items` promises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from vqa_canary.contracts.expectations import (
    each_row,
    not_blank,
    not_empty,
    one_of,
    unique_key,
    whole_columns,
)
from vqa_canary.contracts.images import (
    More,
    image_exists,
    image_id_is_start_of_hash,
    image_matches_hash,
    more_images_are_like_the_first,
)
from vqa_canary.contracts.options import (
    answer_inside_options,
    options_are_texts,
    options_distinct,
    two_options,
)
from vqa_canary.tables import SCHEMAS

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.expectations.expectation import Expectation


def suite() -> list[Expectation]:
    """Expectations of table `items`."""
    return [
        not_empty(),
        unique_key("items"),
        *not_blank("dataset", "item_id", "split", "question", "source_id"),
        one_of("answer_type", "open", "closed"),
        *each_row("items", two_options, options_are_texts, options_distinct, answer_inside_options),
        *each_row("items", nota_needs_three_options, nota_needs_an_answer_to_hide),
        *each_row("items", image_exists, image_matches_hash, image_id_is_start_of_hash),
        *each_row("items", more_images_are_like_the_first),
        *whole_columns("items", image_in_one_split),
        *each_row("items", attributes_have_names_of_their_own),
    ]


def nota_needs_three_options(nota_valid: bool, options: Sequence[str]) -> bool:
    """nota_valid is False for an item of two options: hiding one leaves no question"""
    return len(options) > 2 or not nota_valid


def nota_needs_an_answer_to_hide(nota_valid: bool, answer_index: int | None) -> bool:
    """nota_valid is False for an item whose right option is not known: none can be hidden"""
    return answer_index is not None or not nota_valid


def image_in_one_split(
    image_id: pd.Series, more_images: pd.Series, split: pd.Series, dataset: pd.Series
) -> pd.Series:
    """all items of a dataset that share an image are in one split"""
    import pandas as pd

    splits: dict[tuple[str, str], set[str]] = {}
    shown = [
        [(name, first), *((name, image["image_id"]) for image in _listed(more))]
        for name, first, more in zip(dataset, image_id, more_images, strict=True)
    ]
    for images, own in zip(shown, split, strict=True):
        for image in images:
            splits.setdefault(image, set()).add(own)
    return pd.Series([all(len(splits[image]) == 1 for image in images) for images in shown], split.index)


def _listed(more: More) -> Sequence[Mapping[str, str]]:
    """The images after the first; a missing cell has none."""
    return more if more is not None and hasattr(more, "__len__") else ()


def attributes_have_names_of_their_own(attributes: Sequence[Mapping[str, str]] | None) -> bool:
    """no attribute is named twice, or like a column of items"""
    names = [attribute["name"] for attribute in attributes or ()]
    return len(set(names)) == len(names) and not set(names) & set(SCHEMAS["items"].names)
