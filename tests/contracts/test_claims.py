"""What `claims.json` promises."""

from __future__ import annotations

from typing import Any

import pytest
from tests.contracts.conftest import Failed

SOUND: dict[str, Any] = {
    "claim": "nota_blindness",
    "level": "cell",
    "dataset": "slake",
    "condition": "nota_replace",
    "group": "",
    "model": "tiny",
    "method": "margin",
    "primary": True,
    "statement": "Uncertainty hardly moves.",
    "statistic": "standardised shift",
    "estimate": 0.1,
    "ci_low": 0.0,
    "ci_high": 0.2,
    "p_value": 0.01,
    "verdict": "supported",
    "reason": None,
    "n_models": 12,
    "n_items": 300,
    "rule": "see docs",
}


def test_sound_claims_pass(failed: Failed) -> None:
    undefined = dict.fromkeys(("estimate", "ci_low", "ci_high", "p_value", "verdict")) | {"reason": "too few"}
    others: list[dict[str, Any]] = [
        undefined | {"method": "p_true"},
        {"method": "verbalized", "verdict": "supported (falls)", "details": {}},
        {"claim": "nota_hardly_moves", "verdict": "not supported (falls)", "primary": False},
    ]
    assert failed("claims", [SOUND, *(SOUND | other for other in others)]) == {}


@pytest.mark.parametrize(
    ("changed", "column"),
    [
        ({"verdict": "proven"}, "verdict"),
        ({"p_value": 1.5}, "p_value"),
        ({"estimate": float("nan")}, "estimate"),
        ({"n_models": -1}, "n_models"),
        ({"primary": "yes?"}, "primary"),
        ({"rule": " "}, "rule"),
        ({"ci_low": 0.15}, None),
        ({"verdict": None}, None),
    ],
)
def test_fault_is_found_in_its_claim(failed: Failed, changed: dict[str, Any], column: str | None) -> None:
    [found] = failed("claims", [SOUND, SOUND | changed]).values()
    assert found.column == column
    assert "claim 1 (nota_blindness)" in found.failure_examples[0]


def test_claim_that_stands_twice_is_found(failed: Failed) -> None:
    found = failed("claims", [SOUND, SOUND | {"estimate": 0.05}])["unique_key"]
    assert found.failure_examples == ["nota_blindness/slake/nota_replace//tiny/margin"]


def test_missing_field_is_named(failed: Failed) -> None:
    [found] = failed("claims", [{key: value for key, value in SOUND.items() if key != "rule"}]).values()
    assert found.column == "rule"


@pytest.mark.parametrize("data", [[], {}, None, "text"])
def test_no_claim_at_all_is_a_fault(failed: Failed, data: object) -> None:
    assert failed("claims", data)
