"""Whether a text says True or False."""

from __future__ import annotations

import re

from vqa_canary.reading.folding import folded
from vqa_canary.reading.option import read_option
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
    ("Ja", "Nein"),
    ("Vrai", "Faux"),
    ("Oui", "Non"),
    ("Verdadero", "Falso"),
    ("Cierto", "Falso"),
    ("Sí", "No"),
)
"""Words for true and false; to teach another pair, add it."""

_SUBJECT = (
    r"(?<!\w)(?:(?:that|it|this|the (?:answer|statement|claim|option|choice)|which)(?: is| was|'s)|das ist|"
    r"es ist|c'est|eso es)(?: indeed| clearly| probably| definitely)? "
)
_SAID = (
    re.compile(
        _SUBJECT
        + r"(?:true|correct|right|wahr|richtig|vrai|correcte?|verdader[oa]|ciert[oa]|correct[oa])(?!\w)"
    ),
    re.compile(
        _SUBJECT
        + r"(?:false|incorrect|wrong|untrue|falsch|faux|fausse|incorrecte?|fals[oa]|incorrect[oa])(?!\w)"
    ),
)
_DENIED = re.compile(
    r"(?:(?<!\w)(?:not|isn't|is not|ist nicht|n'est pas|no es) (?:the )?(?:true|correct|right|wahr|"
    r"richtig|vraie?|correcte?|verdader[oa]|correct[oa]|ciert[oa])(?!\w)|不(?:对|正确|是真))"
)
_BOTH = re.compile(
    r"(?<!\w)(?:not|isn't|neither|nor) (?:\w{1,9} ){0,2}(?:false|incorrect|wrong|untrue)|(?:true|yes) "
    r"(?:or|and|/) (?:false|no)"
)


def read_truth(text: str) -> bool | None:
    """True, False, or None where the text says neither, or both.

    "True", "Yes, it is", "The answer is False", "That is not correct", and the same in the other languages.
    """
    small = folded(text, *answer_part(text)).small
    if _BOTH.search(small):
        return None
    said = {read_option(text, pair, by="text").choice for pair in PAIRS} - {None}
    opening = re.match(r"[^\w]{0,4}(\w{1,12})(?:[.,;:!\n]|\Z)", small)
    said |= {
        at for pair in PAIRS for at, word in enumerate(pair) if opening and opening[1] == word.casefold()
    }
    said |= {at for at, pattern in enumerate(_SAID) if pattern.search(small)}
    if _DENIED.search(small):
        said.add(1)
    return said == {0} if len(said) == 1 else None
