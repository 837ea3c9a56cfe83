"""The shared vocabulary: what a row of each table is, its Arrow schema, and its ids.

Every other part of the package speaks these words and none of them imports another part for
them. List columns are real Parquet lists; an undefined value is null, never a number.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import pyarrow as pa

if TYPE_CHECKING:
    import pandas as pd
    from _typeshed import DataclassInstance

Row = TypeVar("Row", "Item", "Instance", "Evidence")
Showing = TypeVar("Showing", "Item", "Instance")

CLEAN, CONTROL = "clean", "nota_control"
"""The condition that shows an item as it is, and the one that offers NOTA without hiding the answer."""

ALL_CONDITIONS = ""
"""Stands in `condition` of a row about all conditions together."""

NOTA = "None of the above"
"""Text of the option that says the right answer is not listed."""

_strings, _floats = pa.list_(pa.string()), pa.list_(pa.float64())
_sample = pa.struct([("text", pa.string()), ("choice", pa.int64()), ("token_logprobs", _floats)])
_attribute = pa.struct([("name", pa.string()), ("value", pa.string())])
_gap = pa.struct([("field", pa.string()), ("reason", pa.string())])
_image = pa.struct([("image_id", pa.string()), ("image_path", pa.string()), ("image_sha256", pa.string())])
_text, _int, _real, _bool = pa.string(), pa.int64(), pa.float64(), pa.bool_()


def _schema(required: dict[str, pa.DataType], nullable: dict[str, pa.DataType]) -> pa.Schema:
    fields = [pa.field(name, kind, nullable=False) for name, kind in required.items()]
    return pa.schema(fields + [pa.field(name, kind) for name, kind in nullable.items()])


SCHEMAS: Mapping[str, pa.Schema] = {
    "items": _schema(
        {
            "dataset": _text,
            "item_id": _text,
            "split": _text,
            "image_id": _text,
            "image_path": _text,
            "image_sha256": _text,
            "question": _text,
            "options": _strings,
            "answer_index": _int,
            "question_type": _text,
            "answer_type": _text,
            "nota_valid": _bool,
            "source_id": _text,
        },
        {
            "modality": _text,
            "body_region": _text,
            "rephrased_question": _text,
            "attributes": pa.list_(_attribute),
            "more_images": pa.list_(_image),
        },
    ),
    "instances": _schema(
        {
            "instance_id": _text,
            "dataset": _text,
            "item_id": _text,
            "condition": _text,
            "question": _text,
            "options": _strings,
            "image_id": _text,
            "image_path": _text,
            "image_sha256": _text,
        },
        {"answer_index": _int, "nota_index": _int, "more_images": pa.list_(_image)},
    ),
    "evidence": _schema(
        {"model": _text, "instance_id": _text, "status": _text},
        {
            "option_logprobs": _floats,
            "option_mass": _real,
            "greedy_text": _text,
            "greedy_choice": _int,
            "greedy_token_logprobs": _floats,
            "greedy_token_entropies": _floats,
            "samples": pa.list_(_sample),
            "p_true": _real,
            "verbalized_text": _text,
            "verbalized_confidence": _real,
            "prompt_tokens": _int,
            "reused_tokens": _int,
            "completion_tokens": _int,
            "calls": _int,
            "read_at": _int,
            "cut_answers": _int,
            "bounded": _strings,
            "gaps": pa.list_(_gap),
            "error": _text,
        },
    ),
    "scores": _schema(
        {
            "model": _text,
            "instance_id": _text,
            "method": _text,
            "dataset": _text,
            "item_id": _text,
            "condition": _text,
        },
        {
            "uncertainty": _real,
            "confidence": _real,
            "choice": _int,
            "correct": _bool,
            "reason": _text,
        },
    ),
    "metrics": _schema(
        {
            "model": _text,
            "dataset": _text,
            "condition": _text,
            "subset": _text,
            "method": _text,
            "metric": _text,
            "n": _int,
            "n_clusters": _int,
        },
        {"value": _real, "ci_low": _real, "ci_high": _real, "reason": _text},
    ),
    "quarantine": _schema({"stage": _text, "key": _text, "reason": _text, "row": _text}, {}),
}

KEYS: Mapping[str, tuple[str, ...]] = {
    "items": ("dataset", "item_id"),
    "instances": ("instance_id",),
    "evidence": ("model", "instance_id"),
    "scores": ("model", "instance_id", "method"),
    "metrics": ("model", "dataset", "condition", "subset", "method", "metric"),
    "quarantine": ("stage", "key"),
}
"""Columns that identify a row, and by which every table is sorted."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """A further fact about a question that the user's data give, such as the site of the scanner."""

    name: str
    """Name of the column in the user's data."""
    value: str
    """The fact as text."""


