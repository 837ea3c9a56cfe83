"""Answers within JSON: the value of a key that means the answer, unless what stands around it takes it back.

A key, and a flag beside it, counts only if a table below lists it: whatever else a model may write there names nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from vqa_canary.reading.pairs import Pair, pairs_of


@dataclass(frozen=True, slots=True)
class KeyRule:
    """Keys that mean one thing, with examples said about the options A Lung, B Liver, C Spleen, D None of the above."""

    name: str
    keys: str
    """A regular expression over the key in small letters, without spaces and signs."""
    reads: tuple[tuple[str, str], ...] = ()
    """Examples: texts, and the letter of the option that each names."""
    refuses: tuple[str, ...] = ()
    """Examples: texts that come close and name no option."""


ANSWER = KeyRule(
    "the answer",
    r"(?:my|final|correct|predicted|selected|chosen|best)?(?:answer|choice|option|prediction)|"
    r"answer(?:choice|letter|option|key)|response|result|output|ans|selection|letter|"
    r"(?:正确|最终)?答案|选项|(?:richtige)?antwort|réponse(?:correcte)?|respuesta(?:correcta)?",
    (
        ('{"answer": "B"}', "B"),
        ('{"final_answer": "B", "confidence": 90}', "B"),
        ('{"result": {"answer": ["B"]}}', "B"),
        ('{"答案": "B"}', "B"),
        ('{"answer": "B", "alternative": "C"}', "B"),
    ),
    (
        '{"alternative": "B"}',
        '{"rejected": "B"}',
        '{"previous_answer": "B"}',
        '{"answer": ["A", "B"]}',
        '{"answer": "B", "final_answer": "C"}',
        '{"options": {"A": "Lung", "B": "Liver"}}',
        '{"A": 0.1, "B": 0.9}',
    ),
)
"""Fits a key whose value names the answer."""
ITEM = KeyRule(
    "an option of several",
    r"option|choice|letter|选项",
    (('{"option": "B"}', "B"), ('{"letter": "B", "text": "Liver"}', "B")),
    ('[{"option": "B", "correct": true}]', '{"options": [{"letter": "B", "is_correct": true}]}'),
)
"""Fits a key that means the answer only if its object is not one of a list and no score stands beside it."""
RATES = KeyRule(
    "a score",
    r"score|prob(?:ability)?|p|likelihood|logprob|rank|weight|percent(?:age)?",
    (('{"answer": "B", "probability": 0.9}', "B"),),
    ('{"letter": "B", "probability": 0.3}', '{"choice": "B", "rank": 2}'),
)
"""Fits the key of a score; beside an `ITEM` it says that others may be rated higher."""
AROUND = KeyRule(
    "around the answer",
    rf"(?:{ANSWER.keys})|final|data|content|message|json|arguments|object|output|"
    r"(?:question|item|image|case)?(?:\d{0,4})",
    (('{"data": {"answer": "B"}}', "B"),),
    ('{"rejected": {"answer": "B"}}', '{"alternatives": [{"answer": "B"}]}', '{"example": {"answer": "B"}}'),
)
"""Fits the key of an object in which an answer may stand."""
HOLDS = KeyRule(
    "it holds",
    r"(?:is|was)?(?:answer|option|choice)?(?:is)?(?:correct|right|true|valid|answerable|answered|certain|sure|confident|"
    r"final|selected|chosen|supported|accepted|verified|success|ok)",
    (('{"answer": "B", "correct": true}', "B"), ('{"answer": "B", "final": true}', "B")),
    (
        '{"answer": "B", "is_correct": false}',
        '{"valid": false, "answer": "B"}',
        '{"answer": "B", "correct": "no"}',
    ),
)
"""Fits the key of a flag beside the answer that takes it back if the flag is false."""
FAILS = KeyRule(
    "it fails",
    r"(?:is|was)?(?:answer|option|choice)?(?:is)?(?:incorrect|wrong|false|invalid|unanswerable|uncertain|unsure|rejected|"
    r"excluded|hypothetical|guess|randomguess|refused|refusal|placeholder|example|dummy|default|error)",
    (('{"answer": "B", "uncertain": false}', "B"), ('{"answer": "B", "error": null}', "B")),
    (
        '{"answer": "B", "rejected": true}',
        '{"answer": "B", "guess": "yes"}',
        '{"error": "no image", "answer": "B"}',
    ),
)
"""Fits the key of a flag beside the answer that takes it back unless the flag is false or empty."""
KEY_RULES = (ANSWER, ITEM, RATES, AROUND, HOLDS, FAILS)

_OBJECT = re.compile(
    r"\s{0,40}(?:```[a-zA-Z]{0,10}\s{0,4})?(?:[\[{]\s{0,40}[\"'{\[}]|\{\s{0,4}[A-Za-z_]{2,30}\s{0,4}:)"
)
_ENDS = re.compile(r"\s{0,40}(?:[,}\]]|\Z)")
_NOTHING = ("null", "none", "nil", "true", "false", "undefined", "nan")
"""Bare words in the place of an answer which say that there is none."""
_FALSE = ("false", "no", "0", "none", "null", "", "nein", "non", "falsch", "faux", "falso", "否")


@dataclass(frozen=True, slots=True)
class Value:
    """Place of the value of an answer's key, and why it names nothing, if so."""

    start: int
    end: int
    problem: str = ""


def is_object(text: str, start: int, end: int) -> bool:
    """Whether the text is JSON as a whole, fenced or not."""
    return bool(_OBJECT.match(text, start, end))


def answer_values(text: str, start: int, end: int) -> list[Value]:
    """Values of all keys that mean the answer; where there are only such as do not after all, one with the reason."""
    pairs = pairs_of(text, start, end)
    answers = [pair for pair in pairs if _is(ANSWER, pair.key) and _may_hold(pair, text)]
    counted = [pair for pair in answers if all(_is(AROUND, key) for key in pair.within)]
    if not counted:
        return [Value(answers[0].start, answers[0].end, "no option")] if answers else []
    return [Value(pair.start, pair.end, _problem(pair, pairs, text)) for pair in counted]


def _is(rule: KeyRule, key: str) -> bool:
    return bool(re.fullmatch(rule.keys, re.sub(r"[\W_]", "", key.casefold())))


def _may_hold(pair: Pair, text: str) -> bool:
    """Whether a value may be an answer or the lack of one: a text, a letter, or a word for nothing."""
    value = text[pair.start : pair.end]
    letter = len(value) == 1 and value.isalpha() and _ENDS.match(text, pair.end)
    return pair.quoted or bool(letter) or value.casefold() in _NOTHING


def _problem(pair: Pair, pairs: list[Pair], text: str) -> str:
    value = text[pair.start : pair.end].strip().casefold()
    if not value or (not pair.quoted and value in _NOTHING):
        return "no option"
    if pair.values > 1 or pair.listed > 1:
        return "two options"
    beside = [one for one in pairs if one.owner is pair.owner and one is not pair]
    for one in beside:
        said = text[one.start : one.end].strip().casefold()
        if (_is(HOLDS, one.key) and said in _FALSE) or (_is(FAILS, one.key) and said not in _FALSE):
            return "denied"
    if _is(ITEM, pair.key) and (pair.listed or any(_is(RATES, one.key) for one in beside)):
        return "no option"
    return ""
