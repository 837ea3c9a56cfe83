from __future__ import annotations

import hashlib
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from vqa_canary.errors import BadInput
from vqa_canary.frames import frame
from vqa_canary.rows import Item, Refusal
from vqa_canary.sources.multiple_choice import normalise
from vqa_canary.sources.overlap import overlap
from vqa_canary.sources.registration import SourceError
from vqa_canary.sources.slake import SPLITS, slake

Make = Callable[..., Path]
Record = Callable[..., dict[str, Any]]
GONE = object()


def nested(depth: int) -> list[Any]:
    cell: list[Any] = []
    for _ in range(depth):
        cell = [cell]
    return cell


def read(folder: Path, **options: Any) -> list[Item | Refusal]:
    return list(slake(folder, 7, **options))


def only(folder: Path) -> Item | Refusal:
    [row] = read(folder, splits=("test",))
    return row


def test_an_open_question_becomes_an_item(
    slake_folder: Make, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = slake_folder([record(50, qid=123)])
    monkeypatch.chdir(folder.parent)
    item = only(Path(folder.name))
    assert isinstance(item, Item)
    assert (item.dataset, item.split, item.source_id) == ("slake", "test", "test.json qid 123")
    assert item.image_path == "slake/imgs/xmlab50/source.jpg"
    assert item.image_id == item.image_sha256[:16]
    assert item.question == "What modality is used to take this image?"
    assert set(item.options) == {"CT", "MRI", "X-Ray"}
    assert item.options[item.answer_index] == "CT"
    assert (item.question_type, item.answer_type, item.nota_valid) == ("Modality", "open", True)
    assert (item.modality, item.body_region) == ("CT", "chest")


def test_a_closed_question_keeps_its_own_options(slake_folder: Make, record: Record) -> None:
    asked = record(50, question="Which is bigger, liver or heart?", answer="Heart", answer_type="CLOSED ")
    item = only(slake_folder([asked]))
    assert isinstance(item, Item)
    assert set(item.options) == {"Liver", "Heart"}
    assert item.options[item.answer_index] == "Heart"
    assert (item.answer_type, item.nota_valid) == ("closed", False)


def test_none_is_an_answer_and_not_a_gap(slake_folder: Make, record: Record) -> None:
    asked: dict[str, Any] = {
        "question": "What diseases are included in the picture?",
        "content_type": "Abnormality",
    }
    others = [
        record(60 + n, answer=answer, **asked)
        for n, answer in enumerate(("Pneumonia", "Cardiomegaly", "None"))
    ]
    folder = slake_folder(
        [record(50, answer="None", **asked), record(51, answer="Mass", **asked)], train_too=others
    )
    healthy, ill = read(folder, splits=("test",))
    assert isinstance(healthy, Item)
    assert healthy.options[healthy.answer_index] == "None"
    assert not healthy.nota_valid  # it reads like "None of the above"
    assert isinstance(ill, Item)
    assert "None" not in ill.options
    assert ill.nota_valid


def test_other_languages_are_left_out_before_anything_is_checked(slake_folder: Make, record: Record) -> None:
    chinese = record(50, q_lang="zh", img_name="../../etc/passwd", answer=None)
    assert read(slake_folder([chinese]), splits=("test",)) == []


def test_answers_that_are_numbers_and_ids_of_any_kind_are_read(slake_folder: Make, record: Record) -> None:
    count: dict[str, Any] = {"question": "How many kidneys in this image?", "content_type": "Quantity"}
    others = [record(60 + n, answer=n, **count) for n in range(3)]
    item = only(slake_folder([record(50, qid="a-17", answer=2, **count)], train_too=others))
    assert isinstance(item, Item)
    assert set(item.options) == {"0", "1", "2"}
    assert item.source_id == "test.json qid a-17"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"answer": GONE}, "answer: is missing"),
        ({"answer": None}, "answer: None is not str or int"),
        ({"answer": ["CT"]}, "answer: ['CT'] is not str or int"),
        ({"answer": True}, "answer: True is not str or int"),
        ({"answer": " "}, "answer: is empty"),
        ({"question": GONE}, "question: is missing"),
        ({"qid": 1.5}, "qid: 1.5 is not int or str"),
        ({"q_lang": GONE}, "q_lang: is missing"),
        ({"q_lang": None}, "q_lang: None is not str"),
        ({"location": 5}, "location: 5 is not str"),
        ({"answer_type": "MAYBE"}, "answer_type: 'MAYBE' is neither OPEN nor CLOSED"),
        ({"img_name": "xm/none.jpg"}, "image 'xm/none.jpg': there is no such file"),
        ({"img_name": "../test.json"}, "image '../test.json': the path leaves the dataset's folder"),
        ({"img_name": "/etc/hostname"}, "image '/etc/hostname': the path leaves the dataset's folder"),
        ({"qid": 3}, "qid: 3 is already that of train.json[3]"),
        ({"qid": "3"}, "qid: 3 is already that of train.json[3]"),
        (
            {"img_name": "xmlab0/source.jpg", "answer": "MRI"},
            "img_name: the image also belongs to split train",
        ),
        ({"question": "What is it?"}, "fewer than three fair options: 'CT'"),
        ({"question": "How to treat it?"}, "the answer is one of several lists of treatments"),
        ({"answer_type": "CLOSED"}, "the closed question does not offer its recorded answer 'CT'"),
    ],
)
def test_a_bad_record_is_refused_by_its_place_field_and_value(
    slake_folder: Make, record: Record, changes: dict[str, Any], reason: str
) -> None:
    bad = {key: value for key, value in record(50, **changes).items() if value is not GONE}
    folder = slake_folder([bad, record(51)])
    refusal, good = read(folder, splits=("test",))
    assert isinstance(refusal, Refusal)
    assert (refusal.stage, refusal.key, refusal.row) == ("sources", "test.json[0]", bad)
    assert refusal.reason.startswith(reason)
    assert isinstance(good, Item)


