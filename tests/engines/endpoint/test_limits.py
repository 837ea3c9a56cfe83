"""Settings that restrict from which tokens samples are drawn: where they are sent, and what is made of servers that do
not keep to them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.engines.endpoint.asking import draw, make_engine, make_instances
from tests.engines.endpoint.fake_model import FakeModel
from tests.engines.endpoint.fault_server import Fault, Json, serving
from tests.engines.endpoint.faults import error_body
from tests.engines.endpoint.keeping import keeping

from vqa_canary.engines.endpoint.defaults import left_to_server
from vqa_canary.engines.endpoint.dialect import LOOK_BACK, Dialect
from vqa_canary.engines.endpoint.limits import IGNORED, KEPT, _judged
from vqa_canary.engines.endpoint.options import EndpointModel
from vqa_canary.engines.endpoint.requests import body_of
from vqa_canary.engines.sampling import LIMITS, Sampling
from vqa_canary.errors import BadInput

FIELDS = {*LIMITS, "repeat_penalty", "repeat_last_n"}
CHAT = [{"role": "user", "content": [{"type": "text", "text": "Which?"}]}]


def asked(
    model: FakeModel, sampling: dict[str, Any], **options: Any
) -> tuple[dict[str, str], list[Json], int]:
    """Facts, all bodies, and how many of them the canary sent."""
    with serving(model, options.pop("script", lambda *_: None)) as server:
        engine = make_engine(server, Sampling(n_samples=4, **sampling), **options)
        rows = list(engine.answer(make_instances(3), draw))
        assert {row.status for row in rows} == {"ok"}
        return engine.facts, server.requests, int(engine.facts["canary_calls"])


def test_only_samples_are_restricted_and_the_settings_win_over_extra_fields() -> None:
    limits = {"top_p": 0.9, "top_k": 5, "min_p": 0.01, "repetition_penalty": 1.1}
    extra = {"top_k": 0, "repetition_penalty": 1, "top_p": None}
    facts, bodies, n_canary = asked(keeping(*LIMITS), limits, extra_body=extra)
    assert facts["limits"] == "; ".join(f"{name} {KEPT}" for name in LIMITS)
    drawn = [body for body in bodies[n_canary:] if body["temperature"] > 0]
    greedy = [body for body in bodies[n_canary:] if body["temperature"] == 0]
    assert len(drawn) == 3
    assert len(greedy) >= 6
    assert all({name: body[name] for name in limits} == limits for body in drawn)
    assert all(FIELDS & body.keys() == {"top_k", "repetition_penalty"} for body in greedy)
    assert all((body["top_k"], body["repetition_penalty"]) == (0, 1) for body in greedy)


@pytest.mark.parametrize("limits", [{}, {"top_p": 1, "min_p": 0.0, "repetition_penalty": 1.0}])
def test_nothing_is_sent_or_tried_where_nothing_is_restricted(limits: dict[str, Any]) -> None:
    assert Sampling(**limits).model_dump() == Sampling().model_dump()
    facts, bodies, n_canary = asked(FakeModel(), limits)
    assert n_canary == 6
    assert "limits" not in facts
    assert all(FIELDS & body.keys() == {"top_p"} and body["top_p"] == 1 for body in bodies)


@pytest.mark.parametrize("limit", [{"top_k": 5}, {"min_p": 0.2}, {"top_p": 0.5}])
def test_a_server_that_ignores_a_setting_is_not_asked(limit: dict[str, float]) -> None:
    [name] = limit
    with pytest.raises(BadInput, match=f"sampling.{name}: .*IGNORED: at a value that leaves one token"):
        asked(keeping(), limit)


def test_a_server_that_takes_no_high_temperature_is_tried_at_the_configured_one() -> None:
    def script(number: int, body: Json) -> Fault | None:
        return Fault(400, body=error_body(param="temperature")) if body["temperature"] > 1 else None

    facts, *_ = asked(keeping(*LIMITS), {"top_k": 5}, script=script)
    assert facts["limits"] == "top_k kept"


@pytest.mark.parametrize("says", [True, False])
def test_a_server_that_refuses_a_setting_is_not_asked(says: bool) -> None:
    """Also where it takes a `top_p` of 1 no more than another, which is left out without harm."""

    def script(number: int, body: Json) -> Fault | None:
        told = {"param": "top_p", "code": "unsupported_parameter"} if says else {"code": "bad_request"}
        return Fault(400, body=error_body(**told)) if "top_p" in body else None

    facts, *_ = asked(FakeModel(), {}, script=script)
    assert "without top_p" in facts["request"]
    with pytest.raises(BadInput, match=r"sampling.top_p: .*REFUSED: HTTP status 400"):
        asked(FakeModel(), {"top_p": 0.9}, script=script)


def test_a_penalty_is_found_under_the_name_that_llama_cpp_has_for_it() -> None:
    facts, bodies, n_canary = asked(keeping("repeat_penalty"), {"repetition_penalty": 1.3})
    assert facts["limits"] == "repetition_penalty kept, as repeat_penalty"
    drawn = [body for body in bodies[n_canary:] if body["temperature"] > 0]
    assert all((body["repeat_penalty"], body["repeat_last_n"]) == (1.3, LOOK_BACK) for body in drawn)
    facts, *_ = asked(keeping(), {"repetition_penalty": 1.3})
    assert facts["limits"] == "repetition_penalty cannot tell: no trial of it changed the answer"
    put = Dialect().spoken(body_of(CHAT, (), seed=1, max_tokens=3, limits={"repetition_penalty": 1.3}))
    assert "repeat_penalty" not in put


def test_what_samples_tell_of_a_setting() -> None:
    free = [*"aaaabbbbcdef"]
    assert _judged(["a"] * 12, free) == KEPT
    assert _judged(["a"] * 11 + ["b"], free) == KEPT  # a tie
    assert _judged([*"aaaabbbbcdee"], free).startswith(IGNORED)
    assert _judged(["a"] * 12, ["a"] * 11 + ["b"]).startswith("cannot tell")
    assert _judged([*"aaaaaabbbbbb"], free).startswith("cannot tell")
    # Long answers part by near-ties where numbers depend on the batch, and begin alike all the same.
    long = [f"The largest organ in this image is a {end}" for end in free]
    assert _judged(long, free) == KEPT
    assert _judged(free, long).startswith(IGNORED)


@pytest.mark.parametrize("scaled", [False, True])
def test_log_probs_behind_temperature_are_left_out(scaled: bool) -> None:
    facts, bodies, n_canary = asked(keeping(scaled=scaled), {"temperature": 0.5})
    assert ("sample_logprobs" in facts) == scaled
    assert any(body.get("logprobs") for body in bodies[n_canary:] if body["temperature"] > 0) != scaled


def test_what_a_server_does_of_its_own_accord_is_told() -> None:
    def told(owner: str, limits: dict[str, Any], **extra: float) -> str:
        options = EndpointModel(base_url="http://h/v1", model="m", extra_body=extra)
        return left_to_server(owner, options, Sampling(**limits))

    assert "generation_config.json" in told("vllm", {})
    assert told("vllm", {}).endswith("give top_k: 0, min_p: 0, repetition_penalty: 1 in extra_body")
    assert told("sglang", {"top_k": 3}).endswith("give min_p: 0, repetition_penalty: 1 in extra_body")
    assert told("vllm", {}, top_k=0, min_p=0, repetition_penalty=1) == ""
    assert told("llamacpp", {"top_k": 3, "min_p": 0.1}) == told("unknown", {}) == ""
