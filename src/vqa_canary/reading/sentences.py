"""Sentences: where they begin and end, whether they ask, suppose or doubt."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vqa_canary.reading.languages import words

DENIED_LEAD = re.compile(
    rf"(?:{words('negations')}|doubt)(?: (?!(?:and|but|so)\b)[\w']{{1,12}}){{0,4}} ?\Z|不(?:认为|觉得|确定)"
    rf"?\w{{0,4}}\Z"
)
_END_OF_SENTENCE = re.compile("[.!?;](?=[\\s\"')\\]]|\\Z)|[\\n\u3002]|[!?;](?=[\u2e80-\U0003ffff])")


_NOT_SUPPOSED = re.compile(
    r"(?:ask(?:s|ed|ing)?|determine|see|check|know|decide|even|as|what|tell|assess|sure|certain|identify) "
    r"if(?!\w)"
)


_REPORTED = re.compile(
    r"(?<!\w)(?:users?|you|they|people|some|others?|someone|students?|many|prompt|textbooks?|"
    r"radiologists?|doctors?|one|he|she) (?:\w{1,12} )?"
    r"(?:says?|said|thinks?|thought|claims?|claimed|believe[sd]?|argue[sd]?|suggest(?:s|ed)|choose|chose|"
    r"pick|picked|answer(?:s|ed))(?!\w)"
)


_OF_WHAT = re.compile(
    r"(?<!\w)(?:of|in|on|at|within|with|from|von|vom|im|auf|am|aus|de|du|des|dans|sur|del|en|sobre)(?!\w)"
)
"""Behind these stands what a thing belongs to: `the size of the organ`."""
_SO = (
    r"(?<!\w)(?:so|thus|therefore|hence|then|and|say|think|believe|conclude|see|guess|say that|think that|believe that|"
    r"conclude that|also|daher|also|donc|dirais que|pense que|entonces|creo que|diría que)"
)
"""May stand before a pronoun that begins what is said."""


def sentence_start(small: str, at: int) -> int:
    """Where the sentence begins in which `at` stands; it looks back 600 signs at most."""
    begin = max(0, at - 600)
    start = begin
    for found in _END_OF_SENTENCE.finditer(small, begin, at):
        if not _is_label(small, found.start()):
            start = found.end()
    return start


def sentence_end(small: str, at: int) -> int:
    """Where the sentence ends in which `at` stands; it looks 600 signs ahead at most."""
    found = _END_OF_SENTENCE.search(small, at, at + 600)
    return found.end() if found else min(len(small), at + 600)


def _is_label(small: str, at: int) -> bool:
    """Whether the full stop at `at` only ends a label ("B. Liver") or an abbreviation ("e.g.")."""
    if small[at] != "." or at < 1 or not small[at - 1].isalpha():
        return False
    before = small[at - 2 : at - 1] if at > 1 else ""
    if before in ("", "\n", ".", "("):
        return True
    return before == " " and (at < 3 or small[at - 3] in ".\n!?;,:")


def asks(small: str, at: int) -> bool:
    found = re.compile("[.!?\\n\u3002]").search(small, at, at + 300)
    return bool(found and found[0] == "?")


def is_supposed(context: str, behind: str = "") -> bool:
    """Whether a sentence only supposes, by the words before a naming or behind it."""
    asked = re.search(
        r"(?<!\w)(?:whether|ask(?:s|ed|ing)?|question (?:is|was))(?!\w)", context.rsplit(",", 1)[-1]
    )
    return bool(
        asked
        or _REPORTED.search(context.rsplit(",", 1)[-1])
        or re.search(words("conditions"), _NOT_SUPPOSED.sub(" ", context))
        or re.search(words("provisos"), _NOT_SUPPOSED.sub(" ", behind))
    )


def doubtful(before: str) -> bool:
    """Whether the words before an option's text in a sentence deny it, compare with it, suppose or weaken it."""
    before = re.sub("looks like", " ", before)
    kinds = ("negations", "comparisons", "conditions", "modals")
    return any(re.search(words(kind), before) for kind in kinds)


def is_of_another(before: str) -> bool:
    """Whether the words before an option's text speak of something else than what was asked: `the mediastinum is`."""
    clause = before.rsplit(",", 1)[-1]
    joined = list(re.finditer(words("copulas"), clause))
    if not joined:
        return False
    subject = clause[: joined[0].start()]
    head = re.split(_OF_WHAT, subject, maxsplit=1)[0].strip(' \n"(')
    alone = not head or re.search(rf"(?:\A|{_SO} ?){words('pronouns')}(?: \w{{2,20}}ly)?\Z", head)
    return not alone and not re.search(words("subjects"), head)


def sentences(small: str) -> Iterator[tuple[int, int]]:
    start = 0
    for found in _END_OF_SENTENCE.finditer(small):
        if _is_label(small, found.start()):
            continue
        yield from _trimmed(small, start, found.end())
        start = found.end()
    yield from _trimmed(small, start, len(small))


def _trimmed(small: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and (small[start].isspace() or small[start] in "\"'(*-"):
        start += 1
    if start < end:
        yield start, end
