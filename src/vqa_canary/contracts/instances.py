"""What a row of `instances` promises: above all, that the answer follows from the condition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vqa_canary import rows
from vqa_canary.contracts.expectations import each_row, not_blank, not_empty, unique_key, whole_columns
from vqa_canary.contracts.images import (
    More,
    image_exists,
    image_id_is_start_of_hash,
    image_matches_hash,
    more_images_are_like_the_first,
)
from vqa_canary.contracts.options import answer_inside_options, options_are_texts, options_distinct
from vqa_canary.rows import CLEAN, NOTA

if TYPE_CHECKING:
    import pandas as pd
    from great_expectations.expectations.expectation import Expectation

# What is known of the conditions of this package. Those of other packages are in none of these sets.
_NO_IMAGE = {"text_only"}
_OTHER_IMAGE = {"no_image", "wrong_image", "image_swap_pair", "blurred", "low_contrast"} | _NO_IMAGE
_WITHOUT_NOTA = {"clean", "asked_again", "shuffled", "rephrased", "reworded", "answer_removed"} | _OTHER_IMAGE
_HIDING = {"nota_replace", "nota_last"}
_BESIDE = {"nota_control", "nota_append"}
_KNOWN = _WITHOUT_NOTA | _HIDING | _BESIDE
_AT_THE_END = {"nota_last", "nota_append"}


def suite() -> list[Expectation]:
    """Expectations of table `instances`. Conditions of other packages get the general ones only."""
    return [
        not_empty(),
        unique_key("instances"),
        *whole_columns("instances", item_once_per_condition, image_follows_condition),
        *not_blank("instance_id", "dataset", "item_id", "condition", "question"),
        *each_row("instances", options_are_texts, options_distinct, answer_inside_options),
        *each_row("instances", id_follows_content),
        *each_row("instances", answer_missing_only_where_removed, nota_index_points_at_nota),
        *each_row("instances", nota_follows_condition),
        *each_row("instances", image_exists, image_matches_hash, image_id_is_start_of_hash),
        *each_row("instances", more_images_are_like_the_first, image_missing_only_where_none_is_shown),
    ]


def id_follows_content(
    instance_id: str,
    dataset: str,
    item_id: str,
    condition: str,
    question: str,
    options: Sequence[str],
    answer_index: int | None,
    image_sha256: str | None,
    more_images: More,
) -> bool:
    """instance_id is the hash of what the instance shows and what is right"""
    given = dataset, item_id, condition, question, options, answer_index
    first = () if image_sha256 is None else (image_sha256,)
    more = (image["image_sha256"] for image in more_images or ())
    return instance_id == rows.instance_id(*given, *first, *more)


def item_once_per_condition(condition: pd.Series, dataset: pd.Series, item_id: pd.Series) -> pd.Series:
    """an item is shown once under each condition"""
    shown: pd.Series = condition.groupby([dataset, item_id, condition]).transform("size")
    return shown == 1


def image_follows_condition(
    condition: pd.Series,
    dataset: pd.Series,
    item_id: pd.Series,
    image_id: pd.Series,
    more_images: pd.Series,
) -> pd.Series:
    """an item is shown with its own images, but with others or none under no_image, text_only, wrong_image,
    image_swap_pair, blurred and low_contrast"""
    import pandas as pd

    more = pd.Series([_ids(images) for images in more_images], image_id.index, dtype=image_id.dtype)
    shown = image_id.fillna("") + more
    clean = shown.where(condition == "clean").groupby([dataset, item_id]).transform("first")
    same: pd.Series = shown == clean
    return clean.isna() | (same != condition.isin(_OTHER_IMAGE)) | ~condition.isin(_KNOWN)


def _ids(more: More) -> str:
    """Ids of the images after the first, as one text; empty where there are none."""
    return (
        "".join(f" {image['image_id']}" for image in more)
        if hasattr(more, "__len__") and more is not None
        else ""
    )


def image_missing_only_where_none_is_shown(
    image_id: str | None, image_path: str | None, image_sha256: str | None, more_images: More, condition: str
) -> bool:
    """image_id, image_path, image_sha256 and more_images are null together: under text_only, and under no other
    condition known here"""
    first = {part is None for part in (image_id, image_path, image_sha256)}
    if len(first) > 1 or (image_id is None and more_images is not None):
        return False
    return condition not in _KNOWN or (image_id is None) == (condition in _NO_IMAGE)


def answer_missing_only_where_removed(answer_index: int | None, condition: str) -> bool:
    """answer_index is null under answer_removed, and else under clean alone, where the item does not tell it either"""
    if condition == "answer_removed":
        return answer_index is None
    return answer_index is not None or condition == CLEAN or condition not in _KNOWN


def nota_index_points_at_nota(nota_index: int | None, options: Sequence[str]) -> bool:
    """nota_index is the place of "None of the above" among the options"""
    return nota_index is None or (0 <= nota_index < len(options) and options[nota_index] == NOTA)


def nota_follows_condition(
    nota_index: int | None, condition: str, answer_index: int | None, options: Sequence[str]
) -> bool:
    """nota_index is the answer under nota_replace and nota_last, another option under nota_control and
    nota_append, last under nota_last and nota_append, and null under the other known conditions"""
    if condition in _WITHOUT_NOTA:
        return nota_index is None
    if condition in _HIDING | _BESIDE and nota_index is None:
        return False
    if condition in _AT_THE_END and nota_index != len(options) - 1:
        return False
    if condition in _HIDING:
        return nota_index == answer_index
    return condition not in _BESIDE or nota_index != answer_index
