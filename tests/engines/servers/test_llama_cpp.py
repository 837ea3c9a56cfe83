"""llama.cpp's server: what it gives is read as it gives it, and is what the local engine computes."""

from __future__ import annotations

from functools import partialmethod
from typing import Any

import httpx
import numpy as np
import pytest

from tests.engines.servers.conftest import SEED, Ask
from vqa_canary.contracts import Contract
from vqa_canary.engines.endpoint.requests import body_of, data_url
from vqa_canary.engines.prompts import LETTERS, Prompts
from vqa_canary.engines.registration import ImageOpener
from vqa_canary.engines.surface_forms import LETTER_FORMS, WORD_FORMS
from vqa_canary.tables import Evidence, Instance, frame

TOLERANCE = 5e-3
"""Of a log-prob: llama.cpp's GELU is the tanh approximation out of a half-precision table."""
VOCABULARY = 160
WHOLE = {"top_k": 0, "min_p": 0}
"""No token is left out of a sample."""
Asked = tuple[list[Evidence], dict[str, str]]


@pytest.fixture(scope="module")
def asked(ask: Ask, llama_server: dict[str, Any], phantom_instances: list[Instance]) -> Asked:
    return ask(phantom_instances, n_samples=6, **llama_server, extra_body=WHOLE, top_logprobs=VOCABULARY)


@pytest.fixture(scope="module")
def local_as_served(
    ask: Ask, model_path: Any, phantom_instances: list[Instance], asked: Asked
) -> list[Evidence]:
    """The local engine's, its vision tower computed as this build of llama.cpp computes it.

    Pixels and the GELU, in its tanh approximation, are rounded to half precision. Builds without the fix of
    llama.cpp's issue 25814 put the class token behind the patches, and then drop the first patch in its place,
    which makes another model of it: of both orders that is taken which comes nearer.
    """
    import torch
    from transformers.activations import GELUActivation
    from transformers.models.clip.modeling_clip import CLIPVisionEmbeddings

    def rounded_gelu(self: Any, x: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.gelu(x.half().float(), approximate="tanh").half().float()

    def embed(self: Any, pixels: torch.Tensor, last: bool, **_: Any) -> torch.Tensor:
        patches = self.patch_embedding(pixels.half().float()).flatten(2).transpose(1, 2)
        token = self.class_embedding.expand(len(pixels), 1, -1)
        parts = [patches, token] if last else [token, patches]
        return torch.cat(parts, dim=1) + self.position_embedding(self.position_ids)

    found = []
    for last in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(GELUActivation, "forward", rounded_gelu)
            patch.setattr(CLIPVisionEmbeddings, "forward", partialmethod(embed, last=last))
            found.append(ask(phantom_instances, path=str(model_path), dtype="float32")[0])
    return min(found, key=lambda own: _distance(own, asked[0]))


def test_logprobs_equal_the_local_engines(local_as_served: list[Evidence], asked: Asked) -> None:
    print("OPTION", _distance(local_as_served, asked[0]))
    w=[0,0]
    for own, served in zip(local_as_served, asked[0], strict=True):
        w[0]=max(w[0],np.abs(np.subtract(own.greedy_token_logprobs,served.greedy_token_logprobs)).max())
        if own.p_true is not None: w[1]=max(w[1],abs(own.p_true-served.p_true))
    print(w, len(asked[0]), asked[1])
    for own, served in zip(local_as_served, asked[0], strict=True):
        assert served.bounded is None
        assert served.option_logprobs == pytest.approx(own.option_logprobs, abs=TOLERANCE)
        assert served.greedy_token_logprobs == pytest.approx(own.greedy_token_logprobs, abs=TOLERANCE)
        assert served.p_true == pytest.approx(own.p_true, abs=TOLERANCE)
        fields = ("greedy_text", "greedy_choice", "verbalized_text", "verbalized_confidence")
        assert [getattr(served, field) for field in fields] == [getattr(own, field) for field in fields]


def test_rows_keep_the_contract(asked: Asked) -> None:
    Contract("evidence").validate(frame(asked[0], "evidence"))


def _distance(own: list[Evidence], served: list[Evidence]) -> float:
    """Largest difference of an option's log-prob."""
    pairs = zip(own, served, strict=True)
    return max(np.abs(np.subtract(a.option_logprobs, b.option_logprobs)).max() for a, b in pairs)
