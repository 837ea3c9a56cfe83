"""Which tokens of a prompt stand for an image."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

_OF_IMAGES = re.compile(r"(image|img|vision|visual|boi|eoi)(_\w+)?_token_(id|ids|index)")
"""Names in a model's configuration of the tokens that an image is made of."""


def image_tokens(loaded: Any) -> frozenset[int]:
    """The tokens that stand for an image in a prompt."""
    config, processor = loaded.model.config, loaded.processor
    names = ("image_token_id", "image_token_index")
    ids = _numbers(getattr(holder, name, None) for holder in (config, processor) for name in names)
    # What frames an image belongs to it: some families embed such tokens with the image they stand beside (Ovis2).
    special = {at for at, token in loaded.tokenizer.added_tokens_decoder.items() if token.special}
    named = _numbers(value for name, value in vars(config).items() if _OF_IMAGES.fullmatch(name))
    return frozenset(ids | (named & special))


def _numbers(values: Iterable[Any]) -> set[int]:
    """The whole numbers among some values, and among the members of those that are lists."""
    flat = (one for value in values for one in (value if isinstance(value, list | tuple) else [value]))
    return {one for one in flat if isinstance(one, int)}
