"""How sure a text says that it is, as a share; a number that may mean anything else is not read."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vqa_canary.reading.confidence_words import (
    AGAIN,
    ANY_DIGITS,
    ASKED_FOR,
    BARE,
    BEFORE_REFUSED,
    BEHIND,
    BOUND_BEHIND,
    CHINESE,
    DENIED,
    LED,
    MEASURES,
    MOST_NUMBERS,
    NUMBER,
    OF_PROBABILITY,
    OF_SURENESS,
    PLAIN_CHINESE,
    PLAIN_WORDS,
    REST,
    SCALE,
    SMALL,
    SUPPOSED,
    SURE_BEHIND,
    TENS,
    THOUSANDS,
    TURNED,
    UNIT,
    WORDS,
)
from vqa_canary.reading.folding import CLOSED, OPENED, folded
from vqa_canary.reading.thinking import answer_part


@dataclass(frozen=True, slots=True)
class _Stated:
    share: float
    marked: bool
    """Whether a unit or a word beside the number says that it is a confidence."""


_WHOLES = {"ten": 10.0, "1": 1.0, "5": 5.0, "10": 10.0}


def read_confidence(text: str, scale: float = 100) -> float | None:
    """A stated confidence as a share from 0 to 1, or None.

    Parameters
    ----------
    text : what a model said when asked how sure it is: "85", "85 %", "I'm about 85 % sure", "8/10", "eighty-five"
    scale : what stands for certain where the text has no unit: 100, or 1

    None where it holds no number, two that differ, a bound ("over 80"), a number beyond the scale, or one whose
    scale is not known: where the scale is 100, `0.9` may mean 90 % or 0.9 %, and `1` may mean certain or 1 %, unless
    the text speaks of a probability or names its scale.
    """
    view = folded(text, *answer_part(text))
    said = view.small.replace(OPENED, " ").replace(CLOSED, " ").strip()
    told = next((found for found in SCALE.finditer(said)), None)
    numbers = sum(1 for pattern in (ANY_DIGITS, WORDS, CHINESE) for _ in pattern.finditer(said))
    if numbers > MOST_NUMBERS or TURNED.search(said):
        return None
    whole = float(told["top"] or told["plain"]) if told else scale
    said = ASKED_FOR.sub("", SCALE.sub(" ", said)).strip(" ,:;()\n")
    found = _stated(said, whole, told is not None or scale == 1)
    if found is None:
        return None
    marked = {one.share for one in found if one.marked}
    shares = marked or {one.share for one in found}
    share = shares.pop() if len(shares) == 1 else -1.0
    return share if share >= 0 else None


def _stated(said: str, whole: float, told: bool) -> list[_Stated] | None:
    """All confidences in a text; None where one of its numbers forbids to read any."""
    found: list[_Stated] = []
    for digits in ANY_DIGITS.finditer(said):
        at = digits.start()
        number = NUMBER.match(said, at)
        unit = UNIT.match(said, number.end()) if number else None
        if _is_denominator(said, at):
            continue
        led = _led(said, at)
        marked = bool(unit) or led
        if number is None or not _may_stand(said, at):
            if marked or _alone(said, at, at + len(digits[0].rstrip(".,"))) or _glued(said, at):
                return None
            continue
        end = (unit or number).end()
        if MEASURES.match(said, end):
            continue
        if _refused(said, at, end) or (not unit and THOUSANDS.fullmatch(number[0])):
            return None
        share = _share(number[0], unit, whole, told or bool(OF_PROBABILITY.search(said)))
        if not unit and not told and whole == 100 and float(number[0].replace(",", ".")) == 1:
            share = None
        meant = led or _alone(said, at, end) or _cued(said, at, end)
        if not (marked or meant):
            again = bool(AGAIN.search(said[max(0, at - 20) : at]))
            found.append(_Stated(-1.0 - at, again))  # may be meant: beside another number, neither is read
            continue
        if not meant:
            found.append(_Stated(-1.0 - at, True))  # another share beside it: neither is read
            continue
        if share is None:
            return None
        found.append(_Stated(share, marked))
    return found + _in_words(said)


def _share(number: str, unit: re.Match[str] | None, whole: float, told: bool) -> float | None:
    """The number as a share of what stands for certain; None where it is beyond, or the scale is not known."""
    if "," in number:
        before, after = number.split(",")
        if not (before == "0" or len(after) == 1 or unit):
            return None
        number = f"{before}.{after}"
    value = float(number)
    if unit and unit["percent"]:
        whole, told = 100.0, False
    elif unit:
        name = unit["whole"]
        whole, told = _WHOLES.get(name, 100.0), name in ("1", "10")
    elif 0 < value < 1 and told:
        whole = 1.0
    if value > whole or (0 < value < 1 and not told):
        return None
    return value / whole


def _may_stand(said: str, at: int) -> bool:
    """Whether a number is no part of a longer name, a range or a negative number."""
    before = said[max(0, at - 2) : at]
    return not re.search(r"[\w.,/]\Z|(?:\A|[^\w])-\Z|[0-9]-\Z|\w-\Z", before) or bool(
        re.search(r"[\u4e00-\u9fff]\Z", before)
    )


def _glued(said: str, at: int) -> bool:
    """Whether a number is the end of a range or of a negative number."""
    return bool(re.search(r"(?:[0-9%] ?-|(?:\A|[ (:])-)\Z", said[max(0, at - 4) : at]))


def _is_denominator(said: str, at: int) -> bool:
    return bool(re.search(r"(?:/|out of|(?<=[0-9]) of|von|sur) ?\(?\Z", said[max(0, at - 8) : at])) and bool(
        re.search(r"[0-9] ?\(?(?:/|out of|of|von|sur) ?\Z", said[max(0, at - 12) : at])
    )


def _alone(said: str, start: int, end: int) -> bool:
    """Whether a text is no more than its number, begins with it, or ends with it in a sentence of its own."""
    begin = max(said.rfind(mark, 0, start) + len(mark) for mark in ("\n", ". ", "! ")) if start else 0
    begin = begin if begin > 1 else 0
    if not BARE.match(said[begin:start]) or start - begin > 60:
        return False
    if REST.match(said, end):
        return begin == 0 or said[begin - 1] == "\n" or said[end - 1 : end + 1].strip()[-1:] in ("%", "t")
    return begin == 0 and bool(BEHIND.match(said, end)) and not (end - start == 1 and start == 0)


def _led(said: str, at: int) -> bool:
    """Whether "confidence:" or the like stands before a number."""
    return bool(LED.search(said[max(0, at - 60) : at]))


def _refused(said: str, start: int, end: int) -> bool:
    """Whether a number is a bound or one end of a range, denied, or stands in a supposition."""
    sentence = said[slice(*_sentence(said, start, end))]
    return bool(
        BEFORE_REFUSED.search(said[max(0, start - 40) : start])
        or BOUND_BEHIND.match(said, end)
        or SUPPOSED.search(sentence)
        or DENIED.search(sentence)
    )


def _sentence(said: str, start: int, end: int) -> tuple[int, int]:
    marks = (". ", "\n", "!", "?", "\u3002")
    first = max(said.rfind(mark, 0, start) for mark in marks) + 1
    ends = [at for mark in marks if (at := said.find(mark, end)) >= 0]
    return first, min(ends, default=len(said))


def _cued(said: str, start: int, end: int) -> bool:
    """Whether a word beside a number, or all of its sentence, says that it is how sure an answer is."""
    if SURE_BEHIND.match(said, end):
        return True
    sentence = said[slice(*_sentence(said, start, end))]
    return (
        len(sentence) <= 400 and bool(OF_SURENESS.search(sentence)) and bool(PLAIN_WORDS.fullmatch(sentence))
    )


def _in_words(said: str) -> list[_Stated]:
    """Numbers in words: "eighty-five percent", or a text that is no more than such a number."""
    found = []
    for named in WORDS.finditer(said):
        unit = UNIT.match(said, named.end())
        if not unit and not _alone(said, named.start(), named.end()):
            continue
        if unit and not (_alone(said, named.start(), unit.end()) or _cued(said, named.start(), unit.end())):
            continue
        if _refused(said, named.start(), unit.end() if unit else named.end()):
            return [_Stated(-1.0, True), _Stated(-2.0, True)]
        said_value = _value(named[0])
        whole = _WHOLES.get(unit["whole"], 100.0) if unit else 100.0
        if said_value <= whole and (unit or said_value != 1):  # "one" may mean certain, or 1 %
            found.append(_Stated(said_value / whole, bool(unit)))
    for named in CHINESE.finditer(said):
        tenths = "一二三四五六七八九".find(named["tenths"] or "?") + 1
        value = _chinese(named["percent"]) if named["percent"] else 10.0 * tenths
        sentence = said[slice(*_sentence(said, *named.span()))]
        rest = sentence.replace(named[0], "", 1)
        if value is None or value > 100 or _refused(said, *named.span()) or not PLAIN_CHINESE.fullmatch(rest):
            return [_Stated(-1.0, True), _Stated(-2.0, True)]
        found.append(_Stated(value / 100, True))
    return found


def _value(words: str) -> float:
    if "hundred" in words:
        return 100.0
    return float(sum(TENS.get(word, 0) + SMALL.get(word, 0) for word in re.split("[- ]", words)))


def _chinese(signs: str) -> float | None:
    digits = {sign: at for at, sign in enumerate("零一二三四五六七八九")} | {"两": 2}
    if signs in ("百", "一百"):
        return 100.0
    found = re.fullmatch("([一二三四五六七八九])?(十)?([一二三四五六七八九])?", signs)
    if not found or not signs:
        return None
    tens = (digits[found[1]] if found[1] else 1) if found[2] else 0
    if not found[2] and found[1] and found[3]:
        return None
    ones = digits[found[3]] if found[3] else (digits[found[1]] if found[1] and not found[2] else 0)
    return float(10 * tens + ones)
