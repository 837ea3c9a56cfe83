"""SLAKE (Liu et al., ISBI 2021, arXiv:2102.09542), in English or Chinese: `{train,validate,test}.json` and
`imgs/<name>/source.jpg`, as published at https://www.med-vqa.com/slake/ under CC BY 4.0."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import Field

from vqa_canary.quoting import quoted
from vqa_canary.rows import Item, Refusal
from vqa_canary.sources.cells import Refused, shown
from vqa_canary.sources.images import CheckedImage, ImageRefused, read_image
from vqa_canary.sources.record_flow import Checked, items_and_refusals
from vqa_canary.sources.registration import SourceError, source
from vqa_canary.sources.set_aside import LeftOut, Seen
from vqa_canary.sources.slake_items import SlakeContext, SlakeRecord, Split
from vqa_canary.sources.slake_languages import RULES, Code
from vqa_canary.sources.slake_questions import region_of
from vqa_canary.spelling import same_text, visible
from vqa_canary.tabular import MAX_CELL, Row, TableError
from vqa_canary.tabular.json_records import list_records

SPLITS: tuple[Split, ...] = get_args(Split)

_WHERE = (
    "SLAKE is published at https://www.med-vqa.com/slake/; its folder holds train.json, validate.json, "
    "test.json and imgs/. Fetch it, or let the dataset's setting `folder` name the place."
)
_NEEDED = {
    "q_lang": (str,),
    "qid": (int, str),
    "img_name": (str,),
    "question": (str,),
    "answer": (str, int),
    "answer_type": (str,),
    "content_type": (str,),
}
_SURROGATE = re.compile("[\ud800-\udfff]")
_OPTIONAL = {"location": (str,), "modality": (str,)}


@source
def slake(
    folder: Path,
    seed: int,
    *,
    splits: tuple[Split, ...] = SPLITS,
    language: Code = "en",
    n_options: Annotated[int, Field(ge=3, le=26)] = 4,
) -> Iterator[Item | Refusal]:
    """Yield one `Item` or `Refusal` per record of one language (or whose language is not told).

    The languages are read one at a time, because SLAKE draws its splits anew for each: 142 images of the Chinese
    training split belong to English test questions or the other way round. Chinese yes/no questions, whose answers
    repeat the verb (`包含`, `不包含`), get the options `是` and `否`; distractors of its open questions are judged by
    the English terms of their answers (see `languages`), and an answer in other terms is refused.

    Closed questions keep the options that they offer. Open questions get distractors from the
    answers of the **train** split, whichever split they belong to: so the options of a test item
    depend on no other test item, and a model that was trained on SLAKE has seen each of them as an
    answer. All three files are read whichever splits are asked for, so that an item is the same in
    every study.

    Distractors that could also be right never become options: see `overlap`, `open_options` and
    `wrong_for`. `nota_valid` is false all the same for closed questions (two options, or a question
    that itself names the hidden one), where an option reads like "None of the above" (`None` is one
    of SLAKE's answers), where the recorded answer lists several things, and where the answer is a
    matter of convention (grey levels, how many kinds of abnormalities).

    An image that stands in two splits belongs to the first in the order train, validate, test; its
    records in the other are refused.

    Parameters
    ----------
    folder : holds `train.json`, `validate.json`, `test.json` and `imgs/`
    splits : which of the published splits to yield
    language : `en` or `zh`
    n_options : of an open question; three where no fourth is fair, and refused below that

    Raises
    ------
    SourceError : the folder or a file is missing, or is not a JSON list
    """

    def item_maker(records: Sequence[SlakeRecord]) -> Callable[[SlakeRecord, str], Item]:
        context = SlakeContext(records, RULES[language])
        return lambda record, _: context.item(record, seed, n_options)

    def check(rows: Iterable[tuple[Split, Row]]) -> Iterator[Checked[SlakeRecord]]:
        return _check_all(rows, folder / "imgs", language, splits)

    yield from items_and_refusals(
        _rows(folder), check, item_maker, splits.__contains__, (LeftOut.SPLIT, LeftOut.LANGUAGE)
    )


def _rows(folder: Path) -> Iterator[tuple[Split, Row]]:
    """Every record of the three files, in order, with its split.

    Raises
    ------
    SourceError : the folder or a file is missing, or is not a JSON list
    """
    for needed in (folder, folder / "imgs"):
        if not needed.is_dir():
            raise SourceError(f"{needed}: there is no such folder. {_WHERE}")
    for split in SPLITS:
        path = folder / f"{split}.json"
        try:
            records = list(list_records(path))
        except FileNotFoundError as error:
            raise SourceError(f"{path}: there is no such file. {_WHERE}") from error
        except (OSError, TableError) as error:
            raise SourceError(f"{error}. {_WHERE}") from error
        for record in records:
            values = record.value if isinstance(record.value, dict) else {"record": record.value}
            # `train.json[0]` is what the first record is called in Python, unlike in tables of a user's own.
            yield split, Row(f"{path.name}[{record.number - 1}]", values, record.problem)


def _check_all(
    rows: Iterable[tuple[Split, Row]], images: Path, wanted: Code, splits: Collection[Split]
) -> Iterator[Checked[SlakeRecord]]:
    """Key, texts, and `SlakeRecord` or why there is none, of every row."""
    # Some ten questions ask about each image, and each of its files is decoded once.
    image = cache(partial(read_image, images))
    seen = Seen()
    for split, row in rows:
        language = row.values.get("q_lang")
        if isinstance(language, str) and same_text(language).casefold() not in ("", wanted):
            # Before anything is checked: what is wrong with another language's record is no matter of this study.
            yield row.key, {}, LeftOut.LANGUAGE
            continue
        kept = {str(shown(name)): shown(value) for name, value in row.values.items()}
        try:
            if row.problem:
                raise Refused(row.problem)
            record = _check(row.values, split, image, wanted)
            _refuse_clash(record, row.key, seen)
        except (Refused, ImageRefused) as error:
            yield row.key, kept, str(error) if split in splits else LeftOut.SPLIT
        else:
            yield row.key, kept, record


def _refuse_clash(record: SlakeRecord, key: str, seen: Seen) -> None:
    """Raise `Refused` if an earlier record has its id or its content, or its image in another split."""
    clash = seen.add(key, record.split, content=record.item_id, own_id=record.qid, images=[record.image])
    if clash is None:
        return
    if clash.kind == "content":
        raise Refused(f"the same image, question and answer as {clash.first}")
    if clash.kind == "id":
        raise Refused(f"qid: {record.qid} is already that of {clash.first}")
    raise Refused(f"img_name: the image also belongs to split {clash.first}, which models may have seen")


def _check(
    row: dict[str, Any], split: Split, image: Callable[[str], CheckedImage], language: Code
) -> SlakeRecord:
    for name, kinds in {**_NEEDED, **_OPTIONAL}.items():
        value = row.get(name)
        if name in _OPTIONAL and value in (None, ""):
            continue
        if name not in row:
            raise Refused(f"{name}: is missing")
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise Refused(
                f"{name}: {quoted(shown(value))} is not {' or '.join(kind.__name__ for kind in kinds)}"
            )
        if not visible(str(value)):
            raise Refused(f"{name}: is empty")
        if len(str(value)) > MAX_CELL:
            raise Refused(f"{name}: is larger than {MAX_CELL} characters")
        if _SURROGATE.search(str(value)):
            raise Refused(f"{name}: {quoted(shown(value))} is not Unicode text")
    answer_type = row["answer_type"].strip().upper()
    if answer_type not in ("OPEN", "CLOSED"):
        raise Refused(f"answer_type: {quoted(row['answer_type'])} is neither OPEN nor CLOSED")
    question, rules = " ".join(row["question"].split()), RULES[language]
    answer = rules.written(question, str(row["answer"]))
    return SlakeRecord(
        split=split,
        qid=str(row["qid"]).strip(),
        image=image(row["img_name"]),
        question=question,
        answer=answer,
        closed=answer_type == "CLOSED" or (language != "en" and answer in rules.language.yes_no),
        question_type=row["content_type"].strip(),
        modality=row.get("modality") or None,
        region=region_of(row.get("location")),
        language=language,
    )
