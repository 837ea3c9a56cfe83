"""What `claims.json` promises."""

from __future__ import annotations

from typing import Any

import pytest

SOUND: dict[str, Any] = {
    "claim": "nota_blindness",
    "statement": "Uncertainty hardly moves.",
    "statistic": "standardised shift",
    "estimate": 0.1,
    "ci_low": 0.0,
    "ci_high": 0.2,
    "p_value": 0.01,
    "verdict": "supported",
    "n_models": 12,
    "n_items": 300,
    "rule": "see docs",
}


def test_sound_claims_pass_as_list_and_as_mapping(failed) -> None:
    undefined = dict.fromkeys(("estimate", "ci_low", "ci_high", "p_value"))
    more = SOUND | undefined | {"claim": "fragility", "verdict": "supported (falls)", "method": "margin"}
    assert failed("claims", [SOUND, more]) == {}
    assert (
        failed(
            "claims", {row["claim"]: {k: v for k, v in row.items() if k != "claim"} for row in (SOUND, more)}
        )
        == {}
    )


@pytest.mark.parametrize(
    ("changed", "column"),
    [
        ({"verdict": "proven"}, "verdict"),
        ({"p_value": 1.5}, "p_value"),
        ({"estimate": float("nan")}, "estimate"),
        ({"n_models": -1}, "n_models"),
        ({"rule": " "}, "rule"),
        ({"ci_low": 0.15}, None),
    ],
)
def test_fault_is_found_in_its_claim(failed, changed: dict[str, Any], column: str | None) -> None:
    [found] = failed("claims", [SOUND, SOUND | changed]).values()
    assert found.column == column
    assert "claim 1 (nota_blindness)" in found.failure_examples[0]


def test_missing_field_is_named(failed) -> None:
    [found] = failed("claims", [{key: value for key, value in SOUND.items() if key != "rule"}]).values()
    assert found.column == "rule"


@pytest.mark.parametrize("data", [[], {}, None, "text"])
def test_no_claim_at_all_is_a_fault(failed, data: object) -> None:
    assert failed("claims", data)
