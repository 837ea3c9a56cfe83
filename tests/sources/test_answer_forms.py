"""Which option an answer names, what several right answers mean, and from which number a file counts."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vqa_canary.rows import Item, Refusal
from vqa_canary.sources.answer_cells import answers_of
from vqa_canary.sources.cells import Refused
from vqa_canary.sources.given_options import GivenOptions
from vqa_canary.sources.questions import questions
from vqa_canary.sources.registration import SourceError

Pictures = Callable[..., Path]
ORGANS = GivenOptions(("Lung", "Liver", "Spleen", "Heart"))


def read(folder: Path, *records: Mapping[str, Any], **options: Any) -> list[Item | Refusal]:
    (folder / "q.jsonl").write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return list(questions(folder, 7, file="q.jsonl", **options))


def reasons(rows: list[Item | Refusal]) -> list[str]:
    return [row.reason for row in rows if isinstance(row, Refusal)]


@pytest.mark.parametrize("how", ["auto", "letter"])
@pytest.mark.parametrize(
    "answer",
    [
        *("B", "b", "Ｂ", "ｂ", "(b)", "[B]", "B.", "B)", "（B）", "Option B", "option b", "选项B"),
        *("B. liver", "B) Liver.", "B - Liver", "(B) liver", "B、Liver", "Liver", " liver "),
        *("**B.** Liver", "B= liver"),
    ],
)  # fmt: skip
def test_a_letter_in_any_writing(answer: str, how: Any) -> None:
    assert ORGANS.answer_index(answer, how, None) == 1


@pytest.mark.parametrize("how", ["auto", "letter", "text"])
@pytest.mark.parametrize(
    "answer",
    [
        "AC",
        "A, C",
        "A and C",
        "A;C",
        "A/C",
        "(A)(C)",
        "E",
        "B. lung",
        "Lung or Liver",
        "4",
        "Option",
        "BLiver",
        "",
    ],
)
def test_what_names_none_or_several_is_refused_with_a_remedy(answer: str, how: Any) -> None:
    with pytest.raises(Refused, match=r"^answer: .*(; |\()"):
        ORGANS.answer_index(answer, how, None)


def test_several_right_letters_are_told_as_such() -> None:
    with pytest.raises(Refused, match="only questions with one right option can be asked"):
        ORGANS.answer_index("A, C", "auto", None)


@given(st.permutations(["Lung", "Liver", "Spleen", "Heart"]), st.integers(0, 3))
def test_the_order_of_the_options_changes_nothing(order: list[str], at: int) -> None:
    options = GivenOptions(tuple(order))
    for answer in (order[at], "ABCD"[at], f"{'abcd'[at]}) {order[at].upper()}"):
        assert options.answer_index(answer, "auto", None) == at


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("pneumonia", ("pneumonia",)),
        ("['pneumonia', 'lung infection']", ("pneumonia", "lung infection")),
        ('["pneumonia", "Pneumonia.", ""]', ("pneumonia",)),
        (["a b", None, "c"], ("a b", "c")),
        ([{"answer": "yes", "answer_confidence": "yes"}, {"answer": "yes"}], ("yes",)),
        (True, ("Yes",)),
        (3.0, ("3",)),
    ],
)
def test_right_answers_in_a_cell(cell: Any, expected: tuple[str, ...]) -> None:
    assert answers_of(cell) == expected


@pytest.mark.parametrize("cell", ["", None, [], "[]", "nan", "['a', ", {"text": "x"}, "{'text': 'x'}"])
def test_no_right_answer_in_a_cell(cell: Any) -> None:
    with pytest.raises(Refused, match=r"^answer: "):
        answers_of(cell)


def opened(number: int, answer: Any, question: str = "What is the diagnosis?") -> dict[str, Any]:
    return {"image": f"{number}.png", "question": question, "answer": answer}


def test_no_distractor_is_another_word_for_the_answer(pictures: Pictures) -> None:
    folder = pictures(6)
    records = [
        opened(0, ["pneumonia", "lung infection"]),
        *(
            opened(n + 1, one)
            for n, one in enumerate(("lung infection", "fracture", "cyst", "edema", "asthma"))
        ),
    ]
    first, *others = read(folder, *records)
    assert isinstance(first, Item)
    assert first.options[first.answer_index] == "Pneumonia"
    assert "Lung Infection" not in first.options
    assert len(first.options) == 4
    assert any("Pneumonia" in row.options for row in others if isinstance(row, Item))


@pytest.mark.parametrize(
    "answer", ["pneumonia; cyst", "pneumonia#cyst", "pneumonia|cyst", "a mass or a cyst", "a / b"]
)
def test_several_open_answers_in_one_text_are_refused(pictures: Pictures, answer: str) -> None:
    [reason] = reasons(read(pictures(1), opened(0, answer)))
    assert reason.startswith("answer: ")
    assert "may be several right answers" in reason
    assert 'write a list (["...", "..."])' in reason


def test_a_list_beside_options_names_one_of_them(pictures: Pictures) -> None:
    given_options = {"options": ["Pneumonia", "Cyst", "Mass"]}
    item, several = read(
        pictures(2),
        opened(0, ["pneumonia", "lung infection"]) | given_options,
        opened(1, ["A", "C"]) | given_options,
    )
    assert isinstance(item, Item)
    assert item.answer_index == 0
    assert reasons([several]) == [
        "answer: several of the options are right ('Pneumonia', 'Mass'); only questions with one right option can be "
        "asked; leave the record out, or split it"
    ]


@pytest.mark.parametrize(
    ("indices", "said", "message"),
    [
        ([1, 2, 0], 1, r"q\.jsonl:3: `index_from: 1`, but the answer is 0"),
        ([1, 2, 3], 0, r"q\.jsonl:3: `index_from: 0`, but the answer is 3"),
        (["1.0", "2.0", "3.0"], 0, r"q\.jsonl:3: `index_from: 0`, but the answer is 3"),
        (["１", "０"], 1, r"q\.jsonl:2: `index_from: 1`, but the answer is 0"),
        ([1, 2, 1], 0, None),
        ([1, 2, 2], 1, None),
    ],
)
@pytest.mark.parametrize("how", ["auto", "index"])
def test_a_file_that_counts_from_another_number_stops(
    pictures: Pictures, indices: list[Any], said: Any, message: str | None, how: Any
) -> None:
    folder = pictures(3)
    records = [
        opened(at, one, f"Which {at}?") | {"options": ["Lung", "Liver", "Heart"]}
        for at, one in enumerate(indices)
    ]
    if message is None:
        assert all(isinstance(row, Item) for row in read(folder, *records, answer_is=how, index_from=said))
    else:
        with pytest.raises(SourceError, match=message):
            read(folder, *records, answer_is=how, index_from=said)


@pytest.mark.parametrize(("base", "expected"), [(0, None), (1, "2. Liver")])
def test_an_index_that_the_options_own_numbers_deny_is_refused(
    pictures: Pictures, base: Any, expected: str | None
) -> None:
    record = opened(0, "2") | {"options": ["1. Lung", "2. Liver", "3. Heart"]}
    [row] = read(pictures(1), record, answer_is="index", index_from=base)
    assert (row.options[row.answer_index] if isinstance(row, Item) else None) == expected


@pytest.mark.parametrize(
    "options",
    [
        ("1 - Lung", "2 - Liver"),
        ("1-Lung", "2-Liver"),
        ("[1] Lung", "[2] Liver"),
        ("①肺", "②肝"),
        ("❶ Lung", "❷ Liver"),
        ("⑴ Lung", "⑵ Liver"),
    ],
)
def test_own_numbers_are_seen_in_every_writing(options: tuple[str, str]) -> None:
    given_options = GivenOptions(options)
    with pytest.raises(Refused, match="names none of the options"):
        given_options.answer_index("1", "index", 0)
    assert given_options.answer_index("1", "index", 1) == 0


@pytest.mark.parametrize(("answer", "at"), [("20 %", 1), ("B. 20 %", 1), ("T 2", 2), ("left-right", 3)])
def test_a_space_that_is_a_way_of_writing_hides_no_answer(answer: str, at: int) -> None:
    """Options that differ by such a space alone are equal, so an answer that does names the option."""
    assert GivenOptions(("10%", "20%", "T2", "left - right")).answer_index(answer, "auto", None) == at


def test_a_measure_is_no_number_of_an_option() -> None:
    assert GivenOptions(("1 cm", "2 cm", "3 cm")).answer_index("1", "index", 0) == 1
    assert GivenOptions(("1 - 2 cm", "3 - 4 cm")).answer_index("0", "index", 0) == 0


def test_a_number_that_is_an_options_text_is_no_index(pictures: Pictures) -> None:
    record = opened(0, "0") | {"options": ["0", "5", "8"]}
    [row] = read(pictures(1), record, index_from=1)
    assert isinstance(row, (Item, Refusal))  # never a stop


@pytest.mark.parametrize(
    ("cells", "answer", "expected"),
    [
        (["Lung", "Liver", "nan", "NaN"], "B", ("Lung", "Liver")),
        (["Lung", "nan", "Liver", ""], "C", ("Lung", "Liver")),
        (["Lung", "nan", "Liver", ""], "B", None),
        (["Lung", "Liver", "None", ""], "C", ("Lung", "Liver", "None")),
        (["Lung", "Liver", "None", ""], "A", None),
        (["Lung", "Liver", "None", "None"], "A", None),
        (["Lung", "Liver", "N/A", ""], "A", None),
    ],
)
def test_missing_values_are_no_options(
    pictures: Pictures, cells: list[str], answer: str, expected: tuple[str, ...] | None
) -> None:
    whole = opened(1, "A") | dict(zip("ABCD", ("Rib", "Spine", "Hip", "Knee"), strict=True))
    row, _ = read(pictures(2), opened(0, answer) | dict(zip("ABCD", cells, strict=True)), whole)
    assert (row.options if isinstance(row, Item) else None) == expected


@pytest.mark.parametrize("answer", ["nan", "NaN", None, "  "])
def test_a_missing_answer_is_empty(pictures: Pictures, answer: Any) -> None:
    assert reasons(read(pictures(1), opened(0, answer, "Big?"))) == ["answer: is empty"]
