"""What the last lines of a run say."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from vqa_canary.closing import MOST_ERRORS, ClosingHook
from vqa_canary.report.forecast_lines import MOST_REASONS


class Catalog:
    """Datasets by name; those with failures are handed out as they are."""

    def __init__(self, **data: Any) -> None:
        self._data = data

    def load(self, name: str) -> Any:
        return self._data[name]

    def get(self, name: str) -> Any:
        return self._data.get(name, SimpleNamespace(_describe=lambda: {"filepath": f"data/{name}"}))


def told(capsys: pytest.CaptureFixture[str], **data: Any) -> list[str]:
    pipeline: Any = SimpleNamespace(all_outputs=lambda: set(data))
    ClosingHook().after_pipeline_run({"env": "audit"}, pipeline, Catalog(**data))
    return capsys.readouterr().out.splitlines()


def forecast(n_reasons: int) -> dict[str, Any]:
    refused = [
        {"dataset": "d", "stage": "sources", "reason": f"reason {k}", "n": n_reasons - k}
        for k in range(n_reasons)
    ]
    return {"items": 5, "images": 4, "instances": 10, "refused": refused, "endpoints": {}}


@pytest.mark.parametrize("n_reasons", [10, MOST_REASONS])
def test_every_reason_of_a_sensible_number_is_named(
    capsys: pytest.CaptureFixture[str], n_reasons: int
) -> None:
    lines = told(capsys, forecast=forecast(n_reasons))
    assert [line for line in lines if "reason" in line] == [
        f"  {n_reasons - k} x reason {k} (sources)" for k in range(n_reasons)
    ]
    assert lines[-1] == "  Each with its place in the file: data/quarantine_csv"


def test_reasons_beyond_that_are_counted_with_their_rows(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, forecast=forecast(MOST_REASONS + 2))
    assert "  3 x 2 other reasons" in lines


def test_other_errors_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    letters = "abcdefghij"[: MOST_ERRORS + 2]
    errors = Counter({f"error {letter}": 10 - k for k, letter in enumerate(letters)})
    evidence = SimpleNamespace(failures=lambda: errors)
    [line] = told(capsys, m_evidence=evidence)
    assert f"{sum(errors.values())} instances failed" in line
    last_two = sum(sorted(errors.values())[:2])
    assert f"; {last_two} x 2 other errors)" in line


def test_answers_that_cannot_be_read_are_warned_of(capsys: pytest.CaptureFixture[str]) -> None:
    from tests.report.unread import rows

    lines = told(capsys, readability=rows())
    assert lines[0].startswith(
        "WARNING: Not all answers of odd can be read. clean: 24 of 60 answers name an option (40.0 %;"
    )
    assert "accuracy 30.0 % to 75.0 %" in lines[0]
    assert not any("plain" in line for line in lines)


def metrics(*models: str, method: str = "") -> pd.DataFrame:
    names = ["model", "dataset", "condition", "subset", "method", "metric"]
    rows = [(model, "d", "clean", "all", method, "accuracy", 0.5, 0.4, 0.6, 10, 4, None) for model in models]
    return pd.DataFrame(rows, columns=[*names, "value", "ci_low", "ci_high", "n", "n_clusters", "reason"])


def test_every_model_has_its_accuracy_with_its_interval(capsys: pytest.CaptureFixture[str]) -> None:
    from tests.report.unread import row, rows

    failed = row("none", "clean", 0, answered=0, failed=60, accuracy=[], warnings=[])
    lines = told(capsys, readability=[*rows(), failed], metrics=metrics("odd", "plain"))
    assert lines[-3:] == [
        "none on d: accuracy not measured: all 60 answers failed",
        "odd on d: accuracy 30.0 % to 75.0 % (unread wrong: 95 %: 24.0 to 36.0 %; 60 questions, 20 images; "
        "unread left out: 95 %: 69.0 to 81.0 %; 24 questions, 20 images)",
        "plain on d: accuracy 50.0 % (95 %: 40.0 to 60.0 %; 10 questions, 4 images)",
    ]


def test_many_models_share_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    many = metrics(*(f"m{k}" for k in range(6)))
    many.loc[2, "value"] = 0.75
    assert told(capsys, readability=[], metrics=many) == [
        "6 models on d: accuracy 50.0 % to 75.0 %; the page has each with its interval"
    ]


def test_conditions_that_a_file_has_no_answers_for_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    from tests.report.unread import row

    failed: dict[str, Any] = {"answered": 0, "failed": 60, "accuracy": [], "warnings": []}
    readable = [row("m", "", 60), row("m", "clean", 60), row("m", "nota_replace", 0, **failed)]
    evidence = SimpleNamespace(failures=lambda: Counter({"not recorded": 60}))
    lines = told(capsys, m_evidence=evidence, readability=readable)
    [line] = [line for line in lines if "failed and are left out" in line]
    assert "no row for nota_replace: set `conditions: [clean]`" in line
    assert "retry_failed" not in line
