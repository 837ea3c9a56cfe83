"""GMAI-MMBench (Chen et al. 2024, arXiv:2408.03361), in the TSV file that VLMEvalKit reads: eight of its modalities."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal, get_args

from vqa_canary.quoting import listed, quoted
from vqa_canary.rows import Item, Refusal
from vqa_canary.sources.columns import OWN_NAMES, Columns, column_named
from vqa_canary.sources.registration import SourceError, source
from vqa_canary.sources.vlmevalkit import vlmevalkit
from vqa_canary.sources.wording import normalise
from vqa_canary.tabular import open_table

Modality = Literal["CT", "MRI", "endoscopy", "histology", "fundus", "X-ray", "microscopy", "dermoscopy"]
"""The modalities of the study in arXiv:2606.16583, as reported by a digest of its first version."""

SEQUENCES = (
    *("adc", "asl", "dce", "de", "dti", "dwi", "fat", "flair", "gadolinium", "in phase", "lge", "mp rage"),
    *("opposed phase", "pd", "swi", "t1", "t1 weighted", "t1ce", "t1gd", "t2", "t2 weighted", "water"),
)
"""Ways to take an MRI; the benchmark calls each a modality, such as `T2 weighted MRI`."""
PUBLISHED: Mapping[str, Modality] = {
    "ct": "CT",
    "cta": "CT",
    "mri": "MRI",
    "cmr": "MRI",
    **{f"{sequence} mri": "MRI" for sequence in SEQUENCES},
    "endoscopy": "endoscopy",
    "histopathology": "histology",
    "fundus photography": "fundus",
    "x ray": "X-ray",
    "texture characterization of bone radiograph": "X-ray",
    "microscopy": "microscopy",
    "dermoscopy": "dermoscopy",
}
"""Those names of Table 4 of the benchmark's paper that belong to one of the eight, in small letters and with single
spaces. Which belong is our reading: that study's own choice is not known."""
OTHERS = frozenset(
    {"ultrasound", "oct", "colposcopy", "infrared reflectance ir imaging", "adaptive optics ophthalmoscopy"}
)
"""The other names of that table; together they are the benchmark's 38."""

TASKS: Mapping[str, str] = {
    "AR": "Attribute Recognition",
    "BVR": "Blood Vessels Recognition",
    "B": "Bone",
    "CR": "Cell Recognition",
    "C": "Counting",
    "DD": "Disease Diagnosis",
    "IQG": "Image Quality Grading",
    "MR": "Microorganism Recognition",
    "M": "Muscle",
    "NT": "Nervous Tissue",
    "OR-A": "Organ Recognition - Abdomen",
    "OR-HN": "Organ Recognition - Head and Neck",
    "OR-P": "Organ Recognition - Pelvic",
    "OR-T": "Organ Recognition - Thorax",
    "SG": "Severity Grading",
    "SAR": "Surgeon Action Recognition",
    "SIR": "Surgical Instrument Recognition",
    "SWR": "Surgical Workflow Recognition",
}
"""Tasks by their codes, from Table 5 of the benchmark's paper."""

_WORD = re.compile(r"[^\W_]+")
_LOG = logging.getLogger(__name__)


