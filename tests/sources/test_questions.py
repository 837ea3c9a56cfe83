from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vqa_canary.errors import BadInput
from vqa_canary.frames import frame
from vqa_canary.rows import Item, Refusal
from vqa_canary.sources.columns import Columns
from vqa_canary.sources.overlap import overlap
from vqa_canary.sources.questions import questions
from vqa_canary.sources.records import UNTOLD
from vqa_canary.sources.registration import SourceError, read_datasets, source_options
from vqa_canary.tabular import TableError

Pictures = Callable[..., Path]
HEADER = ["image", "question", "A", "B", "C", "D", "answer"]
LETTERED = Columns(options=("A", "B", "C", "D"))


def write_csv(path: Path, rows: Sequence[Sequence[Any]], delimiter: str = ",") -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


def read(folder: Path, file: str, **options: Any) -> list[Item | Refusal]:
    return list(questions(folder, 7, file=file, **options))


def read_items(folder: Path, file: str, **options: Any) -> list[Item]:
    """Every row as an item; none may be refused."""
    rows = read(folder, file, **options)
    items = [row for row in rows if isinstance(row, Item)]
    assert len(items) == len(rows), rows
    return items


def one(folder: Path, file: str, **options: Any) -> Any:
    [row] = read(folder, file, **options)
    return row


def reason(row: Item | Refusal) -> str:
    assert isinstance(row, Refusal), row
    return row.reason


def test_a_csv_with_letters(pictures: Pictures) -> None:
    folder = pictures()
    write_csv(
        folder / "q.csv",
        [
            ["image", "question", "A", "B", "C", "D", "answer", "kind", "site"],
            ["0.png", "Which organ?", "Liver", "None", "001", "", "B", "organ", "Abdomen"],
        ],
    )
    columns = Columns(options=("A", "B", "C", "D"), question_type="kind", body_region="site")
    item = one(folder, "q.csv", columns=columns)
    assert (item.options, item.answer_index) == (("Liver", "None", "001"), 1)
    assert (item.question_type, item.body_region, item.modality) == ("organ", "Abdomen", None)
    assert (item.split, item.answer_type, item.source_id) == ("test", "closed", "q.csv:2")
    assert not item.nota_valid  # an option is `None`
    assert item.image_path == (folder / "0.png").as_posix()


def test_columns_named_by_letters_are_the_options_without_a_word(pictures: Pictures) -> None:
    folder = pictures()
    header = ["image", "question", "A", "B", "C", "answer"]
    write_csv(folder / "q.csv", [header, ["0.png", "Which organ?", "Liver", "Lung", "", "B"]])
    item = one(folder, "q.csv")
    assert (item.options, item.answer_index) == (("Liver", "Lung"), 1)
    assert "have no column" in reason(one(folder, "q.csv", columns=Columns(options=None)))


def test_a_lone_letter_is_no_answer_where_no_column_holds_options(pictures: Pictures) -> None:
    folder = pictures()
    write_csv(
        folder / "q.csv",
        [["image", "question", "first", "second", "answer"], ["0.png", "Which organ?", "Liver", "Lung", "B"]],
    )
    expected = "options: have no column (name it under `columns`), but the answer 'B' is the letter of one"
    assert reason(one(folder, "q.csv")) == expected


@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl", "json", "parquet"])
def test_every_format_gives_the_same_items(pictures: Pictures, suffix: str) -> None:
    folder = pictures()
    rows = [
        {
            "id": "7",
            "image": f"{n}.png",
            "question": "Was ist é?",
            "options": ["x\ny", 'say "b"', "c"],
            "answer": "c",
        }
        for n in range(3)
    ]
    path = folder / f"q.{suffix}"
    for number, row in enumerate(rows):
        row["id"] = f"{number:03d}"
    if suffix == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif suffix == "jsonl":
        path.write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    elif suffix == "json":
        path.write_text(json.dumps(rows), encoding="utf-8")
    else:
        cells = [[json.dumps(v) if isinstance(v, list) else v for v in row.values()] for row in rows]
        write_csv(path, [list(rows[0]), *cells], "," if suffix == "csv" else "\t")
    items = read_items(folder, path.name, answer_is="text")
    assert [item.item_id for item in items] == ["000", "001", "002"]
    assert {(item.question, item.options, item.answer_index) for item in items} == {
        ("Was ist é?", ("x y", 'say "b"', "c"), 2)
    }


