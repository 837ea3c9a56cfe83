from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from vqa_canary.engines.prompts import Prompts
from vqa_canary.reference_models.architecture import Architecture, build_model, build_processor
from vqa_canary.reference_models.corpus import sentences
from vqa_canary.reference_models.initialisation import initialise

if TYPE_CHECKING:
    from transformers import PreTrainedModel


@pytest.fixture(scope="module", params=["llava", "idefics3"])
def fresh(request: pytest.FixtureRequest) -> PreTrainedModel:
    architecture = Architecture(family=request.param, text_layers=2)
    processor = build_processor(architecture, sentences(Prompts(), []))
    model = build_model(architecture, processor)
    model.set_attn_implementation("eager")
    initialise(model, 0)
    return model.eval()


def test_heads_of_the_first_layer_look_a_fixed_way_back(fresh: PreTrainedModel) -> None:
    ids = torch.randint(10, 60, (1, 40), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        attention = fresh.get_decoder()(input_ids=ids, output_attentions=True).attentions[0][0]
    looked_at = [int(weights[-1].argmax()) for weights in attention]
    assert looked_at == [39 - back for back in _distances(fresh)]


def _distances(model: PreTrainedModel) -> range:
    """Head h looks h + 1 tokens back, whether or not it shares its keys."""
    return range(1, model.config.text_config.num_attention_heads + 1)


def test_later_layers_look_at_tokens_like_their_own(fresh: PreTrainedModel) -> None:
    decoder = fresh.get_decoder()
    projections = decoder.layers[1].self_attn
    words = torch.nn.functional.normalize(decoder.embed_tokens.weight[:40].detach(), dim=-1) * 11
    size = projections.head_dim
    with torch.no_grad():
        keys = projections.k_proj(words).view(40, -1, size)
        queries = projections.q_proj(words).view(40, -1, size)
    groups = queries.shape[1] // keys.shape[1]
    for head in range(queries.shape[1]):
        alike = queries[:, head] @ keys[:, head // groups].T
        assert (alike.argmax(-1) == torch.arange(40)).float().mean() > 0.95


def test_the_same_seed_gives_the_same_weights(fresh: PreTrainedModel) -> None:
    before = {name: weight.clone() for name, weight in fresh.get_decoder().state_dict().items()}
    initialise(fresh, 1)
    assert any((weight != before[name]).any() for name, weight in fresh.get_decoder().state_dict().items())
    initialise(fresh, 0)
    assert all((weight == before[name]).all() for name, weight in fresh.get_decoder().state_dict().items())