class ShownImage(NamedTuple):
    """An image file as `items` and `instances` name it."""

    image_id: str
    """First 16 hex digits of `image_sha256`."""
    image_path: str
    """POSIX path, relative to the project unless the dataset lies outside it."""
    image_sha256: str
    """SHA-256 of the file in hex."""


@dataclass(frozen=True, slots=True)
class Item:
    """One question about an image, or several, with its options; a row of `items`."""

    dataset: str
    """Name of the dataset in the configuration."""
    item_id: str
    """Id of the question, unique in its dataset."""
    split: str
    """Part of the dataset, such as `train` or `test`."""
    image_id: str
    """First 16 hex digits of `image_sha256`: equal images are one cluster. Of several images, the first one's."""
    image_path: str
    """POSIX path, relative to the project unless the dataset lies outside it."""
    image_sha256: str
    """SHA-256 of the image file in hex."""
    question: str
    """Text of the question."""
    options: tuple[str, ...]
    """Texts of the options, at least two."""
    answer_index: int
    """Index of the right option, from 0."""
    question_type: str
    """Kind of question, such as `organ`; one of the subgroups of the report."""
    answer_type: str
    """`open` (turned into multiple choice by us) or `closed` (options of its own)."""
    nota_valid: bool
    """Whether the question stays fair when its right option is replaced by "None of the above"."""
    source_id: str
    """Where the question stands: file and record."""
    modality: str | None = None
    """How the image was made, such as `CT`; None where the data do not say."""
    body_region: str | None = None
    """What the image shows, such as `chest`; None where the data do not say."""
    rephrased_question: str | None = None
    """A paraphrase of the question, for the condition `rephrased`; None where the dataset has none."""
    attributes: tuple[Attribute, ...] | None = None
    """Further facts from the user's data, for subgroups; None where there are none."""
    more_images: tuple[ShownImage, ...] | None = None
    """The images after the first, in order; None where there is one."""

    @property
    def images(self) -> tuple[ShownImage, ...]:
        """All images that are shown, in order."""
        return images_of(self)


@dataclass(frozen=True, slots=True)
class Instance:
    """An item as one condition shows it; a row of `instances`."""

    instance_id: str
    """Hash of all that is shown and of what is right; see the function `instance_id`."""
    dataset: str
    """Name of the dataset."""
    item_id: str
    """Id of the item that is shown."""
    condition: str
    """Name of the condition under which it is shown."""
    question: str
    """Text of the question as it is asked."""
    options: tuple[str, ...]
    """Texts of the options as they are offered."""
    image_id: str
    """First 16 hex digits of `image_sha256`. Of several images, the first one's."""
    image_path: str
    """POSIX path of the image that is shown, which some conditions make."""
    image_sha256: str
    """SHA-256 of that image file in hex."""
    answer_index: int | None
    """Index of the right option, from 0; None where no option is right (`answer_removed`)."""
    nota_index: int | None = None
    """Index of the option "None of the above"; None where it is not offered."""
    more_images: tuple[ShownImage, ...] | None = None
    """The images after the first, in order; None where there is one."""

    @property
    def images(self) -> tuple[ShownImage, ...]:
        """All images that are shown, in order."""
        return images_of(self)