texts = st.text("abcxyz ,\"'|;\n\t0129äß", min_size=1, max_size=6)


@settings(deadline=None)  # it writes files
@given(
    cells=st.lists(st.tuples(texts, texts, texts, texts, st.sampled_from("ABCDE")), min_size=1, max_size=5)
)
def test_each_record_is_an_item_or_a_refusal_and_letters_keep_their_place(
    tmp_path_factory: pytest.TempPathFactory, cells: list[tuple[str, ...]]
) -> None:
    from PIL import Image

    folder = tmp_path_factory.mktemp("property")
    Image.new("L", (4, 4)).save(folder / "0.png")
    write_csv(folder / "q.csv", [HEADER, *(["0.png", f"Question {n}?", *row] for n, row in enumerate(cells))])
    rows = read(folder, "q.csv", columns=LETTERED, answer_is="letter")
    assert len(rows) == len(cells)
    for row, (*options, letter) in zip(rows, cells, strict=True):
        if isinstance(row, Item):
            at = "ABCDE".index(letter)
            assert row.options[row.answer_index] == " ".join(options[at].split())
            assert row.options == tuple(" ".join(text.split()) for text in options if text.strip())
        else:
            assert row.reason.startswith(("answer:", "options:"))


@pytest.mark.parametrize(
    ("options", "answer", "how", "expected"),
    [
        (["Liver", "Lung", "", "Heart"], "D", {}, "Heart"),  # letters count places
        (["Liver", "Lung", "", "Heart"], "d", {}, "Heart"),
        (["Liver", "Lung", "", "Heart"], "lung.", {}, "Lung"),
        (["Liver", "Lung", "", "Heart"], "B) lung", {}, "Lung"),
        (["Liver", "Lung", "", "Heart"], "B) liver", {}, None),
        (["Liver", "Lung", "", "Heart"], "C", {}, None),
        (["Liver", "Lung", "", "Heart"], "1", {}, None),  # from 0 or from 1?
        (["Liver", "Lung", "", "Heart"], "0", {}, None),  # no better: then only the others would be refused
        (["Liver", "Lung", "Spleen", "Heart"], "1", {"index_from": 0}, "Lung"),
        (["Liver", "Lung", "Spleen", "Heart"], "1", {"index_from": 1}, "Liver"),
        (["Liver", "Lung", "Spleen", "Heart"], "B", {"answer_is": "text"}, None),
        (["B", "A", "AB", "O"], "A", {}, None),
        (["B", "A", "AB", "O"], "O", {}, None),  # one rule for all letters
        (["B", "A", "AB", "O"], "AB", {}, "AB"),
        (["B", "A", "AB", "O"], "A", {"answer_is": "text"}, "A"),
        (["B", "A", "AB", "O"], "A", {"answer_is": "letter"}, "B"),
        (["A", "B", "AB", "O"], "B", {}, "B"),  # letter and text are one
        (["2", "3", "4", "5"], "3", {}, None),
        (["2", "3", "4", "5"], "5", {}, None),
        (["2", "3", "4", "5"], "3", {"answer_is": "text"}, "3"),
        (["2", "3", "4", "5"], "3", {"answer_is": "index", "index_from": 1}, "4"),
        (["100", "120", "140", ""], "120", {}, "120"),
    ],
)
def test_answers_name_options_or_are_refused(
    pictures: Pictures, options: list[str], answer: str, how: dict[str, Any], expected: str | None
) -> None:
    folder = pictures(1)
    write_csv(folder / "q.csv", [HEADER, ["0.png", "Which?", *options, answer]])
    row = one(folder, "q.csv", columns=LETTERED, **how)
    if expected is None:
        assert reason(row).startswith("answer: ")
    else:
        assert row.options[row.answer_index] == expected


