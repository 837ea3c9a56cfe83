"""Datasets of the Hugging Face library: saved to disk, or streamed from the hub at a pinned commit."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from vqa_canary.errors import BadInput, did_you_mean
from vqa_canary.quoting import listed, quoted
from vqa_canary.rows import Item, Refusal
from vqa_canary.sources.columns import OWN_NAMES, Columns, Fields
from vqa_canary.sources.given_options import AnswerIs
from vqa_canary.sources.image_cells import image_in
from vqa_canary.sources.images import (
    MAX_BYTES,
    CheckedImage,
    ImageRefused,
    is_file_in,
    read_image,
    write_decoded,
)
from vqa_canary.sources.record_images import RecordImages, images_in_cells
from vqa_canary.sources.record_items import items_of
from vqa_canary.sources.record_options import CellRules, refuse_unknown_base
from vqa_canary.sources.registration import SourceError, source
from vqa_canary.tabular import Row

if TYPE_CHECKING:
    from datasets import Dataset, IterableDataset

_IN_DATASET = ("hf://", "zip://")
"""Beginnings of paths by which the library writes a dataset's own files."""
_COMMIT = re.compile(r"[0-9a-f]{40}")


@source
def hugging_face(
    folder: Path | None = None,
    seed: int = 0,
    *,
    images: Path,
    path: str | None = None,
    revision: str | None = None,
    name: str | None = None,
    split: str = "test",
    columns: Columns = OWN_NAMES,
    separator: Annotated[str, Field(min_length=1)] | None = None,
    answer_is: AnswerIs = "auto",
    index_from: Literal[0, 1] | None = None,
    splits: tuple[str, ...] | None = None,
    max_records: Annotated[int, Field(ge=1)] | None = None,
    n_options: Annotated[int, Field(ge=3, le=26)] = 4,
) -> Iterator[Item | Refusal]:
    """Yield one `Item` or `Refusal` per record of a split, in its order.

    Records are read as by the source `questions`, one at a time: a saved dataset is mapped into memory, one of the
    hub is streamed, and neither is ever loaded whole. Images are taken as bytes and decoded by us, in bounds.
    Class labels stand for their names. Code from a repository is never run.

    Parameters
    ----------
    folder : a dataset saved with `save_to_disk`; or else give `path`
    images : where the images are written, under the first 16 hex digits of their hash
    path, revision, name : a hub id, the commit that pins it (40 hex digits), and the configuration
    split : which split to read; items bear its name where no column tells another
    columns : field to column, for those with other names
    separator, answer_is, index_from, n_options : as of `questions`
    splits : which to yield where a column tells the split of each record; None for all
    max_records : stop after so many

    Raises
    ------
    SourceError : no such dataset, split or column; a hub id without a commit; the package datasets is missing
    """
    _require_library()
    place = str(folder or path)
    refuse_unknown_base(answer_is, index_from)
    with _Named(place):
        data = _opened(folder, path, revision, name, split)
        features = data.features or {}
        # A streamed dataset may not know its columns before its first record.
        names = list(data.column_names or features) or list(next(iter(data), {}))
        fields = columns.found_in(names, f"{place}, split {split}")
        data = _undecoded(data, fields)
    rows = _rows(data, fields, features, f"{Path(place).name}[{split}]", place)
    if max_records:
        rows = islice(rows, max_records)
    origin = f"hf://datasets/{path}@{revision}/" if path else None

    def images_of(row: Row) -> RecordImages:
        def read(cell: Any, field: str) -> CheckedImage:
            return _image(cell, field, row.key, images, folder, origin)

        return images_in_cells(fields.image_cells(row.values), read, partial(_is_file, folder))

    rules = CellRules(answer_is, index_from, separator, split, splits, n_options)
    nothing = f"{place}: split {quoted(split)} holds no record that is asked for (`split`, `splits`)"
    yield from items_of(rows, fields, images_of, rules, seed, nothing)


def _require_library() -> None:
    try:
        importlib.import_module("datasets")
    except ImportError as error:
        raise BadInput(
            'the source hugging_face needs the package datasets: pip install "vqa-canary[hub-datasets]"'
        ) from error


class _Named:
    """Turns what the library raises into one message about the dataset."""

    def __init__(self, place: str) -> None:
        self._place = place

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        from datasets.exceptions import DatasetsError

        kinds = (OSError, ValueError, LookupError, TypeError, ArithmeticError, DatasetsError, RuntimeError)
        if isinstance(error, kinds):
            if isinstance(error, SourceError):
                return
            first = (str(error) or type(error).__name__).split("\n")[0][:200]
            raise SourceError(
                f"{self._place}: cannot be read as a dataset: {first}{self._remedy()}"
            ) from error

    def _remedy(self) -> str:
        """Advice for a folder that holds files of the hub and no dataset that the library saved: `questions` reads
        them."""
        folder = Path(self._place)
        parquet = next(folder.rglob("*.parquet"), None) if folder.is_dir() else None
        if parquet is None:
            return ""
        return (
            f". The folder holds Parquet files: read them with `source: questions` and "
            f"`file: {quoted(parquet.relative_to(folder).as_posix())[1:-1]}` (with a `*` for several)"
        )


