"""The layout of every table: its Arrow schema and its key. List columns are real Parquet lists."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

_strings, _floats = pa.list_(pa.string()), pa.list_(pa.float64())
_vector = pa.list_(pa.float32())  # as embedders compute: more digits would be noise, and twice the size
_sample = pa.struct([("text", pa.string()), ("choice", pa.int64()), ("token_logprobs", _floats)])
_attribute = pa.struct([("name", pa.string()), ("value", pa.string())])
_gap = pa.struct([("field", pa.string()), ("reason", pa.string())])
_image = pa.struct([("image_id", pa.string()), ("image_path", pa.string()), ("image_sha256", pa.string())])
_text, _int, _real, _bool = pa.string(), pa.int64(), pa.float64(), pa.bool_()


def _schema(required: dict[str, pa.DataType], nullable: dict[str, pa.DataType]) -> pa.Schema:
    fields = [pa.field(name, kind, nullable=False) for name, kind in required.items()]
    return pa.schema(fields + [pa.field(name, kind) for name, kind in nullable.items()])


def _with_nullable(schema: pa.Schema, *names: str) -> pa.Schema:
    """The schema in its order, in which these columns may be null, too."""
    for name in names:
        at = schema.get_field_index(name)
        schema = schema.set(at, schema.field(at).with_nullable(True))
    return schema


SCHEMAS: Mapping[str, pa.Schema] = {
    "items": _with_nullable(
        _schema(
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
        "answer_index",  # of a question whose right answer is not known
    ),
    "instances": _schema(
        {
            "instance_id": _text,
            "dataset": _text,
            "item_id": _text,
            "condition": _text,
            "question": _text,
            "options": _strings,
        },
        {
            "image_id": _text,
            "image_path": _text,
            "image_sha256": _text,
            "answer_index": _int,
            "nota_index": _int,
            "more_images": pa.list_(_image),
        },
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
    "embeddings": _schema({"embedder": _text, "text_sha256": _text, "vector": _vector}, {}),
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
    "observations": _schema(
        {
            "dataset": _text,
            "item_id": _text,
            "image": _text,
            "answered": _bool,
            "failed": _bool,
            "seen": _bool,
        },
        {"uncertainty": _real, "choice": _int, "correct": _bool},
    ),
    "quarantine": _schema({"stage": _text, "key": _text, "reason": _text, "row": _text}, {}),
}

KEYS: Mapping[str, tuple[str, ...]] = {
    "items": ("dataset", "item_id"),
    "instances": ("instance_id",),
    "evidence": ("model", "instance_id"),
    "embeddings": ("embedder", "text_sha256"),
    "scores": ("model", "instance_id", "method"),
    "metrics": ("model", "dataset", "condition", "subset", "method", "metric"),
    "observations": ("dataset", "item_id"),
    "quarantine": ("stage", "key"),
}
"""Columns that identify a row, and by which every table is sorted."""