@pytest.mark.parametrize(
    ("options", "answer", "texts"),
    [
        (["a lung", "a liver"], "B", ("a lung", "a liver")),
        ([{"letter": "A", "content": "x"}, {"letter": "B", "content": "y"}], ["B"], ("x", "y")),
        ({"A": "x", "B": "y", "C": None}, "B", ("x", "y")),
        ('["x", "y"]', "B", ("x", "y")),
        ("x| y |z", "B", ("x", "y", "z")),
        ("A: x | B: y", "B: y", ("x", "y")),
        ([True, False], True, ("Yes", "No")),
        (["True", "False"], True, ("True", "False")),
        ([1, 2.0, 2.5], "C", ("1", "2", "2.5")),
        (["x"], "A", None),
        ("x, y", "A", None),
        (["x", "X."], "A", None),
        ([["x", "y"], "z"], "A", None),
        ('["x"', "A", None),
        ({"A": "x", "C": "y"}, "A", None),
        (list("abcdefghijklmnopqrstuvwxyz0"), "A", None),
    ],
)
def test_options_in_one_column(
    pictures: Pictures, options: Any, answer: Any, texts: tuple[str, ...] | None
) -> None:
    folder = pictures(1)
    record = {"image": "0.png", "question": "Which?", "options": options, "answer": answer}
    (folder / "q.jsonl").write_text(json.dumps(record))
    row = one(folder, "q.jsonl")
    if texts is None:
        assert reason(row).startswith("options: ")
    else:
        assert row.options == texts


def test_yes_and_no_and_offered_choices_need_no_options(pictures: Pictures) -> None:
    folder = pictures()
    asked = [
        ("Is it big?", "yes."),
        ("Is it big?", False),
        ("Is it a CT or an MRI?", "MRI"),
        ("Is it big?", "true"),
    ]
    rows = [{"image": f"{n}.png", "question": q, "answer": a} for n, (q, a) in enumerate(asked)]
    (folder / "q.json").write_text(json.dumps(rows))
    items = read_items(folder, "q.json")
    assert [item.options[item.answer_index] for item in items] == ["Yes", "No", "MRI", "Yes"]
    assert [set(item.options) for item in items] == [
        {"Yes", "No"},
        {"Yes", "No"},
        {"CT", "MRI"},
        {"Yes", "No"},
    ]
    assert all(item.answer_type == "closed" and not item.nota_valid for item in items)
    assert {item.question_type for item in items} == {UNTOLD}


def test_distractors_are_answers_for_other_images_of_the_nearest_questions(pictures: Pictures) -> None:
    folder = pictures(9)
    records = [
        ("0.png", "Which organ?", "the liver", "ORGAN"),
        ("0.png", "Which organ is next to it?", "spleen", "ORGAN"),  # true of the image too
        ("1.png", "Which organ?", "Lung", "ORGAN"),
        ("2.png", "Which organ?", "Both Lungs", "ORGAN"),
        ("3.png", "Which organ?", "heart", "ORGAN"),
        ("4.png", "Which organ?", "bladder", "ORGAN"),
        ("5.png", "How large is it?", "3 cm", "SIZE"),
        ("6.png", "How large is it?", "5cm", "SIZE"),
        ("7.png", "How large is it?", "1.2 x 3 mm", "SIZE"),
        ("8.png", "How large is it?", "huge", "SIZE"),
    ]
    write_csv(folder / "q.csv", [["image", "question", "answer", "question_type"], *records])
    rows = read(folder, "q.csv")
    first = rows[0]
    assert isinstance(first, Item)
    assert first.options[first.answer_index] == "Liver"  # the article goes
    assert set(first.options) < {"Liver", "Lung", "Both Lungs", "Heart", "Bladder"}
    assert first.nota_valid
    assert first.answer_type == "open"
    for row in rows:
        if isinstance(row, Item):
            assert not any(overlap(a, b) for a in row.options for b in row.options if a < b)
    size = rows[6]
    assert isinstance(size, Item)
    assert set(size.options) == {"3 Cm", "5cm", "1.2 X 3 Mm"}
    assert rows == read(folder, "q.csv")


