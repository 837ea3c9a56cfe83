"""The languages that the reader knows, one module each, and their words and rules together.

To teach the reader a wording, add a rule with examples to the module of its language; to teach it a language, add a
module with `WORDS` and `RULES` and name it here. Answers may mix languages: all rules are tried on every text.
"""

from __future__ import annotations

import re
from dataclasses import fields
from functools import cache

from vqa_canary.reading.languages import chinese, english, french, german, spanish
from vqa_canary.reading.languages.language import EXAMPLE_OPTIONS, Place, ReplyLanguage, Rule

__all__ = [
    "EXAMPLE_OPTIONS",
    "LANGUAGES",
    "RULES",
    "Place",
    "ReplyLanguage",
    "Rule",
    "any_of",
    "patterns",
    "words",
]

_MODULES = (english, chinese, german, french, spanish)

LANGUAGES: tuple[ReplyLanguage, ...] = tuple(module.WORDS for module in _MODULES)

RULES: tuple[Rule, ...] = tuple(rule for module in _MODULES for rule in module.RULES)


@cache
def words(kind: str) -> str:
    """The words of a kind in all languages, as one regular expression; words of spaced languages stand alone."""
    if kind not in {one.name for one in fields(ReplyLanguage)}:
        raise KeyError(kind)
    spaced = [word for one in LANGUAGES if one.spaced for word in getattr(one, kind)]
    joined = [word for one in LANGUAGES if not one.spaced for word in getattr(one, kind)]
    ordered = "|".join(sorted(dict.fromkeys(spaced), key=len, reverse=True))
    parts = [rf"(?<!\w)(?:{ordered})(?!\w)"] if spaced else []
    return "(?:" + "|".join([*parts, *sorted(joined, key=len, reverse=True)]) + ")"


@cache
def patterns(place: Place) -> tuple[re.Pattern[str], ...]:
    """The rules of a place, each compiled."""
    return tuple(re.compile(rule.pattern) for rule in RULES if rule.place == place)


@cache
def any_of(place: Place) -> re.Pattern[str]:
    """All rules of a place as one pattern."""
    return re.compile("|".join(f"(?:{rule.pattern})" for rule in RULES if rule.place == place))
