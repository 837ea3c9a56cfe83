"""In which language a question is written, told by its script and its small words; where they do not tell, none."""

from __future__ import annotations

import re
import unicodedata

from vqa_canary.sources.languages.language import QuestionLanguage
from vqa_canary.sources.languages.written_alike import CHINESE, ENGLISH
from vqa_canary.sources.languages.yes_no_alone import ROWS
from vqa_canary.sources.wording import normalise

LANGUAGES: tuple[QuestionLanguage, ...] = (ENGLISH, CHINESE, *ROWS)
UNKNOWN = QuestionLanguage(code="", called="a language without rules", yes=ENGLISH.yes, no=ENGLISH.no)
"""Stands for a language that is not in the table; `Yes` and `No` are read in it all the same."""

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
_KANA_HANGUL = re.compile("[\u3040-\u30ff\uac00-\ud7af\u1100-\u11ff]")


def language_of(question: str, answer: str = "") -> QuestionLanguage | None:
    """The language of a question; `UNKNOWN` where it is written in one without rules, None where nothing tells.

    The script of the question decides where it is not Latin, then its small words; a Latin question without any of
    these takes the language of an answer that says yes or no in one language alone. An answer in another script than
    Latin makes an English question one of a language without rules: what it says cannot be judged.
    """
    folded = unicodedata.normalize("NFKC", question)
    if found := _by_script(folded):
        return found
    found = _by_words(folded)
    if found is None and not _latin_ascii(folded):
        return UNKNOWN
    if found in (ENGLISH, None) and (strange := _by_script(unicodedata.normalize("NFKC", answer))):
        return UNKNOWN if found is ENGLISH else strange
    if found is None:
        says = [language for language in LANGUAGES if normalise(answer) in language.yes | language.no]
        return says[0] if len(says) == 1 else None
    return found


def _by_script(text: str) -> QuestionLanguage | None:
    """By characters of another script than Latin: a language that is written with them, or `UNKNOWN`."""
    if _KANA_HANGUL.search(text):
        return UNKNOWN  # Japanese and Korean have Chinese characters, too
    for language in LANGUAGES:
        if language.letters.search(text):
            return language
    letters = [letter for letter in text if letter.isalpha()]
    greek = sum(map(_is_greek, letters))
    strange = sum(not _is_latin(letter) for letter in letters) - greek
    return UNKNOWN if strange > 1 or greek > len(letters) / 2 else None


def _by_words(text: str) -> QuestionLanguage | None:
    """The language most of whose small words the text has; None where none has any, or two have as many."""
    found = [word.casefold() for word in _WORD.findall(text.replace("\u2019", "'"))]
    parts = [part for word in found for part in {word, *re.split("['-]", word)}]
    counts = {language.code: sum(part in language.words for part in parts) for language in LANGUAGES}
    most = max(counts.values())
    best = [language for language in LANGUAGES if counts[language.code] == most]
    return best[0] if most and len(best) == 1 else None


def _latin_ascii(text: str) -> bool:
    return all(letter.isascii() or not letter.isalpha() or _is_greek(letter) for letter in text)


def _is_latin(letter: str) -> bool:
    return letter.isascii() or unicodedata.name(letter, "").startswith("LATIN")


def _is_greek(letter: str) -> bool:
    """Greek letters are signs in medical texts, as in `β-blocker`; Greek itself has many of them in a row."""
    return unicodedata.name(letter, "").startswith(("GREEK", "MICRO SIGN"))