@pytest.mark.parametrize(
    ("question", "answer", "why"),
    [
        ("Is there a mass?", "in the left lung", "asks for yes or no"),
        ("What is seen?", "No, it is clear", "yes or no and more"),
        ("What is seen?", "a large mass in the left upper lobe", "a description"),
        ("What is seen?", "mass", "fewer than three"),
    ],
)
def test_free_answers_that_cannot_be_fair_are_refused(
    pictures: Pictures, question: str, answer: str, why: str
) -> None:
    folder = pictures(1)
    write_csv(folder / "q.csv", [["image", "question", "answer"], ["0.png", question, answer]])
    assert why in reason(one(folder, "q.csv"))


def test_what_is_recorded_in_two_ways_is_refused_twice(pictures: Pictures) -> None:
    folder = pictures(1)
    rows = [["0.png", "Is it big?", "yes"], ["0.png", "Is it  BIG?", "no"]]
    write_csv(folder / "q.csv", [["image", "question", "answer"], *rows])
    assert ["different answers" in reason(row) for row in read(folder, "q.csv")] == [True, True]


@pytest.mark.parametrize(
    ("given", "options", "valid"),
    [
        ("", "Lung|Liver|Heart", True),
        ("", "Lung|Liver|None of the above", False),
        ("", "Lung|Liver|Both", False),
        ("", "Lung|Liver|A and B", False),
        ("", "Lung|Liver|All Lobes", True),
        ("", "Lung|Liver", False),
        ("no", "Lung|Liver|Heart", False),
        ("TRUE", "Lung|Liver|None", True),
        ("0", "Lung|Liver", False),
        ("yes", "Lung|Liver", None),
        ("perhaps", "Lung|Liver|Heart", None),
    ],
)
def test_a_reviewers_nota_valid_wins_over_the_rule(
    pictures: Pictures, given: str, options: str, valid: bool | None
) -> None:
    folder = pictures(1)
    rows = [
        ["image", "question", "options", "answer", "nota_valid"],
        ["0.png", "Which?", options, "Lung", given],
    ]
    write_csv(folder / "q.csv", rows)
    row = one(folder, "q.csv")
    if valid is None:
        assert reason(row).startswith("nota_valid: ")
    else:
        assert row.nota_valid is valid


def test_ids_are_the_users_own_or_of_the_content(pictures: Pictures) -> None:
    folder = pictures()
    rows = [
        ["1", "0.png", "Big?", "yes"],
        ["1", "1.png", "Big?", "yes"],
        ["2", "0.png", "big ?", "Yes"],
        ["1", "0.png", "Big?", "yes"],
        ["", "2.png", "Big?", "yes"],
    ]
    write_csv(folder / "q.csv", [["id", "image", "question", "answer"], *rows])
    first, *others = read(folder, "q.csv")
    assert isinstance(first, Item)
    assert first.item_id == "1"
    assert list(map(reason, others)) == [
        "id: '1' is already that of q.csv:2; give each record an id of its own",
        "the same image, question, options and answer as q.csv:2; leave out one of the two",
        "the same image, question, options and answer as q.csv:2; leave out one of the two",
        "id: is empty",
    ]
    without = read(folder, "q.csv", columns=Columns(id=None))
    assert [isinstance(row, Item) for row in without] == [True, True, False, False, True]
    assert len({row.item_id for row in without if isinstance(row, Item)}) == 3


def test_a_record_that_is_refused_stands_in_nobodys_way(pictures: Pictures) -> None:
    folder = pictures()
    rows = [
        ["1", "0.png", "Is it big?", "yes"],
        ["1", "1.png", "Is it big?", "yes"],
        ["2", "1.png", "Is it big?", "yes"],
        ["3", "2.png", "What is seen?", "mass"],
        ["3", "3.png", "Is it big?", "yes"],
    ]
    write_csv(folder / "q.csv", [["id", "image", "question", "answer"], *rows])
    first, same_id, sound, unfair, later = read(folder, "q.csv")
    assert [isinstance(row, Item) for row in (first, sound)] == [True, True]
    assert reason(same_id) == "id: '1' is already that of q.csv:2; give each record an id of its own"
    assert reason(unfair) == "fewer than three fair options: 'Mass'; give the question its options"
    assert reason(later) == (
        "id: '3' is already that of q.csv:5, which is refused, too; give each record an id of its own"
    )


