"""What every condition keeps, whichever it is; and what each one is, counted by hand."""

from __future__ import annotations

import random
import sys
from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from vqa_canary.conditions.gallery import Gallery
from vqa_canary.conditions.presentation import show_all
from vqa_canary.conditions.registration import CONDITIONS, NotApplicable, Shown, fingerprint, shown_by
from vqa_canary.plugin_faults import PluginFault
from vqa_canary.registry import UnknownName
from vqa_canary.rows import NOTA, Item
from vqa_canary.seeding import random_for
from vqa_canary.testing import check_condition

ITEM = Item(
    dataset="d",
    item_id="item",
    split="test",
    image_id="0" * 16,
    image_path="a.png",
    image_sha256="0" * 64,
    question="Which organ?",
    options=("Lung", "Heart", "Liver", "Brain"),
    answer_index=1,
    question_type="Organ",
    answer_type="open",
    nota_valid=True,
    source_id="test.json qid 1",
)
ANY_SHOWN: Any = Shown
"""Takes fields of any type."""
items = st.lists(st.text(min_size=1, max_size=5), min_size=2, max_size=6, unique=True).flatmap(
    lambda options: st.builds(
        replace,
        st.just(ITEM),
        options=st.just(tuple(f"option {text}" for text in options)),
        answer_index=st.integers(0, len(options) - 1),
        item_id=st.text(min_size=1),
    )
)


def shown(name: str, item: Item = ITEM, seed: int = 7) -> Shown:
    return CONDITIONS[name](item, random_for(seed, item.item_id, name))


def test_all_conditions_are_found() -> None:
    assert {
        "clean", "nota_replace", "nota_last", "nota_control", "nota_append", "answer_removed", "shuffled",
        "rephrased", "reworded", "asked_again", "no_image", "wrong_image", "blurred", "low_contrast",
    } <= set(CONDITIONS)  # fmt: skip


@pytest.mark.parametrize("name", CONDITIONS)
@given(item=items, seed=st.integers())
def test_contract(name: str, item: Item, seed: int) -> None:
    """Pure, deterministic, and true to the item: an oracle that knows no condition's code."""
    check_condition(name, [item], [seed])


@pytest.mark.parametrize("name", CONDITIONS)
def test_contract_on_made_up_items(name: str) -> None:
    """At least one of these can be shown; which items a condition refuses is its own test."""
    check_condition(name)


def chancy(item: Item, rng: Random) -> Shown:
    """Forgets its generator."""
    return Shown(tuple(random.sample(item.options, len(item.options))), 0)


def misplaced(item: Item, rng: Random) -> Shown:
    """Says that the first option is right."""
    return Shown(item.options, 0)


def unfit(item: Item, rng: Random) -> Shown:
    """Fits nothing."""
    raise NotApplicable("never")


def cheating(item: Item, rng: Random) -> Shown:
    """Hides the answer and says so, but leaves it there."""
    return Shown(item.options, None)


def inventive(item: Item, rng: Random) -> Shown:
    """Offers what nobody knows."""
    return Shown((*item.options, "I cannot tell"), item.answer_index)


def muddled(item: Item, rng: Random) -> Shown:
    """Names the right option in place of its number."""
    return Shown(item.options, item.options[item.answer_index])  # type: ignore[arg-type]


def idle(item: Item, rng: Random) -> Shown:
    """Changes no image."""
    return Shown(item.options, item.answer_index, image=lambda image: image)


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (chancy, "in two ways; all chance must come from `rng`|answer_index is not the place"),
        (misplaced, "answer_index is not the place of"),
        (unfit, "not one of 60 made-up items can be shown"),
        (cheating, "says that nothing is right, and shows the right answer"),
        (inventive, "neither the item's nor NOTA"),
        (muddled, "gives a Shown whose answer_index is of type str, not a whole number"),
        (idle, "leaves an image of noise as it is"),
    ],
)
def test_a_condition_that_breaks_a_promise_fails_the_check(
    function: Any, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CONDITIONS._members, function.__name__, (function, "here"))
    with pytest.raises(AssertionError, match=told):
        check_condition(function)


def broken(item: Item, rng: Random) -> Shown:
    """Looks for what is not there."""
    known: dict[str, Shown] = {}
    return known[item.question]