def test_what_is_no_record_is_refused(slake_folder: Make) -> None:
    refusal = only(slake_folder([["What?", "CT"]]))
    assert isinstance(refusal, Refusal)
    assert refusal.row == {"record": ["What?", "CT"]}


def test_bad_images_are_refused(slake_folder: Make, record: Record) -> None:
    folder = slake_folder([record(50), record(51), record(52)])
    (folder / "imgs/xmlab50/source.jpg").write_text("no image")
    Image.new("1", (9000, 9000)).save(folder / "imgs/xmlab51/source.jpg", format="PNG")
    (folder / "imgs/xmlab52/source.jpg").unlink()
    (folder / "imgs/xmlab52/source.jpg").symlink_to("/etc/hostname")
    reasons = [row.reason for row in read(folder, splits=("test",)) if isinstance(row, Refusal)]
    assert [reason.split(": ", 1)[1].split(" (")[0].split(",")[0] for reason in reasons] == [
        "not an image that can be decoded",
        "too large to decode",
        "the path leaves the dataset's folder",
    ]


def test_a_repeated_record_is_refused_and_a_contradicted_one_is_unfair(
    slake_folder: Make, record: Record
) -> None:
    yes: dict[str, Any] = {"question": "Is it healthy?", "answer_type": "CLOSED"}
    rows = read(
        slake_folder(
            [
                record(50),
                record(50, qid=1050, question="what modality is used to take this image", answer="ct."),
                record(51, qid=2000, answer="Yes", **yes),
                record(51, qid=2001, answer="No", **yes),
            ]
        ),
        splits=("test",),
    )
    assert isinstance(rows[0], Item)
    assert [row.reason for row in rows[1:] if isinstance(row, Refusal)] == [
        "the same image, question and answer as test.json[0]",
        "recorded with different answers: 'No', 'Yes'",
        "recorded with different answers: 'No', 'Yes'",
    ]


def test_another_right_answer_of_the_same_image_is_no_distractor(slake_folder: Make, record: Record) -> None:
    first = record(50, question="Where is the abnormality in this image?", answer="Upper Right Lung")
    second = record(50, qid=900, question="Where is/are the nodule located?", answer="Heart")
    more = record(70, qid=901, question="Where is the abnormality in this image?", answer="Liver")
    items = read(slake_folder([first, second], train_too=[more]), splits=("test",))
    for item in items:
        assert isinstance(item, Item)
        assert not {"Upper Right Lung", "Heart"} <= set(item.options)


@pytest.mark.parametrize("missing", ["", "imgs", "train.json", "test.json"])
def test_a_missing_folder_or_file_is_named_with_its_remedy(slake_folder: Make, missing: str) -> None:
    folder = slake_folder()
    (folder / missing).rename(folder.parent / "elsewhere")
    with pytest.raises(SourceError, match=re.escape(str(folder / missing))) as error:
        read(folder)
    assert "there is no such" in str(error.value)
    assert "https://www.med-vqa.com/slake/" in str(error.value)
    assert "`folder`" in str(error.value)
    assert isinstance(error.value, BadInput)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda data: data[:-40], "line 1, column"),
        (lambda data: b"", "line 1, column 1"),
        (lambda data: b"{}", "holds a dict, not a list of records"),
        (lambda data: b"\xff\xfe\x00", "not UTF-8"),
    ],
)
def test_a_broken_file_is_named_with_the_place(
    slake_folder: Make, spoil: Callable[[bytes], bytes], message: str
) -> None:
    path = slake_folder() / "train.json"
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(SourceError) as error:
        read(path.parent)
    assert str(error.value).startswith(str(path))
    assert message in str(error.value)