def test_a_split_of_its_own_and_no_image_in_two(pictures: Pictures) -> None:
    folder = pictures()
    rows = [
        ["0.png", "Big?", "yes", "train"],
        ["0.png", "Small?", "no", "test"],
        ["1.png", "Big?", "yes", ""],
    ]
    write_csv(folder / "q.csv", [["image", "question", "answer", "split"], *rows])
    train, test, gone = read(folder, "q.csv")
    assert isinstance(train, Item)
    assert "also belongs to split 'train'" in reason(test)
    assert reason(gone) == "split: is empty"
    [item, _] = read(folder, "q.csv", splits=("test",))
    assert isinstance(item, Item)
    assert item.split == "test"
    write_csv(folder / "r.csv", [["image", "question", "answer", "split"], rows[0]])
    with pytest.raises(SourceError, match="no record is in split test"):
        read(folder, "r.csv", splits=("test",))


@pytest.mark.parametrize(
    "image", ["gone.png", "../secret.png", "/etc/passwd", "", "q.csv", "a\0b", "sub/../../x"]
)
def test_an_image_that_cannot_be_used_refuses_its_record_alone(pictures: Pictures, image: str) -> None:
    folder = pictures(1)
    records = [{"image": name, "question": "Big?", "answer": "yes"} for name in (image, "0.png")]
    (folder / "q.csv").touch()
    (folder / "q.jsonl").write_text("\n".join(map(json.dumps, records)))
    refused, item = read(folder, "q.jsonl")
    assert reason(refused).startswith("image")
    assert isinstance(item, Item)


def test_images_in_a_subfolder_with_paths_as_windows_writes_them(pictures: Pictures) -> None:
    folder = pictures(0)
    pictures(1, "data/images")
    (folder / "images" / "deep").mkdir()
    (folder / "images" / "0.png").rename(folder / "images" / "deep" / "0.png")
    write_csv(folder / "q.csv", [["image", "question", "answer"], [r"deep\0.png", "Big?", "yes"]])
    assert one(folder, "q.csv", images="images").image_path == (folder / "images/deep/0.png").as_posix()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("q.csv", b"", "is empty"),
        ("q.csv", b"image,question,answer\n", "holds no record"),
        ("q.csv", b"image;question;answer\n0.png;Big?;yes\n", 'set `delimiter: ";"`'),
        (
            "q.csv",
            b"image,question,answer\n0.png,Big?,yes\n0.png,B\xfcg?,yes\n",
            "line 3, column 2: not UTF-8",
        ),
        ("q.csv", b'image,question,answer\n0.png,"Big?,yes\n', "record from line 2: broken CSV"),
        ("q.csv", b'image,question,answer\n0.png,"Big"?,yes\n', "record from line 2: broken CSV"),
        ("q.csv", b"image,question,image\n0.png,Big?,yes\n", "column 'image' stands twice"),
        (
            "q.csv",
            b"imag,question,answer\n0.png,Big?,yes\n",
            "no column 'image' for the field 'image'. Did you mean 'imag'",
        ),
        ("q.jsonl", b'{"image": "0.png"}\n{"image": \n', "line 2: the JSON is broken or cut off at column"),
        ("q.jsonl", b'{"image": "\xff"}\n', "line 1: not UTF-8"),
        ("q.jsonl", b"9" * 5000, "line 1: cannot be read as JSON"),
        ("q.jsonl", b"\n\n", "holds no record"),
        ("q.json", b'{"image": "0.png"}', "holds a dict, not a list"),
        ("q.json", b"[\n{]", "broken or cut off at line 2, column 2"),
        ("q.parquet", b"PAR1 no", "cannot be read as Parquet"),
        ("q.xlsx", b"PK", "the suffix '.xlsx' is none of"),
        ("p.csv", None, "no such file. Did you mean 'q.csv'"),
    ],
)
def test_a_broken_file_is_named_with_place_and_remedy(
    pictures: Pictures, name: str, content: bytes | None, message: str
) -> None:
    folder = pictures(1)
    (folder / ("q.csv" if content is None else name)).write_bytes(content or b"")
    with pytest.raises((SourceError, TableError)) as error:
        read(folder, name)
    assert message in str(error.value)
    assert str(folder / name) in str(error.value)


