"""`transformers serve`: images, text, and nothing else of what is asked for."""

from __future__ import annotations

import json
from math import log
from pathlib import Path
from typing import Any

import pytest
from tests.engines.servers.conftest import Ask, serving
from tests.engines.servers.draws import p_value
from tests.optional import not_none

from vqa_canary.contracts import Contract
from vqa_canary.frames import frame
from vqa_canary.rows import Evidence, Instance

pytestmark = pytest.mark.slow  # a minute of two real servers
LOGPROB_FIELDS = {"option_logprobs", "greedy_token_logprobs", "greedy_token_entropies", "p_true"}


@pytest.fixture(scope="module")
def asked(
    ask: Ask, transformers_serve: dict[str, Any], phantom_instances: list[Instance]
) -> tuple[list[Evidence], dict[str, str]]:
    return ask(phantom_instances, n_samples=2, **transformers_serve)


def test_that_logprobs_and_n_are_ignored_is_noticed_and_said(
    asked: tuple[list[Evidence], dict[str, str]],
) -> None:
    found, facts = asked
    assert facts["logprobs"] == "ignored by the server"
    assert facts["n"] == "ignored"
    assert facts["deterministic"] == "yes"
    assert not facts["images"].startswith("NOT")
    for one in found:
        assert one.status == "ok"
        assert all(getattr(one, field) is None for field in (*LOGPROB_FIELDS, "option_mass"))
        gaps = {gap.field: gap.reason for gap in one.gaps or ()}
        assert set(gaps) == LOGPROB_FIELDS
        assert set(gaps.values()) == {"the endpoint gives no log-probs"}


def test_all_samples_come_by_calls_of_one(asked: tuple[list[Evidence], dict[str, str]]) -> None:
    """A call more is one sent again: this server breaks a connection on which it failed to list its models."""
    for one in asked[0]:
        assert one.samples is not None
        assert len(one.samples) == 2
        assert all(sample.token_logprobs == () for sample in one.samples)
    calls = [one.calls or 0 for one in asked[0]]
    assert min(calls) == 4  # greedy, two samples, stated confidence
    assert sum(calls) <= 4 * len(calls) + 4


def test_rows_keep_the_contract(asked: tuple[list[Evidence], dict[str, str]]) -> None:
    Contract("evidence").validate(frame(asked[0], "evidence"))


def test_answers_equal_the_local_engines(
    asked: tuple[list[Evidence], dict[str, str]], local: list[Evidence]
) -> None:
    for served, own in zip(asked[0], local, strict=True):
        fields = ("greedy_text", "greedy_choice", "verbalized_text", "verbalized_confidence")
        assert [getattr(served, field) for field in fields] == [getattr(own, field) for field in fields]
    assert len({one.greedy_choice for one in local}) > 2
    assert len({one.verbalized_text for one in local}) > 1


def test_without_do_sample_every_sample_is_the_greedy_answer(
    asked: tuple[list[Evidence], dict[str, str]],
) -> None:
    """`temperature` alone draws nothing: whether is drawn stands in the model's generation config."""
    found, facts = asked
    assert all(sample.text == one.greedy_text for one in found for sample in one.samples or ())
    assert facts["draws"].startswith("cannot tell")


def test_with_do_sample_samples_are_draws_of_the_models_distribution(
    ask: Ask,
    transformers_serve: dict[str, Any],
    phantom_instances: list[Instance],
    local: list[Evidence],
    model_path: Path,
) -> None:
    """The whole generation config must be given: what it leaves out is the library's default, no end token say."""
    config = json.loads((model_path / "generation_config.json").read_text())
    settings = {name: config[name] for name in ("eos_token_id", "pad_token_id")}
    drawn = {"generation_config": json.dumps({"do_sample": True, "top_k": 0, **settings})}
    unsure = sorted(
        zip(local, phantom_instances, strict=True), key=lambda pair: max(not_none(pair[0].option_logprobs))
    )[:3]
    found, facts = ask([one for _, one in unsure], n_samples=100, **transformers_serve, extra_body=drawn)
    assert facts["draws"] == "yes"
    for (own, _), served in zip(unsure, found, strict=True):
        assert p_value(served.samples or (), own.option_logprobs or ()) > 1e-4
        assert served.greedy_text == own.greedy_text
    assert min(max(own.option_logprobs or ()) for own, _ in unsure) < log(0.6)


def test_a_model_of_the_other_family_answers_as_the_local_engine_too(
    ask: Ask, root: Path, phantom_instances: list[Instance], tmp_path: Path
) -> None:
    folder = str(root / "data/06_models/reference/phantom-idefics3-1600")
    with serving(folder, tmp_path) as options:
        served, _ = ask(phantom_instances, **options)
    own, _ = ask(phantom_instances, path=folder, dtype="float32", batch_size=256)
    fields = ("greedy_text", "greedy_choice", "verbalized_text")
    for one, other in zip(served, own, strict=True):
        assert [getattr(one, field) for field in fields] == [getattr(other, field) for field in fields]
