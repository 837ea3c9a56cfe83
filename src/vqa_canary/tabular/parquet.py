"""Parquet: only the columns asked for, a few rows at a time, and nothing unpacked whose size is out of bounds."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from vqa_canary.quoting import quoted
from vqa_canary.tabular.class_labels import label_readers
from vqa_canary.tabular.parquet_pages import pages
from vqa_canary.tabular.table import MAX_LARGE, FileTable, Row, TableError, Unreadable, bounded

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

MAX_PAGE = 256 * 2**20
"""Most bytes of a page when unpacked. Writers make pages of about a megabyte, but of at least some hundred rows."""
MAX_MEMBERS = 2**26
"""Most members that all lists of one column may have together, in one row group."""

_BATCH = 64 * 2**20
"""Bytes of a batch of rows: it has as many rows as would fit here if each were as large as the largest page."""
_ROWS = 32


def parquet_table(path: Path, max_cell: int) -> FileTable:
    """The table in a Parquet file.

    Pages are read one by one, and so few rows at once that they fit even if all point to the largest text of a
    dictionary. A cell that Python has no value for is `Unreadable`.

    Raises
    ------
    TableError : broken, empty, a column twice, another number of rows than it says, or pages out of bounds
    """
    with _named(path), _opened(path) as file:
        names, n_rows = list(file.schema_arrow.names), file.metadata.num_rows
        labels = label_readers(names, file.schema_arrow.metadata)
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise TableError(f"{path}: the column {quoted(twice[0])} stands twice; rename one")
    if not n_rows:
        raise TableError(f"{path}: holds no record")

    def rows(wanted: Collection[str] | None = None, large: Collection[str] = (), /) -> Iterator[Row]:
        read = [name for name in names if wanted is None or name in wanted]
        number = 0
        with _opened(path) as file:
            with _named(path):
                # Arrow takes memory for a batch before it can be asked how much; so the size is bounded from the page
                # headers.
                batches = file.iter_batches(_rows_at_once(path, file, read), columns=read, use_threads=False)
            while True:
                with _named(path):
                    if (batch := next(batches, None)) is None:
                        break
                    columns = {
                        name: labels[name](
                            _cells(batch.column(name), MAX_LARGE if name in large else max_cell)
                        )
                        for name in read
                    }
                for at in range(batch.num_rows):
                    number += 1
                    yield Row(f"{path.name}:{number}", {name: cells[at] for name, cells in columns.items()})
        if number != n_rows:
            raise TableError(
                f"{path}: says that it holds {n_rows} rows, but {number} can be read; write it again"
            )

    return FileTable(names, rows)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    try:
        yield
    except TableError:
        raise
    except Exception as error:  # Arrow raises many kinds for broken files
        first = (str(error) or type(error).__name__).split("\n")[0][:300]
        raise TableError(f"{path}: cannot be read as Parquet ({first})") from error


@contextmanager
def _opened(path: Path) -> Iterator[pq.ParquetFile]:
    import pyarrow.parquet as pq

    with _named(path):
        opened = pq.ParquetFile(
            path,
            pre_buffer=False,
            buffer_size=2**20,
            page_checksum_verification=True,
            arrow_extensions_enabled=False,
        )
    with opened:
        yield opened


def _rows_at_once(path: Path, file: pq.ParquetFile, names: Collection[str]) -> int:
    """Number of rows that fit in a batch, by the headers of the pages of these columns.

    Raises
    ------
    TableError : a page, or the lists of a column, out of bounds
    """
    meta, largest = file.metadata, 1
    with path.open("rb") as raw:
        for group in map(meta.row_group, range(meta.num_row_groups)):
            for at in range(group.num_columns):
                chunk = group.column(at)
                if any(f"{chunk.path_in_schema}.".startswith(f"{name}.") for name in names):
                    lists = meta.schema.column(at).max_repetition_level > 0
                    largest = max(largest, _row_size(path, raw, chunk, group.num_rows if lists else None))
    return max(1, min(_ROWS, _BATCH // largest))


def _row_size(path: Path, raw: BinaryIO, chunk: Any, n_lists: int | None) -> int:
    """Most bytes that a row of a column may have; in a column of lists, those of a row of average length."""
    place = f"{path}, column {quoted(chunk.path_in_schema)}"
    start = min(chunk.dictionary_page_offset or chunk.data_page_offset, chunk.data_page_offset)
    largest = members = 0
    for page in pages(raw, start, chunk.total_compressed_size, chunk.num_values):
        members += page.n_values
        # In a dictionary every value of a list may point to the largest text.
        length = -(-chunk.num_values // max(n_lists, 1)) if n_lists is not None and page.is_dictionary else 1
        largest = max(largest, page.n_bytes * length)
        if largest > MAX_PAGE:
            raise TableError(
                f"{place}: its cells may take {largest} bytes when unpacked; the most is {MAX_PAGE}. Leave the column "
                "out, or write the file with smaller pages"
            )
        if n_lists is not None and members > MAX_MEMBERS:
            raise TableError(
                f"{place}: more than {MAX_MEMBERS} members of lists in one row group; write smaller row groups"
            )
    return largest


def _cells(column: pa.Array, max_cell: int) -> list[Any]:
    """The column's cells as values, each bounded."""
    if _size(column) <= max_cell:
        try:
            return [bounded(value, max_cell) for value in column.to_pylist()]
        except Exception:  # one of them is no text, or no date: see which
            pass
    return [_cell(column.slice(at, 1), max_cell) for at in range(len(column))]


def _cell(array: pa.Array, max_cell: int) -> Any:
    if _size(array) > max_cell:
        return Unreadable(f"is larger than {max_cell} bytes")
    try:
        return bounded(array[0].as_py(), max_cell)
    except Exception as error:
        return Unreadable(
            f"has no value that can be read ({str(error).splitlines()[0][:100] or type(error).__name__})"
        )


def _size(array: pa.Array) -> int:
    """Bytes of the values, each text counted wherever it stands."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(array, pa.DictionaryArray):
        try:
            lengths = pc.take(pc.binary_length(array.dictionary), array.indices)
        except pa.ArrowNotImplementedError:  # no texts: small values
            return int(array.dictionary_decode().nbytes)
        return int(pc.sum(lengths).as_py() or 0)
    if isinstance(array, pa.StructArray):
        return sum(map(_size, array.flatten()))
    if isinstance(array, pa.MapArray):
        at, to = array.offsets[0].as_py(), array.offsets[-1].as_py()
        return _size(array.keys.slice(at, to - at)) + _size(array.items.slice(at, to - at))
    if isinstance(array, (pa.ListArray, pa.LargeListArray, pa.FixedSizeListArray)):
        return _size(array.flatten()) + 4 * len(array)
    return int(array.nbytes)
