"""Limits on how large an image is read, proven before they count.

Image processors call the same thing by many names, and ignore a name that they do not know without a word. So a limit
is put where this family has it (`limit_places`), and made-up images are prepared with and without it: if that makes no
difference, or leaves an image larger than was asked for, the setting is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isqrt
from typing import Any

from vqa_canary.engines.local.limit_places import Place, find_place, side_of, sides
from vqa_canary.errors import UnfitSetting

SLACK = 1.05
"""Times by which pixels may miss a limit: sides are rounded to whole patches."""
_MOST_TILES = 64
"""Most tiles for which a made-up image is large enough."""


def limit_images(processor: Any, limits: Mapping[str, int]) -> tuple[dict[str, Any], str]:
    """Set limits on a processor, which must be able to write prompts.

    Parameters
    ----------
    limits : by name of the setting (see `limit_places.LIMITS`)

    Returns
    -------
    What to set in the model's configuration as well, and a text that says where each limit was put

    Raises
    ------
    UnfitSetting : the processor has nothing of the kind, or the limit does not take effect
    """
    config: dict[str, Any] = {}
    told = []
    for setting in _order(limits, processor.image_processor):
        place = _limit(processor, setting, limits)
        config |= place.config
        told.append(f"{setting} {limits[setting]:,} ({', '.join(place.names)})")
    return config, "; ".join(told)


def _order(limits: Mapping[str, int], images: Any) -> list[str]:
    """The settings in an order in which the fewest pixels never exceed the most ones."""
    names = list(limits)
    if {"min_pixels", "max_pixels"} <= limits.keys():
        most = find_place("max_pixels", limits["max_pixels"], images, limits).before
        first = "min_pixels" if limits["min_pixels"] <= most else "max_pixels"
        names = [first, *(name for name in names if name != first)]
    return names


def _limit(processor: Any, setting: str, limits: Mapping[str, int]) -> Place:
    images, value = processor.image_processor, limits[setting]
    place = find_place(setting, value, images, limits)
    if (own := place.before) == value:
        return place
    shapes = list(_shapes(setting, value, own, images))
    before = [_pixels(processor, shape, setting) for shape in shapes]
    after, lower = before, False
    # GLM-4V counts an image as two frames of a video, so that its limits are twice those of an image; Qwen-VL, with as
    # many frames, does not. Of both readings the one counts that comes nearest to the limit and keeps it.
    for times in sorted({1, _frames(images)}, reverse=setting == "max_pixels"):
        place = find_place(
            setting, value * times, images, {name: limit * times for name, limit in limits.items()}
        )
        _put(processor, place.names)
        after, lower = [_pixels(processor, shape, setting) for shape in shapes], value * times < own
        if _is_kept(setting, value, after):
            break
    one_way = all((x <= y) if lower else (x >= y) for x, y in zip(after, before, strict=True))
    if after == before or not one_way or not _is_kept(setting, value, after):
        pairs = zip(shapes, before, after, strict=True)
        (width, height), old, new = max(pairs, key=lambda one: abs(one[1] - one[2]))
        where = f"{', '.join(place.names)} of {type(images).__name__}, whose own limit comes to {own:,}"
        raise UnfitSetting(
            setting,
            f"{value:,} does not do what it says ({where}): an image of {width:,} x {height:,} is read with {old:,} "
            f"pixels without it and {new:,} with it. Leave it out, or shrink the images beforehand",
        )
    return place


def _is_kept(setting: str, value: int, pixels: list[int]) -> bool:
    """Whether made-up images, larger or smaller than a limit on pixels, were read within it."""
    if setting == "min_pixels":
        return min(pixels) * SLACK >= value
    return setting == "max_tiles" or max(pixels) <= SLACK * value


def _put(processor: Any, names: Mapping[str, Any]) -> None:
    for name, value in names.items():
        kind = type(getattr(processor.image_processor, name))
        whole = kind(**value) if name == "size" and kind is not dict else value
        setattr(processor.image_processor, name, whole)
        own = getattr(processor, "images_kwargs", None)
        if (
            isinstance(own, Mapping) and name in own
        ):  # what a processor hands to its image processor at each call
            processor.images_kwargs = {**own, name: value}


def _shapes(setting: str, value: int, before: int, images: Any) -> Iterator[tuple[int, int]]:
    """Widths and heights of made-up images that a limit must change, as small as may be."""
    if setting == "max_tiles":
        n = min(max(value, before), _MOST_TILES)
        tile = sides(getattr(images, "max_image_size", None)).get("longest_edge", 0)
        tile = tile or side_of(getattr(images, "tile_size", None))
        tile = tile or next(iter(sides(getattr(images, "size", None)).values()), 384)
        root = isqrt(n - 1) + 1
        yield from ((root * tile, root * tile), (n * tile, tile), (tile, n * tile))
        yield (2 * root * tile, 2 * root * tile)  # LFM2-VL cuts only what is far larger than one tile
    else:
        side = isqrt(value // 4 if setting == "min_pixels" else value + value // 3) + 1
        yield from ((side, side), (side * 5 // 4 + 1, side * 4 // 5 + 1))


def _pixels(processor: Any, shape: tuple[int, int], setting: str) -> int:
    """How many pixels of an image the model gets, tiles and the small copy of the whole image counted."""
    from PIL import Image

    chat = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "?"}]}]
    image: Image.Image = Image.linear_gradient("L").convert("RGB").resize(shape)
    try:
        text = processor.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
        made = processor(text=text, images=[[image]], return_tensors="pt")
    except Exception as error:  # each family's processor fails in its own ways
        what = " ".join(str(error).split())[:200] or type(error).__name__
        size = "{:,} x {:,}".format(*shape)
        raise UnfitSetting(
            setting, f"the processor cannot prepare an image of {size} with it: {what}"
        ) from error
    numbers = sum(value.numel() for value in made.values() if value.is_floating_point())
    return int(numbers // (3 * _frames(processor.image_processor)))


def _frames(images: Any) -> int:
    """How many times a processor repeats an image, as frames of a video."""
    return int(getattr(images, "temporal_patch_size", 1) or 1)
