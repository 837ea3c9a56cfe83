"""Accuracy of each model for the last lines of a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vqa_canary.counting import counted
from vqa_canary.estimate import Estimate, undefined
from vqa_canary.nota import ALL
from vqa_canary.numerals import percent
from vqa_canary.report.accuracy import Rows, accuracy_of, shown
from vqa_canary.report.numbers import Range, end_values
from vqa_canary.report.shares import right_share
from vqa_canary.rows import CLEAN

if TYPE_CHECKING:
    import pandas as pd

MOST_MODELS = 5
"""Of a data set that get a line each."""


def accuracy_lines(metrics: pd.DataFrame, readability: Rows) -> list[str]:
    """One line a model, or one a data set of many models; of the questions as they stand.

    Parameters
    ----------
    metrics : rows of the table `metrics`
    readability : rows of the table `readability`
    """
    accuracies = _found(metrics, readability)
    lines = []
    for dataset in dict.fromkeys(dataset for dataset, _ in accuracies):
        own = {model: numbers for (of, model), numbers in accuracies.items() if of == dataset}
        if len(own) > MOST_MODELS:
            every = [number for numbers in own.values() for number in numbers]
            who = f"{counted(len(own), 'model')} on {dataset}"
            lines.append(f"{who}: accuracy {_span(every)}; the page has each with its interval")
        else:
            lines += [f"{model} on {dataset}: accuracy {_told(numbers)}" for model, numbers in own.items()]
    return lines


def _found(metrics: pd.DataFrame, readability: Rows) -> dict[tuple[str, str], list[Estimate | Range]]:
    """By data set and model: one number, or one a method where each method has answers of its own."""
    rows = metrics[
        (metrics["metric"] == "accuracy") & (metrics["condition"] == CLEAN) & (metrics["subset"] == ALL)
    ]
    numbers = {
        (str(row["dataset"]), str(row["model"]), str(row["method"])): Estimate.of(row)
        for row in rows.to_dict("records")
    }
    for row in readability:
        about = row["dataset"], row["model"]
        if row["condition"] == CLEAN and not any(key[:2] == about for key in numbers):
            numbers[(*about, "")] = undefined("not measured")
    instead = shown(readability)
    accuracies: dict[tuple[str, str], list[Estimate | Range]] = {}
    for (dataset, model, method), number in sorted(numbers.items()):
        place = dataset, model, CLEAN
        accuracies.setdefault((dataset, model), []).append(accuracy_of(instead, place, ALL, method, number))
    return accuracies


def _told(numbers: Sequence[Estimate | Range]) -> str:
    if len(numbers) > 1:
        return f"{_span(numbers)}, by method: each is judged on answers of its own"
    text, small = right_share(numbers[0])
    return f"{text} ({small})" if numbers[0].value is not None else str(small)


def _span(numbers: Sequence[Estimate | Range]) -> str:
    values = [value for number in numbers for value in end_values(number)]
    return f"{percent(min(values))} to {percent(max(values))}" if values else "not measured"
