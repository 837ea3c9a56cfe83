"""What the dry run says of cost."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import pandas as pd
from tests.engines.endpoint.asking import make_instances

from vqa_canary.conditions.registration import CONDITIONS
from vqa_canary.engines.endpoint.options import EndpointModel, Price
from vqa_canary.engines.forecast import forecast
from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.sampling import Sampling
from vqa_canary.nota import unfair
from vqa_canary.report.forecast_lines import forecast_lines
from vqa_canary.report.purposes import PURPOSES, purpose_of


def lines(unfair: dict[str, int] | None = None, **options: Any) -> list[str]:
    clean = make_instances(5)
    instances = [*clean, *(replace(one, condition="nota_replace") for one in clean[:2])]
    model = EndpointModel(base_url="http://h/v1", model="m", **options)
    costs = forecast(instances, {"m": model}, Prompts(), Sampling(n_samples=3))
    content = {"items": 5, "images": 3, "instances": 7, "refused": [], "unfair": unfair or {}}
    return list(
        forecast_lines(content | {"endpoints": {name: asdict(cost) for name, cost in costs.items()}}, "q.csv")
    )


def test_each_condition_has_its_calls_and_what_it_is_for() -> None:
    told = lines()
    assert told[1].startswith("Cost of m: 14 to 49 calls, each with an image; at most about ")
    assert told[2] == f"  clean: 5 instances, 10 to 35 calls: {PURPOSES['clean']}."
    assert told[3] == f"  nota_replace: 2 instances, 4 to 14 calls: {PURPOSES['nota_replace']}."
    assert len(told) == 4


def test_money_is_told_with_and_without_the_tokens_of_images() -> None:
    price = Price(input=1000, output=0, currency="EUR")
    without, known = lines(price_per_million=price), lines(price_per_million=price, image_tokens=200)
    assert "for that text; retries come on top." in without[2]
    # 49 images at most, 100 tokens each, at a thousandth of a euro
    assert "for each 100 tokens that an image takes, at most 4.90 EUR" in without[3]
    assert " 9,800 of images, and " in known[1]
    assert "for all that" in known[2]
    assert not any("Images come on top" in line for line in known)
    clean = next(line for line in known if line.startswith("  clean"))
    assert " EUR: " in clean


def test_limits_that_are_too_small_are_told() -> None:
    price = Price(input=1, output=1000, currency="EUR")
    told = lines(max_calls=48, max_tokens=10, max_cost=0.01, price_per_million=price)
    assert [line for line in told if "may end the run" in line] == [
        "  Its max_calls of 48 may end the run before everything is asked.",
        "  Its max_tokens of 10 may end the run before everything is asked.",
        "  Its max_cost of 0.01 EUR may end the run before everything is asked.",
    ]
    enough = lines(max_calls=49, max_tokens=10**9, max_cost=10**6, price_per_million=price)
    assert not any("may end the run" in line for line in enough)


def test_questions_that_no_finding_is_about_are_named() -> None:
    [line] = [line for line in lines({"nota_replace": 2}) if "not fair" in line]
    assert "2 of these questions" in line
    assert "`nota_replace: {of: nota_valid}`" in line


def test_only_instances_that_offer_nota_can_be_unfair() -> None:
    items = pd.DataFrame({"dataset": "d", "item_id": ["a", "b"], "nota_valid": [True, False]})
    instances = pd.DataFrame(
        [("clean", "a", None), ("clean", "b", None), ("nota_last", "a", 2), ("nota_last", "b", 1)],
        columns=["condition", "item_id", "nota_index"],
    ).assign(dataset="d")
    assert unfair(items, instances) == {"nota_last": 1}
    assert unfair(items, instances[instances["item_id"] == "a"]) == {}
    assert unfair(items, instances.iloc[:0]) == {}


def test_every_condition_of_this_package_has_a_purpose() -> None:
    own = [name for name in CONDITIONS if CONDITIONS[name].__module__ == f"vqa_canary.conditions.{name}"]
    assert {*own} == {*PURPOSES}
    assert purpose_of("somebody's own") == "accuracy and uncertainty when questions are shown so"
