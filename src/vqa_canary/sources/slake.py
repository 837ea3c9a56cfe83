"""SLAKE (Liu et al., ISBI 2021, arXiv:2102.09542), in English or Chinese: `{train,validate,test}.json` and
`imgs/<name>/source.jpg`, as published at https://www.med-vqa.com/slake/ under CC BY 4.0."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import Field

from vqa_canary.quoting import quoted, shortened
from vqa_canary.sources.cells import shown
from vqa_canary.sources.images import CheckedImage, ImageRefused, read_image
from vqa_canary.sources.multiple_choice import Unfair
from vqa_canary.sources.registration import SourceError, source
from vqa_canary.sources.slake_items import Context, Record, Split
from vqa_canary.sources.slake_languages import RULES, Code
from vqa_canary.sources.slake_questions import region_of
from vqa_canary.spelling import same_text, visible
from vqa_canary.tables import Item, Refusal
from vqa_canary.tabular import MAX_CELL, TableError
from vqa_canary.tabular.json_records import Record as JsonRecord
from vqa_canary.tabular.json_records import list_records

_LOG = logging.getLogger(__name__)

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


class _Refused(ValueError):
    """A record that is not used; the message says why."""


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
    rows = list(_check_all(folder, language))
    context = Context([record for *_, record in rows if isinstance(record, Record)], RULES[language])
    usable = refused = 0
    for split, key, row, record in rows:
        if record is None or split not in splits:
            continue
        try:
            if isinstance(record, Record):
                yield context.item(record, seed, n_options)
                usable += 1
            else:
                yield Refusal("sources", key, shortened(record), row)
                refused += 1
        except Unfair as error:
            yield Refusal("sources", key, shortened(str(error)), row)
            refused += 1
    others = sum(record is None for *_, record in rows)
    _LOG.info(
        "%d records read: %d usable + %d refused + %d of splits that are not asked for + %d in another language",
        len(rows), usable, refused, len(rows) - usable - refused - others, others,
    )  # fmt: skip


def _check_all(
    folder: Path, wanted: Code
) -> Iterator[tuple[Split, str, dict[str, Any], Record | str | None]]:
    """Split, key, content and `Record`, or why there is none, of every record; None where it is in another language."""
    for needed in (folder, folder / "imgs"):
        if not needed.is_dir():
            raise SourceError(f"{needed}: there is no such folder. {_WHERE}")
    image = cache(partial(read_image, folder / "imgs"))
    seen: dict[tuple[str, str], str] = {}
    for split in SPLITS:
        for one in _load(folder / f"{split}.json"):
            fields = one.value if isinstance(one.value, dict) else {"record": one.value}
            language = fields.get("q_lang")
            key = f"{split}.json[{one.number - 1}]"
            if isinstance(language, str) and same_text(language).casefold() not in ("", wanted):
                yield split, key, {}, None
                continue
            kept = {str(shown(name)): shown(value) for name, value in fields.items()}
            try:
                if one.repeated is not None:
                    raise _Refused(f"the key {quoted(one.repeated)} stands twice in the record; keep one")
                record = _check(fields, split, image, wanted)
                _refuse_repeats(record, key, seen)
            except (_Refused, ImageRefused) as error:
                yield split, key, kept, str(error)
            else:
                yield split, key, kept, record


def _refuse_repeats(record: Record, key: str, seen: dict[tuple[str, str], str]) -> None:
    """Raise `_Refused` if an earlier record has its id or its content, or its image in another split."""
    content, qid = ("item", record.item_id), ("qid", same_text(record.qid))
    if item := seen.get(content):
        raise _Refused(f"the same image, question and answer as {item}")
    if owner := seen.get(qid):
        raise _Refused(f"qid: {record.qid} is already that of {owner}")
    split = seen.setdefault(("image", record.image.sha256), record.split)
    if split != record.split:
        raise _Refused(f"img_name: the image also belongs to split {split}, which models may have seen")
    seen |= {content: key, qid: key}


def _load(path: Path) -> list[JsonRecord]:
    try:
        return list(list_records(path))
    except FileNotFoundError as error:
        raise SourceError(f"{path}: there is no such file. {_WHERE}") from error
    except (OSError, TableError) as error:
        raise SourceError(f"{error}. {_WHERE}") from error


def _check(row: dict[str, Any], split: Split, image: Callable[[str], CheckedImage], language: Code) -> Record:
    for name, kinds in {**_NEEDED, **_OPTIONAL}.items():
        value = row.get(name)
        if name in _OPTIONAL and value in (None, ""):
            continue
        if name not in row:
            raise _Refused(f"{name}: is missing")
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise _Refused(
                f"{name}: {quoted(shown(value))} is not {' or '.join(kind.__name__ for kind in kinds)}"
            )
        if not visible(str(value)):
            raise _Refused(f"{name}: is empty")
        if len(str(value)) > MAX_CELL:
            raise _Refused(f"{name}: is larger than {MAX_CELL} characters")
        if _SURROGATE.search(str(value)):
            raise _Refused(f"{name}: {quoted(shown(value))} is not Unicode text")
    answer_type = row["answer_type"].strip().upper()
    if answer_type not in ("OPEN", "CLOSED"):
        raise _Refused(f"answer_type: {quoted(row['answer_type'])} is neither OPEN nor CLOSED")
    question, rules = " ".join(row["question"].split()), RULES[language]
    answer = rules.written(question, str(row["answer"]))
    return Record(
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
