"""The forecast of requests against requests counted by a server."""

from __future__ import annotations

import pytest
from tests.engines.endpoint.asking import ask
from tests.engines.endpoint.fake_model import FakeModel
from tests.engines.endpoint.fault_server import serving

from vqa_canary.engines.endpoint.plan import calls_an_instance
from vqa_canary.engines.registration import Sampling


@pytest.mark.parametrize(
    ("n_samples", "n_per_call", "expected"),
    [(10, "auto", (2, 14)), (10, 1, (11, 14)), (10, 4, (4, 7)), (0, "auto", (1, 4)), (0, 5, (1, 4))],
)
def test_fewest_and_most(n_samples: int, n_per_call: int | str, expected: tuple[int, int]) -> None:
    assert calls_an_instance(Sampling(n_samples=n_samples), n_per_call) == expected


@pytest.mark.parametrize("most_choices", [1, 2, 5])
@pytest.mark.parametrize("n_per_call", ["auto", 2])
def test_what_is_asked_lies_between(most_choices: int, n_per_call: int | str) -> None:
    sampling = Sampling(n_samples=5)
    fewest, most = calls_an_instance(sampling, n_per_call if most_choices > 1 else "auto")
    with serving(FakeModel(most_choices=most_choices)) as server:
        engine, found = ask(server, n=4, sampling=sampling, n_per_call=n_per_call)
        assert all(fewest <= (one.calls or 0) <= most for one in found)
        spent = sum(one.calls or 0 for one in found) + int(engine.facts["canary_calls"])
        assert spent == len(server.requests)
