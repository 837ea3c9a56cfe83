"""Conditions by name: `@condition` over a pure function `(item, rng) -> Shown`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from random import Random
from typing import TYPE_CHECKING, Literal, TypeVar

from vqa_canary.plugin_faults import BREAKS, is_fault, misgiven, plugin_fault
from vqa_canary.registry import Registry
from vqa_canary.row_types import unfit_field
from vqa_canary.rows import CLEAN, NOTA, UNLABELLED, Item, content_id
from vqa_canary.seeding import random_for

if TYPE_CHECKING:
    from PIL.Image import Image

ImageChange = Callable[["Image"], "Image"]
"""Makes a changed image: it gets a copy of one of mode L or RGB, returns one of either mode, and uses no chance."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a condition shows of an item."""

    options: tuple[str, ...]
    """Texts of the options, in the order in which they are offered."""
    answer_index: int | None
    """Index of the right option, from 0; None where no option is right. Where `image` is `swap`, of the one that is
    right for the item's own images: the one that is right for the others takes its place by itself."""
    nota_index: int | None = None
    """Index of the option "None of the above"; None where it is not offered."""
    question: str | None = None
    """Text of the question; None stands for the item's own."""
    image: Literal["own", "blank", "other", "swap", "none"] | ImageChange = "own"
    """Which images are shown: the item's own, blank ones of the same size, those of another item, those of another item
    that has the same question and another right answer, none at all, or what a function makes of each of the item's
    own. `Gallery` provides all but the own."""


class NotApplicable(ValueError):
    """An item that cannot be shown under a condition; the message says why."""


Condition = Callable[[Item, Random], Shown]
C = TypeVar("C", bound=Condition)

CONDITIONS: Registry[Condition] = Registry("condition", "vqa_canary.conditions", "vqa_canary.conditions")

REMEDY = "Mend the condition: where it does not fit an item it must raise NotApplicable."

_LIKE_NOTA = re.compile(
    r"(none|neither|nothing|no one) of (the|these|those|them)\b.*|none (apply|applies|listed)"
    r"|no (correct|right) (answer|option)\b.*|(the )?(correct|right) answer is not listed|not listed"
    r"|(以上|上述|其他)?(选项)?(都|均|全|皆)(不|没|非|无).*|(没有|无)正确(答案|选项)"
    r"|keine?[rs]? (d(er|ieser|avon)\b|genannten).*|aucune? (de|des) .*|ningun[ao] de (las|los) .*"
    r"|nessun[ao] (delle|dei) .*|nenhuma? d[ao]s .*|geen van .*"
)
"""Wordings of "none of the above" in the languages that sources know. `None` alone is not one: it may be an answer."""


def condition(function: C) -> C:
    """Register a function under its own name and return it unchanged.

    It is pure: all chance comes from `rng`, which is seeded by (seed, item_id, condition).
    """
    CONDITIONS.add(function.__name__, function, function)
    return function


def shown_by(name: str, item: Item, rng: Random) -> Shown:
    """What the condition called `name` shows of an item.

    Raises
    ------
    NotApplicable : the condition does not fit the item
    UnknownName : there is no such condition
    PluginFault : it breaks, or gives what is no `Shown` or one with a field of another type; the message names the
        condition and the item
    """
    if item.answer_index is UNLABELLED and name != CLEAN:
        raise NotApplicable(
            "which option is right is not known, so the question can be shown as it stands alone"
        )
    with naming(name, item):
        shown = CONDITIONS[name](item, rng)
    if wrong := misfit(shown):
        raise misgiven(f"condition {name!r}", CONDITIONS.place(name), wrong, f"on {_called(item)}", REMEDY)
    return shown


def refuse_chance(name: str, item: Item, seed: int, shown: Shown) -> None:
    """Show an item once more: what depends on more than the item and `rng` would not be found again when it is judged.

    Raises
    ------
    PluginFault : another thing is shown
    """
    try:
        again = shown_by(name, item, random_for(seed, item.item_id, name))
    except NotApplicable:
        wrong: str | None = "a Shown, and raises NotApplicable the second time"
    else:
        wrong = next(
            (f"two values of {field}" for field in _TOLD if _told(shown, field) != _told(again, field)), None
        )
    if wrong:
        about = f"on one item, {_called(item)}"
        remedy = (
            "Mend the condition: all its chance must come from `rng`, and nothing else than the item counts."
        )
        raise misgiven(f"condition {name!r}", CONDITIONS.place(name), wrong, about, remedy)


def unknown_image(name: str, item: Item, image: object) -> str:
    """The message where a condition asks for images of a kind that there is not; it quotes a word and no text."""
    is_word = isinstance(image, str) and image.isidentifier() and image not in (item.question, *item.options)
    what = repr(image) if is_word else f"of type {type(image).__name__}"
    return (
        f"condition {name!r}: `Shown.image` is {what}; it may be 'own', 'blank', 'other', 'swap', 'none', or a "
        f"function that makes another image of one. Mend the condition (defined in {CONDITIONS.place(name)}, module "
        f"{CONDITIONS[name].__module__}), which showed {_called(item)}."
    )


_TOLD = tuple(field.name for field in fields(Shown))


def _told(shown: Shown, field: str) -> object:
    """The value of a field; of a function, which is made anew each time, that it is one."""
    value = getattr(shown, field)
    return callable if callable(value) else value


def misfit(shown: object) -> str | None:
    """What is wrong with what a condition returns, in words that quote no text; None where it can be shown."""
    if not isinstance(shown, Shown):
        return f"{type(shown).__name__} where it must return a Shown"
    wrong = unfit_field(shown, "instances", optional=("question",))
    options: object = shown.options
    if wrong is None and not isinstance(options, tuple):  # which would equal no row that is read again
        wrong = f"options is of type {type(options).__name__}, not texts in a tuple"
    return wrong and f"a Shown whose {wrong}"


@contextmanager
def naming(name: str, item: Item) -> Iterator[None]:
    """Name the condition and the item where the condition's code breaks, be it the condition or its change of an image.

    Raises
    ------
    PluginFault
    """
    try:
        yield
    except BREAKS as error:
        if isinstance(error, NotApplicable) or not is_fault(error):
            raise
        about = f"on {_called(item)}"
        raise plugin_fault(f"condition {name!r}", CONDITIONS.place(name), error, about, REMEDY) from error


def _called(item: Item) -> str:
    return f"item {item.dataset}/{item.item_id} ({item.source_id})"


def fingerprint(name: str) -> str:
    """Fingerprint of a condition, which changes with the source of its function (its docstring and comments included)
    and with the wording of NOTA.

    Raises
    ------
    UnknownName : there is no such condition
    """
    return content_id(name, inspect.getsource(CONDITIONS[name]), NOTA)


def refuse_own_nota(item: Item) -> None:
    """Raise `NotApplicable` if an option of the item already says that none is right.

    The bare `None` does not count: it may be an answer, as in "What diseases are shown?".
    """
    for option in item.options:
        if _LIKE_NOTA.fullmatch(" ".join(option.casefold().split()).rstrip(".")):
            raise NotApplicable(f"option {option!r} already says that none is right")
