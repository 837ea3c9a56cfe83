"""What every registered UE method promises; a new one is tested the moment it exists, whichever package it is of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.ue.conftest import Frames

from vqa_canary.registry import Registry
from vqa_canary.testing import check_ue_method, made_up
from vqa_canary.ue import configured, registration
from vqa_canary.ue.registration import METHODS, Method, Undefined, ue_method
from vqa_canary.ue.table import scores_table


@pytest.mark.parametrize("method", METHODS)
def test_contract(method: str) -> None:
    check_ue_method(method)


def test_our_own_methods_have_a_value_for_all_complete_evidence(frames: Frames) -> None:
    ours = [name for name in METHODS if METHODS[name].function.__module__.startswith("vqa_canary.")]
    rows = [(number, made_up.SIZES[number % 4]) for number in range(40)]
    study = frames([made_up.evidence(*row) for row in rows], [made_up.instance(*row) for row in rows])
    scores = scores_table(*study, ours, embeddings=made_up.embeddings(*study))
    assert len(ours) >= 14
    assert scores["uncertainty"].notna().all()
    assert scores["reason"].isna().all()


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry[Method]:
    """One that ends with the test."""
    made: Registry[Method] = Registry("UE method", "vqa_canary.ue", "no.such.group")
    made._loaded = True
    for module in (registration, configured, check_ue_method.__globals__):
        monkeypatch.setitem(module if isinstance(module, dict) else vars(module), "METHODS", made)
    return made


DOC = """.. math:: U

Parameters
Returns
References
"""


def spread(p_true: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(p_true - p_true.mean())  # of the rows that happen to be there


def nothing(p_true: NDArray[np.float64]) -> NDArray[np.float64]:
    return p_true * 0


def scribbling(samples: NDArray[Any]) -> NDArray[np.float64]:
    for sample in samples.flat:
        sample["choice"] = 0
    return np.array([len(row[0]["text"]) for row in samples], float)


def infected(p_true: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 - p_true if (p_true > 0).all() else p_true)  # all rows, where it means one


def undocumented(p_true: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 - p_true


def undecided(p_true: NDArray[np.float64]) -> NDArray[np.float64]:
    raise Undefined("on principle")


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (spread, "a row by itself gets another value than among others"),
        (infected, "a row by itself gets another value than among others"),
        (nothing, "tells nothing apart: 1 different values"),
        (scribbling, "changes the evidence that it is given"),
        (undecided, "tells nothing apart: 0 different values"),
        (undocumented, "its docstring lacks a formula, its parameters, its range, a source"),
    ],
)
@pytest.mark.usefixtures("registry")
def test_a_method_that_breaks_a_promise_fails_the_check(function: Callable[..., Any], told: str) -> None:
    function.__doc__ = "" if function is undocumented else DOC
    ue_method(lower=-9.0, upper=9.0)(function)
    with pytest.raises(AssertionError, match=told):
        check_ue_method(function)
