"""llama.cpp's server: what it gives is read as it gives it, and is what the local engine computes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import partialmethod
from math import exp, log
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL.Image import Image
from tests.engines.servers.conftest import Ask
from tests.engines.servers.draws import p_value
from tests.optional import not_none

from vqa_canary.contracts import Contract
from vqa_canary.engines.endpoint.requests import body_of, data_url
from vqa_canary.engines.prompts import LETTERS, Chat, Prompts
from vqa_canary.engines.protocols import ImageOpener
from vqa_canary.engines.surface_forms import LETTER_FORMS, WORD_FORMS
from vqa_canary.frames import frame
from vqa_canary.reading import read_option
from vqa_canary.rows import Evidence, Instance

pytestmark = pytest.mark.slow  # a minute of two real servers
TOLERANCE = 1e-3
"""Of a log-prob."""
PROMPTS, VOCABULARY = Prompts(), 160
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
    which makes another model of it: the other order is tried where that one is far off.
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

    for last in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(GELUActivation, "forward", rounded_gelu)
            patch.setattr(CLIPVisionEmbeddings, "forward", partialmethod(embed, last=last))
            found, _ = ask(phantom_instances, path=str(model_path), dtype="float32", batch_size=256)
        if _distance(found, asked[0]) < 0.1:
            break
    return found


def test_logprobs_equal_the_local_engines(
    local_as_served: list[Evidence], asked: Asked, phantom_instances: list[Instance]
) -> None:
    """This server gives no blanks (see `gguf_files`); where these decide which option is named, the rest differs."""
    n_alike = 0
    for own, served, instance in zip(local_as_served, asked[0], phantom_instances, strict=True):
        assert served.bounded is None
        assert served.option_logprobs == pytest.approx(own.option_logprobs, abs=TOLERANCE)
        assert served.greedy_token_logprobs == pytest.approx(own.greedy_token_logprobs, abs=TOLERANCE)
        said = not_none(own.greedy_text).replace(" ", "")
        assert served.greedy_text == said
        if read_option(said, instance.options).choice == own.greedy_choice:
            n_alike += 1
            assert served.p_true == pytest.approx(own.p_true, abs=TOLERANCE)
            fields = ("greedy_choice", "verbalized_text", "verbalized_confidence")
            assert [getattr(served, field) for field in fields] == [getattr(own, field) for field in fields]
    assert n_alike > 30


def test_letters_are_read_from_the_list_as_the_whole_distribution_has_them(
    ask: Ask, llama_server: dict[str, Any], phantom_instances: list[Instance], open_phantom: ImageOpener
) -> None:
    """Against every token that spells a letter; a letter below the list's end is bounded from above."""
    instances, depth = phantom_instances[::4], 3
    found, facts = ask(instances, **llama_server, top_logprobs=depth)
    assert facts["logprobs"] == f"top {depth}"
    n_bounded = 0
    for instance, one in zip(instances, found, strict=True):
        chat = PROMPTS.question_chat(instance.question, instance.options)
        [first, *_] = whole_distributions(llama_server, chat, open_phantom(instance))
        assert sum(first.values()) == pytest.approx(1, abs=1e-5)
        listed = sorted(first.values())[-depth:]
        assert not_none(one.greedy_token_logprobs)[0] == pytest.approx(np.log(listed[-1]), abs=1e-4)
        letters = LETTERS[: len(instance.options)]
        for letter, logprob in zip(letters, not_none(one.option_logprobs), strict=True):
            spelled = sum(first.get(form.format(letter), 0) for form in LETTER_FORMS)
            if letter in (one.bounded or ()):
                n_bounded += 1
                assert spelled - 1e-6 <= np.exp(logprob) <= listed[0] + 1e-6
            else:
                assert np.exp(logprob) == pytest.approx(spelled, abs=1e-5)
    assert n_bounded > 0


def test_p_true_is_read_from_the_list_as_the_whole_distribution_has_it(
    llama_server: dict[str, Any], asked: Asked, phantom_instances: list[Instance], open_phantom: ImageOpener
) -> None:
    for instance, one in list(zip(phantom_instances, asked[0], strict=True))[::6]:
        chat = PROMPTS.question_chat(instance.question, instance.options)
        chat = PROMPTS.p_true_chat(
            chat, not_none(one.greedy_text), not_none(one.greedy_choice), instance.options
        )
        [first, *_] = whole_distributions(llama_server, chat, open_phantom(instance))
        true, false = (sum(first.get(f.format(w), 0) for f in WORD_FORMS) for w in ("True", "False"))
        assert one.p_true == pytest.approx(true / (true + false), abs=1e-4)


def test_more_samples_than_the_server_has_slots_come_in_several_calls(asked: Asked) -> None:
    """Six in one request is refused; half of them is not."""
    found, facts = asked
    assert facts["n"] == "3 a call"
    assert facts["draws"] == "yes"
    for one in found:
        assert len(one.samples or ()) == 6
        assert all(sample.token_logprobs for sample in one.samples or ())
        # greedy, twice three samples, P(True) of an option that was named, stated confidence
        assert one.calls == 4 + (one.greedy_choice is not None)
    assert sum(len({sample.text for sample in one.samples or ()}) > 1 for one in found) > len(found) / 10


