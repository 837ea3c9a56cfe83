"""The published TSV's layout, made up: one record of each modality, and every defect that such a file may have."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from tests.made_up_gmai import NAMES, record, write

from vqa_canary.errors import BadInput
from vqa_canary.rows import Attribute, Item, Refusal
from vqa_canary.sources.columns import Columns
from vqa_canary.sources.gmai_mmbench import OTHERS, PUBLISHED, TASKS, Modality, gmai_mmbench
from vqa_canary.sources.registration import SourceError, source_options

Read = Callable[..., list[Item | Refusal]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """What is read from a TSV of these records."""

    def make(*records: Mapping[str, Any], **options: Any) -> list[Item | Refusal]:
        write(tmp_path, records)
        return list(gmai_mmbench(tmp_path, 7, images=tmp_path / "images", **options))

    return make


def test_each_modality_has_its_name(read: Read) -> None:
    rows = read(*(record(n, modality=name) for n, name in enumerate(NAMES)))
    assert [row.modality for row in rows if isinstance(row, Item)] == [*NAMES.values()]
    assert sorted(NAMES.values()) == sorted(get_args(Modality))


def test_the_names_are_the_38_of_the_benchmark() -> None:
    assert len({*PUBLISHED, *OTHERS}) == 38
    assert not PUBLISHED.keys() & OTHERS
    assert set(PUBLISHED.values()) == set(get_args(Modality))
    assert len(TASKS) == 18


def test_the_category_is_the_answer_and_no_question_type(read: Read) -> None:
    other = record(2, category="", **{"clinical VQA task": "XY"})
    own = Columns(attributes=("department", "Perceptual Granularity"))
    first, second = read(record(1), other, columns=own)
    assert isinstance(first, Item)
    assert (first.question_type, first.answer_type, first.split) == ("Disease Diagnosis", "closed", "test")
    assert (first.options, first.answer_index) == (("cyst", "polyp", "normal mucosa", "ulcer"), 1)
    assert first.attributes == (Attribute("department", "GH"), Attribute("perceptual granularity", "image"))
    assert isinstance(second, Item)
    assert second.question_type == "XY"
    [bare] = read(record(1))
    assert isinstance(bare, Item)
    assert bare.attributes is None


@pytest.mark.parametrize(
    "rename",
    [str.lower, str.upper, str.title, lambda name: name.replace(" ", "_"), lambda name: f" {name} "],
    ids=["small, as VLMEvalKit writes them", "capital", "title", "underlined", "spaced"],
)
def test_case_of_column_names_does_not_count(read: Read, rename: Callable[[str], str]) -> None:
    plain = [
        record(1),
        record(2, image="1"),
        record(3, E="tumour", answer="E", category="tumour"),
    ]
    renamed = [{rename(name): value for name, value in one.items()} for one in plain]
    columns = Columns(attributes=("department",))

    def content(rows: list[Item | Refusal]) -> list[Any]:
        return [(row.options, row.answer_index, row.image_id, row.modality) for row in rows]  # type: ignore[union-attr]

    assert content(read(*renamed, columns=columns)) == content(read(*plain, columns=columns))


def test_an_image_is_shared_by_index_and_questions_without_a_letter_are_shorter(read: Read) -> None:
    first, second, third = read(record(1), record(2, image="1"), record(3, image="2", C="", D=""))
    assert isinstance(first, Item)
    assert isinstance(second, Item)
    assert isinstance(third, Item)
    assert first.image_id == second.image_id == third.image_id
    assert third.options == ("cyst", "polyp")
    assert not third.nota_valid


EMPTY = dict.fromkeys("ABCDE", "")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"image": ""}, "image: is empty"),
        ({"image": "iVBORw0KGgo" + "A" * 300}, "not an image that can be decoded"),
        ({"image": "x" * 101}, "image: is not base64"),
        ({"image": "77"}, "no record of this index has an image"),
        ({"answer": ""}, "answer: is empty"),
        ({"answer": "E"}, "answer: 'E'"),
        ({"answer": "F"}, "answer: 'F'"),
        ({"answer": "A,B"}, "answer: "),
        ({"answer": "nan"}, "answer: is empty"),
        ({"answer": "A"}, "answer: names 'cyst', but the column 'category' names 'polyp'"),
        ({"index": "1"}, "id: '1' is already that of"),
        ({"index": ""}, "id: is empty"),
        ({"question": ""}, "question: is empty"),
        ({"A": "polyp"}, "options: 'polyp' stands twice"),
        ({"E": "None"}, "may be an answer, or stand for an option that is missing"),
        ({**EMPTY}, "options: are empty, but the answer 'B' is the letter of one"),
        ({"modality": ""}, "modality: is empty"),
        ({"modality": "UltraSound"}, "modality: 'UltraSound' is none of the eight"),
        ({"modality": "Infrared Reflectance (IR) imaging"}, "is none of the eight"),
        ({"modality": "Nuclear medicine"}, "modality: 'Nuclear medicine' is no name that is known"),
        ({"modality": "CT, MRI"}, "is no name that is known"),
    ],
)
def test_a_defect_refuses_its_record_alone_and_says_why(
    read: Read, changes: dict[str, str], reason: str
) -> None:
    # One column E is filled somewhere, as in the published file, so that it is no column of gaps.
    sound = record(1, E="tumour")
    first, refused, third = read(sound, record(2) | changes, record(3))
    assert isinstance(first, Item)
    assert isinstance(third, Item)
    assert isinstance(refused, Refusal)
    assert reason in refused.reason
    assert refused.key == "GMAI-MMBench_VAL.tsv:3"
    assert len(str(refused.row)) < 2000


def test_options_are_never_made_up(read: Read) -> None:
    answers = ("cyst", "polyp", "ulcer", "tumour", "stone")
    rows = read(*(record(n, **EMPTY | {"answer": one, "category": one}) for n, one in enumerate(answers)))
    reasons = {row.reason for row in rows if isinstance(row, Refusal)}
    told = "options: are empty, and options that are made up are not those of the benchmark; fill them in"
    assert (len(rows), reasons) == (5, {told})


def test_names_of_modalities_may_be_told(read: Read) -> None:
    told = {"Nuclear medicine": "CT", "cta": None}
    known, left_out = read(
        record(1, modality="nuclear Medicine"), record(2, modality="CTA"), modality_names=told
    )
    assert isinstance(known, Item)
    assert known.modality == "CT"
    assert isinstance(left_out, Refusal)
    assert left_out.reason == "modality: 'CTA' is left out, as `modality_names` says"
    settings = {"folder": "x", "modality_names": {"Nuclear medicine": "PET"}}
    with pytest.raises(BadInput, match=r"datasets\.gmai_mmbench\.modality_names: .*'CT', 'MRI'"):
        source_options("gmai_mmbench", settings)


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ("answer", "published without answers.*take the validation split"),
        ("modality", "no column 'modality' for the field 'modality'"),
        ("clinical VQA task", "no column 'clinical VQA task' for the field 'question_type'"),
        ("index", "no column 'index'"),
        ("image", "no column 'image_path'"),
    ],
)
def test_a_missing_column_stops_the_file(read: Read, column: str, told: str) -> None:
    without = record(1)
    del without[column]
    with pytest.raises(SourceError, match=told):
        read(without)


def test_the_page_says_what_the_source_does(read: Read) -> None:
    """Its settings are the source's, and its table has the names as they are read."""
    text = (Path(__file__).parents[2] / "docs/paper.md").read_text(encoding="utf-8")
    [block] = re.findall(r"```yaml\n(datasets:.*?)```", text, re.DOTALL)
    settings = yaml.safe_load(block)["datasets"]["gmai_mmbench"]
    _, options = source_options("gmai_mmbench", settings)
    assert options["modality_names"] == {"PET-CT": "CT", "CTA": None}
    table = text.partition("| modality | names in the file |\n| --- | --- |\n")[2].partition("\n\n")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines()]
    assert {modality for modality, _ in rows} == {*get_args(Modality), "none: refused"}
    named = [
        (modality, name.strip('" '))
        for modality, names in rows
        for name in names.replace(" and 20 other sequences", "").split(",")
    ]
    found = read(*(record(n, modality=name) for n, (_, name) in enumerate(named)))
    told = [row.modality if isinstance(row, Item) else "none: refused" for row in found]
    assert told == [modality for modality, _ in named]
    assert len(named) + 20 == 38
