"""Digests follow the values, and nothing else."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vqa_canary.digests import digest, digest_of_json, kinds_of
from vqa_canary.frames import from_frame, to_frame, to_table
from vqa_canary.tables import SCHEMAS

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
reals = st.floats(allow_nan=False)
samples = st.fixed_dictionaries(
    {"text": texts, "choice": st.none() | st.integers(0, 3), "token_logprobs": st.lists(reals, max_size=2)}
)
rows = st.fixed_dictionaries(
    {
        "model": texts,
        "instance_id": texts,
        "status": texts,
        "option_logprobs": st.none() | st.lists(reals, max_size=3),
        "option_mass": st.none() | reals,
        "greedy_choice": st.none() | st.integers(-(2**63), 2**63 - 1),
        "samples": st.none() | st.lists(samples, max_size=2),
        "bounded": st.none() | st.lists(texts, max_size=2),
    }
)


@given(st.lists(rows, max_size=4))
def test_a_table_keeps_its_digest_through_parquet_pandas_chunks_and_slices(
    some: list[dict[str, Any]],
) -> None:
    table = to_table(some, "evidence")
    sink = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata({b"a": b"b"}), sink)
    assert digest(pq.read_table(pa.BufferReader(sink.getvalue()))) == digest(table)
    assert digest(from_frame(to_frame(table), "evidence")) == digest(table)
    halves = [table.slice(0, len(table) // 2), table.slice(len(table) // 2)]
    assert digest(pa.concat_tables(halves)) == digest(table)
    assert digest(halves[1]) == digest(to_table(some[len(table) // 2 :], "evidence"))


@given(st.lists(rows, min_size=1, max_size=3), st.lists(rows, min_size=1, max_size=3))
def test_tables_of_other_values_have_other_digests(
    some: list[dict[str, Any]], others: list[dict[str, Any]]
) -> None:
    one, other = to_table(some, "evidence"), to_table(others, "evidence")
    assert (digest(one) == digest(other)) == (repr(one.to_pylist()) == repr(other.to_pylist()))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([["a", "b"]], [["ab"]]),
        ([["a"], []], [[], ["a"]]),
        ([None], [[]]),
        ([[""]], [[]]),
        ([[None]], [[""]]),
    ],
)
def test_lists_that_hold_the_same_characters_differ(one: Any, other: Any) -> None:
    def of(values: Any) -> str:
        return digest(pa.table({"x": pa.array(values, pa.list_(pa.string()))}))

    assert of(one) != of(other)


def test_null_nan_and_zero_differ() -> None:
    found = {
        digest(pa.table({"x": pa.array([value], pa.float64())})) for value in (None, math.nan, 0.0, -0.0)
    }
    assert len(found) == 4


def test_names_types_and_order_count() -> None:
    base = pa.table({"a": pa.array([1]), "b": pa.array([2])})
    others = [
        base.rename_columns(["b", "a"]),
        base.select(["b", "a"]),
        base.set_column(0, "a", pa.array([1.0])),
        pa.table({"a": pa.array([2]), "b": pa.array([1])}),
    ]
    assert len({digest(one) for one in (base, *others)}) == 5


def test_a_type_without_digest_is_an_error() -> None:
    with pytest.raises(TypeError, match="int32"):
        digest(pa.table({"x": pa.array([1], pa.int32())}))


def test_every_table_of_the_project_has_a_digest_and_its_own_kinds() -> None:
    assert len({digest(schema.empty_table()) for schema in SCHEMAS.values()}) == len(SCHEMAS)
    assert len({str(kinds_of(schema)) for schema in SCHEMAS.values()}) == len(SCHEMAS)


def test_the_order_of_keys_in_json_does_not_count() -> None:
    assert digest_of_json({"a": 1, "b": [1, 2]}) == digest_of_json({"b": [1, 2], "a": 1})
    assert digest_of_json([1, 2]) != digest_of_json([2, 1])
