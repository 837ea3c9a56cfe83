"""Rows to frames and back, and ids that say what they name."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vqa_canary.frames import frame, from_frame, to_frame, to_rows
from vqa_canary.rows import (
    Evidence,
    Instance,
    Item,
    Refusal,
    Sample,
    ShownImage,
    content_id,
    each_image,
    with_images,
)
from vqa_canary.tables import KEYS, SCHEMAS

texts = st.text(st.characters(codec="utf-8"), max_size=5)
choices = st.none() | st.integers(0, 4)
logprobs = st.lists(st.floats(-5, 0), max_size=3).map(tuple)
samples = st.builds(Sample, texts, choices, logprobs)
evidence = st.builds(
    Evidence,
    model=texts,
    instance_id=texts,
    option_logprobs=st.none() | logprobs,
    option_mass=st.none() | st.floats(0, 1),
    greedy_text=st.none() | texts,
    greedy_choice=choices,
    samples=st.none() | st.lists(samples, max_size=3).map(tuple),
    prompt_tokens=st.none() | st.integers(0, 9),
)
ROW_TYPES: dict[str, Any] = {"items": Item, "instances": Instance, "evidence": Evidence}


@given(st.lists(evidence, max_size=4, unique_by=lambda row: (row.model, row.instance_id)))
def test_evidence_survives_frames_whatever_the_order_of_rows(rows: list[Evidence]) -> None:
    expected = sorted((asdict(row) for row in rows), key=lambda row: (row["model"], row["instance_id"]))
    data = frame(rows[::-1], "evidence")
    for back in (data, to_frame(from_frame(data, "evidence"))):
        found = from_frame(back, "evidence").to_pylist()
        assert json.dumps(found, sort_keys=True) == json.dumps(expected, sort_keys=True)


def test_rows_come_back_as_they_were() -> None:
    instance = Instance("i", "d", "x", "answer_removed", "q", ("a", "b"), "m", "p", "s", None)
    assert to_rows(frame([instance], "instances"), Instance) == [instance]
    item = Item("d", "i", "test", "m", "p", "s", "q", ("a", "b"), 1, "t", "open", True, "f", modality="CT")
    assert to_rows(frame([item], "items"), Item) == [item]
    several = with_images(instance, [ShownImage(*one) for one in ("mps", "nqt", "mps")])
    back = to_rows(frame([several, replace(instance, instance_id="j")], "instances"), Instance)
    assert back == [several, replace(instance, instance_id="j")]
    assert [one.images for one in each_image(back[0])] == [(one,) for one in several.images]
    assert each_image(instance) == (instance,)


def test_empty_tables_keep_their_columns() -> None:
    for name, schema in SCHEMAS.items():
        assert from_frame(frame([], name), name).schema.equals(schema)
        assert set(KEYS[name]) <= set(schema.names)


@pytest.mark.parametrize("name", ROW_TYPES)
def test_a_row_type_has_exactly_the_columns_of_its_table(name: str) -> None:
    assert set(ROW_TYPES[name].__dataclass_fields__) == set(SCHEMAS[name].names)


def test_a_missing_column_is_refused() -> None:
    data = frame([Refusal("sources", "k", "why")], "quarantine")
    with pytest.raises((KeyError, pa.ArrowInvalid)):
        from_frame(data.drop(columns="reason"), "quarantine")
    assert pd.DataFrame(data)["row"].tolist() == ["{}"]


@given(st.lists(texts, max_size=3), st.lists(texts, max_size=3))
def test_content_ids_differ_exactly_where_content_does(one: list[str], other: list[str]) -> None:
    assert (content_id(*one) == content_id(*other)) == (one == other)