def test_neither_row_order_nor_the_other_splits_change_an_item(slake_folder: Make, record: Record) -> None:
    question = "Where is the abnormality in this image?"
    tests = [record(50 + n, question=question, answer="Heart", qid=500 + n) for n in range(6)]
    before = read(slake_folder(tests, name="before"))
    folder = slake_folder(tests[::-1], name="after")
    train = json.loads((folder / "train.json").read_text())
    random.Random(3).shuffle(train)
    (folder / "train.json").write_text(json.dumps(train))

    def content(rows: list[Item | Refusal]) -> set[tuple[Any, ...]]:
        return {(r.item_id, r.options, r.answer_index) for r in rows if isinstance(r, Item)}

    assert content(before) == content(read(folder)) != set()
    assert content(read(folder, splits=("test",))) < content(before)


# The published data set.


@pytest.fixture(scope="module")
def real(real_data: Callable[[str], Path]) -> list[Item | Refusal]:
    return read(real_data("slake"))


def test_no_english_record_of_slake_is_lost(
    real: list[Item | Refusal], real_data: Callable[[str], Path]
) -> None:
    folder = real_data("slake")
    mended = set()
    for split in SPLITS:
        english = [r for r in json.loads((folder / f"{split}.json").read_text()) if r["q_lang"] == "en"]
        items = [row for row in real if isinstance(row, Item) and row.split == split]
        refusals = [row for row in real if isinstance(row, Refusal) and row.key.startswith(split)]
        assert len(english) == len(items) + len(refusals)
        recorded = {f"{split}.json qid {record['qid']}": record for record in english}
        for item in items:
            record = recorded[item.source_id]
            given = re.sub(r"\s*,\s*", ", ", normalise(record["answer"]))
            if normalise(item.options[item.answer_index]) != given:
                mended.add((given, item.options[item.answer_index]))
            assert item.image_path.endswith(record["img_name"])
    assert mended == {
        ("barin", "Brain"),
        ("brian edema", "Brain Edema"),
        ("cardiomega", "Cardiomegaly"),
        ("cardiomegal", "Cardiomegaly"),
        ("noudle", "Nodule"),
    }
    assert Counter(isinstance(row, Item) for row in real) == {True: 6315, False: 718}


def test_slake_items_keep_their_promises(real: list[Item | Refusal]) -> None:
    items = [row for row in real if isinstance(row, Item)]
    assert len(frame(items, "items")) == len({item.item_id for item in items})
    splits = defaultdict(set)
    for item in items:
        splits[item.image_sha256].add(item.split)
        assert 2 <= len(item.options) <= 4
        assert len({normalise(option) for option in item.options}) == len(item.options)
        if item.answer_type == "open":
            assert len(item.options) >= 3
            assert not any(overlap(a, b) for a, b in combinations(item.options, 2))
        assert not (item.nota_valid and (len(item.options) == 2 or "None" in item.options))
    assert all(len(found) == 1 for found in splits.values())


def test_no_organ_that_is_drawn_in_the_image_is_a_distractor(real: list[Item | Refusal]) -> None:
    """SLAKE's own boxes, which the source does not read, are the second opinion."""
    checked = 0
    for item in real:
        if not isinstance(item, Item) or not re.match(
            r"what (organ|is the organ|is the main organ)", item.question.lower()
        ):
            continue
        boxes = json.loads((Path(item.image_path).parent / "detection.json").read_text())
        drawn = {name.lower() for box in boxes for name in box}
        answer = item.options[item.answer_index].lower()
        mirrored = {answer.replace("left", "right"), answer.replace("right", "left")}
        wrong = {option.lower() for option in item.options} - mirrored
        assert not wrong & drawn, item.source_id
        checked += len(drawn) > 0
    assert checked > 100


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"img_name": "\ud800.png"}, "img_name: '\\\\ud800.png' is not Unicode text"),
        ({"question": "Is it \ud800?"}, "question: 'Is it \\\\ud800?' is not Unicode text"),
        ({"question": nested(900)}, "question: [[[['...']]]] is not str"),
        ({"question": "\u200b"}, "question: is empty"),
        ({"answer": "x" * (2**20 + 1)}, "answer: is larger than 1048576 characters"),
    ],
)
def test_a_hostile_cell_refuses_its_record(
    slake_folder: Make, record: Record, changes: dict[str, Any], reason: str
) -> None:
    row = only(slake_folder([record(50) | changes]))
    assert isinstance(row, Refusal)
    assert row.reason == reason
    assert len(frame([row], "quarantine")) == 1


