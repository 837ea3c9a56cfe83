"""Sound rows of every table, and what the contract says about a frame."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from kedro.validation import CheckFailure

from vqa_canary.contracts import Contract, ContractError
from vqa_canary.rows import instance_id

Failed = Callable[[str, Any], dict[str, CheckFailure]]
Failures = Callable[[str, Any], list[CheckFailure]]
Sound = Callable[..., dict[str, Any]]
WithId = Callable[[str, dict[str, Any]], dict[str, Any]]

BYTES = b"a file, if not an image"
SHA256 = hashlib.sha256(BYTES).hexdigest()
IMAGE = {"image_path": "images/ct.png", "image_sha256": SHA256, "image_id": SHA256[:16]}
ASKED = {
    "dataset": "slake",
    "question": "Which organ?",
    "options": ["lung", "liver", "heart"],
    "answer_index": 1,
}

SOUND: dict[str, dict[str, Any]] = {
    "items": {
        **ASKED,
        **IMAGE,
        "split": "test",
        "question_type": "organ",
        "answer_type": "open",
        "nota_valid": True,
        "source_id": "test.json:1",
    },
    "instances": {**ASKED, **IMAGE, "item_id": "item", "condition": "clean"},
    "evidence": {
        "model": "tiny",
        "status": "ok",
        "option_logprobs": [math.log(0.5), math.log(0.25), math.log(0.125)],
        "option_mass": 0.875,
        "greedy_text": "A",
        "greedy_choice": 0,
        "greedy_token_logprobs": [-0.1, -0.2],
        "greedy_token_entropies": [0.3, 0.0],
        "samples": [{"text": "B", "choice": 1, "token_logprobs": [-1.0]}],
        "p_true": 0.7,
        "verbalized_text": "80",
        "verbalized_confidence": 0.8,
        "prompt_tokens": 30,
        "reused_tokens": 10,
    },
    "embeddings": {"embedder": "0123456789abcdef", "vector": [0.6, 0.8]},
    "scores": {
        "model": "tiny",
        "method": "margin",
        "dataset": "slake",
        "item_id": "item",
        "condition": "clean",
        "uncertainty": 0.2,
        "confidence": 0.8,
        "choice": 0,
        "correct": True,
    },
    "metrics": {
        "dataset": "slake",
        "condition": "clean",
        "subset": "all",
        "method": "margin",
        "metric": "auroc",
        "value": 0.8,
        "ci_low": 0.7,
        "ci_high": 0.9,
        "n": 100,
        "n_clusters": 20,
    },
    "observations": {
        "dataset": "questions",
        "image": "0f0f",
        "answered": True,
        "failed": False,
        "seen": False,
        "uncertainty": 0.2,
        "choice": 0,
        "correct": True,
    },
    "quarantine": {"stage": "sources", "reason": "no answer", "row": '{"qid": 3}'},
}
OWN_KEY = {"items": "item_id", "instances": "instance_id", "evidence": "instance_id", "scores": "instance_id"}
OWN_KEY |= {"embeddings": "text_sha256", "metrics": "model", "quarantine": "key", "observations": "item_id"}


@pytest.fixture
def sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sound:
    """Makes row `number` of a table, sound but for what is `changed`, in a project with its image."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "ct.png").write_bytes(BYTES)

    def row(table: str, number: int, **changed: Any) -> dict[str, Any]:
        own = {OWN_KEY[table]: f"row-{number}"}
        if table == "embeddings":
            own["text_sha256"] = f"{number:064x}"
        if table == "instances":
            own["item_id"] = f"item-{number}"
        return renamed(table, SOUND[table] | own | changed) | changed

    return row


def renamed(table: str, row: dict[str, Any]) -> dict[str, Any]:
    """The row; an instance with the id that belongs to its content."""
    if table != "instances":
        return row
    parts = ("dataset", "item_id", "condition", "question", "options", "answer_index")
    first = [row["image_sha256"]] if row["image_sha256"] else []
    more = [one["image_sha256"] for one in row.get("more_images") or ()]
    return row | {"instance_id": instance_id(*(row[part] for part in parts), *first, *more)}


@pytest.fixture
def with_id() -> WithId:
    """Gives a row of `instances` the id of its content."""
    return renamed


@pytest.fixture
def failures() -> Failures:
    """Failures of a contract; none where it holds."""

    def check(suite: str, data: Any) -> list[CheckFailure]:
        try:
            Contract(suite).validate(data)
        except ContractError as error:
            return list(error.failures)
        return []

    return check


@pytest.fixture
def failed(failures: Failures) -> Failed:
    """Failures by the name of their check."""
    return lambda suite, data: {str(failure.check): failure for failure in failures(suite, data)}