@dataclass(frozen=True, slots=True)
class Sample:
    """One sampled answer."""

    text: str
    """The answer as the model wrote it."""
    choice: int | None
    """Index of the option that the text names; None where it names none."""
    token_logprobs: tuple[float, ...]
    """Natural log-probability of each generated token, the end-of-turn token included."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A field of evidence that is null though the instance was answered."""

    field: str
    """Name of the field."""
    reason: str
    """Why it is null."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a model returned for an instance; a row of `evidence`. None means not available."""

    model: str
    """Name of the model in the configuration."""
    instance_id: str
    """Id of the instance that was asked."""
    status: str = "ok"
    """`ok`, or `failed` with `error` set and every other field None."""
    option_logprobs: tuple[float, ...] | None = None
    """Natural log-probability of each option's letter, all surface forms summed."""
    option_mass: float | None = None
    """Probability of all option letters together: the sum of exp(option_logprobs)."""
    greedy_text: str | None = None
    """The model's answer without sampling, as it wrote it."""
    greedy_choice: int | None = None
    """Index of the option that the greedy answer names; None where it names none."""
    greedy_token_logprobs: tuple[float, ...] | None = None
    """Natural log-probability of each token of the greedy answer."""
    greedy_token_entropies: tuple[float, ...] | None = None
    """Entropy of the next-token distribution at each generated token, in nats over the whole vocabulary."""
    samples: tuple[Sample, ...] | None = None
    """Answers sampled at the configured temperature."""
    p_true: float | None = None
    """Probability of "True" when the model is asked whether its greedy answer is right."""
    verbalized_text: str | None = None
    """Reply to the question how sure the model is of its greedy answer."""
    verbalized_confidence: float | None = None
    """The confidence that this reply states: 0 to 1."""
    prompt_tokens: int | None = None
    """Tokens that the model had to read, over all prompts of the instance."""
    reused_tokens: int | None = None
    """How many of `prompt_tokens` came from a cache."""
    completion_tokens: int | None = None
    """Tokens that the model wrote, over all answers."""
    calls: int | None = None
    """How many requests the instance took, failed ones included; None where the model runs on this machine."""
    read_at: int | None = None
    """Index, from 0, of the greedy answer's token at which `option_logprobs` were read; None where none were."""
    cut_answers: int | None = None
    """How many answers, greedy and sampled, were cut at the token limit before they named an option."""
    bounded: tuple[str, ...] | None = None
    """The option letters, or `True` and `False`, whose probability the engine could not read exactly but only bound."""
    gaps: tuple[Gap, ...] | None = None
    """Why fields are None, where the engine knows."""
    error: str | None = None
    """Why the instance failed; None where it was answered."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that could not be used, and why; a row of `quarantine`."""

    stage: str
    """Stage that refused it, such as `sources` or `conditions`."""
    key: str
    """What was refused: file and record, or item and condition."""
    reason: str
    """Why, and what would make it usable."""
    row: Mapping[str, Any] = field(default_factory=dict)
    """The record as it was read."""


def instance_id(
    dataset: str,
    item_id: str,
    condition: str,
    question: str,
    options: Sequence[str],
    answer_index: int | None,
    image_sha256: str,
    *more_sha256: str,
) -> str:
    """The id of an instance: a hash of what it shows and what is right, so that equal ids mean equal instances.

    Parameters
    ----------
    more_sha256 : hashes of the images after the first, in order
    """
    shown = dataset, item_id, condition, question, list(options), answer_index, image_sha256
    return content_id(*shown, *more_sha256)


def images_of(row: Item | Instance) -> tuple[ShownImage, ...]:
    """All images that an item or instance shows, in order."""
    first = ShownImage(row.image_id, row.image_path, row.image_sha256)
    return first, *(row.more_images or ())


def with_images(row: Showing, images: Sequence[ShownImage]) -> Showing:
    """The item or instance with these images, one or several, in place of its own."""
    first, *more = images
    return replace(row, **first._asdict(), more_images=tuple(more) or None)


def each_image(row: Showing) -> tuple[Showing, ...]:
    """The item or instance once for each of its images, with that image alone: what opens one image opens them all."""
    return tuple(with_images(row, [image]) for image in row.images) if row.more_images else (row,)


_STRUCTS: Mapping[str, Callable[..., Any]] = {
    "samples": Sample,
    "gaps": Gap,
    "attributes": Attribute,
    "more_images": ShownImage,
}
"""Columns that are lists of structs, and what one of these is."""


