"""Responses in the form that vLLM and SGLang give them, with all that they hold beside what others have.

The forms are those of vLLM 0.32, as a server of it on a CPU answered, and of the response classes of SGLang 0.5.23.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.engines.endpoint.asking import ask
from tests.engines.endpoint.fake_model import TOKENS
from tests.engines.endpoint.fault_server import Fault, Json, serving

IDS = {token: at for at, token in enumerate(TOKENS)}


def _tokens(choice: Json, put: Callable[[Json, bool], Json]) -> Json | None:
    """The log-probs of a choice with each token put otherwise; the flag says whether it stands there or is listed."""
    if not choice.get("logprobs"):
        return None
    positions = choice["logprobs"]["content"]
    listed = [[put(token, False) for token in one["top_logprobs"]] for one in positions]
    return {
        "content": [
            put(one, True) | {"top_logprobs": top} for one, top in zip(positions, listed, strict=True)
        ]
    }


def _spelt(token: Json, _: bool) -> Json:
    return token | {"bytes": list(token["token"].encode())}


def _as_id(token: Json, stands: bool) -> Json:
    """As vLLM with `return_tokens_as_token_ids`: the bytes of a listed token are those of the words for its id."""
    name = f"token_id:{IDS.get(token['token'], 4)}"
    return token | {"token": name, "bytes": list((token["token"] if stands else name).encode())}


def vllm(answer: Json, put: Callable[[Json, bool], Json] = _spelt) -> Json:
    message = dict.fromkeys(("refusal", "annotations", "audio", "function_call", "reasoning"))
    choices = [
        one
        | {"message": {**one["message"], **message}, "logprobs": _tokens(one, put)}
        | {"stop_reason": None, "token_ids": None, "routed_experts": None}
        for one in answer["choices"]
    ]
    empty = (
        "service_tier",
        "prompt_logprobs",
        "prompt_token_ids",
        "prompt_text",
        "kv_transfer_params",
        "metrics",
    )
    usage = answer["usage"] | {"completion_tokens_details": None}
    return (
        answer
        | {"choices": choices, "usage": usage, "system_fingerprint": "vllm-0.32.0-354e0421"}
        | dict.fromkeys(empty)
    )


def sglang(answer: Json) -> Json:
    choices = [
        one
        | {"message": {**one["message"], "reasoning_content": None}, "logprobs": _tokens(one, _spelt)}
        | {"matched_stop": 4}
        for one in answer["choices"]
    ]
    usage = answer["usage"] | {"reasoning_tokens": 0, "completion_tokens_details": None}
    return answer | {"choices": choices, "usage": usage, "metadata": {"weight_version": "default"}}


def facts_and_rows(edit: Callable[[Json], Json] | None, **options: Any) -> tuple[dict[str, str], list[Any]]:
    with serving(script=lambda *_: Fault(edit=edit) if edit else None) as server:
        engine, rows = ask(server, **options)
        return {name: told for name, told in engine.facts.items() if name != "source"}, rows


@pytest.mark.parametrize("edit", [vllm, sglang])
def test_their_responses_are_read_like_any(edit: Callable[[Json], Json]) -> None:
    assert facts_and_rows(edit) == facts_and_rows(None)


def test_tokens_that_are_written_as_ids_are_not_taken_for_words() -> None:
    """The list names no letter then, so there is nothing to read from it; answers and samples are as before."""
    facts, rows = facts_and_rows(lambda answer: vllm(answer, _as_id))
    _, usual = facts_and_rows(None)
    assert facts["logprobs"].startswith("not believed")
    assert [row.greedy_choice for row in rows] == [row.greedy_choice for row in usual]
    assert all(row.status == "ok" and row.option_logprobs is None for row in rows)


@pytest.mark.parametrize(
    ("message", "param", "words"),
    [
        (
            "At most 2 image(s) may be provided in one prompt. (parameter=image)",
            "image",
            "--limit-mm-per-prompt",
        ),
        (
            "This model's maximum context length is 512 tokens. However, your prompt contains at least 513 input "
            "tokens, which exceeds this limit even without any output tokens.",
            "input_tokens",
            "max_image_side",
        ),
    ],
)
def test_their_errors_are_told_in_our_words(message: str, param: str, words: str) -> None:
    from vqa_canary.engines.endpoint.failures import refused

    error = {"message": message, "type": "BadRequestError", "param": param, "code": 400}
    assert words in str(refused(400, {"error": error}, None, None))
