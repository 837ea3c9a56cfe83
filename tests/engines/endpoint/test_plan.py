"""The forecast of requests against requests counted by a server."""

from __future__ import annotations

from typing import Literal

import pytest
from tests.engines.endpoint.asking import ask, make_instances
from tests.engines.endpoint.fake_model import FakeModel
from tests.engines.endpoint.fault_server import serving

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


def test_prices_turn_the_forecast_into_money() -> None:
    """Twice the tokens of the prompt's price, ten times of the answer's."""
    instances, sampling = make_instances(5), Sampling(n_samples=3)
    for price in (None, Price(input=2, output=10, currency="EUR")):
        options = {"m": EndpointModel(base_url="http://h/v1", model="m", price_per_million=price)}
        [cost] = forecast(instances, options, Prompts(), sampling).values()
        expected = (2 * cost.text_tokens + 10 * cost.new_tokens) / 1e6
        assert cost.money == (pytest.approx(expected) if price else None)
        assert cost.currency == ("EUR" if price else "")
