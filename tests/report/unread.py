"""Made-up rows of the table `readability`: one model that is read, and one that is not."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]


def estimate(value: float | None, n: int, half: float = 0.06) -> Row:
    """A share with its interval, or none."""
    limits = (None, None) if value is None else (round(value - half, 3), round(value + half, 3))
    reason = "no answer could be read" if value is None else None
    return {
        "value": value, "ci_low": limits[0], "ci_high": limits[1], "n": n, "n_clusters": 20, "reason": reason,
    }  # fmt: skip


def row(model: str, condition: str, named: int, cut: int = 0, dataset: str = "d", **changed: Any) -> Row:
    """60 answers, of which some name an option and some were cut."""
    answers = 60
    unread = named < 0.95 * answers
    accuracy = [
        {
            "subset": subset, "method": "", "unread_wrong": estimate(named * 0.75 / answers, answers),
            "unread_left_out": estimate(0.75 if named else None, named),
        }
        for subset in ("all", "nota_valid", "modality=CT")
    ]  # fmt: skip
    texts = answers - named - cut
    shapes = [{"shape": "an option denied", "n": texts - texts // 3}, {"shape": "empty", "n": texts // 3}]
    made = {
        "dataset": dataset, "model": model, "condition": condition, "instances": answers, "answered": answers - cut,
        "headline": "nota_valid" if condition.startswith("nota_") else "all",
        "failed": cut, "answerable": answers, "answers": answers, "named": named, "unnamed": texts, "cut": cut,
        "beyond": 0,
        "read": estimate(named / answers, answers), "samples": 600, "samples_named": 10 * named, "cut_answers": 0,
        "with_mass": answers, "median_mass": 0.9, "compared": named, "contrary": 0,
        "shapes": [one for one in shapes if one["n"]], "warnings": ["unread"] * unread + ["cut"] * (cut > 0),
        "accuracy": accuracy if unread and condition else [],
    }  # fmt: skip
    return made | changed


def rows(odd: str = "odd", plain: str = "plain", dataset: str = "d") -> list[Row]:
    """Of the odd model 40 % can be read when clean, less when the answer is hidden, and some answers were cut."""
    found = []
    for model, named in ((odd, (24, 12)), (plain, (60, 58))):
        cut = 6 if model == odd else 0
        both = [row(model, "clean", named[0], cut, dataset), row(model, "nota_replace", named[1], 0, dataset)]
        found += [row(model, "", sum(named) // 2, cut // 2, dataset), *both]
    return found
