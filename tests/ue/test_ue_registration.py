"""Registering UE methods, and the checks that every result passes."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from vqa_canary.errors import BadInput
from vqa_canary.plugin_faults import PluginFault
from vqa_canary.registry import UnknownName
from vqa_canary.ue.configured import Entry, methods_of
from vqa_canary.ue.registration import METHODS, Method, ue_method

ROOT = Path(__file__).parents[2]
DEFAULT = [
    "label_nll",
    "anll",
    "max_nll",
    "self_consistency",
    "semantic_entropy",
    "pro",
    "embedding_eigen",
    "radial_dispersion",
]
EXTRAS = {"max_probability", "predictive_entropy", "margin", "mean_token_entropy", "p_true", "verbalized"}


def test_the_default_eight_are_those_of_the_paper_and_the_others_are_there() -> None:
    configured = yaml.safe_load((ROOT / "conf/base/parameters_ue_scoring.yml").read_text())
    assert configured["scoring"]["methods"] == DEFAULT
    assert set(METHODS) >= {*DEFAULT, *EXTRAS}
    assert METHODS["semantic_entropy"].needs == ("samples", "options")
    assert METHODS["radial_dispersion"].needs == ("samples", "sample_embeddings")
    assert METHODS["pro"].settings == {"alpha": 0.4, "responses": "distinct"}
    assert METHODS["radial_dispersion"].settings == {"weights": "none"}
    assert METHODS["p_true"].confidence
    assert not METHODS["margin"].confidence


def test_the_page_on_methods_has_a_row_for_each() -> None:
    page = (ROOT / "docs/methods.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert rows[: len(DEFAULT)] == DEFAULT
    assert set(rows[len(DEFAULT) :]) == EXTRAS


def test_an_unknown_name_gets_a_suggestion() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'p_true'"):
        METHODS["ptrue"]


@pytest.mark.parametrize(
    ("old", "new"), [("sequence_nll", "anll"), ("sample_disagreement", "self_consistency")]
)
def test_a_renamed_method_is_told_by_its_new_name(old: str, new: str) -> None:
    with pytest.raises(UnknownName, match=rf"the UE method '{old}' is called '{new}' now\. Write '{new}'"):
        METHODS[old]
    assert METHODS[new]
    entries: list[Entry] = [old, {old: {}}]
    for entry in entries:
        with pytest.raises(UnknownName, match=f"is called '{new}' now"):
            methods_of([entry])


def test_a_parameter_that_is_no_column_is_refused() -> None:
    with pytest.raises(BadInput, match="odd asks for 'logits', which is no column"):

        @ue_method(upper=1.0)
        def odd(logits: np.ndarray) -> np.ndarray:
            return logits


def test_the_decorated_function_is_unchanged() -> None:
    from vqa_canary.ue import p_true

    assert p_true.p_true is METHODS["p_true"].function


@pytest.mark.parametrize("result", [np.nan, np.inf, -0.1, 1.1])
def test_a_result_out_of_range_names_the_method(result: float) -> None:
    method = Method("wild", lambda p_true: np.full(len(p_true), result), ("p_true",), 1.0, False, "greedy")
    with pytest.raises(BadInput, match=r"wild: .* is outside 0 to 1"):
        method(p_true=np.array([0.5]))


def test_a_result_of_another_shape_names_the_method() -> None:
    method = Method("flat", lambda p_true: p_true.sum(), ("p_true",), 1.0, False, "greedy")
    with pytest.raises(BadInput, match="flat: shape"):
        method(p_true=np.array([0.5, 0.5]))


def test_rounding_beyond_a_bound_is_taken_back() -> None:
    method = Method("near", lambda p_true: p_true, ("p_true",), 1.0, False, "greedy")
    values = method(p_true=np.array([-1e-12, -0.0, 1 + 1e-12]))
    assert values.tolist() == [0.0, 0.0, 1.0]
    assert not np.signbit(values).any()


@pytest.mark.parametrize("result", ["0.5", 0.5 + 2j, None, b"0.5"])
def test_what_is_no_real_number_is_refused_and_not_quoted(result: object) -> None:
    method = Method("odd", lambda p_true: np.array([result]), ("p_true",), 1.0, False, "greedy")
    with pytest.raises(
        PluginFault, match=r"UE method odd \(defined in .* gives \w+ where it must give real numbers"
    ) as raised:
        method(p_true=np.array([0.5]))
    assert "0.5" not in str(raised.value)
