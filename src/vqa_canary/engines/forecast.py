"""What asking will cost, before anything is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from vqa_canary.engines.endpoint.options import EndpointModel
from vqa_canary.engines.endpoint.plan import calls_an_instance
from vqa_canary.engines.prompts import Chat, Prompts
from vqa_canary.engines.sampling import Sampling
from vqa_canary.rows import Instance

CHARACTERS_A_TOKEN = 4
"""Characters of English text to a token, by a rule of thumb, since no tokeniser of a server is known here."""


@dataclass(frozen=True)
class Forecast:
    """Requests to one endpoint, retries and the canary left out."""

    fewest_calls: int
    most_calls: int
    text_tokens: int
    """Most tokens of text that are read, by the rule of thumb; those of images are not counted."""
    new_tokens: int
    """Most tokens that the model writes."""
    max_calls: int | None
    """Most requests that the configuration allows in one run; None where it sets no limit."""
    max_tokens: int | None
    money: float | None = None
    """What the text costs at most, at the prices that the model's `price_per_million` gives; images cost more."""
    currency: str = ""


def forecast(
    instances: Sequence[Instance], options: Mapping[str, BaseModel], prompts: Prompts, sampling: Sampling
) -> dict[str, Forecast]:
    """The cost of each configured endpoint; a model that runs here, or recorded answers, cost no call.

    Every call sends the images once more; what a server counts for it is not known here.

    Parameters
    ----------
    options : of each model's engine, by name
    """
    found = {}
    for name, model in options.items():
        if not isinstance(model, EndpointModel):
            continue
        own = model.of_model(prompts)
        letters = sum(
            _n_characters(own.question_chat(instance.question, instance.options)) for instance in instances
        )
        fewest, most = calls_an_instance(sampling, model.n_per_call)
        n = len(instances)
        limit = own.answer_limit(sampling.max_new_tokens)
        follow_ups = n * sum(len(getattr(own, name)) for name in sampling.follow_ups)
        text_tokens = (letters * most + follow_ups) // CHARACTERS_A_TOKEN
        new_tokens = n * (
            (sampling.n_samples + 1) * limit + len(sampling.follow_ups) * sampling.max_new_tokens
        )
        price = model.price_per_million
        found[name] = Forecast(
            fewest_calls=n * fewest,
            most_calls=n * most,
            text_tokens=text_tokens,
            new_tokens=new_tokens,
            max_calls=model.max_calls,
            max_tokens=model.max_tokens,
            money=price.of(text_tokens, new_tokens) if price else None,
            currency=price.currency if price else "",
        )
    return found


def _n_characters(chat: Chat) -> int:
    return sum(len(part["text"]) for turn in chat for part in turn["content"] if part["type"] == "text")