def content_id(*parts: object) -> str:
    """First 16 hex digits of the SHA-256 of the parts as JSON: equal content, equal id."""
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def to_table(rows: Iterable[DataclassInstance | Mapping[str, Any]], name: str) -> pa.Table:
    """Rows (dataclasses or mappings) as an Arrow table with the schema of `name`.

    Raises
    ------
    pyarrow.ArrowInvalid, pyarrow.ArrowTypeError : a value does not fit its column
    """
    records = [_record(row) for row in rows]
    return pa.Table.from_pylist(records, schema=SCHEMAS[name])


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Arrow table as pandas: nullable integers and booleans; null reals become NaN."""
    import pandas as pd

    kinds = {pa.int64(): pd.Int64Dtype(), pa.bool_(): pd.BooleanDtype()}
    data: pd.DataFrame = table.to_pandas(types_mapper=kinds.get)
    return data


def frame(rows: Iterable[DataclassInstance | Mapping[str, Any]], name: str) -> pd.DataFrame:
    """Rows as a pandas frame with the columns of table `name`, sorted by its key."""
    table = to_table(rows, name)
    return to_frame(table.sort_by([(column, "ascending") for column in KEYS[name]]))


def to_rows(data: pd.DataFrame, kind: type[Row]) -> list[Row]:
    """Rows of a frame as dataclasses of `kind`, in order; lists become tuples and nulls None."""
    names = [one.name for one in fields(kind)]
    columns = [[_of_struct(name, _plain(value)) for value in data[name]] for name in names]
    return [kind(**dict(zip(names, values, strict=True))) for values in zip(*columns, strict=True)]


def from_frame(data: pd.DataFrame, name: str) -> pa.Table:
    """Pandas frame as an Arrow table with exactly the columns of table `name`.

    Raises
    ------
    KeyError : a column is missing
    pyarrow.ArrowInvalid, pyarrow.ArrowTypeError : a value does not fit its column
    """
    return pa.Table.from_pandas(data, schema=SCHEMAS[name], preserve_index=False)


def spread(items: pd.DataFrame) -> pd.DataFrame:
    """Rows of `items` with a further column for each attribute's name; null where an item has none of that name."""
    each = [
        {one["name"]: one["value"] for one in (row if _is_list(row) else ())} for row in items["attributes"]
    ]
    names = sorted({name for row in each for name in row} - set(items.columns))
    wide = items.copy()
    for name in names:
        wide[name] = [row.get(name) for row in each]
    return wide


def image_ids(rows: pd.DataFrame) -> list[tuple[str, ...]]:
    """The ids of all images of each row of `items` or `instances`; without `more_images` there is one each."""
    more = rows.get("more_images")
    first = rows["image_id"].astype(str)
    if more is None:
        return [(one,) for one in first]
    pairs = zip(first, more, strict=True)
    return [
        (one, *(str(image["image_id"]) for image in (own if _is_list(own) else ()))) for one, own in pairs
    ]


def is_null(value: object) -> bool:
    """None, NaN, or pandas' NA."""
    import pandas as pd

    return value is None or value is pd.NA or value != value


def _of_struct(column: str, value: Any) -> Any:
    """Members of a list of structs as dataclasses; other values as they are."""
    struct = _STRUCTS.get(column)
    return value if struct is None or value is None else tuple(struct(**one) for one in value)


def _is_list(value: object) -> bool:
    return hasattr(value, "__len__") and not isinstance(value, str | dict)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if _is_list(value):
        return tuple(_plain(part) for part in value)
    if is_null(value):
        return None
    return value.item() if hasattr(value, "item") else value


def _record(row: DataclassInstance | Mapping[str, Any]) -> dict[str, Any]:
    record = dict(row) if isinstance(row, Mapping) else asdict(row)
    if images := record.get("more_images"):
        record["more_images"] = [_as_struct(image) for image in images]
    if isinstance(row, Refusal):
        record["row"] = json.dumps(record["row"], ensure_ascii=False, sort_keys=True, default=str)
    return record


def _as_struct(image: Any) -> dict[str, Any]:
    return dict(image) if isinstance(image, Mapping) else image._asdict()
