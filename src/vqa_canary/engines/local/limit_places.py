"""Where image processors of each family say how large an image is read, and how many tiles it is cut into.

A place is told by what a processor has, not by its class, so that families which share a processor's settings share the
line here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import gcd, isqrt
from typing import Any

from vqa_canary.errors import UnfitSetting

LIMITS = ("min_pixels", "max_pixels", "max_tiles")
"""Names of the settings: fewest and most pixels with which an image is read, and most tiles that it is cut into,
without a small copy of the whole image."""
_SOFT_TOKENS = (70, 140, 280, 560, 1120)
"""Numbers of tokens of an image that Gemma 4 was trained with; its processor takes no others."""
_TILES = (
    "max_tiles",  # LFM2-VL
    "max_num_tiles",  # PerceptionLM
    "max_crops",  # Molmo2
    "max_slice_nums",  # MiniCPM-V
    "pan_and_scan_max_num_crops",  # Gemma 3
)
_NONE_BUT_SHRINKING = "Leave it out, or shrink the images beforehand"


@dataclass(frozen=True)
class Place:
    """Where a processor has a limit."""

    names: Mapping[str, Any]
    """Attributes of the image processor, and their new values."""
    before: int
    """The limit until now, in the unit of the setting."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """What the model's configuration has to say of it as well."""


def find_place(setting: str, value: int, images: Any, limits: Mapping[str, int]) -> Place:
    """Where the image processor `images` has the limit that is called `setting` here.

    Parameters
    ----------
    value : the new limit
    limits : all limits that are being set, in the same unit

    Raises
    ------
    UnfitSetting : it has no such limit, or none as low as that
    """
    found = _tiles(value, images) if setting == "max_tiles" else _bounds(setting, value, images, limits)
    if found is None:
        others = [one for one in LIMITS if one != setting and _has(one, images)]
        instead = f"It has {' and '.join(others)}" if others else f"It has none. {_NONE_BUT_SHRINKING}"
        kind = type(images).__name__
        raise UnfitSetting(
            setting, f"the image processor of this model ({kind}) has no such limit. {instead}"
        )
    return found


def sides(size: Any) -> dict[str, int]:
    """The sides that a processor states, of an image or a tile; none where it states a number, or nothing."""
    return (
        {}
        if size is None or isinstance(size, int)
        else {k: v for k, v in dict(size).items() if v is not None}
    )


def side_of(size: Any) -> int:
    """The side of a square, which some processors state as a number and others as height and width; 0 for none."""
    return size if isinstance(size, int) else sides(size).get("height", 0)


def _has(setting: str, images: Any) -> bool:
    some = 1 if setting == "min_pixels" else 10**9
    try:
        return bool(_tiles(some, images) if setting == "max_tiles" else _bounds(setting, some, images, {}))
    except UnfitSetting:
        return False


def _tiles(value: int, images: Any) -> Place | None:
    if hasattr(images, "max_image_tiles"):
        raise UnfitSetting(
            "max_tiles",
            "a model of this family (Mllama) knows arrangements of tiles by numbers, which another limit would make "
            f"mean other arrangements. {_NONE_BUT_SHRINKING}",
        )
    if points := getattr(images, "image_grid_pinpoints", None):  # LLaVA-NeXT, LLaVA-OneVision, Granite Vision
        tile = gcd(*(side for point in points for side in point))
        tiles = [height // tile * (width // tile) for height, width in points]
        kept = [point for point, n in zip(points, tiles, strict=True) if n <= value]
        if not kept:
            raise UnfitSetting(
                "max_tiles",
                f"{value} is too few: this model's smallest arrangement has {min(tiles)}. {_NONE_BUT_SHRINKING}",
            )
        # The model counts the tokens of an image by the same list.
        return Place({"image_grid_pinpoints": kept}, max(tiles), {"image_grid_pinpoints": kept})
    tile, side = (
        sides(getattr(images, name, None)).get("longest_edge", 0) for name in ("max_image_size", "size")
    )
    if (
        tile and side and getattr(images, "do_image_splitting", False)
    ):  # Idefics3, SmolVLM: within a square of tiles
        return Place(
            {"size": {**sides(images.size), "longest_edge": isqrt(value) * tile}}, (side // tile) ** 2
        )
    if getattr(images, "do_pan_and_scan", None) is False:
        return None
    # InternVL, Cohere2-Vision, Ovis2 and Llama 4; elsewhere patches are those of the vision tower.
    of_tiles = hasattr(images, "crop_to_patches") or not hasattr(images, "patch_size")
    for name in (*_TILES, *["max_patches"] * of_tiles):
        if isinstance(before := getattr(images, name, None), int):
            fewest = name.replace("max", "min", 1)
            least = getattr(images, fewest, None)
            lower = {fewest: value} if isinstance(least, int) and least > value else {}
            return Place({name: value} | lower, before)
    return None


def _bounds(setting: str, value: int, images: Any, limits: Mapping[str, int]) -> Place | None:
    low = setting == "min_pixels"
    size = sides(getattr(images, "size", None))
    if size.keys() == {"shortest_edge", "longest_edge"} and _counts_pixels(images):
        mine, other = ("shortest_edge", "longest_edge") if low else ("longest_edge", "shortest_edge")
        bound = limits.get("max_pixels" if low else "min_pixels", size[other])
        if (value > bound) if low else (value < bound):
            raise UnfitSetting(
                setting,
                f"between {value:,} and the processor's other limit, {bound:,}, no size is left. Set both",
            )
        return Place({"size": {**size, mine: value}}, size[mine])
    if isinstance(before := getattr(images, setting, None), int):  # Emu3
        return Place({setting: value}, before)
    if hasattr(images, "crop_to_patches") or any(
        getattr(images, one, None) for one in ("do_image_splitting", "image_grid_pinpoints")
    ):
        return None  # which is cut into tiles of one size
    patch, name = side_of(getattr(images, "patch_size", None)), setting.replace("pixels", "num_patches")
    if patch and isinstance(before := getattr(images, name, None), int):  # Nemotron
        return Place({name: max(1, value // patch**2)}, before * patch**2)
    return None if low else _most(setting, value, images, size, patch)


def _most(setting: str, value: int, images: Any, size: Mapping[str, int], patch: int) -> Place | None:
    if patch and (pool := getattr(images, "pooling_kernel_size", None)):  # Gemma 4
        unit = (patch * int(pool)) ** 2
        fit = [n for n in _SOFT_TOKENS if n * unit <= value]
        if not fit:
            raise UnfitSetting(
                setting, f"{value:,} is too few: give {_SOFT_TOKENS[0] * unit:,} or more to this model"
            )
        return Place({"max_soft_tokens": fit[-1]}, images.max_soft_tokens * unit)
    if patch and isinstance(before := getattr(images, "max_patches", None), int):  # Kimi, Kosmos-2.5
        return Place({"max_patches": max(1, value // patch**2)}, before * patch**2)
    if "longest_edge" in size:  # Pixtral, Idefics2: a side, so that only a square image reaches the limit
        unit = patch or 1
        side = max(isqrt(value) // unit * unit, unit)
        shorter = {"shortest_edge": min(side, size["shortest_edge"])} if "shortest_edge" in size else {}
        return Place({"size": {**size, "longest_edge": side, **shorter}}, size["longest_edge"] ** 2)
    return None


def _counts_pixels(images: Any) -> bool:
    """Whether edges in `size` are numbers of pixels in all, as in Qwen-VL's kind, and not lengths of sides."""
    return "max_pixels" in getattr(images.valid_kwargs, "__annotations__", {}) or hasattr(
        images, "merge_size"
    )