def test_the_canary_tells_images_apart_and_answers_alike(asked: Asked) -> None:
    facts = asked[1]
    assert facts["images"] == "told apart"
    assert facts["deterministic"] == "yes"
    assert facts["owned_by"] == "llamacpp"


def test_the_image_moves_the_logprobs(asked: Asked, phantom_instances: list[Instance]) -> None:
    """One question with one list of options, under `clean` and under `no_image`."""
    found = dict(zip([(one.item_id, one.condition) for one in phantom_instances], asked[0], strict=True))
    items = {one.item_id for one in phantom_instances}
    moved = [
        np.abs(
            np.subtract(
                not_none(found[item, "clean"].option_logprobs),
                not_none(found[item, "no_image"].option_logprobs),
            )
        ).max()
        for item in items
    ]
    assert min(moved) > 100 * TOLERANCE


@pytest.mark.parametrize("cached", [True, False])
def test_asked_again_it_answers_alike_by_default_too(
    ask: Ask, default_llama_server: dict[str, Any], phantom_instances: list[Instance], cached: bool
) -> None:
    body = {"cache_prompt": cached}
    first, facts = ask(phantom_instances[:12], **default_llama_server, extra_body=body, concurrency=1)
    again, _ = ask(phantom_instances[:12], **default_llama_server, extra_body=body, concurrency=1)
    assert facts["deterministic"] == "yes"
    assert _distance(first, again) < 1e-4
    assert (not_none(first[0].reused_tokens) > 0) == cached


def test_samples_are_draws_of_the_distribution_once_nothing_is_left_out(
    ask: Ask, llama_server: dict[str, Any], asked: Asked, phantom_instances: list[Instance]
) -> None:
    """By default a token less likely than a twentieth of the likeliest one is never drawn."""
    n = 100
    pairs = list(zip(asked[0], phantom_instances, strict=True))
    chosen = sorted(
        pairs, key=lambda pair: rare_probability(not_none(pair[0].option_logprobs)), reverse=True
    )[:6]
    chosen += sorted(pairs, key=lambda pair: max(not_none(pair[0].option_logprobs)))[:4]
    shown = [instance for _, instance in chosen]
    whole, _ = ask(shown, n_samples=n, **llama_server, extra_body=WHOLE, n_per_call=4)
    cut, _ = ask(shown, n_samples=n, **llama_server, n_per_call=4)
    counts = np.zeros(2, int)
    for (known, _), *drawn in zip(chosen, whole, cut, strict=True):
        assert p_value(not_none(drawn[0].samples), not_none(known.option_logprobs)) > 1e-4
        rare = np.flatnonzero(is_rare(not_none(known.option_logprobs)))
        counts += np.array([sum(sample.choice in rare for sample in not_none(one.samples)) for one in drawn])
    expected = n * sum(rare_probability(not_none(known.option_logprobs)) for known, _ in chosen)
    assert expected > 15
    assert counts[0] > expected / 3
    assert counts[1] == 0


def test_a_restriction_of_samples_is_kept(
    ask: Ask, llama_server: dict[str, Any], phantom_instances: list[Instance], asked: Asked
) -> None:
    """Where one token is left, samples that differ else are one; the penalty goes by this server's own name for it."""

    def texts(row: Evidence) -> set[str]:
        return {sample.text for sample in not_none(row.samples)}

    varied = [one for one, row in zip(phantom_instances, asked[0], strict=True) if len(texts(row)) > 1]
    limits = {"top_k": 1, "repetition_penalty": 1.01}
    found, facts = ask(varied, 6, limits, **llama_server, extra_body=WHOLE)
    assert facts["limits"].endswith("repetition_penalty kept, as repeat_penalty")
    assert len(found) > 2
    assert {len(texts(row)) for row in found} == {1}


def test_rows_keep_the_contract(asked: Asked) -> None:
    Contract("evidence").validate(frame(asked[0], "evidence"))


def is_rare(logprobs: Sequence[float]) -> NDArray[np.bool_]:
    """Below llama.cpp's default `min_p` of 0.05, with something to spare."""
    return np.asarray(logprobs) < max(logprobs) + log(0.048)


def rare_probability(logprobs: Sequence[float]) -> float:
    return float(np.exp(logprobs)[is_rare(logprobs)].sum())


def whole_distributions(server: dict[str, Any], chat: Chat, image: Image) -> list[dict[str, float]]:
    """Probability of every token by its text at each position of the greedy answer, asked for without the engine."""
    url = data_url(image, None)
    body = body_of(chat, (url,), seed=1, max_tokens=12, top_logprobs=VOCABULARY)
    response = httpx.post(f"{server['base_url']}/chat/completions", json=body, timeout=60).raise_for_status()
    [choice] = response.json()["choices"]
    found: list[dict[str, float]] = []
    for position in choice["logprobs"]["content"]:
        found.append(defaultdict(float))
        for token in position["top_logprobs"]:  # special tokens have no text, so several are one
            found[-1][token["token"]] += exp(token["logprob"])
    return found


def _distance(own: list[Evidence], served: list[Evidence]) -> float:
    """Largest difference of an option's log-prob."""
    pairs = zip(own, served, strict=True)
    return max(
        float(np.abs(np.subtract(not_none(a.option_logprobs), not_none(b.option_logprobs))).max())
        for a, b in pairs
    )