def test_a_key_that_stands_twice_refuses_its_record(slake_folder: Make, record: Record) -> None:
    folder = slake_folder([record(50)])
    path = folder / "test.json"
    path.write_text(path.read_text().replace('"answer": "CT"', '"answer": "CT", "answer": "MRI"'))
    row = only(folder)
    assert isinstance(row, Refusal)
    assert row.reason == "the key 'answer' stands twice in the record; keep one"


@pytest.mark.parametrize(
    ("language", "reason"), [("", "q_lang: is empty"), ("\u200b", "q_lang: is empty"), ("EN\u00ad", None)]
)
def test_a_language_that_is_not_told_loses_no_record(
    slake_folder: Make, record: Record, language: str, reason: str | None
) -> None:
    row = only(slake_folder([record(50, q_lang=language)]))
    assert (row.reason if isinstance(row, Refusal) else None) == reason


def chinese(record: Callable[..., Any], number: int, question: str, answer: str, **changes: Any) -> Any:
    return record(number, question=question, answer=answer, q_lang="zh", **changes)


def test_chinese_records_are_read_alone_with_their_own_yes_and_no(
    slake_folder: Callable[..., Path], record: Callable[..., Any]
) -> None:
    folder = slake_folder(
        [
            record(50),
            chinese(record, 51, "图片中包含肝脏吗?", "不包含", answer_type="CLOSED"),
            chinese(record, 52, "图像里有肾脏吗?", "有", answer_type="CLOSED"),
            chinese(record, 53, "扫描的是图像的哪个平面,横断面还是冠状面?", "冠状面", answer_type="CLOSED"),
            chinese(record, 54, "图中心脏和肺部哪个是异常的?", "都是", answer_type="CLOSED"),
        ]
    )
    assert [row.source_id for row in slake(folder, 7, splits=("test",)) if isinstance(row, Item)] == [
        "test.json qid 150"
    ]
    *items, refused = slake(folder, 7, splits=("test",), language="zh")
    read = [(row.options[row.answer_index], set(row.options)) for row in items if isinstance(row, Item)]
    assert read == [("否", {"是", "否"}), ("是", {"是", "否"}), ("冠状面", {"横断面", "冠状面"})]
    assert isinstance(refused, Refusal)
    assert "does not offer its recorded answer '都是'" in refused.reason


def test_chinese_distractors_mean_something_else(
    slake_folder: Callable[..., Path], record: Callable[..., Any]
) -> None:
    question = "这张图片的成像方式是什么?"
    train = [
        chinese(record, 60 + at, question, said) for at, said in enumerate(("X光", "X-Ray", "核磁共振", "CT"))
    ]
    folder = slake_folder(
        [chinese(record, 80, question, "MRI"), chinese(record, 81, question, "热成像")], train_too=train
    )
    item, refused = slake(folder, 7, splits=("test",), language="zh")
    assert isinstance(item, Item)
    assert "核磁共振" not in item.options
    assert len(item.options) == 3  # X光 and X-Ray are one
    assert isinstance(refused, Refusal)
    assert "in none of the Chinese terms that are known" in refused.reason


def test_the_chinese_part_of_slake_is_read(
    real_data: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its texts alone: a stand-in takes the place of each image, since decoding them all takes long."""
    from vqa_canary.sources import slake as module
    from vqa_canary.sources.images import CheckedImage
    from vqa_canary.sources.languages.chinese import in_english
    from vqa_canary.sources.overlap import overlap

    def stand_in(folder: Path, name: str) -> CheckedImage:
        return CheckedImage(folder / name, hashlib.sha256(name.encode()).hexdigest())

    monkeypatch.setattr(module, "read_image", stand_in)
    rows = list(slake(real_data("slake"), 7, language="zh"))
    items = [row for row in rows if isinstance(row, Item)]
    assert len(rows) == 6995
    assert len(items) == 6141
    for item in items:
        if item.answer_type == "open":
            said = [in_english(text) or "" for text in item.options]
            assert all(said)
            assert not any(overlap(a, b) for at, a in enumerate(said) for b in said[:at])
