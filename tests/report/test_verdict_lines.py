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
            claim("nota_blindness", condition="nota_replace", group=group, verdict=verdict, estimate=value,
                  ci_low=-0.2, ci_high=0.0)
            for group, verdict, value in (("old", "supported", -0.1), ("new", None, None))
        ),
    ]  # fmt: skip
    tracking, blindness, foresight = verdict_lines(claims)
    assert tracking == "Uncertainty tracks accuracy (d): supported, by label_nll: 0.90 (0.80 to 0.95)."
    assert blindness == (
        "Uncertainty is blind to a hidden answer (d, nota_replace): models of the group “old”: supported, by "
        "label_nll: \N{MINUS SIGN}0.10 (\N{MINUS SIGN}0.20 to 0.00); models of the group “new”: not asked, by "
        "label_nll."
    )
    assert foresight == (
        "Collapse is foreseeable (d, nota_replace): inconclusive, by label_nll: 0.90 (0.80 to 0.95)."
    )


def test_no_claims_are_no_lines() -> None:
    assert verdict_lines([]) == []