def leaving(item: Item, rng: Random) -> Shown:
    """Ends the program."""
    sys.exit(item.question)


def breaking_late(item: Item, rng: Random) -> Shown:
    """Fails once it has an image."""
    change: Any = lambda image: int(item.question)  # noqa: E731
    return Shown(item.options, item.answer_index, image=change)


@pytest.mark.parametrize(
    ("function", "kind"), [(broken, "KeyError"), (leaving, "SystemExit"), (breaking_late, "ValueError")]
)
def test_a_condition_that_breaks_is_named_with_the_item_and_quotes_nothing(
    function: Any, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CONDITIONS._members, function.__name__, (function, "clinic.py:3"))
    changed: Any = lambda item, change: change(None)  # noqa: E731
    gallery = Gallery([ITEM], lambda item: item.images, changed)
    with pytest.raises(PluginFault) as raised:
        show_all([ITEM], [function.__name__], 7, gallery)
    assert str(raised.value).startswith(
        f"condition {function.__name__!r} (defined in clinic.py:3) fails on item d/item (test.json qid 1) with {kind}"
    )
    assert "Which organ" not in str(raised.value)


@pytest.mark.parametrize(
    ("shown", "told"),
    [
        (None, "NoneType where it must return a Shown"),
        (("Lung", "Heart"), "tuple where it must return a Shown"),
        (
            ANY_SHOWN(("Lung", "Heart"), "Heart"),
            "a Shown whose answer_index is of type str, not a whole number",
        ),
        (
            ANY_SHOWN(("Lung", "Heart"), True),
            "a Shown whose answer_index is of type bool, not a whole number",
        ),
        (
            ANY_SHOWN(("Lung", "Heart"), 0, 1.0),
            "a Shown whose nota_index is of type float, not a whole number",
        ),
        (ANY_SHOWN(["Lung", "Heart"], 0), "a Shown whose options is of type list, not texts in a tuple"),
        (ANY_SHOWN("Lung", 0), "a Shown whose options is of type str, not texts in a tuple"),
        (ANY_SHOWN(("Lung", None), 0), "a Shown whose options is of type tuple, not texts in a tuple"),
        (ANY_SHOWN(None, 0), "a Shown whose options is of type NoneType, not texts in a tuple"),
        (
            ANY_SHOWN(("Lung", "Heart"), 0, question=["Lung"]),
            "a Shown whose question is of type list, not text",
        ),
        (
            ANY_SHOWN(("Lung", "\ud800"), 0, question="\ud800"),
            "a Shown whose question is of type str and cannot be written as UTF-8, not text",
        ),
    ],
)
def test_a_condition_that_shows_what_is_no_row_is_named_with_the_field_and_quotes_nothing(
    shown: Any, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CONDITIONS._members, "odd", (lambda item, rng: shown, "clinic.py:3"))
    with pytest.raises(PluginFault) as raised:
        shown_by("odd", ITEM, Random(0))
    message = f"condition 'odd' (defined in clinic.py:3) gives {told}, on item d/item (test.json qid 1). Mend"
    assert str(raised.value).startswith(message)
    assert "Lung" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "options", "answer_index", "nota_index"),
    [
        ("clean", ("Lung", "Heart", "Liver", "Brain"), 1, None),
        ("nota_replace", ("Lung", NOTA, "Liver", "Brain"), 1, 1),
        ("nota_last", ("Lung", "Liver", "Brain", NOTA), 3, 3),
        ("answer_removed", ("Lung", "Liver", "Brain"), None, None),
        ("nota_append", ("Lung", "Heart", "Liver", "Brain", NOTA), 1, 4),
    ],
)
def test_conditions_without_chance(
    name: str, options: tuple[str, ...], answer_index: int | None, nota_index: int | None
) -> None:
    assert shown(name) == Shown(options, answer_index, nota_index)
    assert CONDITIONS[name](ITEM, Random(1)) == CONDITIONS[name](ITEM, Random(2))


def test_nota_control_hides_each_wrong_option_alike_and_never_the_answer() -> None:
    found = Counter(shown("nota_control", replace(ITEM, item_id=str(n))).nota_index for n in range(3000))
    assert set(found) == {0, 2, 3}
    assert all(900 < count < 1100 for count in found.values())
    one = shown("nota_control")
    assert [a for a, b in zip(one.options, ITEM.options, strict=True) if a != b] == [NOTA]
    assert one.answer_index == ITEM.answer_index


