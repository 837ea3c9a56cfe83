"""What every condition promises."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vqa_canary.conditions.registration import CONDITIONS, NotApplicable, Shown, misfit
from vqa_canary.rows import NOTA, Item
from vqa_canary.seeding import random_for
from vqa_canary.testing import made_up
from vqa_canary.testing.demands import demand, name_in

if TYPE_CHECKING:
    from vqa_canary.conditions.registration import ImageChange

IMAGES = ("own", "blank", "other", "swap", "none")
"""What `Shown.image` may be besides a function."""


def check_condition(
    condition: str | Callable[..., Any],
    items: Iterable[Item] | None = None,
    seeds: Iterable[int] = (0, 7),
    *,
    rewords: bool = False,
) -> None:
    """Hold a registered condition to its promises.

    It is pure, so that one item and one seed give one thing; it is true to the item: the options that it shows are the
    item's own or NOTA, the place of the right answer is where the right answer stands, and nothing is right where that
    was taken away. A function that changes images gives the same image again, of mode L or RGB, and leaves the given
    one as it was.

    Parameters
    ----------
    condition : its name, or the decorated function
    items : to show; made-up ones with two to six options without
    seeds : of the study
    rewords : whether the condition says options in other words, which no check can hold against the item

    Raises
    ------
    AssertionError : a promise is broken, or not one item can be shown; the message says which
    """
    name = name_in(CONDITIONS, condition)
    told = inspect.getdoc(CONDITIONS[name])
    demand(told, f"condition {name}: has no docstring; the first line says what is shown")
    given = made_up.items(60) if items is None else list(items)
    shown = [found for item in given for seed in seeds if (found := _shown(name, item, seed, rewords))]
    demand(
        shown or items is not None, f"condition {name}: not one of {len(given)} made-up items can be shown"
    )
    for change in [one.image for one in shown if callable(one.image)][:2]:
        _check_change(name, change)


def _shown(name: str, item: Item, seed: int, rewords: bool) -> Shown | None:
    """What is shown of an item, checked; None where the condition does not fit it."""
    before, state = replace(item), random.getstate()
    try:
        first = CONDITIONS[name](item, random_for(seed, item.item_id, name))
    except NotApplicable as error:
        demand(str(error), f"condition {name}: NotApplicable without a reason")
        return None
    wrong = misfit(first)
    demand(wrong is None, f"condition {name}: gives {wrong}")
    again = CONDITIONS[name](item, random_for(seed, item.item_id, name))
    if callable(first.image) and callable(again.image):  # a function is made anew each time
        same_code = getattr(first.image, "__code__", None) is getattr(again.image, "__code__", None)
        demand(same_code, f"condition {name}: the function that changes images is another one each time")
        again = replace(again, image=first.image)
    demand(
        again == first and random.getstate() == state,
        f"condition {name}: shows one item and seed in two ways; all chance must come from `rng`",
    )
    demand(item == before, f"condition {name}: changes the item that it is given")
    _check_options(name, item, first, rewords)
    demand(
        callable(first.image) or first.image in IMAGES,
        f"condition {name}: image {first.image!r} is none of {IMAGES} and no function",
    )
    return first


def _check_options(name: str, item: Item, shown: Shown, rewords: bool) -> None:
    options, answer, nota = shown.options, shown.answer_index, shown.nota_index
    demand(
        len(set(options)) == len(options) >= 2 and all(map(str.strip, options)),
        f"condition {name}: fewer than two options, two alike or a blank one: {options}",
    )
    for what, at in (("answer_index", answer), ("nota_index", nota)):
        demand(at is None or 0 <= at < len(options), f"condition {name}: {what} {at} is outside {options}")
    if nota is None:
        demand(NOTA not in options, f"condition {name}: shows {NOTA!r} without its nota_index")
    else:
        demand(options[nota] == NOTA, f"condition {name}: nota_index {nota} is not the place of {NOTA!r}")
    if rewords:
        return
    demand(
        set(options) <= {*item.options, NOTA}, f"condition {name}: an option is neither the item's nor NOTA"
    )
    right = item.options[item.answer_index]
    if answer is None:
        hidden = right not in options and NOTA not in options
        demand(hidden, f"condition {name}: says that nothing is right, and shows the right answer or NOTA")
    else:
        true = right if right in options else NOTA
        demand(
            options[answer] == true,
            f"condition {name}: answer_index is not the place of {true!r} in {options}",
        )


def _check_change(name: str, change: ImageChange) -> None:
    from PIL import Image

    for mode in ("L", "RGB"):
        own = made_up.image(1, mode)
        before = copy(own.tobytes())
        first, again = change(own.copy()), change(own.copy())
        demand(
            isinstance(first, Image.Image) and first.mode in ("L", "RGB"),
            f"condition {name}: its function makes no image of mode L or RGB of one of mode {mode}",
        )
        demand(first.tobytes() == again.tobytes(), f"condition {name}: its function makes two images of one")
        demand(own.tobytes() == before, f"condition {name}: its function changes the image that it is given")
        demand(
            (first.size, first.convert("RGB").tobytes()) != (own.size, own.convert("RGB").tobytes()),
            f"condition {name}: its function leaves an image of noise as it is",
        )
