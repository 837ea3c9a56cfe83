"""What an endpoint's entry may say, and what of it may be seen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from vqa_canary.engines.endpoint.options import EndpointModel
from vqa_canary.engines.registration import model_options
from vqa_canary.errors import BadInput

URL = "http://127.0.0.1:8000/v1"


def make(**settings: Any) -> EndpointModel:
    return EndpointModel(**{"base_url": URL, "model": "m"} | settings)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ({"base_url": "ftp://host/v1"}, "http"),
        ({"base_url": "host/v1"}, "http"),
        ({"base_url": "http://me:s3cret@host/v1"}, "no user"),
        ({"base_url": "http://host/v1?key=s3cret"}, "no user"),
        ({"model": ""}, "character"),
        ({"n_per_call": 0}, "1 or more"),
        ({"max_cost": 5}, "it needs price_per_million"),
        ({"max_cost": 0}, "greater than 0"),
        ({"extra_body": {"temperature": 2}}, "'temperature' is set by the engine"),
        ({"extra_body": {"seed": 3}}, "only be taken out"),
        ({"concurrency": 0}, "greater"),
        ({"concurrency": 1025}, "less"),
        ({"weights": "0" * 64}, "match"),
        ({"nonsense": 1}, "no such option"),
        ({"price_per_million": {"input": -1, "output": 2}}, "greater"),
        ({"price_per_million": {"input": 1}}, "required"),
        ({"price_per_million": {"input": 1, "output": 2, "currency": "<b>"}}, "match"),
    ],
)
def test_what_does_not_fit_is_named(setting: dict[str, Any], words: str) -> None:
    entry = {"engine": "endpoint", "base_url": URL, "model": "m"} | setting
    with pytest.raises(BadInput, match=words) as caught:
        model_options("mine", entry, Path())
    assert f"models.mine.{next(iter(setting))}" in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_the_key_is_seen_nowhere() -> None:
    options = make(api_key="sk-verysecret")
    shown = [repr(options), str(options), str(options.model_dump()), options.model_dump_json()]
    assert not any("verysecret" in text for text in shown)
    with pytest.raises(ValidationError) as caught:
        make(api_key="sk-verysecret", concurrency=0)
    assert "verysecret" not in str(caught.value)


@pytest.mark.parametrize(
    "setting",
    [
        {"base_url": "http://127.0.0.1:8001/v1"},
        {"model": "other"},
        {"extra_body": {"min_p": 0}},
        {"top_logprobs": 5},
        {"logprobs": "off"},
        {"n_per_call": 1},
        {"max_image_side": 100},
        {"weights": f"sha256:{'0' * 64}"},
    ],
)
def test_what_may_change_an_answer_changes_the_fingerprint(setting: dict[str, Any]) -> None:
    assert make(**setting).fingerprint != make().fingerprint


@pytest.mark.parametrize(
    "setting",
    [
        {"api_key": "k"},
        {"concurrency": 9},
        {"timeout": 1},
        {"retries": 0},
        {"max_calls": 5},
        {"max_tokens": 5},
        {"max_cost": 5, "price_per_million": {"input": 1, "output": 2}},
        {"image_tokens": 300},
        {"requests_per_minute": 5},
        {"max_wait": 1},
        {"canary": "warn"},
        {"price_per_million": {"input": 1, "output": 2}},
        {"base_url": URL + "/"},
    ],
)
def test_what_cannot_does_not(setting: dict[str, Any]) -> None:
    assert make(**setting).fingerprint == make().fingerprint


def test_the_order_of_extra_settings_is_no_part() -> None:
    one, other = {"top_k": 0, "min_p": 0}, {"min_p": 0, "top_k": 0}
    assert make(extra_body=one).fingerprint == make(extra_body=other).fingerprint
