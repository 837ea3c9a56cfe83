"""How sure a text says that it is, as a share; a number that may mean anything else is not read."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vqa_canary.reading.folding import CLOSED, OPENED, folded
from vqa_canary.reading.thinking import answer_part

_SURE = (
    r"(?:(?:sure|certain(?:ty)?|confiden(?:t|ce)|sicher(?:heit)?|überzeugt|konfidenz|sûre?|certaine?|certitude|"
    r"confiance|segur[oa]|seguridad|confianza|certeza)(?!\w)|把握|置信度?|信心|确定|自信|肯定)"
)
"""Words that say that the number beside them is a confidence."""
_SURE_BEHIND = re.compile(
    rf"[\"')]{{0,2}} ?(?:(?:of|de) )?的?{_SURE}(?! ?(?:interval|band|limit|bound|range|region|区间))"
)
_PLAIN_WORDS = re.compile(
    rf"(?:[\s\d.,:;!%/()\"'=~\u2248-]|(?<![a-z\u00e0-\u00ff])(?:{_SURE}|i|i'd|i'm|it|it's|am|is|would|say|give|put|"
    r"rate|estimate|guess|a|an|the|my|this|that|there|there's|of|as|at|in|to|on|with|for|and|about|around|roughly|"
    r"approximately|level|score|rating|value|percent|out|points?|answer|choice|option|response|right|correct|"
    r"probab(?:le|ly|ility)|likel(?:y|ihood)|chance|very|quite|pretty|high|overall|be|being|[b-d]|"
    r"wahrscheinlichkeit|ich|bin|mir|zu|meine?r?|die|der|antwort|richtig|ist|dass|mit|einer|von|prozent|probabilité|"
    r"probabilidad|je|suis|à|de|ma|la|le|est|une|que|réponse|correcte?|juste|pour|cent|estoy|mi|es|una|un|con|"
    r"respuesta|por|ciento)(?![a-z\u00e0-\u00ff])"
    r"|我|对|有|大约|大概|约|的|概率|可能性?|是|为|左右|答案|正确|这个|分|[\u3002\uff0c]){0,400}"
)
"""All words of a sentence that speaks of no more than an answer and how sure it is."""
_OF_SURENESS = re.compile(
    rf"(?<!\w){_SURE}|(?<!\w)(?:probab(?:le|ly|ility)|likel(?:y|ihood)|chance|rate|estimate|guess|"
    r"i(?:'d| would)? (?:say|give|put)|wahrscheinlichkeit|probabilité|probabilidad)(?!\w)"
    r"|[\u4e00-\u9fff](?:把握|信心)|概率|可能"
)
_TURNED = re.compile(
    r"(?<!\w)(?:lack\w{0,20}|loss|drop\w{0,20}|un(?:certain\w{0,20}|sure|confiden\w{0,20}|likel\w{0,20}|sicher\w{0,20}|wahrscheinlich\w{0,20}|gewiss\w{0,20})|improba\w{0,20}|errors?|"
    r"errone\w{0,20}|wrong\w{0,20}|incorrect\w{0,20}|mistake\w{0,20}|false\w{0,20}|fail\w{0,20}|doubt\w{0,20}|inaccura\w{0,20}|misdiag\w{0,20}|incert\w{0,20}|"
    r"insegur\w{0,20}|fehler\w{0,20}|irr\w{0,20}|falsch\w{0,20}|zweifel\w{0,20}|erreurs?|faux|fausse|doute\w{0,20}|tromp\w{0,20}|equivoc\w{0,20}|"
    r"duda\w{0,20}|fals[oa]|inexact\w{0,20}|insûr\w{0,20}|intervall?e?s?|intervalos?|ci)(?!\w)|不确定|不可能|不太|不肯定|错|误|怀疑|区间"
)
"""Words of how unsure something is, or of an interval: its number is not, or may not be, a confidence."""
_SUPPOSED = re.compile(
    r"(?<!\w)(?:if|unless|suppos\w{0,20}|were|had|would (?:have )?be(?:en)?|(?:i|it|that)'d (?:have )?be(?:en)?|could|"
    r"should|might|wish|wenn|falls|wäre\w{0,20}|würde\w{0,20}|hätte\w{0,20}|könnte\w{0,20}|was|si|serais|serait|aurais|estaría|sería|"
    r"hubiera|tuviera)(?!\w)|如果|若|假如|要是|除非"
)
_DENIED = re.compile(
    r"(?<!\w)(?:not|never|no|nor|neither|nobody|none|nothing|cannot|without|barely|hardly|scarcely|nowhere|nicht|"
    r"kein\w{0,20}|niemand|kaum|nie|ne|pas|aucun\w{0,20}|personne|jamais|nadie|nunca|ningun\w{0,20}|apenas|sin|tampoco)(?!\w)"
    r"|n't(?!\w)|(?<!\w)n'|à peine|(?<!\w)sans(?!\w)|不|没|無|无|非|未|谁|难"
)
_OF_PROBABILITY = re.compile(
    r"(?<!\w)(?:probability|probabilité|probabilidad|wahrscheinlichkeit|p)(?!\w)|概率"
)
_LED = re.compile(
    r"(?:\A|[\n.,:;!{\"'(]|(?<!\w)(?:my|the|overall|answer|final|with|and|a|meine|mit|ma|mi|la|le)) ?"
    r"(?:confidence|certainty|konfidenz|sicherheit|confiance|certitude|confianza|"
    r"certeza|置信度|信心|把握)"
    r"(?: (?:level|score|rating|value|estimate))?[\"')]? ?(?:is|of|at|ist|est|es|von|de)?[ :=是为约(\n]{0,3}"
    r"(?:about |around |approximately |roughly |~ ?|大约)?[\"']?\Z"
)
_BEFORE_REFUSED = re.compile(
    r"(?:(?<!\w)(?:not|n't|never|no|over|above|below|under|less than|more than|greater than|fewer than|"
    r"lower than|higher than"
    r"|at least|at most|up to|minimum(?: of)?|maximum(?: of)?|exceed(?:s|ing)?|between|from|nicht|über|"
    r"unter|mindestens"
    r"|höchstens|pas|plus de|moins de|más de|menos de|al menos)(?: \w{1,8})? ?|[a-z]n't (?:\w{1,9} ){0,2}|"
    r"[<>\u2264\u2265\u00b1^$#] ?"
    r"|(?:超过|不到|至少|至多|低于|高于|不是|不) ?)\Z"
)
_UNIT = re.compile(
    r" ?(?:(?P<percent>%|percent(?!\w)|per cent(?!\w)|pct(?!\w)|prozent(?!\w)|pour ?cent(?!\w)|por "
    r"ciento(?!\w))"
    r"|(?:/|\(? ?out of|of|von|sur|de) ?(?P<whole>100|10|5|ten|(?:a |one )?hundred)(?![\w.,]?\d)\)?)"
)
_NUMBER = re.compile(r"(?<![0-9a-z_.,/])(?:[0-9]{1,3}(?:[.,][0-9]{1,6})?|\.[0-9]{1,6})(?![0-9])")
_ANY_DIGITS = re.compile(r"(?:(?<![\w.])\.)?[0-9][0-9.,]{0,40}")
_BOUND_BEHIND = re.compile(
    r"\+| ?(?:-|to|bis|à|or|\u00b1|到|至|~) ?[0-9一二三四五六七八九十百]|e[0-9]|th(?!\w)|[多几余]| ?(?:以|点|上下|或)"
)
"""A bound, a range: "90+", "80 to 90"."""
_MEASURES = re.compile(
    r" of (?!certainty|confidence|the time|being)(?:the|a|all|my|its|\w)| ?(?:cm|mm|ml|years?|nodules?|"
    r"lesions?|times)(?!\w)"
)
"""What makes a number the measure of something else: "30 % of the lung", "3 cm"."""
_SCALE = re.compile(
    r"(?:on|in|auf|sur|en) (?:a |an |the |einer |une )?(?:scale|skala|échelle|escala)(?: (?:of|from|"
    r"between|von|de))? ?\(?(?:0|1|zero|one) ?(?:to|-|and|bis|à|a) ?(?P<top>100|10|1)\)?"
    r"|\(?(?:from|between|range:?)? ?(?<![\w.])0 ?(?:to|-|and|\u2013) ?(?P<plain>100|10|1(?:\.0)?)"
    r"(?![\w.,%])( scale)?\)?"
)
_SMALL = {
    "zero": 0,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "thirteen": 13,
    "fourteen": 14,
    "fifteen": 15,
    "sixteen": 16,
    "seventeen": 17,
    "eighteen": 18,
    "nineteen": 19,
}
_TENS = {
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}
_WORDS = re.compile(
    rf"(?<!\w)(?:(?:one |a )?hundred|(?:{'|'.join(_TENS)})(?:[- ](?:{'|'.join(list(_SMALL)[1:10])}))?|"
    rf"{'|'.join(_SMALL)})(?!\w)"
)
_CHINESE = re.compile(
    r"百分之(?P<percent>[一二三四五六七八九十百两零]{1,4})|(?P<tenths>[一二三四五六七八九])成(?![\w])"
)
_PLAIN_CHINESE = re.compile(
    r"(?:我|对|有|大约|大概|约|的|概率|可能性?|是|为|左右|答案|正确|这个|把握|置信度|信心|确定|自信|肯定|[\s.,:\"'()\uff0c]){0,60}"
)
"""What may stand beside a number in Chinese words; another number, a bound or another thing may not."""
_BARE = re.compile(
    r"(?:(?:about|around|approximately|approx\.?|roughly|maybe|nearly|almost|circa|etwa|ungefähr|environ|"
    r"aproximadamente|~|\u2248|大约|大概|约|我?有|[\"'(]|i(?:'d| would) say|it is|it's|i am|i'm|answer|value|number)"
    r"[:,]? ?){0,3}\Z"
)
_MOST_NUMBERS = 30
"""A text with more numbers is no statement of how sure it is."""
_AGAIN = re.compile(
    r"(?:(?<!\w)(?:or|maybe|perhaps|possibly|rather|now|actually|then|and|oder|vielleicht|ou|peut-être|o|quizás)"
    r"|[,;/]|或|也许)[ :]?(?:rather |maybe |about )?\Z"
)
"""What stands before a second number that takes back the first."""
_REST = re.compile(r" ?(?:sure|certain|confident|points?|分|左右|sicher|or so)?[\s.!)\]\"']{0,4}\Z")
_BEHIND = re.compile(r"(?:\.(?=\s|\Z)|,(?= )|;|\n| ?-(?= )|\u2014| because| since| as )")


@dataclass(frozen=True, slots=True)
class _Stated:
    share: float
    marked: bool
    """Whether a unit or a word beside it says that it is a confidence."""


def read_confidence(text: str, scale: float = 100) -> float | None:
    """A stated confidence as a share from 0 to 1, or None.

    Parameters
    ----------
    text : what a model said when asked how sure it is: "85", "85 %", "I'm about 85 % sure", "8/10", "eighty-five"
    scale : what stands for certain where the text has no unit: 100, or 1

    None where it holds no number, two that differ, a bound ("over 80"), a number beyond the scale, or one whose
    scale is not known: `0.9` may mean 90 % or 0.9 % where the scale is 100, unless the text speaks of a probability
    or of a scale from 0 to 1.
    """
    view = folded(text, *answer_part(text))
    said = view.small.replace(OPENED, " ").replace(CLOSED, " ").strip()
    told = next((found for found in _SCALE.finditer(said)), None)
    numbers = sum(1 for pattern in (_ANY_DIGITS, _WORDS, _CHINESE) for _ in pattern.finditer(said))
    if numbers > _MOST_NUMBERS or _TURNED.search(said):
        return None
    whole = float(told["top"] or told["plain"]) if told else scale
    said = _SCALE.sub(" ", said).strip(" ,:;()\n")
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
    for digits in _ANY_DIGITS.finditer(said):
        at = digits.start()
        number = _NUMBER.match(said, at)
        unit = _UNIT.match(said, number.end()) if number else None
        if _is_denominator(said, at):
            continue
        led = _led(said, at)
        marked = bool(unit) or led
        if number is None or not _may_stand(said, at):
            if marked or _alone(said, at, at + len(digits[0].rstrip(".,"))) or _glued(said, at):
                return None
            continue
        end = (unit or number).end()
        if _MEASURES.match(said, end):
            continue
        if _refused(said, at, end):
            return None
        share = _share(number[0], unit, whole, told or bool(_OF_PROBABILITY.search(said)))
        if _may_be_all(number[0], unit, whole, said):
            share = None
        meant = led or _alone(said, at, end) or _cued(said, at, end)
        if not (marked or meant):
            again = bool(_AGAIN.search(said[max(0, at - 20) : at]))
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
        whole, told = {"ten": 10.0, "5": 5.0, "10": 10.0}.get(name, 100.0), name == "10"
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
    if not _BARE.match(said[begin:start]) or start - begin > 60:
        return False
    if _REST.match(said, end):
        return begin == 0 or said[begin - 1] == "\n" or said[end - 1 : end + 1].strip()[-1:] in ("%", "t")
    return begin == 0 and bool(_BEHIND.match(said, end)) and not (end - start == 1 and start == 0)


def _led(said: str, at: int) -> bool:
    """Whether "confidence:" or the like stands before a number."""
    return bool(_LED.search(said[max(0, at - 60) : at]))


def _may_be_all(number: str, unit: re.Match[str] | None, whole: float, said: str) -> bool:
    """Whether a number may be 1 on a scale from 0 to 1, where the scale was to be 100."""
    if unit or whole != 100 or float(number.replace(",", ".")) != 1:
        return False
    return number != "1" or bool(re.search(r"[^\W\d_]", said.removeprefix("confidence: ")))


def _refused(said: str, start: int, end: int) -> bool:
    """Whether a number is a bound or one end of a range, denied, or stands in a supposition."""
    sentence = said[slice(*_sentence(said, start, end))]
    return bool(
        _BEFORE_REFUSED.search(said[max(0, start - 40) : start])
        or _BOUND_BEHIND.match(said, end)
        or _SUPPOSED.search(sentence)
        or _DENIED.search(sentence)
    )


def _sentence(said: str, start: int, end: int) -> tuple[int, int]:
    marks = (". ", "\n", "!", "?", "\u3002")
    first = max(said.rfind(mark, 0, start) for mark in marks) + 1
    ends = [at for mark in marks if (at := said.find(mark, end)) >= 0]
    return first, min(ends, default=len(said))


def _cued(said: str, start: int, end: int) -> bool:
    """Whether a word beside a number, or all of its sentence, says that it is how sure an answer is."""
    if _SURE_BEHIND.match(said, end):
        return True
    sentence = said[slice(*_sentence(said, start, end))]
    return (
        len(sentence) <= 400
        and bool(_OF_SURENESS.search(sentence))
        and bool(_PLAIN_WORDS.fullmatch(sentence))
    )


def _in_words(said: str) -> list[_Stated]:
    """Numbers in words: "eighty-five percent", or a text that is no more than such a number."""
    found = []
    for named in _WORDS.finditer(said):
        unit = _UNIT.match(said, named.end())
        if not unit and not _alone(said, named.start(), named.end()):
            continue
        if unit and not (_alone(said, named.start(), unit.end()) or _cued(said, named.start(), unit.end())):
            continue
        if _refused(said, named.start(), unit.end() if unit else named.end()):
            return [_Stated(-1.0, True), _Stated(-2.0, True)]
        said_value = _value(named[0])
        whole = 10.0 if unit and unit["whole"] in ("10", "ten") else 100.0
        if said_value <= whole:
            found.append(_Stated(said_value / whole, bool(unit)))
    for named in _CHINESE.finditer(said):
        tenths = "一二三四五六七八九".find(named["tenths"] or "?") + 1
        value = _chinese(named["percent"]) if named["percent"] else 10.0 * tenths
        sentence = said[slice(*_sentence(said, *named.span()))]
        rest = sentence.replace(named[0], "", 1)
        if (
            value is None
            or value > 100
            or _refused(said, *named.span())
            or not _PLAIN_CHINESE.fullmatch(rest)
        ):
            return [_Stated(-1.0, True), _Stated(-2.0, True)]
        found.append(_Stated(value / 100, True))
    return found


def _value(words: str) -> float:
    if "hundred" in words:
        return 100.0
    return float(sum(_TENS.get(word, 0) + _SMALL.get(word, 0) for word in re.split("[- ]", words)))


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
