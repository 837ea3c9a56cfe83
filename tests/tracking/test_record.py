"""Names and values that MLflow takes, and nothing secret."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlflow.utils.validation import _validate_metric_name

from vqa_canary.tracking.record import flat, legal_name, shown


@given(st.text(min_size=1, max_size=300))
def test_mlflow_takes_every_legal_name(text: str) -> None:
    _validate_metric_name(legal_name(f"auroc.{text}"))


@pytest.mark.parametrize(
    "name",
    [
        "api_key",
        "API_KEY",
        "hf.token",
        "token",
        "password",
        "aws_secret_access_key",
        "headers",
        "credentials",
    ],
)
def test_secret_is_hidden(name: str) -> None:
    assert set(flat({"endpoint": {name: "s3cret"}}, "model").values()) == {"hidden"}


@pytest.mark.parametrize("name", ["max_new_tokens", "path", "revision", "n_samples"])
def test_plain_setting_is_shown(name: str) -> None:
    assert flat({name: 4}, "model") == {f"model.{name}": "4"}


def test_user_in_an_address_is_hidden() -> None:
    assert shown("https://me:pass@host:8000/v1") == "https://hidden@host:8000/v1"
    assert shown(["http://host/v1", "a@b"]) == "http://host/v1, a@b"


def test_headers_are_hidden_whatever_they_hold() -> None:
    assert "abc" not in str(flat({"headers": {"X-Custom": "abc"}}, "model"))
