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
from vqa_canary.tables import NOTA, frame

Failed = Callable[[str, Any], dict[str, CheckFailure]]
Rows = Callable[..., dict[str, Any]]


@pytest.fixture
def failed() -> Failed:
    """Failures by the name of their check; empty where the contract holds."""

    def check(suite: str, data: Any) -> dict[str, CheckFailure]:
        try:
            Contract(suite).validate(data)
        except ContractError as error:
            return {str(failure.check): failure for failure in error.failures}
        return {}

    return check


@pytest.fixture
def image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The three image columns of a file in a project that is the current folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "ct.png").write_bytes(b"not really an image")
    sha256 = hashlib.sha256(b"not really an image").hexdigest()
    return {"image_path": "images/ct.png", "image_sha256": sha256, "image_id": sha256[:16]}


@pytest.fixture
def item(image: dict[str, str]) -> Rows:
    def row(number: int = 0, **changed: Any) -> dict[str, Any]:
        sound = {
            "dataset": "slake",
            "item_id": f"item-{number}",
            "split": "test",
            **image,
            "question": "Which organ is shown?",
            "options": ["lung", "liver", "heart"],
            "answer_index": 1,
            "question_type": "organ",
            "answer_type": "open",
            "nota_valid": True,
            "source_id": f"test.json:{number}",
        }
        return sound | changed

    return row


@pytest.fixture
def instance(image: dict[str, str]) -> Rows:
    shown: dict[str, dict[str, Any]] = {
        "clean": {"answer_index": 1},
        "shuffled": {"answer_index": 1},
        "nota_replace": {"options": ["lung", NOTA, "heart"], "answer_index": 1, "nota_index": 1},
        "nota_last": {"options": ["lung", "heart", NOTA], "answer_index": 2, "nota_index": 2},
        "nota_control": {"options": [NOTA, "liver", "heart"], "answer_index": 1, "nota_index": 0},
        "nota_append": {"options": ["lung", "liver", NOTA], "answer_index": 1, "nota_index": 2},
        "answer_removed": {"options": ["lung", "heart"], "answer_index": None},
    }

    def row(condition: str = "clean", number: int = 0, **changed: Any) -> dict[str, Any]:
        sound = {
            "instance_id": f"instance-{condition}-{number}",
            "dataset": "slake",
            "item_id": f"item-{number}",
            "condition": condition,
            "question": "Which organ is shown?",
            "options": ["lung", "liver", "heart"],
            **image,
            "answer_index": 1,
            "nota_index": None,
        }
        return sound | shown.get(condition, {}) | changed

    return row


@pytest.fixture
def evidence() -> Rows:
    def row(number: int = 0, **changed: Any) -> dict[str, Any]:
        sound = {
            "model": "tiny",
            "instance_id": f"instance-{number}",
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
            "error": None,
        }
        return sound | changed

    return row


@pytest.fixture
def score() -> Rows:
    def row(number: int = 0, **changed: Any) -> dict[str, Any]:
        sound = {
            "model": "tiny",
            "instance_id": f"instance-{number}",
            "method": "margin",
            "dataset": "slake",
            "item_id": f"item-{number}",
            "condition": "clean",
            "uncertainty": 0.2,
            "confidence": 0.8,
            "choice": 0,
            "correct": True,
            "reason": None,
        }
        return sound | changed

    return row


@pytest.fixture
def metric() -> Rows:
    def row(number: int = 0, **changed: Any) -> dict[str, Any]:
        sound = {
            "model": f"tiny-{number}",
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
            "reason": None,
        }
        return sound | changed

    return row


def table(name: str, *rows: dict[str, Any]) -> Any:
    return frame(rows, name)
