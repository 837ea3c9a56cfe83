"""Words that stand before an option's text and say more of it: "small left pleural effusion", "chest X-ray"."""

from __future__ import annotations

import re

from vqa_canary.reading.folding import Folded
from vqa_canary.reading.phrases import Phrase, phrase_at
from vqa_canary.reading.shown import Shown

_MODIFIERS = re.compile(
    r"(?:(?:the|an?) )?(?:(?:small|tiny|large|massive|mild|moderate|severe|subtle|focal|diffuse|acute|left|right|bilateral|"
    r"unilateral|left-sided|right-sided|chest|abdominal|brain|head|pelvic|spinal|plain|frontal|lateral|portable|axial|"
    r"coronal|sagittal|contrast-enhanced|non-contrast|about|approximately|around|roughly)(?![\w-]),? ?|~ ?){1,4}"
)
_EACH = re.compile(r"[^\W_]{3,30}")


def modified_at(view: Folded, at: int, shown: Shown) -> Phrase | None:
    """What names an option by its text at `at`, behind words that are in no other option's text."""
    found = _MODIFIERS.match(view.small, at)
    if found is None:
        return None
    phrase = phrase_at(view, found.end(), shown, skip=False)
    if phrase is None or phrase.letter or phrase.problem:
        return None
    others = " ".join(text for index, text in enumerate(shown.texts) if index != phrase.choice)
    if set(_EACH.findall(found[0])) & set(_EACH.findall(others)) or (
        others and _is_bound(found[0], phrase, view)
    ):
        return None
    return phrase


def _is_bound(words: str, phrase: Phrase, view: Folded) -> bool:
    """Whether a word of measure stands before something that is no number, or another word before a number."""
    measured = re.search("about|approximately|around|roughly|~", words) is not None
    return measured != view.small[phrase.start].isdigit()