def test_a_misnamed_column_or_field_is_named(pictures: Pictures) -> None:
    folder = pictures(1)
    write_csv(folder / "q.csv", [["image", "question", "answer", "Kind"], ["0.png", "Big?", "yes", "size"]])
    with pytest.raises(
        SourceError, match=r"no column 'Kid' for the field 'question_type'. Did you mean 'Kind'"
    ):
        read(folder, "q.csv", columns=Columns(question_type="Kid"))
    options = {"source": "questions", "folder": "x", "file": "q.csv", "columns": {"quesion": "Q"}}
    with pytest.raises(BadInput, match=r"mine.columns: .*no field 'quesion'. Did you mean 'question'"):
        source_options("mine", options)
    with pytest.raises(SourceError, match="needs `index_from: 0`"):
        read(folder, "q.csv", answer_is="index")


def test_bad_records_are_refused_one_by_one_and_kept_in_sight(pictures: Pictures) -> None:
    folder = pictures(1)
    lines = [
        {"image": "0.png", "question": "Big?", "answer": "yes"},
        ["no", "object"],
        {"image": "0.png", "question": "Bad \ud800?", "answer": "yes"},
        {"image": "0.png", "question": None, "answer": "yes"},
        {"image": "0.png", "question": "Small?", "answer": {"text": "yes"}},
        {"image": "0.png", "question": "Small?", "answer": ["yes", "no"]},
        {"image": "0.png", "question": "Small?", "answer": float("nan")},
        {"image": "0.png", "question": "Small?"},
        {"image": "0.png", "question": "x" * 5000, "answer": "", "answer_type": "CLOSED"},
        {"image": "0.png", "question": "Small?", "answer": "yes", "answer_type": "YESNO"},
        {"image": "0.png", "question": "Where?", "answer": "here", "answer_type": "closed "},
    ]
    (folder / "q.jsonl").write_text("\n".join(map(json.dumps, lines)))
    first, *refusals = read(folder, "q.jsonl")
    assert isinstance(first, Item)
    assert [reason(row).split(":")[0] for row in refusals] == [
        "a list, not an object with a value for each column",
        *["question", "question", "answer", "answer", "answer", "answer", "answer", "answer_type"],
        "the closed question does not offer its recorded answer 'Here'; give the question its options",
    ]
    assert [row.key for row in refusals if isinstance(row, Refusal)] == [f"q.jsonl:{n}" for n in range(2, 12)]
    assert len(frame(refusals, "quarantine")) == 10
    assert all(len(row) < 1000 for row in frame(refusals, "quarantine")["row"])


def test_a_row_of_too_many_cells_is_refused_alone(pictures: Pictures) -> None:
    folder = pictures(1)
    (folder / "q.csv").write_text(
        'image,question,answer\n\n0.png,Big, or not?,yes\n0.png,"Big,\nyes?",yes\n0.png,Big'
    )
    wide, item, short = read(folder, "q.csv")
    assert reason(wide).startswith("4 cells for 3 columns")
    assert isinstance(item, Item)
    assert (item.source_id, item.question) == ("q.csv:4", "Big,\nyes?")
    assert isinstance(short, Refusal)
    assert (short.key, reason(short)[:7]) == ("q.csv:6", "2 cells")


def test_parquet_keeps_mixed_types_and_gaps(pictures: Pictures) -> None:
    folder = pictures()
    table = pa.table(
        {
            "id": pa.array([1, 2, 3]),
            "image": ["0.png", "1.png", "2.png"],
            "question": ["Which?"] * 3,
            "options": pa.array([["a x", "b x"], ["c x", "d x", "e x"], None]),
            "answer": pa.array([0.0, 2.0, None]),
            "body_region": pa.array(["Head", None, "Neck"]).dictionary_encode(),
        }
    )
    pq.write_table(table, folder / "q.parquet", row_group_size=1)
    first, second, third = read(folder, "q.parquet", answer_is="index", index_from=0)
    assert isinstance(first, Item)
    assert isinstance(second, Item)
    assert (first.item_id, first.answer_index, first.body_region) == ("1", 0, "Head")
    assert (second.item_id, second.answer_index, second.body_region) == ("2", 2, None)
    assert reason(third) == "answer: is empty"


