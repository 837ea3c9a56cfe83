"""Contents of files that nobody would write on purpose: odd cells, odd columns, and good files with bytes spoilt."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st
from PIL import Image

ODD_TEXTS = (
    *(
        "",
        " ",
        "\t",
        "\n",
        "\0",
        "0",
        "1",
        "A",
        "b",
        "(C)",
        "B) lung",
        "yes",
        "NO",
        "True",
        "nan",
        "None",
        "null",
    ),
    *(
        "-1",
        "1e400",
        "9" * 5000,
        "\u0661",
        "\u00b2",
        "\u200b",
        "A\u200d",
        "\u00e9",
        "e\u0301",
        "\ufeff",
        "\u202eA",
    ),
    *(
        "[",
        "{",
        "[" * 3000,
        '{"A": ' * 3000,
        '["x", "y"]',
        '{"A": 1, "A": 2}',
        "[[]]",
        "[1, 2",
        "['a', 'b']",
        "[()]",
    ),
    *(
        "Liver|Lung",
        "a|b|c|d",
        "|",
        "||",
        "A: x|B: y",
        "=1+1",
        "@x",
        "x" * 5000,
        "x," * 50,
        '"',
        "'",
        "\\",
        "'\n",
    ),
)
ODD_PATHS = (
    *(
        "0.png",
        "1.png",
        "2.png",
        "./0.png",
        "sub/0.png",
        "sub\\0.png",
        "../0.png",
        "/dev/zero",
        "/etc/passwd",
        ".",
    ),
    *(
        "pipe",
        "circle.png",
        "out.png",
        "missing.png",
        "text.png",
        "x" * 300,
        "x/" * 3000,
        "C:\\" + "x\\" * 150,
    ),
    *(
        "\\\\server\\share\\0.png",
        "https://example.org/0.png",
        "0.png\0",
        "~",
        "NUL",
        "COM1",
        "",
        "0.png ",
        "0.PNG",
    ),
)
LONG_PATHS = ("x" * 300, "C:\\" + "x\\" * 150, "x/" * 3000, "\ud800.png")
NAMES = (
    *(
        "id",
        "image",
        "question",
        "options",
        "answer",
        "A",
        "B",
        "C",
        "D",
        "question_type",
        "answer_type",
        "split",
    ),
    *(
        "modality",
        "body_region",
        "nota_valid",
        "rephrased_question",
        "index",
        "hint",
        "image_path",
        "category",
    ),
    *("Answer", "answer ", "\u200banswer", "an\u0301swer", "", " ", "x" * 300, "a.b"),
)

texts = st.one_of(
    st.sampled_from(ODD_TEXTS),
    st.text(max_size=8),
    st.text(st.characters(), max_size=4),  # with halves of surrogate pairs
)
paths = st.one_of(st.sampled_from(LONG_PATHS), st.sampled_from(ODD_PATHS), texts)
odd_numbers = st.sampled_from(
    [0, 1, 2, -1, 10**400, 2**63, 2**64, 0.5, 1e308, -0.0, float("nan"), float("inf")]
)
numbers = st.one_of(odd_numbers, st.integers(), st.floats())
scalars = st.one_of(texts, numbers, st.booleans(), st.none())


def _nested(depth: int) -> list[Any]:
    cell: list[Any] = []
    for _ in range(depth):
        cell = [cell]
    return cell


cells = st.one_of(
    st.sampled_from(ODD_TEXTS),
    odd_numbers,
    scalars,
    st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
        max_leaves=8,
    ),
    st.sampled_from(["[" * 3000, '{"A": ' * 3000, "\ud800", 10**400, _nested(40), _nested(400)]),
)
"""What JSON can hold in one place."""


def picture(kind: str = "PNG", mode: str = "L", shade: int = 7, size: tuple[int, int] = (8, 8)) -> bytes:
    """An image file."""
    buffer = io.BytesIO()
    Image.new(mode, size, shade).save(buffer, kind)
    return buffer.getvalue()


BASE64 = tuple(base64.b64encode(picture(shade=shade)).decode() for shade in range(3))

SOUND: dict[str, tuple[Any, ...]] = {
    "image": ("0.png", "1.png", "2.png"),
    "question": ("Which organ?", "Is it big?", "Is it a CT or an MRI?", "Where is it?"),
    "answer": ("A", "B", "Liver", "Lung", "yes"),
    "options": ("Liver|Lung|Heart", ["Liver", "Lung"], {"A": "Liver", "B": "Lung"}),
    "base64": BASE64,
    "img_name": ("0.png", "1.png", "2.png"),
    "answer_type": ("CLOSED",),
    "q_lang": ("en",),
    "A": ("Liver",),
    "B": ("Lung", "Yes"),
    "C": ("Heart", ""),
}


def records(
    needed: Sequence[str] = ("image", "question", "options", "answer"), **own: tuple[Any, ...]
) -> st.SearchStrategy[Any]:
    """One record of a question file: sound cells, up to three of them replaced or added by odd ones."""
    known = SOUND | own
    sound = {
        name: st.sampled_from(known[name]) if name in known else st.text("0123456789", min_size=1, max_size=3)
        for name in needed
    }
    odd = st.one_of(
        st.tuples(st.sampled_from(NAMES), cells),
        st.tuples(st.sampled_from([name for name in needed if "im" not in name]), cells),
        st.tuples(st.sampled_from(("image", "image_path", "img_name")), paths),
    )
    return st.builds(
        lambda record, changes: record | dict(changes),
        st.fixed_dictionaries(sound),
        st.lists(odd, max_size=3),
    )


def as_csv(rows: Sequence[dict[str, Any]], delimiter: str = ",") -> bytes:
    """A CSV file of the records; lists and mappings as JSON text, half surrogates as bytes that are no UTF-8."""
    buffer = io.StringIO(newline="")
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.writer(buffer, delimiter=delimiter)
    writer.writerow(names)
    for row in rows:
        cells = [row.get(name, "") for name in names]
        writer.writerow([json.dumps(cell) if isinstance(cell, (list, dict)) else cell for cell in cells])
    return buffer.getvalue().encode("utf-8", "surrogatepass")


def as_jsonl(rows: Sequence[Any]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def as_json(rows: Sequence[Any]) -> bytes:
    return json.dumps(list(rows)).encode()


def as_parquet(columns: dict[str, pa.Array], **how: Any) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink, **how)
    return bytes(sink.getvalue())


def _broken_text(n: int) -> pa.Array:
    """Strings of which each is the byte 0xFF."""
    offsets = pa.array(range(n + 1), pa.int32()).buffers()[1]
    return pa.Array.from_buffers(pa.string(), n, [None, offsets, pa.py_buffer(b"\xff" * n)])


def _as(kind: pa.DataType, value: int, n: int) -> pa.Array:
    return pa.array([value] * n, pa.int64()).cast(kind)


@cache
def odd_columns(n: int) -> list[pa.Array]:
    """Columns of `n` rows that Python has no value for, or that are no text."""
    units = ("s", "ms", "us", "ns")
    far = [pa.array([2**62 + 1] * n, pa.int64()).cast(pa.timestamp(unit)) for unit in units[1:]]
    zoned = (
        pa.array([0] * n, pa.int64())
        .cast(pa.timestamp("us"))
        .cast(pa.timestamp("us", "Nowhere/Here"), safe=False)
    )
    return [
        *far,
        *(pa.array([1] * n, pa.int64()).cast(pa.timestamp(unit)) for unit in units),
        *(pa.array([2**62 + 1] * n, pa.int64()).cast(pa.duration(unit)) for unit in units),
        zoned,
        pa.array([2**30] * n, pa.int32()).cast(pa.date32()),
        pa.array([date(2020, 2, 2)] * n),
        pa.array([86_400_000 * 10**8] * n, pa.int64()).cast(pa.date64()),
        pa.array([10**15] * n, pa.int64()).cast(pa.time64("ns")),
        pa.array([10**8] * n, pa.int32()).cast(pa.time32("ms")),
        pa.array(["1.5"] * n).cast(pa.decimal128(38, 30)),
        pa.array([2**64 - 1] * n, pa.uint64()),
        pa.array([b"\xff\0"] * n),
        pa.array(["x" * (2**20 + 1)] * n),
        pa.array([["x"] * 3] * n),
        pa.array([[["x"] * 30] * 20] * n),
        pa.array([{"a": {"b": ["c"]}}] * n),
        pa.array([[("A", "x"), ("A", "y")]] * n, pa.map_(pa.string(), pa.string())),
        pa.array(["Liver"] * n).dictionary_encode(),
        pa.nulls(n),
        pa.array([True] * n),
        pa.array([float("nan")] * n),
        _broken_text(n),
    ]


parquet_columns = st.integers(1, 3).flatmap(
    lambda n: st.fixed_dictionaries(
        {
            "image": st.just(pa.array(["0.png", "1.png", "2.png"][:n])) | st.sampled_from(odd_columns(n)),
            "question": st.just(pa.array(["Which?"] * n)) | st.sampled_from(odd_columns(n)),
            "answer": st.just(pa.array(["yes"] * n)) | st.sampled_from(odd_columns(n)),
        },
        optional={
            name: st.sampled_from(odd_columns(n))
            for name in ("id", "options", "split", "modality", "nota_valid", "a.b")
        },
    )
)
"""Columns of one to three rows by name."""

spoilings = st.lists(
    st.tuples(
        st.sampled_from(("flip", "cut", "drop", "insert", "repeat", "swap", "set")),
        st.floats(0, 1, exclude_max=True),
        st.floats(0, 1, exclude_max=True),
        st.binary(min_size=1, max_size=6)
        | st.sampled_from([b"\0", b"\xff\xfe", b'"', b"\r", b"\n", b"{", b"[", b"\x80"]),
    ),
    min_size=1,
    max_size=4,
)


def spoilt(data: bytes, steps: Sequence[tuple[str, float, float, bytes]]) -> bytes:
    """The bytes with flips, cuts, insertions and repetitions, each at a share of the length."""
    for what, start, end, new in steps:
        at, to = sorted((int(start * len(data)), int(end * len(data))))
        part = data[at : min(to, at + 64)]
        if what == "flip" and data:
            data = data[:at] + bytes([data[at] ^ (1 << new[0] % 8)]) + data[at + 1 :]
        elif what == "cut":
            data = data[:to]
        elif what == "drop":
            data = data[:at] + data[at + len(part) :]
        elif what == "insert":
            data = data[:at] + new + data[at:]
        elif what == "repeat":
            data = data[:at] + part * 3 + data[at:]
        elif what == "swap":
            data = data[:at] + part[::-1] + data[at + len(part) :]
        elif what == "set":
            data = data[:at] + new + data[at + len(new) :]
    return data
