"""The models of a study as a plan sees them: whether asking them costs, and how many methods may have a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vqa_canary.engines.endpoint.options import EndpointModel
from vqa_canary.engines.registration import model_options
from vqa_canary.errors import BadInput
from vqa_canary.project import project_root

if TYPE_CHECKING:
    from vqa_canary.audit.planning.plan import PlannedModel
    from vqa_canary.embedding.settings import EmbedderSettings
    from vqa_canary.engines.sampling import Sampling
    from vqa_canary.pipelines.parameters import Scoring

_OF_SAMPLES = frozenset({"samples", "sample_embeddings"})
_OF_LOGPROBS = frozenset({"option_logprobs", "greedy_token_logprobs", "p_true"})
"""Evidence columns that need log-probs."""


def planned_models(
    models: Mapping[str, Mapping[str, Any]], scoring: Scoring, sampling: Sampling, embedder: EmbedderSettings
) -> list[PlannedModel]:
    """Every configured model, in order.

    Only calls to an endpoint cost: weights that run here cost time, and recorded answers are there already.
    """
    from vqa_canary.audit.planning.plan import PlannedModel
    from vqa_canary.ue.configured import methods_of

    needs = [method.needs for method in methods_of(scoring.methods)]
    missing = _OF_SAMPLES if sampling.n_samples == 0 else frozenset[str]()
    missing |= {"sample_embeddings"} if embedder.path is None else frozenset[str]()
    missing |= {gap.field for gap in sampling.gaps()}
    found = []
    for name, model in models.items():
        endpoint = _endpoint(name, model)
        lost = missing | (_OF_LOGPROBS if endpoint and endpoint.logprobs == "off" else frozenset[str]())
        found.append(PlannedModel(name, endpoint is not None, _n_possible(needs, lost)))
    return found


def _n_possible(needs: Sequence[Sequence[str]], lost: frozenset[str]) -> int:
    """How many methods need nothing of what is lost; 1 at least, for a policy is of some method."""
    return max(1, sum(lost.isdisjoint(columns) for columns in needs))


def _endpoint(name: str, model: Mapping[str, Any]) -> EndpointModel | None:
    try:
        options = model_options(name, dict(model), project_root())[1]
    except BadInput:  # a model that this run does not ask may be gone
        return None
    return options if isinstance(options, EndpointModel) else None