@source
def gmai_mmbench(
    folder: Path,
    seed: int,
    *,
    file: str = "GMAI-MMBench_VAL.tsv",
    images: Path = Path("data/02_intermediate/gmai_mmbench/images"),
    columns: Columns = OWN_NAMES,
    modality_names: Mapping[str, Modality | None] | None = None,
) -> Iterator[Item | Refusal]:
    """Yield one `Item` or `Refusal` per record, in file order, read as by the source `vlmevalkit`.

    Three things differ. The question type is the clinical task, written out: the column `category`, which other files
    of VLMEvalKit use for it, holds the text of the right option here. It is read all the same, to refuse a record whose
    two answers contradict each other. Modalities get one of eight names; a record of any other is refused. And a record
    without options is refused, since options that we make up are not the benchmark's.

    Parameters
    ----------
    folder : holds the file
    file : name of the TSV file in `folder`; one with answers, so none of the parts of the test split
    images : where the images are written, under the first 16 hex digits of their hash
    columns : field to column, for those that are to come from others; `attributes` names further ones, such as
        `department`
    modality_names : for names of modalities in the file the one of the eight that each stands for, or null for none;
        they win over the names that are known

    Raises
    ------
    SourceError : the file or a column is missing, or the file cannot be read
    """
    given = open_table(folder / file).columns
    if "answer" not in columns.model_fields_set and column_named("answer", given) is None:
        raise SourceError(
            f"{folder / file}: there is no column 'answer'. The test split of GMAI-MMBench is published without "
            "answers, and nothing can be judged without them; take the validation split, GMAI-MMBench_VAL.tsv"
        )
    category = column_named("category", given)
    # As one more attribute the category comes along with its record.
    aside = [category] if category and category not in columns.attributes else []
    chosen = columns.with_defaults(question_type="clinical VQA task", modality="modality")
    chosen = chosen.model_copy(update={"attributes": (*columns.attributes, *aside)})
    known: dict[str, Modality | None] = {_folded(name): name for name in get_args(Modality)}
    known |= PUBLISHED
    known |= {_folded(name): modality for name, modality in (modality_names or {}).items()}
    outside: Counter[str] = Counter()
    for row in vlmevalkit(folder, seed, file=file, images=images, columns=chosen):
        if isinstance(row, Refusal):
            yield row
        elif reason := _why_unfit(row, category):
            yield _refused(row, reason)
        elif (modality := known.get(_folded(row.modality or ""))) is None:
            outside[quoted(row.modality)] += 1
            yield _refused(row, _why_outside(row.modality, known))
        else:
            attributes = tuple(one for one in row.attributes or () if one.name not in aside)
            task = TASKS.get(row.question_type, row.question_type)
            yield replace(row, modality=modality, question_type=task, attributes=attributes or None)
    if outside:
        told = ", ".join(f"{name} {n}" for name, n in outside.most_common())
        _LOG.info("%d of them are of other modalities than the eight, and refused: %s", outside.total(), told)


def _why_unfit(item: Item, category: str | None) -> str | None:
    """Why a record that can be asked is none of the benchmark's, or contradicts itself; None where it is sound."""
    if item.answer_type == "open":
        return "options: are empty, and options that are made up are not those of the benchmark; fill them in"
    said = next((normalise(one.value) for one in item.attributes or () if one.name == category), "")
    options = [normalise(text) for text in item.options]
    if said in options and options.index(said) != item.answer_index:
        right, other = item.options[item.answer_index], item.options[options.index(said)]
        return (
            f"answer: names {quoted(right)}, but the column {quoted(category)} names {quoted(other)}; both hold the "
            "right option, so correct one of them"
        )
    return None


def _why_outside(name: str | None, known: Mapping[str, Modality | None]) -> str:
    eight = listed(get_args(Modality))
    if not name:
        return f"modality: is empty; it must be one of {eight}"
    if _folded(name) in known:
        return f"modality: {quoted(name)} is left out, as `modality_names` says"
    if _folded(name) in OTHERS:
        return f"modality: {quoted(name)} is none of the eight that are asked about ({eight})"
    return (
        f"modality: {quoted(name)} is no name that is known for one of {eight}; where it is one, say which under "
        "`modality_names`"
    )


def _refused(item: Item, reason: str) -> Refusal:
    row = {
        "index": item.item_id,
        "modality": item.modality,
        "question": item.question,
        "options": item.options,
    }
    return Refusal("sources", item.source_id, reason, {**row, "answer": item.options[item.answer_index]})


def _folded(name: str) -> str:
    """The name in small letters, its words with single spaces: case and marks between words do not count."""
    return " ".join(_WORD.findall(name.casefold()))
