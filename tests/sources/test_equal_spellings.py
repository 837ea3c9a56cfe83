"""Ids, options, answers and columns that a reader cannot tell apart are the same; what is shown stays as it is."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from vqa_canary.rows import Item, Refusal
from vqa_canary.sources.columns import Columns
from vqa_canary.sources.questions import questions
from vqa_canary.sources.registration import SourceError

Pictures = Callable[..., Path]
SPELLINGS = {
    "form": lambda text: unicodedata.normalize("NFD", text),
    "zero width": lambda text: f"{text[0]}\u200b{text[1:]}",
    "soft hyphen": lambda text: f"{text}\u00ad",
    "byte-order mark": lambda text: f"\ufeff{text}",
    "direction": lambda text: f"\u202a{text}\u202c",
    "trailing space": lambda text: f"{text} \u00a0",
}
spelling = pytest.mark.parametrize("spelled", SPELLINGS.values(), ids=SPELLINGS)
Spell = Callable[[str], str]


def read(folder: Path, *records: Mapping[str, Any], **options: Any) -> list[Item | Refusal]:
    (folder / "q.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return list(questions(folder, 7, file="q.jsonl", **options))


def record(number: int, **changes: Any) -> dict[str, Any]:
    sound = {"id": f"q{number}é", "image": f"{number}.png", "question": "Which?"}
    return sound | {"options": ["Ménière", "Otitis"], "answer": "Otitis"} | changes


@spelling
def test_two_options_that_look_alike_are_refused(pictures: Pictures, spelled: Spell) -> None:
    [row] = read(pictures(1), record(0, options=["Ménière", spelled("Ménière"), "Otitis"]))
    assert isinstance(row, Refusal)
    assert "stands twice" in row.reason


@spelling
def test_an_id_that_looks_like_another_is_taken(pictures: Pictures, spelled: Spell) -> None:
    first, second = read(pictures(2), record(0), record(1, id=spelled("q0é")))
    assert isinstance(first, Item)
    assert isinstance(second, Refusal)
    assert "is already that of q.jsonl:1" in second.reason


@spelling
@pytest.mark.parametrize("answer", ["Ménière", "A", "A) Ménière"])
def test_an_answer_names_the_option_that_it_looks_like(
    pictures: Pictures, spelled: Spell, answer: str
) -> None:
    [row] = read(pictures(1), record(0, answer=spelled(answer)))
    assert isinstance(row, Item)
    assert row.answer_index == 0


@spelling
def test_what_is_shown_stays_as_the_file_has_it(pictures: Pictures, spelled: Spell) -> None:
    text = spelled("Ménière")
    [row] = read(pictures(1), record(0, question=f"Is {text} seen?", options=[text, "Otitis"]))
    assert isinstance(row, Item)
    assert row.question == f"Is {text} seen?"
    assert row.options[0] == " ".join(text.split())


@spelling
def test_a_split_is_that_which_it_looks_like(pictures: Pictures, spelled: Spell) -> None:
    rows = read(pictures(2), record(0, split="test"), record(1, split=spelled("test")), splits=("test",))
    assert [row.split for row in rows if isinstance(row, Item)] == ["test", "test"]


@pytest.mark.parametrize("text", ["\u200b", "\ufeff \u00ad", "\0", "\u3164"])
def test_a_text_of_which_nothing_is_seen_is_empty(pictures: Pictures, text: str) -> None:
    rows = read(pictures(3), record(0, question=text), record(1, id=text), record(2, answer=text))
    assert [row.reason for row in rows if isinstance(row, Refusal)] == [
        f"{field}: is empty" for field in ("question", "id", "answer")
    ]


@pytest.mark.parametrize("twin", ["Answer", "answer ", "an\u200bswer", "\uff41nswer"])
def test_columns_that_look_alike_are_refused(pictures: Pictures, twin: str) -> None:
    with pytest.raises(SourceError, match=r"q\.jsonl: the columns 'answer', '.*' differ only by case"):
        read(pictures(2), record(0), record(1, **{twin: "Ménière"}))


@pytest.mark.parametrize(
    "columns",
    [
        {"question": "text", "answer": "text"},
        {"answer": "A", "options": ["A", "B"]},
        {"options": ["A", "B", "A"]},
        {"attributes": ["site", "site"]},
    ],
)
def test_a_column_that_is_named_twice_is_refused(columns: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"twice|is named for"):
        Columns(**columns)


def test_a_question_may_bear_the_name_of_its_image() -> None:
    assert Columns(id="file", image="file").id == "file"


def test_a_key_that_stands_twice_refuses_its_record(pictures: Pictures) -> None:
    folder = pictures(2)
    twice = json.dumps(record(0))[:-1] + ', "answer": "A"}'
    (folder / "q.jsonl").write_text(f"{twice}\n{json.dumps(record(1))}\n")
    refused, item = questions(folder, 7, file="q.jsonl")
    assert isinstance(refused, Refusal)
    assert (refused.key, refused.reason) == (
        "q.jsonl:1",
        "the key 'answer' stands twice in the record; keep one",
    )
    assert isinstance(item, Item)
