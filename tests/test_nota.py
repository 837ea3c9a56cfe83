"""What a condition does with NOTA is read off its instances, not off its name."""

from __future__ import annotations

import pandas as pd
import pytest

from vqa_canary.errors import BadInput
from vqa_canary.nota import headline, hiding, offering, refuse_shown_answer


def instances(*rows: tuple[str, str, int | None, int | None]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["dataset", "condition", "answer_index", "nota_index"])
    return table.astype({"answer_index": "Int64", "nota_index": "Int64"})


SHOWN = instances(
    ("d", "clean", 1, None),
    ("d", "withheld", 1, 1),
    ("d", "withheld", 3, 3),
    ("d", "nota_control", 1, 2),
    ("d", "answer_removed", None, None),
    ("d", "nota_at_times", 1, 1),
    ("d", "nota_at_times", 1, 2),
)


def test_a_condition_offers_nota_or_hides_the_answer_by_what_it_shows() -> None:
    assert offering(SHOWN) == {"withheld", "nota_control", "nota_at_times"}
    assert hiding(SHOWN) == {"withheld"}
    assert hiding(SHOWN.iloc[:0]) == offering(SHOWN.iloc[:0]) == set()


def test_a_condition_is_reported_on_fair_questions_where_it_offers_nota() -> None:
    found = {name: headline(name, offering(SHOWN)) for name in SHOWN["condition"]}
    assert {name for name, subset in found.items() if subset == "nota_valid"} == offering(SHOWN)


def test_a_condition_that_leaves_the_right_option_is_no_nota_condition_of_the_evaluation() -> None:
    refuse_shown_answer(SHOWN, ["withheld", "not shown at all"])
    for name in ("clean", "nota_control", "nota_at_times"):
        with pytest.raises(
            BadInput, match=f"nota_conditions: '{name}' does not hide.*conditions that do: withheld"
        ):
            refuse_shown_answer(SHOWN, ["withheld", name])
    elsewhere = pd.concat([SHOWN, instances(("e", "withheld", 1, 2))])
    with pytest.raises(BadInput, match=r"of e: .*this study has none, so give an empty list"):
        refuse_shown_answer(elsewhere, ["withheld"])
