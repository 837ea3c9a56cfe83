"""A reviewer's file is read as spreadsheets leave it, and what it does not say clearly is refused by its place."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vqa_canary.errors import BadInput
from vqa_canary.review_form import audit_name, parsed_name, row_key
from vqa_canary.rows import Item
from vqa_canary.sources.cells import Refused
from vqa_canary.sources.review_cells import key_in, truth_in
from vqa_canary.sources.review_file import Correction, read_review
from vqa_canary.sources.reviewed_items import changes, joined, reviewed

AUDIT = audit_name(1, "0123456789abcdef" * 4)
ORGANS = ("Lung", "Liver", "None of them", "B")


def item(name: str, options: tuple[str, ...] = ORGANS) -> Item:
    about = {"split": "test", "image_id": "0" * 16, "image_path": "a.png", "image_sha256": "0" * 64}
    kind = {"question_type": "organ", "answer_type": "closed", "nota_valid": True, "source_id": "q.csv:2"}
    return Item(dataset="d", item_id=name, question="?", options=options, answer_index=0, **about, **kind)  # type: ignore[arg-type]


ITEMS = [item("001"), item("1E5"), item("=x"), item("yn", ("yes", "no"))]
HEAD = ["question", "row", "audit", "right_key", "nota_valid", "unanswerable", "comment", "item_id"]


def row(name: str, **cells: str) -> list[str]:
    filled = {"question": 'Which "organ", there; is this?', "row": row_key("d", name), "audit": AUDIT}
    return [(filled | cells).get(column, "") for column in HEAD]


def write(
    path: Path,
    rows: list[list[str]],
    head: list[str] = HEAD,
    mark: str = ",",
    start: str = "",
    end: str = "\n",
) -> Path:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=mark, lineterminator=end).writerows([head, *rows])
    path.write_bytes((start + text.getvalue()).encode())
    return path


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize(("start", "end"), [("", "\n"), ("\ufeff", "\r\n")])
def test_a_file_is_read_as_spreadsheets_leave_it(tmp_path: Path, mark: str, start: str, end: str) -> None:
    rows = [
        row("001", right_key="b) liver", item_id="1", comment="so; there"),
        row("1E5", nota_valid="FALSCH", item_id="100000"),
        row("yn"),
        row("=x", unanswerable="x", right_key=" "),
        [""] * len(HEAD),
    ]
    order = [3, 0, 7, 6, 5, 4, 2, 1]
    moved = [[cells[at] for at in order] for cells in rows]
    head = [HEAD[at] for at in order]
    head[head.index("right_key")] = " Right_Key"
    path = write(tmp_path / "review.csv", moved, head, mark, start, end)
    read = read_review(path, ITEMS)
    assert (read.audit, len(read.rows)) == (AUDIT, 4)
    assert read.corrections == (
        Correction("d", "001", "review.csv:2", answer_index=1),
        Correction("d", "1E5", "review.csv:3", nota_valid=False),
        Correction("d", "=x", "review.csv:5", unanswerable=True),
    )
    now = reviewed(ITEMS, read.corrections)
    assert [(one.answer_index, one.nota_valid) for one in now] == [
        (1, True),
        (0, False),
        (0, True),
        (0, True),
    ]
    found = changes(ITEMS, now, read.corrections)
    assert [(one.item_id, one.answer_before, one.answer_after, one.unanswerable) for one in found] == [
        ("001", 0, 1, False),
        ("1E5", 0, 0, False),
        ("=x", 0, 0, True),
    ]


def test_a_file_in_which_nothing_was_filled_in_changes_nothing(tmp_path: Path) -> None:
    read = read_review(write(tmp_path / "r.csv", [row("001", comment="fine"), row("strange")]), ITEMS)
    assert read.rows == {("d", "001")}, "a row of no question is none that was shown"
    assert read.corrections == ()
    assert changes(ITEMS, reviewed(ITEMS, ()), ()) == []
    confirmed = read_review(write(tmp_path / "r.csv", [row("001", right_key="A")]), ITEMS).corrections
    assert changes(ITEMS, reviewed(ITEMS, confirmed), confirmed) == []


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"right_key": "E"}, "right_key: there is no option E; the question has A to D"),
        ({"right_key": "A or C"}, "right_key: 'A or C' names several options"),
        (
            {"right_key": "B"},
            r"is the letter of one option and the text of another; write both, such as `B\) Liver`",
        ),
        ({"right_key": "A) Liver"}, "has the letter of one option and not its text"),
        ({"right_key": "Spleen"}, "neither a letter from A to D nor the text of an option"),
        ({"right_key": "A", "unanswerable": "yes"}, "a question with a right key is not unanswerable"),
        ({"nota_valid": "maybe"}, "nota_valid: 'maybe' is neither yes nor no"),
        ({"right_key": "A", "row": "r-0"}, "row: 'r-0' is no question of this audit"),
        ({"right_key": "A", "row": ""}, "row: is empty; leave the column"),
        ({"right_key": "A", "audit": ""}, "audit: is empty; copy the cell"),
    ],
)
def test_what_is_not_clear_is_refused_by_its_place(tmp_path: Path, cells: dict[str, str], told: str) -> None:
    path = write(tmp_path / "review.csv", [row("1E5", right_key="C"), row("001", **cells)])
    with pytest.raises(BadInput, match=rf"(?s)review.csv: 1 row cannot be .*\n  review.csv:3, .*{told}"):
        read_review(path, ITEMS)


@pytest.mark.parametrize(
    ("rows", "head", "told"),
    [
        ([row("001", right_key="A"), row("001", right_key="C")], HEAD, "stands in review.csv:2 already"),
        ([row("yn", nota_valid="yes")], HEAD, "hiding one of 2 options leaves no question"),
        ([row("001"), row("1E5", audit="attempt 2, lock 1")], HEAD, "of several audits"),
        (
            [row("001")],
            ["right key" if name == "right_key" else name for name in HEAD],
            "no column 'right_key'",
        ),
        ([row("001")], ["question", "x", *HEAD[2:]], "no column 'row'"),
        ([row("001")[:-1]], HEAD, "7 cells for 8 columns"),
        ([[""] * len(HEAD)], HEAD, "lists no question"),
    ],
)
def test_files_that_are_no_review_are_named(
    tmp_path: Path, rows: list[list[str]], head: list[str], told: str
) -> None:
    with pytest.raises(BadInput, match=told):
        read_review(write(tmp_path / "review.csv", rows, head, ";"), ITEMS)


def test_a_file_of_an_older_encoding_or_of_no_table_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "review.csv", [row("001", comment="größer")], mark=";")
    path.write_bytes(path.read_text("utf-8").encode("cp1252"))
    with pytest.raises(BadInput, match=r"not UTF-8.*save the file as UTF-8"):
        read_review(path, ITEMS)
    with pytest.raises(BadInput, match="no such file"):
        read_review(tmp_path / "reviews.csv", ITEMS)


def test_two_reviewers_are_joined_unless_they_contradict_each_other() -> None:
    one = [Correction("d", "001", "a.csv:2", answer_index=1)]
    other = [
        Correction("d", "001", "b.csv:2", nota_valid=False),
        Correction("d", "=x", "b.csv:3", unanswerable=True),
    ]
    both = joined("b.csv", one, other)
    assert [(c.item_id, c.answer_index, c.nota_valid, c.unanswerable) for c in both] == [
        ("001", 1, False, None),
        ("=x", None, None, True),
    ]
    with pytest.raises(BadInput, match=r"c.csv, c.csv:9, right_key: says otherwise than a.csv:2"):
        joined("c.csv", one, [Correction("d", "001", "c.csv:9", answer_index=2)])
    unanswerable = [Correction("d", "001", "c.csv:9", unanswerable=True)]
    for earlier, later in ((one, unanswerable), (unanswerable, one)):
        with pytest.raises(
            BadInput, match="gives the question a right key, and the other calls it unanswerable"
        ):
            joined("c.csv", earlier, later)


options = st.lists(st.text("abcdef", min_size=2), min_size=2, max_size=8, unique=True)


@given(options.flatmap(lambda texts: st.tuples(st.just(texts), st.integers(0, len(texts) - 1))))
def test_a_letter_names_its_option_in_any_writing(case: tuple[list[str], int]) -> None:
    texts, at = case
    letter = chr(ord("A") + at)
    for written in (
        letter,
        letter.lower(),
        f"{letter})",
        f"({letter})",
        f" {letter}. ",
        chr(ord(letter) + 0xFEE0),
    ):
        assert key_in(written, texts) == at
    assert key_in("", texts) is None


@pytest.mark.parametrize("words", ["TRUE WAHR yes 1 x Ja VRAI sí 是", "FALSE FALSCH no 0 Nein FAUX não 否"])
def test_truth_is_read_in_several_languages(words: str) -> None:
    expected: Any = words.startswith("TRUE")
    assert {truth_in(word, "nota_valid") for word in words.split()} == {expected}
    assert truth_in(" ", "nota_valid") is None
    with pytest.raises(Refused):
        truth_in("2", "nota_valid")


def test_an_audit_is_known_by_its_name() -> None:
    assert parsed_name(AUDIT) == (1, "0123456789abcdef")
    assert [parsed_name(name) for name in ("", "audit", AUDIT + "0", AUDIT.upper())] == [None] * 4
