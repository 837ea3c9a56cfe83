"""Words that stand before an option's text and say more of it: "small left pleural effusion", "chest X-ray"."""

from __future__ import annotations

import re

from vqa_canary.reading.folding import Folded
from vqa_canary.reading.phrases import Phrase, phrase_at
from vqa_canary.reading.shown import ShownOptions

KINDS = (
    ("small", "tiny", "large", "massive", "mild", "moderate", "severe", "subtle"),
    ("left", "right", "bilateral", "unilateral", "left-sided", "right-sided", "focal", "diffuse", "both"),
    ("acute", "chronic"),
    ("displaced", "non-displaced", "undisplaced", "comminuted"),
    ("obvious", "definite", "simple", "typical", "classic"),
    ("multiple", "single", "solitary", "several", "numerous"),
    ("chest", "abdominal", "brain", "head", "pelvic", "spinal"),
    ("axial", "coronal", "sagittal", "frontal", "lateral", "plain", "portable"),
    ("contrast-enhanced", "non-contrast"),
    ("about", "approximately", "around", "roughly"),
)
"""Modifiers; where an option's text holds one of a kind, no other of that kind may be left out of account."""
CHINESE = ("左侧", "右侧", "双侧", "少量", "大量", "轻度", "重度")
_WORDS = "|".join(word for kind in KINDS for word in kind)
_MODIFIERS = re.compile(
    rf"(?:(?:the|an?) )?(?:(?:{_WORDS})(?![\w-]),? ?|~ ?|(?:{'|'.join(CHINESE)})的?){{1,4}}"
)
_EACH = re.compile(r"[^\W_][\w-]{1,30}")


def modified_at(view: Folded, at: int, shown: ShownOptions) -> Phrase | None:
    """What names an option by its text at `at`, behind modifiers that tell no option from another."""
    found = _MODIFIERS.match(view.small, at)
    if found is None:
        return None
    phrase = phrase_at(view, found.end(), shown, skip=False)
    if phrase is None or phrase.letter or phrase.problem:
        return None
    said, options = set(_EACH.findall(found[0])), set(_EACH.findall(" ".join(shown.texts)))
    if any(said & set(kind) and options & set(kind) for kind in KINDS):
        return None
    if any(word[0] in text for word in CHINESE[:3] if word in found[0] for text in shown.texts):
        return None
    counted = "~" in found[0] or bool(said & set(KINDS[-1]))
    return phrase if counted == view.small[phrase.start].isdigit() else None