@pytest.mark.parametrize("n", [2, 3])
def test_shuffled_is_any_other_order_and_never_the_same(n: int) -> None:
    item = replace(ITEM, options=ITEM.options[:n])
    orders = Counter(shown("shuffled", replace(item, item_id=str(i))).options for i in range(1000))
    assert item.options not in orders
    assert len(orders) == {2: 1, 3: 5}[n]
    assert min(orders.values()) > 150


@pytest.mark.parametrize(
    "name", ["nota_replace", "nota_last", "nota_control", "nota_append", "answer_removed"]
)
@pytest.mark.parametrize(
    "option",
    [
        "none of the above.",
        "None of These",
        "Neither of the two",
        "No correct answer",
        "None of the  options",
        "以上都不是",
        "Keine der genannten",
        "Aucune de ces réponses",
        "Ninguna de las anteriores",
    ],
)
def test_an_item_with_such_an_option_of_its_own_is_refused(name: str, option: str) -> None:
    item = replace(ITEM, options=("Lung", "Heart", "Liver", option))
    with pytest.raises(NotApplicable, match="already says that none is right"):
        shown(name, item)


@pytest.mark.parametrize("option", ["None", "No", "Normal", "Not seen"])
def test_none_is_an_answer_like_any_other(option: str) -> None:
    assert shown("nota_replace", replace(ITEM, options=("Lung", "Heart", option))).options[1] == NOTA


def test_nothing_is_removed_from_two_options() -> None:
    with pytest.raises(NotApplicable, match="only 1 option would be left"):
        shown("answer_removed", replace(ITEM, options=("Yes", "No")))


def test_a_paraphrase_is_the_datasets_own_or_none() -> None:
    one = replace(ITEM, rephrased_question="In which organ?")
    assert shown("rephrased", one) == Shown(ITEM.options, 1, question="In which organ?")
    with pytest.raises(NotApplicable, match="no paraphrase"):
        shown("rephrased")


@pytest.mark.parametrize(("name", "image"), [("no_image", "blank"), ("wrong_image", "other")])
def test_conditions_of_the_image(name: str, image: Literal["blank", "other"]) -> None:
    assert shown(name) == Shown(ITEM.options, 1, image=image)


def test_conditions_that_change_the_image() -> None:
    """Against the definitions: a blur spreads a point as a Gaussian, and contrast is the distance from the mean."""
    point = Image.new("L", (200, 100))
    point.putpixel((100, 50), 255)
    blur, flatten = (shown(name).image for name in ("blurred", "low_contrast"))
    assert callable(blur)
    assert callable(flatten)
    spread = np.asarray(blur(point.point(lambda value: value)), float)
    assert spread.sum() > 0
    wide = Image.fromarray(np.where(np.arange(200) < 100, 0, 200).astype(np.uint8)[None, :].repeat(100, 0))
    edge = np.diff(np.asarray(blur(wide), float)[50])
    centre = np.arange(199) @ edge / edge.sum()
    assert np.sqrt((np.arange(199) - centre) ** 2 @ edge / edge.sum()) == pytest.approx(0.02 * 200, rel=0.1)
    levels = np.asarray(flatten(wide), float)
    assert np.ptp(levels) == pytest.approx(0.2 * 200, abs=1)
    assert levels.mean() == pytest.approx(100, abs=1)


def test_one_option_has_no_other_order() -> None:
    with pytest.raises(NotApplicable, match="no other order"):
        shown("shuffled", replace(ITEM, options=("Yes",), answer_index=0))


def test_fingerprints_differ_and_follow_the_wording_of_nota(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {name: fingerprint(name) for name in CONDITIONS}
    assert before == {name: fingerprint(name) for name in CONDITIONS}
    assert len(set(before.values())) == len(before)
    monkeypatch.setattr("vqa_canary.conditions.registration.NOTA", "Not listed")
    assert fingerprint("clean") != before["clean"]
    with pytest.raises(UnknownName, match="Did you mean 'clean'"):
        fingerprint("claen")
