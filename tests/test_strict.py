from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field, ValidationError

from vqa_canary.strict import strictly, unfit_number


class Settings(BaseModel):
    n: int = Field(1, ge=0)
    share: float = 0.5
    names: tuple[str, ...] = ()
    folder: Path = Path()


def test_lists_paths_and_whole_numbers_for_reals_fit() -> None:
    given = {"n": 2, "share": 1, "names": ["a"], "folder": "x/y"}
    assert strictly(Settings, given) == Settings(n=2, share=1.0, names=("a",), folder=Path("x/y"))


@pytest.mark.parametrize(
    "given",
    [{"n": True}, {"n": "7"}, {"n": 7.0}, {"share": True}, {"share": "0.5"}, {"names": "a"}, {"n": None}],
)
def test_nothing_is_bent_until_it_fits(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        strictly(Settings, given)


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"a": {"b": [1.0, float("nan")]}}, "a.b.1"),
        ({"a": float("-inf")}, "a"),
        ({"a": [{"b": 10**400}]}, "a.0.b"),
        ({"a": -(2**63)}, "a"),
        ({"a": 2**63 - 1, "b": "nan", "c": [True, None, 0.5]}, None),
    ],
)
def test_the_place_of_a_number_that_is_none_is_told(value: dict[str, Any], place: str | None) -> None:
    found = unfit_number(value)
    assert (found and found[0]) == place
