"""Every rule reads its own examples, refuses its own near misses, and takes time in proportion to the text."""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from tests.reading.page import PAGE, with_tables

from vqa_canary import reading
from vqa_canary.reading import answer_part, read_option
from vqa_canary.reading.languages import EXAMPLE_OPTIONS, LANGUAGES, RULES, Rule, words
from vqa_canary.reading.structured import KEY_RULES, KeyRule
from vqa_canary.reading.thinking import BEGINNINGS, ENDS, FAMILIES, Thinking


@pytest.mark.parametrize("rule", [*RULES, *KEY_RULES], ids=lambda rule: rule.name)
def test_a_rule_reads_its_examples_and_no_near_miss(rule: Rule | KeyRule) -> None:
    assert rule.reads or rule.refuses
    for text, letter in rule.reads:
        assert read_option(text, EXAMPLE_OPTIONS).choice == "ABCD".index(letter), text
    for text in rule.refuses:
        assert read_option(text, EXAMPLE_OPTIONS).choice is None, text


def test_rules_have_names_of_their_own_and_a_known_language() -> None:
    names = [(rule.language, rule.name) for rule in RULES]
    assert len(set(names)) == len(names)
    assert {rule.language for rule in RULES} == {language.name for language in LANGUAGES}


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.family)
def test_thinking_of_every_family_is_taken_off(family: Thinking) -> None:
    start, end = answer_part(family.example)
    assert family.example[start:end] == "B"
    opening = re.search(family.opens, family.example, re.IGNORECASE)
    closing = re.search(family.closes, family.example, re.IGNORECASE)
    assert opening
    assert closing
    unopened = family.example[opening.end() :]
    start, end = answer_part(unopened)
    assert unopened[start:end] == "B"
    assert read_option(family.example[: closing.start()], EXAMPLE_OPTIONS).how == "thinking only"


def repeats(pattern: Any) -> Iterator[int]:
    """Upper limits of all repeats in a parsed pattern."""
    for name, value in pattern:
        if str(name) in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            yield int(value[1])
        parts = value if isinstance(value, (list, tuple)) else [value]
        for part in parts:
            inner = part if isinstance(part, list) else [part]
            for one in inner:
                if hasattr(one, "pattern") or type(one).__name__ == "SubPattern":
                    yield from repeats(one)


def test_no_pattern_has_an_unbounded_repeat() -> None:
    import re._parser as parser  # type: ignore[import-not-found]  # of the standard library, but nothing promised

    texts = [rule.pattern for rule in RULES]
    texts += [
        words(kind) for kind in ("negations", "comparisons", "conditions", "modals", "continuers", "joins")
    ]
    texts += [*ENDS, *BEGINNINGS, *(one.opens for one in FAMILIES), *(one.closes for one in FAMILIES)]
    for info in pkgutil.walk_packages(reading.__path__, f"{reading.__name__}."):
        members = vars(importlib.import_module(info.name)).values()
        texts += [one.pattern for one in members if isinstance(one, re.Pattern)]
    assert len(texts) > 100
    assert list(repeats(parser.parse("(?:a|b*)c"))) == [int(parser.MAXREPEAT)]
    for text in texts:
        assert max([0, *repeats(parser.parse(text))]) <= 1000, text


def steps(text: str) -> int:
    """Lines of Python that reading a text runs."""
    count = 0

    def trace(frame: Any, event: str, arg: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        read_option(text, EXAMPLE_OPTIONS)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    "unit",
    [
        "a ",
        "A. ",
        "(",
        "B or ",
        "the answer is ",
        "<think>",
        "liver ",
        "\n",
        "* ",
        "$",
        "none of ",
        "\\boxed{B}",
        "not B, ",
        "答案是",
    ],
)
def test_reading_takes_steps_in_proportion_to_the_text(unit: str) -> None:
    short, long = (steps(unit * (length // len(unit))) for length in (1000, 4000))
    assert long <= 5 * short + 2000


def test_a_hundred_thousand_signs_are_read() -> None:
    assert read_option("The organ is large. " * 5000 + "The answer is B.", EXAMPLE_OPTIONS).choice == 1
    assert read_option("B" * 100_000, EXAMPLE_OPTIONS).choice is None
    assert read_option(" " * 100_000 + "B", EXAMPLE_OPTIONS).choice == 1


def test_the_page_lists_the_rules_as_they_are() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_tables(page), "run `python tests/reading/page.py`"
    assert page.count("\n| English |") == sum(rule.language == "English" for rule in RULES)
