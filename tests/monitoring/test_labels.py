"""Labels in a file of their own: read, matched with options, and refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.monitoring.conftest import POLICY, grid

from vqa_canary.errors import BadInput
from vqa_canary.monitoring.labels import read_labels, with_labels
from vqa_canary.monitoring.observing import observe


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_label_is_a_letter_or_the_options_text(tmp_path: Path) -> None:
    path = written(tmp_path, "id,answer\nq1,B\nq2,Liver\nq3,\n q4 ,liver\n")
    assert read_labels(path) == {"q1": "B", "q2": "Liver", "q4": "liver"}
    with pytest.raises(BadInput, match=r"labels\.csv:3.*has a label already"):
        read_labels(written(tmp_path, "id,answer\nq1,B\nq1,A\n"))
    with pytest.raises(BadInput, match="no column 'answer'"):
        read_labels(written(tmp_path, "id,answers\nq1,B\n"))
    with pytest.raises(BadInput, match="there is no file"):
        read_labels(tmp_path / "none.csv")


def test_answers_are_judged_by_the_labels_that_are_there() -> None:
    """All answers of the made-up model are the first option, `a`."""
    made = grid(n_images=2, correct=np.full(6, np.nan))
    items = made.items.assign(answer_index=pd.array([None] * 6, "Int64"))
    seen = observe(made, POLICY, ())
    first, second, third = seen["item_id"].tolist()[:3]
    told = with_labels(seen, items, {first: "A", second: "b", third: "D"}, "labels.csv")
    assert told["correct"].tolist()[:3] == [True, False, False]
    assert told["correct"].isna().tolist() == [False] * 3 + [True] * 3
    with pytest.raises(BadInput, match="'q9' is no question of this batch"):
        with_labels(seen, items, {"q9": "A"}, "labels.csv")
    for answer in ("E", "aorta"):
        with pytest.raises(BadInput, match="none of the 4 options") as raised:
            with_labels(seen, items, {first: answer}, "labels.csv")
        assert answer not in str(raised.value).replace("labels.csv", "").split("answer:")[1].replace(
            "text", ""
        )
    with pytest.raises(BadInput, match="right answers of their own"):
        with_labels(seen, items.assign(answer_index=0), {first: "A"}, "labels.csv")
