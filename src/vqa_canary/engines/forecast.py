"""What asking will cost, before anything is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from vqa_canary.engines.endpoint.image_tokens import CHARACTERS_A_TOKEN, n_characters
from vqa_canary.engines.endpoint.options import EndpointModel
from vqa_canary.engines.endpoint.plan import calls_an_instance
from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.sampling import Sampling
from vqa_canary.rows import Instance


@dataclass(frozen=True)
class Cost:
    """Requests about some instances, retries and the canary left out."""

    instances: int
    fewest_calls: int
    most_calls: int
    text_tokens: int
    """Most tokens of text that are read, by the rule of thumb."""
    image_tokens: int | None
    """Most tokens of images that are read, which every call sends once more; None where nobody said how many an image
    takes."""
    new_tokens: int
    """Most tokens that the model writes."""
    money: float | None
    """What all these tokens cost at most, at the prices that the model's `price_per_million` gives; without those of
    images where they are not known."""


@dataclass(frozen=True)
class Forecast(Cost):
    """Requests to one endpoint."""

    images_sent: int
    """Most images that are sent, each as often as there are calls about it."""
    max_calls: int | None
    """Most requests that the configuration allows in one run; None where it sets no limit."""
    max_tokens: int | None
    max_cost: float | None
    input_price: float | None
    """Price of a million tokens that are read."""
    currency: str
    conditions: Mapping[str, Cost]
    """The same for each condition, in order of its name but for `clean`, which is the first."""


def forecast(
    instances: Sequence[Instance], options: Mapping[str, BaseModel], prompts: Prompts, sampling: Sampling
) -> dict[str, Forecast]:
    """The cost of each configured endpoint; a model that runs here, or recorded answers, cost no call.

    Parameters
    ----------
    options : of each model's engine, by name
    """
    by_condition: dict[str, list[Instance]] = {}
    for instance in sorted(instances, key=lambda one: (one.condition != "clean", one.condition)):
        by_condition.setdefault(instance.condition, []).append(instance)
    found = {}
    for name, model in options.items():
        if not isinstance(model, EndpointModel):
            continue
        costs = {condition: _cost(own, model, prompts, sampling) for condition, own in by_condition.items()}
        price, most = model.price_per_million, calls_an_instance(sampling, model.n_per_call)[1]
        found[name] = Forecast(
            **vars(_together([*costs.values()])),
            images_sent=most * sum(len(one.images) for one in instances),
            max_calls=model.max_calls,
            max_tokens=model.max_tokens,
            max_cost=model.max_cost,
            input_price=price.input if price else None,
            currency=price.currency if price else "",
            conditions=costs,
        )
    return found


def _cost(instances: Sequence[Instance], model: EndpointModel, prompts: Prompts, sampling: Sampling) -> Cost:
    own = model.of_model(prompts)
    letters = sum(n_characters(own.question_chat(one.question, one.options)) for one in instances)
    fewest, most = calls_an_instance(sampling, model.n_per_call)
    n = len(instances)
    asked = sampling.follow_ups
    follow_ups = n * sum(len(getattr(own, name)) for name in asked)
    text = (letters * most + follow_ups) // CHARACTERS_A_TOKEN
    images = model.image_tokens and model.image_tokens * most * sum(len(one.images) for one in instances)
    limit = own.answer_limit(sampling.max_new_tokens)
    new = n * ((sampling.n_samples + 1) * limit + len(asked) * sampling.max_new_tokens)
    price = model.price_per_million
    money = price.of(text + (images or 0), new) if price else None
    return Cost(n, n * fewest, n * most, text, images, new, money)


def _together(costs: Sequence[Cost]) -> Cost:
    def total(name: str) -> int:
        return sum(getattr(one, name) or 0 for one in costs)

    known = [one.money for one in costs if one.money is not None]
    return Cost(
        instances=total("instances"),
        fewest_calls=total("fewest_calls"),
        most_calls=total("most_calls"),
        text_tokens=total("text_tokens"),
        image_tokens=total("image_tokens") if all(one.image_tokens is not None for one in costs) else None,
        new_tokens=total("new_tokens"),
        money=sum(known) if known else None,
    )
