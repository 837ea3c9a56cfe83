"""The choices that an English question lists itself: `Which is bigger, liver or heart?`, `Is it T1 or T2 weighted?`."""

from __future__ import annotations

import re
from collections.abc import Iterator

_PAIRS = (
    {"left", "right"}, {"upper", "lower"}, {"more", "less"}, {"white", "gray"}, {"white", "grey"}, {"one", "both"},
)  # fmt: skip
"""Pairs of words that stand before one noun for both choices: `the left or right side`, `gray or white matter`."""
_PICTURE = re.compile(r"\s+(?:images?|scans?|films?|views?|sequences?|slices?|mri|ct)\b", re.IGNORECASE)
"""Fits the noun that all choices of a list share: `a T1 weighted, T2 weighted, or FLAIR image`."""
_LEADS = re.compile(r"^(?:in|on|at|to)\b", re.IGNORECASE)
"""Fits a preposition that leads to a choice in the sentence and is no part of it."""
_CUT = re.compile(r"\b(?:a|an|the|non|no|not)$|^(?:patient|image|picture)'s\b")
"""Fits a choice of which a part was cut off behind (`no contrast`), or one that says whose a thing is."""
_BEFORE = re.compile(
    r"(?:a|an|the|this|that|of|in|on|at|to|with|for|from|as|is|are|was|were|be|has|have|it|there|shows?|suspect|favor|patient's)",
    re.IGNORECASE,
)
"""Fits a word that stands before a choice of several words and is no part of it."""
_CLAUSE = re.compile(
    r"\b(is|are|was|were|be|been|do|does|did|has|have|had|can|could|would|shows?|seen|appears?|looks?|which|what|who"
    r"|where|when|how|if|whether|given|than|taken|this|these|those)\b|^size\b|\b(with|without|of)$",
    re.IGNORECASE,
)
"""Is found in a piece of the sentence that was taken for a choice and is none."""
_ASIDE = re.compile(
    r"(in|on|at|for|from|by|of|to|as|per|with|among|between|based|considering|regarding|according|looking)\b",
    re.IGNORECASE,
)
"""Fits the beginning of a lead-in (`In this image, is ...`) or of a remark between commas (`the mass, on CT, ...`)."""


def offered_choices(question: str) -> Iterator[list[str]]:
    """Readings of the choices in a question, the likeliest first.

    They follow a lead-in that ends in a comma or colon, or else they are one to three words on either side of the
    `or`. What two choices share in the question is given to both or to neither: `the left or right side` offers the
    left side and the right side, `T1 weighted or T2 weighted` offers T1 and T2.
    """
    body = question.strip().rstrip("?. ")
    pieces = [piece for piece in re.split(r"\s*[,:]\s*(?:or\s+)?|\s+or\s+", body) if piece]
    if not re.search(r"\bor\b", body) or len(pieces) < 2:
        return
    first, *middle, last = pieces
    if middle and re.match(r"(which|what|where|who|how)\b", first, re.IGNORECASE):
        yield _with_shared_noun([*middle, last])
    words = first.split()
    if middle and (n := _as_long_as(middle[0].split(), words)):
        yield [" ".join(words[-n:]), *middle, _PICTURE.split(last)[0]]
        return
    ends = list(dict.fromkeys((without_article(last), last)))
    if not middle:
        yield from _sharing(words, ends[0].split())
    for n in (1, 2, 3):
        for end in ends:
            choices = [" ".join(words[-n:]), *middle, " ".join(end.split()[:n])]
            shared = _with_shared_noun(choices)
            yield _without_common_tail(choices) if shared == choices else shared


def without_article(text: str) -> str:
    """The text without an article before it."""
    return re.sub(r"^(a|an|the)\s+", "", text, flags=re.IGNORECASE)


def is_clause_among(question: str, choices: list[str]) -> bool:
    """Whether a piece of the sentence may stand among the choices read from a question."""
    *_, behind = re.split(r"\bor\b", question)
    lead_in, *between = re.split(r"\s*[,:]\s*", question.strip())
    led = [bool(_LEADS.match(choice)) for choice in choices]
    return (
        bool(re.search(r"[,:]\s*\w", behind))
        or (bool(between) and _ASIDE.match(lead_in) is not None)
        or any(_ASIDE.match(choice) for choice in choices[1:-1])
        or any(_CLAUSE.search(choice) or _CUT.search(choice) for choice in choices)
        or any(led) != all(led)
        or _begins_earlier(question, choices[0])
    )


def _begins_earlier(question: str, first: str) -> bool:
    """Whether the first choice, of several words, is the end of a longer phrase: `the dark areas cortical or ...`."""
    before = re.search(rf"(\S+)\s+{re.escape(first)}\s+or\b", question, re.IGNORECASE)
    own = len(first.split()) > 1 and without_article(first) == first
    return own and before is not None and before[1][-1] not in ",:" and not _BEFORE.fullmatch(before[1])


def _sharing(first: list[str], last: list[str]) -> Iterator[list[str]]:
    """The choices of a question where both share words: of `vascular process or a genetic process` the words that
    differ, of `contrast or no contrast` both whole."""
    for n in (1, 2, 3):
        choices = [" ".join(first[-n:]), " ".join(last[:n])]
        if (differing := _without_common_tail(choices)) != choices:
            yield differing
        if last[0].lower() in ("no", "non", "not") and first[-n:] == last[1 : n + 1]:
            yield [choices[0], " ".join(last[: n + 1])]


def _with_shared_noun(choices: list[str]) -> list[str]:
    """The choices with the noun that stands behind the last one for all: of `in gray`, `white matter` they are `gray
    matter`, `white matter`."""
    *begin, first, last = [choice.split() for choice in choices]
    if begin or len(last) < 2 or {first[-1].lower(), last[0].lower()} not in _PAIRS:
        return choices
    noun = last[1:]
    if first[-1].lower() == "one":
        noun = [*noun[:-1], noun[-1].removesuffix("s")]
    return [" ".join([first[-1], *noun]), choices[-1]]


def _as_long_as(second: list[str], first: list[str]) -> int:
    """How many words the first choice of a list has, if it ends as the second does: `T1 weighted, T2 weighted or`."""
    n = len(second)
    return n if n > 1 and len(first) > n and first[-1].lower() == second[-1].lower() else 0


def _without_common_tail(choices: list[str]) -> list[str]:
    """The choices without the words that all of them end with: of `T1 weighted`, `T2 weighted` they are `T1`, `T2`."""
    split = [choice.split() for choice in choices]
    while all(len(words) > 1 for words in split) and len({words[-1] for words in split}) == 1:
        split = [words[:-1] for words in split]
    return [" ".join(words) for words in split]