def _opened(
    folder: Path | None, path: str | None, revision: str | None, name: str | None, split: str
) -> Dataset | IterableDataset:
    if (folder is None) == (path is None):
        raise SourceError("give either `folder`, a dataset saved to disk, or `path`, a hub id")
    if path is not None:
        from datasets import load_dataset

        if not (revision and _COMMIT.fullmatch(revision)):
            raise SourceError(
                f"{path}: a hub id needs `revision`: the 40 hex digits of a commit, since a branch may move "
                f"(given: {revision!r})"
            )
        return load_dataset(path, name, split=split, revision=revision, streaming=True)
    from datasets import DatasetDict, load_from_disk

    data = load_from_disk(str(folder), keep_in_memory=False)
    if isinstance(data, DatasetDict):
        if split not in data:
            known = listed(data)
            raise SourceError(
                f"{folder}: there is no split {quoted(split)}.{did_you_mean(split, data)} Splits: {known}."
            )
        return data[split]
    if data.split is not None and str(data.split) != split:
        raise SourceError(f"{folder}: holds the split {str(data.split)!r} alone; set `split: {data.split}`")
    return data


def _undecoded(data: Any, fields: Fields) -> Any:
    """The dataset with only the columns that are read, and with images as bytes or paths."""
    from datasets import Image

    data = data.select_columns(list(dict.fromkeys(fields.names)))
    # Without this the library would decode every image, unbounded, with whatever Pillow makes of it.
    for column in fields.images:
        feature = (data.features or {}).get(column)
        if isinstance(feature, Image):
            data = data.cast_column(column, Image(decode=False))
        elif feature is not None and isinstance(getattr(feature, "feature", None), Image):
            data = data.cast_column(column, type(feature)(Image(decode=False)))
    return data


def _rows(
    data: Iterable[Mapping[str, Any]], fields: Fields, features: Mapping[str, Any], key: str, place: str
) -> Iterator[Row]:
    labels = {name: _names_of(features.get(name)) for name in fields.names}
    with _Named(place):
        for number, record in enumerate(data, start=1):
            values = {name: labels[name](value) for name, value in record.items() if name in labels}
            yield Row(f"{key}:{number}", values)


def _names_of(feature: Any) -> Callable[[Any], Any]:
    """A function that turns the class labels of a column into their names; -1 stands for none."""
    from datasets import ClassLabel

    if isinstance(feature, ClassLabel):
        return lambda value: feature.names[value] if isinstance(value, int) and value >= 0 else None
    if isinstance(inner := getattr(feature, "feature", None), ClassLabel):
        return lambda value: value and [inner.names[one] for one in value]
    return lambda value: value


def _image(
    value: Any, field: str, key: str, images: Path, folder: Path | None, origin: str | None
) -> CheckedImage:
    if isinstance(value, Mapping) and not value.get("bytes"):
        value = value.get("path")
    of_dataset = isinstance(value, str) and value.startswith(_IN_DATASET)
    place = value if of_dataset else image_in(value, field)
    if isinstance(place, bytes):
        return write_decoded(images, place, key)
    if folder is not None:
        inside = Path(place).relative_to(folder).as_posix() if Path(place).is_relative_to(folder) else place
        return read_image(folder, inside)
    return write_decoded(images, _fetched(place, origin), key)


def _is_file(folder: Path | None, text: str) -> bool:
    """Whether a text is a path as it stands: of a file of the dataset itself, or of one in its folder."""
    return text.startswith(_IN_DATASET) or (folder is not None and is_file_in(folder, text))


def _fetched(place: str, origin: str | None) -> bytes:
    """The bytes of a file of the dataset itself, be it inside a ZIP archive of it."""
    import fsspec

    *inner, outer = place.split("::")
    # Paths that a record gives lead nowhere but into the dataset at its pinned commit, or one archive in it.
    own = origin is not None and outer.startswith(origin) and ".." not in place
    if not own or len(inner) > 1 or any(not part.startswith("zip://") for part in inner):
        raise ImageRefused(f"image {quoted(place)}: the path leaves the dataset")
    try:
        with fsspec.open(place, "rb") as file:
            # One byte more than is allowed tells a file that is too large from one that just fits.
            data: bytes = file.read(MAX_BYTES + 1)
    except (OSError, ValueError, LookupError) as error:
        raise ImageRefused(f"image {quoted(place)}: cannot be fetched ({type(error).__name__})") from error
    return data
