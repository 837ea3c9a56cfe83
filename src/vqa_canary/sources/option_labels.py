"""Letters that stand before the options' texts: whether they count them, and in order."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from string import ascii_uppercase

from vqa_canary.quoting import listed
from vqa_canary.sources.cells import Refused
from vqa_canary.sources.label_forms import MARK, ONE, Label, label_of, letter_of

LETTERS = ascii_uppercase

_INLINE = re.compile(
    rf"(?:(?<=\s)|(?<=[,;，；。])|\A)(?:[(\[（【]\s*([{ONE}])\s*[)\]）】][.:：]?|([A-Z\uff21-\uff3a])\s?{MARK})\s*"
)
_BEFORE = re.compile(r"[,;，；]\s*$")
_BEHIND_A_TAB = re.compile(rf"([{ONE}])\t")
_AT_THE_END = re.compile(rf".*\w\s*[(\[（【]([{ONE}])[)\]）】]", re.DOTALL)
_AGAIN = "write the letters with a point (`A. `), or the texts without letters"


def single_spaced(text: str) -> str:
    """The text with single spaces; a tab behind a letter at its beginning, which sets the letter apart, is a mark."""
    return " ".join(
        _BEHIND_A_TAB.sub(r"\1) ", text, count=1).split() if _BEHIND_A_TAB.match(text) else text.split()
    )


def unlabelled(places: Sequence[str]) -> tuple[str, ...]:
    """The options' texts without the letters before them, where each bears its own; else the texts as they are.

    `B. cereus` and `E. coli` are names, not letters with texts: a letter with a point before a small letter counts only
    where it is the letter of the option's own place. A letter with a mark that names have, too (`B - cell`), counts
    only where all such letters have an option and their texts differ. A letter with nothing but a space is never taken
    off: `A fib` is a name, and `A Lung` beside `B Liver` is refused.

    Raises
    ------
    Refused : a letter stands before some options alone, twice, or before another place than its own; or all may be
        names of species or formulas, whose letter is part of them
    """
    filled = [at for at, text in enumerate(places) if text]
    found = {at: label for at in filled if (label := label_of(places[at]))}
    marked = _that_count(found, len(places))
    if not marked:
        _refuse_spaced(places, found)
        _refuse_behind(places, filled)
        _refuse_in_turn(places)
        return tuple(places)
    if doubtful := [places[at] for at, label in marked.items() if label.may_be_a_formula]:
        raise Refused(
            f"options: {listed(doubtful)} may be statements about numbers, or letters with texts; {_AGAIN}"
        )
    # Each text bears the letter of its own place: they count the options, and go.
    if len(marked) == len(filled) and all(
        LETTERS[at : at + 1] == label.letter for at, label in marked.items()
    ):
        # `A. fumigatus`, `B. cereus`, `C. albicans`: all may be names, and taking the letter off would spoil each of
        # them.
        if all(label.may_be_a_species for label in marked.values()):
            raise Refused(
                f"options: {listed(text for text in places if text)} may be names or letters with texts; write the "
                "names in full, or the texts without the letters"
            )
        return tuple(label.text if (label := marked.get(at)) else "" for at in range(len(places)))
    # From here on letters and places disagree. That is harmless if each such letter may belong to a name.
    certain = [at for at, label in marked.items() if not _may_be_a_name(label, at, len(places))]
    if not certain:
        return tuple(places)
    if len(marked) < len(filled):
        raise Refused(
            f"options: a letter stands before some of them alone ({listed(places[at] for at in certain)}); put one "
            "before each or before none"
        )
    letters = [label.letter for label in marked.values()]
    raise Refused(
        f"options: the letters before them are {', '.join(letters)} and not {', '.join(LETTERS[: len(letters)])}; put "
        "them in order, or write a name that begins with a letter and a point in full"
    )


def inline_labelled(text: str) -> list[str] | None:
    """The texts of one cell such as `A. Lung B. Liver C. Spleen` or `(A) Lung, (B) Liver`; None where it is none.

    Raises
    ------
    Refused : letters stand in it, but not from A on, each once and in order
    """
    found = list(_INLINE.finditer(text))
    # A letter in the middle alone is part of a text (`vitamin B. See below`), so the first must begin the cell.
    if len(found) < 2 or found[0].start() != 0:
        return None
    letters = [letter_of(mark[1] or mark[2]) for mark in found]
    if letters != list(LETTERS[: len(letters)]):
        raise Refused(
            f"options: the letters in the cell are {', '.join(letters[:26])}, not A, B, ... each once and in order; "
            'write the options as a JSON list (["...", "..."])'
        )
    ends = [*(mark.start() for mark in found[1:]), len(text)]
    texts = [text[mark.end() : end].strip() for mark, end in zip(found, ends, strict=True)]
    texts = [_BEFORE.sub("", part) for part in texts]
    if not all(texts):
        raise Refused("options: a letter has no text behind it; write the options as a JSON list")
    return texts


def _that_count(found: Mapping[int, Label], n_places: int) -> dict[int, Label]:
    """The letters with a mark, without those that belong to names.

    Marks that names have, too, count nothing where one of their letters has no option (`B - cell`, `T - cell`), where
    all letters are the same (`c = 5`, `c = 7`), or all texts behind them (`A- positive`, `B- positive`).
    """
    apart = [label for label in found.values() if label.kind == "apart"]
    letters, texts = {label.letter for label in apart}, {label.text.casefold() for label in apart}
    differ = len(apart) < 2 or (len(letters) > 1 and len(texts) > 1)
    count = differ and letters <= set(LETTERS[:n_places])
    return {
        at: label for at, label in found.items() if label.kind == "sure" or (label.kind == "apart" and count)
    }


def _refuse_spaced(places: Sequence[str], found: Mapping[int, Label]) -> None:
    """Raise `Refused` where letters with nothing but a space behind them may count the options: `A Lung`, `B Liver`.

    One letter alone is an article or a name (`A mass`, `A cyst`), and so are letters without an option (`T cell`) and
    those before the same text (`A wave`, `B wave`).
    """
    spaced = {at: label for at, label in found.items() if label.kind == "spaced"}
    letters, texts = (
        {getattr(label, part).casefold() for label in spaced.values()} for part in ("letter", "text")
    )
    if len(letters) > 1 and len(texts) > 1 and letters <= set(LETTERS[: len(places)].casefold()):
        raise Refused(
            f"options: {listed(places[at] for at in spaced)} may be letters with texts, or names that begin with a "
            f"letter; {_AGAIN}"
        )


def _refuse_behind(places: Sequence[str], filled: Sequence[int]) -> None:
    """Raise `Refused` where each text ends with a letter in brackets, and these are the options' letters in another
    order: `Lung (B)`, `Liver (A)`."""
    found = [_AT_THE_END.fullmatch(places[at]) for at in filled]
    letters = [letter_of(one[1]) for one in found if one]
    own = [LETTERS[at : at + 1] for at in filled]
    if len(letters) == len(filled) and letters != own and sorted(letters) == own:
        raise Refused(
            f"options: the letters behind them are {', '.join(letters)}, which are letters of other options; leave "
            "the letters out"
        )


def _refuse_in_turn(places: Sequence[str]) -> None:
    """Raise `Refused` where letters and texts stand in turn, each as an option: `A`, `Lung`, `B`, `Liver`."""
    letters, texts = places[::2], places[1::2]
    in_turn = len(texts) == len(letters) > 1 and not any(len(text) == 1 for text in texts)
    if in_turn and [letter_of(letter) for letter in letters] == list(LETTERS[: len(letters)]):
        raise Refused(
            f"options: {listed(places)} are letters and texts in turn; leave the letters out, or write pairs "
            '([["A", "..."], ["B", "..."]])'
        )


def _may_be_a_name(label: Label, at: int, n_places: int) -> bool:
    """Whether a text may begin with an abbreviated name (`E. coli`, `T: high`) rather than with a letter before it."""
    if label.kind != "sure" or label.mark not in (".", ":") or label.letter == LETTERS[at : at + 1]:
        return False
    return label.text[:1].islower() and (label.mark == "." or label.letter not in LETTERS[:n_places])
