"""The forecast of requests against requests counted by a server."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest
from tests.engines.endpoint.asking import ask, make_instances
from tests.engines.endpoint.fake_model import FakeModel
from tests.engines.endpoint.fault_server import serving

from vqa_canary.engines.endpoint.image_tokens import tokens_an_image
from vqa_canary.engines.endpoint.options import EndpointModel, Price
from vqa_canary.engines.endpoint.plan import calls_an_instance
from vqa_canary.engines.forecast import forecast
from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.sampling import Sampling

PerCall = int | Literal["auto"]


@pytest.mark.parametrize(
    ("n_samples", "n_per_call", "expected"),
    [(10, "auto", (2, 14)), (10, 1, (11, 14)), (10, 4, (4, 7)), (0, "auto", (1, 4)), (0, 5, (1, 4))],
)
def test_fewest_and_most(n_samples: int, n_per_call: PerCall, expected: tuple[int, int]) -> None:
    assert calls_an_instance(Sampling(n_samples=n_samples), n_per_call) == expected


@pytest.mark.parametrize("most_choices", [1, 2, 5])
@pytest.mark.parametrize("n_per_call", ["auto", 2])
def test_what_is_asked_lies_between(most_choices: int, n_per_call: PerCall) -> None:
    sampling = Sampling(n_samples=5)
    fewest, most = calls_an_instance(sampling, n_per_call if most_choices > 1 else "auto")
    with serving(FakeModel(most_choices=most_choices)) as server:
        engine, found = ask(server, n=4, sampling=sampling, n_per_call=n_per_call)
        assert all(fewest <= (one.calls or 0) <= most for one in found)
        spent = sum(one.calls or 0 for one in found) + int(engine.facts["canary_calls"])
        assert spent == len(server.requests)


def test_conditions_add_up_and_clean_comes_first() -> None:
    some, sampling = make_instances(7), Sampling(n_samples=3)
    instances = [
        *(replace(one, condition="nota_replace") for one in some[:3]),
        *some,
        *(replace(one, condition="blurred") for one in some[2:4]),
    ]
    price = Price(input=2, output=10)
    options = {
        "m": EndpointModel(base_url="http://h/v1", model="m", price_per_million=price, image_tokens=70)
    }
    [cost] = forecast(instances, options, Prompts(), sampling).values()
    assert [(name, own.instances) for name, own in cost.conditions.items()] == [
        ("clean", 7),
        ("blurred", 2),
        ("nota_replace", 3),
    ]
    for name in ("fewest_calls", "most_calls", "text_tokens", "image_tokens", "new_tokens", "money"):
        whole = sum(getattr(own, name) for own in cost.conditions.values())
        assert getattr(cost, name) == pytest.approx(whole)
    assert cost.most_calls == 12 * calls_an_instance(sampling, "auto")[1]
    assert cost.images_sent == cost.most_calls
    assert cost.image_tokens == 70 * cost.images_sent
    assert cost.money == pytest.approx(
        (2 * (cost.text_tokens + cost.image_tokens) + 10 * cost.new_tokens) / 1e6
    )


def test_without_a_price_or_image_tokens_neither_is_guessed() -> None:
    options = {"m": EndpointModel(base_url="http://h/v1", model="m")}
    [cost] = forecast(make_instances(3), options, Prompts(), Sampling(n_samples=2)).values()
    assert cost.image_tokens is cost.money is cost.input_price is None
    [nothing] = forecast([], options, Prompts(), Sampling(n_samples=2)).values()
    assert (nothing.most_calls, nothing.text_tokens, nothing.conditions) == (0, 0, {})


@pytest.mark.parametrize(
    ("prompt_tokens", "n_images", "expected"),
    [(None, 1, None), (300, 0, None), (300, 1, 275), (575, 2, 275), (25, 1, None), (10, 1, None), (26, 1, 1)],
)
def test_an_image_takes_what_the_text_does_not(
    prompt_tokens: int | None, n_images: int, expected: int | None
) -> None:
    """A text of a hundred characters, which is about 25 tokens."""
    chat = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "x" * 100}]}]
    assert tokens_an_image(prompt_tokens, chat, n_images) == expected


def test_prices_turn_the_forecast_into_money() -> None:
    """Twice the tokens of the prompt's price, ten times of the answer's."""
    instances, sampling = make_instances(5), Sampling(n_samples=3)
    for price in (None, Price(input=2, output=10, currency="EUR")):
        options = {"m": EndpointModel(base_url="http://h/v1", model="m", price_per_million=price)}
        [cost] = forecast(instances, options, Prompts(), sampling).values()
        expected = (2 * cost.text_tokens + 10 * cost.new_tokens) / 1e6
        assert cost.money == (pytest.approx(expected) if price else None)
        assert cost.currency == ("EUR" if price else "")
