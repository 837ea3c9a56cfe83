"""Whether a text says True or False."""

from __future__ import annotations

import re

from vqa_canary.reading.folding import CLOSED, OPENED, folded
from vqa_canary.reading.thinking import answer_part

PAIRS = (
    ("True", "False"),
    ("Yes", "No"),
    ("Correct", "Incorrect"),
    ("Right", "Wrong"),
    ("对", "错"),
    ("是", "否"),
    ("正确", "错误"),
    ("真", "假"),
    ("Wahr", "Falsch"),
    ("Richtig", "Falsch"),
    ("Korrekt", "Inkorrekt"),
    ("Ja", "Nein"),
    ("Vrai", "Faux"),
    ("Oui", "Non"),
    ("Verdadero", "Falso"),
    ("Cierto", "Falso"),
    ("Sí", "No"),
)
"""Words for true and false; to teach another pair, add it."""


_MORE = (
    ("是的", "不是"),
    ("对的", "不对"),
    ("正确的", "不正确"),
    ("没错", "错的"),
    ("真的", "假的"),
    ("true", "untrue"),
)
_TRUE, _FALSE = (
    "|".join(
        sorted(
            {re.escape(pair[at].casefold()) for pair in (*PAIRS, *_MORE)}, key=lambda word: (-len(word), word)
        )
    )
    for at in (0, 1)
)
_VERDICT = rf"(?:(?P<t>{_TRUE})|(?P<f>{_FALSE}))(?!\w)"
_MARKS = rf"[\s\"'`*#_(\[{OPENED}]{{0,6}}"
_END = rf"[\s\"'`*_)\]{CLOSED}]{{0,6}}"
_ANSWER = (
    r"(?:(?:so|thus|therefore|hence),? )?(?:(?:the |my )?(?:final |correct |right )?answer(?: is)?"
    r"(?: ?[:=]| -|(?<=is)) ?"
    r"|答案(?:是|为)?:? ?|(?:die )?antwort(?: ist)? ?:? ?|(?:la )?réponse(?: est)? ?:? ?"
    r"|(?:la )?respuesta(?: es)? ?:? ?)"
)
_SUBJECT = (
    r"(?:(?:(?:that|it|this|(?:the |this |that )?(?:(?:proposed|given|suggested|stated|above|selected) )?"
    r"(?:answer|statement|claim|option|choice))"
    r"(?: is|'s)"
    r"(?: indeed| clearly| definitely)?|das ist|es ist|die aussage ist|c'est|eso es|es) (?P<not>not )?)"
)
_SAID_TRUE = (
    r"true|correct|right|wahr|richtig|korrekt|zutreffend|vrai|correcte?|verdader[oa]|ciert[oa]|correct[oa]"
)
_SAID_FALSE = (
    r"false|incorrect|wrong|untrue|falsch|inkorrekt|unzutreffend|faux|fausse|"
    r"incorrecte?|fals[oa]|incorrect[oa]"
)
_BEGINS = re.compile(
    rf"{_MARKS}(?:{_ANSWER}{_MARKS})?{_VERDICT}{_END}(?P<stop>\Z|[.!;,\n\u3002]| - | ?\u2014)"
)
_BELIEVES = (
    r"(?:i (?:believe|think|would say|am (?:sure|certain|confident))(?: that)? |ich (?:glaube|denke|meine),? "
    r"|je (?:crois|pense) que |creo que )"
)
_SURELY = r"(?:(?:almost |most |quite )?(?:certainly|definitely|absolutely|clearly|surely) )"
_SENTENCE = re.compile(
    rf"{_MARKS}(?:{_BELIEVES}?{_SUBJECT}|{_SURELY}){_MARKS}(?:(?P<t>{_SAID_TRUE})|(?P<f>{_SAID_FALSE}))(?!\w){_END}(?P<stop>\Z|[.!;\n\u3002])"
)
_NEGATED = re.compile(
    rf"{_MARKS}(?:(?:das ist |es ist |die aussage ist )?nicht |(?:ce n'est |c'est )?pas |no es |not )"
    rf"(?:(?P<t>(?!))|(?P<f>{_SAID_TRUE})){_END}(?P<stop>\Z|[.!;\n\u3002])"
)
"""A denied word for true: "Not true", "Ce n'est pas vrai."."""
_OBJECT = re.compile(
    r"(?:json\n)?\{\s?[\"'](?:final[_ ]answer|answer|truth|verdict|result|response|label|"
    r"prediction)[\"']\s?:\s?"
    rf"[\"']?{_VERDICT}[\"']?(?P<stop>\s?\}}\Z|,)"
)
_CLOSES = re.compile(
    rf"(?:{_MARKS}{_ANSWER}{_MARKS}|\s?{OPENED}\s?){_VERDICT}{_END}[.!]?{_END}\Z",
)
"""A last line or sentence that is a verdict by itself: "Answer: True"."""
_DENIES_IT = re.compile(
    r"[\s.,!]{0,3}(?:(?:it|that|this|the (?:answer|statement|claim|option))(?: is not|'s not| isn't)"
    r"(?: (?:the )?(?:true|correct|right)(?: answer| option)?)?|das ist (?:es )?nicht(?: (?:wahr|richtig))?"
    r"|ce n'est pas (?:vrai|correct)|no (?:lo )?es(?: (?:verdadero|correcto|cierto))?)[\s.!]{0,3}\Z"
)
"""What may stand behind "No": "it is not"."""
_REFUSED = re.compile(
    r"\?|(?<!\w)(?:not|no|non|nein|never|none|neither|nor|nobody|nothing|cannot|without|however|but|"
    r"although|though|"
    r"actually|wait|hold on|hmm{1,9}|sorry|apolog\w{0,20}|correction|instead|rather|maybe|perhaps|"
    r"possibl[ey]|probab(?:ly|le)|"
    r"likely|might|may|could|would|should|unless|if|whether|when|except|only|partly|partially|part|"
    r"half|sometimes|"
    r"usually|often|some|depend\w{0,20}|condition\w{0,20}|technically|doubt\w{0,20}|un\w{0,6}sure|"
    r"uncertain\w{0,20}|unclear|unlikely|unknown|unable|"
    r"unavailable|seem\w{0,20}|appear\w{0,20}|suppos\w{0,20}|assum\w{0,20}|guess\w{0,20}|think|"
    r"believe|suspect|or|on second|revis\w{0,20}|"
    r"reconsider\w{0,20}|scratch|strike|mistake\w{0,20}|contrary|opposite|yet|otherwise|missing|"
    r"error|indeed|i|i'm|we|let|let's|"
    r"me|you|your|please|image (?:is )?(?:missing|required)|provide\w{0,20}|upload\w{0,20}|"
    r"vice versa|other hand|alternatively|nonetheless|nevertheless|conversely|"
    r"longer|theory|subject to|sort of|kind of|more or less|far as|long as|given|"
    r"almost|nearly|hardly|barely|rarely|kidding|joking|my|both|either|changed?|"
    r"nicht|kein\w{0,20}|nie|aber|doch|jedoch|vielleicht|wohl|eigentlich|moment|warte|wenn|falls|oder|ich|"
    r"ne|pas|mais|peut-être|en fait|attend\w{0,20}|si|ou|je|pero|quizás?|tal vez|en realidad|espera|"
    r"o|sin|nunca|yo)(?!\w)"
    r"|n't(?!\w)|(?<!\w)n'|[不没無无非未但若]|如果|可能|也许|其实|等等|等一下|或|吗|我|请|应该"
)
"""Words of doubt, condition, correction or denial; beside a verdict they leave it open."""
_RIGHT_SIDE = re.compile(
    r"(?<!\w)(?:on the right|to the right|right (?=lung|lobe|side|kidney|upper|lower|middle|atri|"
    r"ventric|hemi|"
    r"hepatic|breast|eye|heart)|the (?:right|correct) (?:answer|option|choice) is(?= )|(?:right|"
    r"correct) answer:)"
    r"|正确答案"
)
_AGREES_NOT = (
    re.compile(rf"(?<!\w)(?:{_SAID_FALSE}|{_FALSE})(?!\w)|[错假]|否"),
    re.compile(rf"(?<!\w)(?:{_SAID_TRUE}|{_TRUE}|same|agree\w{{0,20}})(?!\w)|[对真]|正确|是的"),
)
_LONGEST = 600


