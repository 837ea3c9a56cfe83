"""What servers do to samples of their own accord, unless a request says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vqa_canary.engines.endpoint.limits import limits_of
from vqa_canary.engines.endpoint.options import EndpointModel
from vqa_canary.engines.sampling import Sampling


@dataclass(frozen=True)
class Server:
    """One kind of server."""

    name: str
    does: str
    """What it does of its own accord, as the end of a sentence that begins with its name."""
    ends: Mapping[str, float]
    """Fields of a request that end it, with their values."""


_FOLLOWS = "follows the model's generation_config.json, which may restrict samples and change greedy answers, unless {}"
SERVERS = {
    "llamacpp": Server(
        "llama.cpp", "leaves unlikely tokens out of samples unless told otherwise", {"top_k": 0, "min_p": 0}
    ),
    "vllm": Server(
        "vLLM",
        _FOLLOWS.format("it was started with --generation-config vllm"),
        {"top_k": 0, "min_p": 0, "repetition_penalty": 1},
    ),
    "sglang": Server(
        "SGLang",
        _FOLLOWS.format("it was started with --sampling-defaults openai"),
        {"top_k": -1, "min_p": 0, "repetition_penalty": 1},
    ),
}
"""By the field `owned_by` of what `/models` answers."""
ANSWER_ALONE = frozenset({"sglang"})
"""Servers whose `repetition_penalty` is for tokens of the answer alone, not for those of the prompt."""


def left_to_server(owner: str, options: EndpointModel, sampling: Sampling) -> str:
    """What a server may do of its own accord because no field of the requests says otherwise; empty where nothing is
    known of it.

    Parameters
    ----------
    owner : `owned_by` of the model
    """
    server = SERVERS.get(owner)
    if server is None:
        return ""
    # A limit of the study stands in the samples' requests; a penalty changes greedy answers too, which have none.
    told = options.extra_body.keys() | (limits_of(sampling).keys() - {"repetition_penalty"})
    ends = [f"{name}: {value:g}" for name, value in server.ends.items() if name not in told]
    return f"is {server.name}, which {server.does}: give {', '.join(ends)} in extra_body" if ends else ""
