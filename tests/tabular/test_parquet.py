"""Parquet files made to harm: bombs, values without a calendar, rows that are not there."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vqa_canary.tabular import TableError, Unreadable, open_table
from vqa_canary.tabular import parquet as module
from vqa_canary.tabular.parquet_pages import pages

ROWS = [
    {
        "text": f"t{n % 7}" * (n % 50),
        "list": ["x", "y"] * (n % 4),
        "struct": {"in": ["q"], "n": n},
        "n": n,
        "a.b": "dot",
    }
    for n in range(300)
]


def written(path: Path, columns: Any, **how: Any) -> Path:
    pq.write_table(columns if isinstance(columns, pa.Table) else pa.table(columns), path, **how)
    return path


def values(path: Path, names: Sequence[str] | None = None, **options: Any) -> list[dict[str, Any]]:
    return [row.values for row in open_table(path, **options).rows(names)]


@pytest.mark.parametrize(
    ("compression", "version", "dictionary"),
    product(["NONE", "zstd"], ["1.0", "2.0"], [True, False]),
)
def test_rows_come_back_whatever_the_writer(
    tmp_path: Path, compression: str, version: Any, dictionary: bool
) -> None:
    path = written(
        tmp_path / "t.parquet",
        pa.Table.from_pylist(ROWS),
        compression=compression,
        data_page_version=version,
        use_dictionary=dictionary,
        row_group_size=110,
        data_page_size=500,
        write_page_checksum=True,
        write_page_index=True,
    )
    assert values(path) == ROWS
    assert values(path, ["list", "a.b"]) == [{"list": row["list"], "a.b": row["a.b"]} for row in ROWS]
    file = pq.read_metadata(path)
    for group, at in product(range(file.num_row_groups), range(file.num_columns)):
        chunk = file.row_group(group).column(at)
        start = min(chunk.dictionary_page_offset or chunk.data_page_offset, chunk.data_page_offset)
        with path.open("rb") as raw:
            found = list(pages(raw, start, chunk.total_compressed_size, chunk.num_values))
        assert sum(page.n_values for page in found if not page.is_dictionary) == chunk.num_values
        assert any(page.is_dictionary for page in found) == chunk.has_dictionary_page


def test_a_column_that_is_not_needed_is_not_read(tmp_path: Path) -> None:
    """It is broken beyond reading, and nobody notices."""
    whole = written(
        tmp_path / "t.parquet", {"a": ["x"] * 9, "image": [b"\xee" * 999] * 9}, use_dictionary=False
    )
    chunk = pq.read_metadata(whole).row_group(0).column(1)
    data = bytearray(whole.read_bytes())
    data[chunk.data_page_offset : chunk.data_page_offset + 40] = b"\xff" * 40
    whole.write_bytes(data)
    assert values(whole, ["a"]) == [{"a": "x"}] * 9
    with pytest.raises(TableError, match="cannot be read as Parquet"):
        values(whole)


def test_a_page_that_unpacks_to_too_much_is_refused_by_its_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "t.parquet", {"a": ["x" * 10**6], "b": [1]}, compression="zstd")
    assert path.stat().st_size < 10**4
    monkeypatch.setattr(module, "MAX_PAGE", 10**5)
    with pytest.raises(
        TableError, match=r"t\.parquet, column 'a': its cells may take 10000\d\d bytes when unpacked"
    ):
        values(path)
    assert values(path, ["b"]) == [{"b": 1}]


def test_a_list_that_repeats_one_large_text_is_refused(tmp_path: Path) -> None:
    """A terabyte in a file of some hundred bytes."""
    parts = pa.DictionaryArray.from_arrays(pa.array([0] * 10**6, pa.int32()), pa.array(["y" * 2**20]))
    column = pa.ListArray.from_arrays(pa.array([0, 10**6], pa.int32()), parts)
    path = written(tmp_path / "t.parquet", {"a": column}, compression="zstd")
    assert path.stat().st_size < 10**4
    with pytest.raises(TableError, match=r"column 'a\.list\.element': its cells may take"):
        values(path)


BOMB = """
import sys
import pyarrow
from pathlib import Path
from vqa_canary.tabular import Unreadable, open_table
rows = open_table(Path(sys.argv[1])).rows(["a"])
assert all(isinstance(next(rows).values["a"], Unreadable) for _ in range(8))
print(pyarrow.default_memory_pool().max_memory())
"""


def test_a_large_text_that_many_rows_share_is_never_there_for_all_of_them(tmp_path: Path) -> None:
    """20 MB a row, in 100,000 rows: read three rows at a time, in a process of its own that tells its largest use."""
    shared = pa.DictionaryArray.from_arrays(pa.array([0] * 10**5, pa.int32()), pa.array(["y" * 20_000_000]))
    path = written(tmp_path / "t.parquet", {"a": shared}, compression="zstd", store_schema=False)
    done = subprocess.run(
        [sys.executable, "-c", BOMB, str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 300_000_000  # the 32 rows of a batch would take 640 million


def broken_text() -> pa.Array:
    offsets = pa.array([0, 1, 2], pa.int32()).buffers()[1]
    return pa.Array.from_buffers(pa.string(), 2, [None, offsets, pa.py_buffer(b"\xffx")])


@pytest.mark.parametrize(
    "column",
    [
        pa.array([2**62, 0], pa.int64()).cast(pa.timestamp("us")),
        pa.array([2**30, 0], pa.int32()).cast(pa.date32()),
        pa.array([86_400_000 * 10**8, 0], pa.int64()).cast(pa.date64()),
        pa.array([2**62, 0], pa.int64()).cast(pa.duration("ms")),
        pa.array(["x" * (2**20 + 1), "x"]),
        pa.array([["x" * 2**19] * 3, ["x"]]),
        broken_text(),
    ],
    ids=["timestamp", "date32", "date64", "duration", "large text", "large list", "broken UTF-8"],
)
def test_a_cell_without_a_value_is_unreadable_alone(tmp_path: Path, column: pa.Array) -> None:
    path = written(tmp_path / "t.parquet", {"a": column, "b": ["x", "y"]})
    first, second = values(path)
    assert isinstance(first["a"], Unreadable)
    assert not isinstance(second["a"], Unreadable)
    assert (first["b"], second["b"]) == ("x", "y")


def test_a_zone_that_nobody_knows_is_no_value_either(tmp_path: Path) -> None:
    zoned = (
        pa.array([0], pa.int64())
        .cast(pa.timestamp("us"))
        .cast(pa.timestamp("us", "Nowhere/Here"), safe=False)
    )
    [row] = values(written(tmp_path / "t.parquet", {"a": zoned}))
    assert isinstance(row["a"], Unreadable)


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    with pytest.raises(TableError, match="the column 'a' stands twice"):
        open_table(written(tmp_path / "t.parquet", table))