def read_truth(text: str) -> bool | None:
    r"""True, False, or None where the text says neither, or both, or leaves a doubt.

    A verdict begins the reply ("True", "Yes, it is", "\boxed{False}", `{"answer": "True"}`), is a short plain
    sentence ("The answer is False.", "That is not correct.") or a last line of that kind ("Answer: True"). Whatever
    else the reply says must not deny, doubt, condition or correct it.
    """
    small = folded(text, *answer_part(text)).small.strip()
    for pattern in (_OBJECT, _SENTENCE, _NEGATED, _BEGINS):
        if found := pattern.match(small):
            if found.groupdict().get("not") and found["f"]:
                return None
            truth = _truth(found)
            rest = small[found.end() :]
            return None if _open(rest, truth, _word(found), found["stop"]) else truth
    ends = max(small.rfind(mark) + len(mark) for mark in ("\n", ". ", "! "))
    found = _CLOSES.match(small, ends) if ends > 1 else None
    if found is None:
        return None
    truth = _truth(found)
    return None if _open(small[:ends], truth, "", ".") else truth


def _truth(found: re.Match[str]) -> bool:
    denied = bool(found.groupdict().get("not"))
    return (found["t"] is not None) != denied


def _word(found: re.Match[str]) -> str:
    return found["t"] or found["f"]


def _open(rest: str, truth: bool, word: str, stop: str) -> bool:
    """Whether the words beside a verdict contradict it, or leave it open."""
    rest = rest.replace(OPENED, " ").replace(CLOSED, " ")
    if not re.search(r"\w", rest):
        return "?" in rest or stop == ","
    if not truth and _DENIES_IT.match(rest):
        return False
    if len(rest) > _LONGEST or word in ("right", "对", "是") or (word == "wrong" and stop == ","):
        return True  # "Right. The left lung"
    if word == "no" and re.match(r" ?[0-9]", rest):
        return True  # "No. 5"
    if truth and re.search(
        r"(?:answer|option|choice|antwort|réponse|respuesta|答案)(?: is| ist| est| es|是|为|:)"
        r"(?! (?:indeed )?(?:correct|right|true)[.!]?\Z)",
        rest,
    ):
        return True  # "True. The answer is A."
    said = rest if truth else _RIGHT_SIDE.sub(" ", rest)
    return bool(_REFUSED.search(said) or _AGREES_NOT[0 if truth else 1].search(said))
