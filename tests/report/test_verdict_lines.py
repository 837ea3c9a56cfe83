"""The three verdicts as the last lines of a run."""

from __future__ import annotations

from typing import Any

from vqa_canary.report.verdict_lines import verdict_lines


def claim(name: str, **changes: Any) -> dict[str, Any]:
    plain = {
        "claim": name, "level": "headline", "dataset": "d", "condition": "clean", "method": "label_nll", "group": "",
        "primary": True, "estimate": 0.9, "ci_low": 0.8, "ci_high": 0.95, "verdict": "supported",
    }  # fmt: skip
    return plain | changes


def test_each_claim_has_a_line_with_its_number_by_the_primary_method() -> None:
    claims = [
        claim("fragility_is_foreseeable", condition="nota_replace", verdict="inconclusive"),
        claim("fragility_is_foreseeable", condition="nota_last", verdict="not supported"),
        claim("ue_tracks_accuracy"),
        claim("ue_tracks_accuracy", method="anll", primary=False, verdict="not supported"),
        claim("ue_tracks_accuracy", level="cell", verdict="not supported"),
        *(
            claim("nota_blindness", condition="nota_replace", group=group, verdict=verdict, estimate=value)
            for group, verdict, value in (("old", "supported", -0.1), ("new", None, None))
        ),
    ]
    tracking, blindness, foresight = verdict_lines(claims)
    assert tracking.startswith("Uncertainty tracks accuracy (d): supported, by label_nll: ")
    assert blindness.startswith("Uncertainty is blind to a hidden answer (d, nota_replace): ")
    assert "models of the group “old”: supported, by label_nll" in blindness
    assert "models of the group “new”: not asked, by label_nll." in blindness
    assert foresight.startswith("Collapse is foreseeable (d, nota_replace): inconclusive, by label_nll")
    assert "not supported" not in tracking + foresight


def test_no_claims_are_no_lines() -> None:
    assert verdict_lines([]) == []