def test_a_study_reads_it_under_its_own_name(pictures: Pictures) -> None:
    folder = pictures(1)
    write_csv(folder / "q.tsv", [["Bild", "Frage", "answer"], ["0.png", "Big?", "yes"]], "\t")
    options = {
        "source": "questions",
        "folder": "data",
        "file": "q.tsv",
        "columns": {"image": "Bild", "question": "Frage"},
    }
    [item], refusals = read_datasets({"ours": options}, 7, folder.parent)
    assert (item.dataset, item.image_path, refusals) == ("ours", "data/0.png", [])


def test_published_samples_are_read(pictures: Pictures, real_data: Callable[[str], Path]) -> None:
    """Their images are not there, so a stand-in is: what is tested are the records."""
    samples, folder = real_data("schemas"), pictures(1)
    published: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("medxpertqa_mm.jsonl", {"answer": "label", "image": "id"}, {"answer_is": "letter"}),
        ("cares_ol3i.jsonl", {"question": "text"}, {"separator": ","}),
        ("cares_ham10000.jsonl", {"question": "text", "answer": "fig_caption"}, {"separator": ","}),
        (
            "vqa_rad_mevf_mumc_test.json",
            {"image": "image_name", "id": "qid", "body_region": "image_organ"},
            {},
        ),
    ]
    for name, columns, how in published:
        text = (samples / name).read_text(encoding="utf-8")
        (folder / name).write_text(text, encoding="utf-8")
        rows = json.loads(text) if name.endswith(".json") else list(map(json.loads, text.splitlines()))
        for row in rows:
            at = folder / str(row[columns.get("image", "image")])
            at.parent.mkdir(exist_ok=True, parents=True)
            from PIL import Image

            Image.new("L", (8, 8), len(list(folder.rglob("*"))) % 256).save(at, format="PNG")
        read_rows = read(folder, name, columns=Columns(**columns), **how)
        assert len(read_rows) == len(rows)
        assert sum(isinstance(row, Item) for row in read_rows) > len(rows) / 2, Counter(
            row.reason for row in read_rows if isinstance(row, Refusal)
        )


@pytest.fixture
def vqa_rad(tmp_path: Path, real_data: Callable[[str], Path]) -> Path:
    """VQA-RAD as somebody would hand it over: a CSV and a folder of images."""
    given = real_data("vqa_rad")
    records = json.loads((given / "VQA_RAD Dataset Public.json").read_text(encoding="utf-8"))
    header = ["id", "image", "question", "answer", "question_type", "body_region", "split", "answer_type"]
    rows = [
        [
            *(number, record["image_name"], record["question"], record["answer"], record["question_type"]),
            *(record["image_organ"], "test" if record["phrase_type"].startswith("test") else "train"),
            record["answer_type"].strip(),
        ]
        for number, record in enumerate(records)
    ]
    folder = tmp_path / "vqa_rad"
    (folder / "images").mkdir(parents=True)
    for image in (given / "VQA_RAD Image Folder").iterdir():
        shutil.copyfile(image, folder / "images" / image.name)
    write_csv(folder / "questions.csv", [header, *rows])
    return folder


def test_vqa_rad_becomes_items(vqa_rad: Path) -> None:
    rows = read(vqa_rad, "questions.csv", images="images", splits=("test",))
    items = [row for row in rows if isinstance(row, Item)]
    assert len(rows) == 451
    assert len(items) > 400
    assert Counter(item.answer_type for item in items)["open"] > 120
    for item in items:
        if item.answer_type == "open":
            assert not any(overlap(a, b) for a in item.options for b in item.options if a < b)


def test_options_in_one_column_and_in_columns_by_letter_stop_the_file(pictures: Pictures) -> None:
    folder = pictures()
    header = ["image", "question", "A", "B", "C", "options", "answer"]
    write_csv(folder / "q.csv", [header, ["0.png", "Which organ?", "Lung", "Liver", "Spleen", "", "Liver"]])
    with pytest.raises(SourceError, match=r"'options', 'A', 'B', 'C' may both hold .*`options: \[A, B, C\]`"):
        read(folder, "q.csv")
    item = one(folder, "q.csv", columns=Columns(options=("A", "B", "C")))
    assert (item.options, item.answer_index) == (("Lung", "Liver", "Spleen"), 1)
