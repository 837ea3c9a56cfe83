"""Settings of a UE method: how a study gives them, and what is refused."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import Field
from tests.ue.conftest import Frames, MakeEvidence, MakeInstance

from vqa_canary.errors import BadInput
from vqa_canary.pipelines.parameters import Scoring
from vqa_canary.plugin_faults import PluginFault
from vqa_canary.registry import UnknownName
from vqa_canary.tracking.fingerprints import settings_of_methods
from vqa_canary.ue.configured import lower_bounds, methods_of
from vqa_canary.ue.registration import METHODS, ue_method
from vqa_canary.ue.settings import UnfitSetting
from vqa_canary.ue.table import scores_table


@pytest.fixture
def powered() -> Iterator[str]:
    """A method with settings, for the time of a test."""

    @ue_method(lower=-1.0, upper=1.0)
    def powered(
        p_true: NDArray[np.float64],
        *,
        alpha: Annotated[float, Field(gt=0)] = 1.0,
        of: Literal["doubt", "belief"] = "doubt",
        floor: bool = False,
    ) -> NDArray[np.float64]:
        if alpha > 90:
            raise KeyError("Jane Doe, born 1950")
        power = p_true**alpha
        return np.asarray(
            np.maximum(0, 0.5 - power) if floor else 0.5 - power if of == "doubt" else power - 0.5
        )

    yield "powered"
    del METHODS._members["powered"]


def test_a_method_without_settings_keeps_its_name(powered: str) -> None:
    assert [method.name for method in methods_of(["margin", powered])] == ["margin", powered]
    assert methods_of(["margin"]) == (METHODS["margin"],)


def test_rows_are_named_by_the_settings_that_differ_from_the_defaults(
    powered: str, frames: Frames, make_evidence: MakeEvidence, make_instance: MakeInstance
) -> None:
    entries: list[Any] = [powered, {powered: {"alpha": 2}}, {powered: {"of": "belief", "alpha": 0.4}}]
    study = frames([make_evidence(n) for n in range(5)], [make_instance(n) for n in range(5)])
    scores = scores_table(*study, [*entries, "p_true"]).pivot(
        index="instance_id", columns="method", values="uncertainty"
    )
    p = 1 - scores.pop("p_true")
    assert list(scores) == ["powered", "powered(alpha=0.4, of=belief)", "powered(alpha=2.0)"]
    for name, expected in zip(scores, (0.5 - p, p**0.4 - 0.5, 0.5 - p**2), strict=True):
        assert np.allclose(scores[name], expected)
    assert scores.min().min() < 0  # below 0, as far as its lower bound
    assert lower_bounds([*scores, "margin", "gone"]) == dict.fromkeys(scores, -1.0)


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({"powered": {"alfa": 2}}, r"powered\.alfa: there is no such setting\. Did you mean 'alpha'\?"),
        ({"powered": {"alpha": "2"}}, r"powered\.alpha: '2' does not fit\. Input should be a valid number"),
        ({"powered": {"alpha": True}}, r"powered\.alpha: True does not fit"),
        ({"powered": {"alpha": 0}}, r"powered\.alpha: 0 does not fit\. Input should be greater than 0"),
        ({"powered": {"of": "hope"}}, r"powered\.of: 'hope' does not fit"),
        ({"powered": {"floor": 1}}, r"powered\.floor: 1 does not fit"),
        ({"powered": None}, r"powered: its settings must be a mapping.* without settings write `- powered`"),
        ({"powered": {}, "margin": {}}, "neither the name of a method"),
        (7, "7 is neither the name of a method"),
        ({"margin": {"alpha": 1}}, r"margin\.alpha: there is no such setting\. margin has no settings"),
    ],
)
@pytest.mark.usefixtures("powered")
def test_what_does_not_fit_is_refused_by_name(entry: Any, told: str) -> None:
    with pytest.raises(UnfitSetting, match=told):
        methods_of([entry])


def test_one_computation_stands_there_once(powered: str) -> None:
    both: list[list[Any]] = [["margin", "margin"], [powered, {powered: {"alpha": 1}}]]
    for twice in both:
        with pytest.raises(UnfitSetting, match="stands there twice with the same settings"):
            methods_of(twice)
    with pytest.raises(UnknownName, match=r"Settings stand below the name: `- powered: {setting: value}`"):
        methods_of(["powered(alpha=2)"])
    with pytest.raises(UnknownName, match="Did you mean 'powered'"):
        methods_of([{"power": {"alpha": 1}}])


def test_what_scores_rest_on_holds_every_setting(powered: str) -> None:
    """So that a table made with other settings, or with another default, is refused."""
    plain, changed = (
        Scoring.model_validate({"methods": ["margin", entry]}) for entry in (powered, {powered: {"alpha": 2}})
    )
    defaults = {"alpha": 1.0, "of": "doubt", "floor": False}
    assert plain.model_dump()["methods"] == ["margin", {powered: defaults}]
    assert changed.model_dump(mode="json")["methods"] == ["margin", {powered: defaults | {"alpha": 2.0}}]
    assert changed.names == ("margin", "powered(alpha=2.0)")
    assert settings_of_methods({"scoring": changed}) == {"powered(alpha=2.0)": defaults | {"alpha": 2.0}}
    assert settings_of_methods({"scoring": {"methods": ["margin"]}}) == {}
    assert Scoring.model_validate(changed.model_dump()) == Scoring.model_validate(
        {"methods": ["margin", {powered: defaults | {"alpha": 2.0}}]}
    )


def test_a_method_that_breaks_is_named_with_the_instance_and_quotes_nothing(
    powered: str, frames: Frames, make_evidence: MakeEvidence, make_instance: MakeInstance
) -> None:
    study = frames([make_evidence(3)], [make_instance(3)])
    with pytest.raises(PluginFault) as raised:
        scores_table(*study, [{powered: {"alpha": 91}}])
    told = str(raised.value)
    assert told.startswith("evidence of m, instance i003: UE method powered(alpha=91.0) (defined in ")
    assert "KeyError, raised from" in told
    assert "Jane" not in told


@pytest.mark.parametrize(
    ("default", "hint", "told"),
    [
        (..., "float", "setting alpha: needs a type hint and a default"),
        (1.0, None, "setting alpha: needs a type hint and a default"),
        (1.0, "NotImported", "its type hint cannot be read"),
        ("much", "float", "its default does not fit"),
        ((1, 2), "tuple[int, int]", "A setting is a number, a truth value, null, or a text"),
    ],
)
def test_a_setting_needs_a_type_and_a_default_that_fits(default: Any, hint: str | None, told: str) -> None:
    def odd(p_true: NDArray[np.float64], *, alpha: Any = 1.0) -> NDArray[np.float64]:
        return np.asarray(p_true * alpha)

    odd.__kwdefaults__ = {} if default is ... else {"alpha": default}
    odd.__annotations__.pop("alpha")
    if hint:
        odd.__annotations__["alpha"] = hint
    with pytest.raises(BadInput, match=told):
        ue_method(upper=1.0)(odd)


@pytest.mark.parametrize(
    ("bounds", "told"),
    [
        ({"upper": 0.0}, "hold no value"),
        ({"lower": math.nan, "upper": 1.0}, "hold no value"),
        ({"lower": -1.0, "upper": 1.0, "confidence": True}, "is no probability"),
        ({"upper": math.inf, "confidence": True}, "is no probability"),
    ],
)
def test_bounds_must_hold_what_is_declared(bounds: dict[str, Any], told: str) -> None:
    with pytest.raises(BadInput, match=told):
        ue_method(**bounds)(lambda p_true: p_true)


def test_a_setting_that_is_named_like_a_secret_is_refused_for_it_would_be_masked_where_it_is_compared() -> None:
    def odd(p_true: NDArray[np.float64], *, api_key: float = 1.0) -> NDArray[np.float64]:
        return np.asarray(p_true * api_key)

    with pytest.raises(BadInput, match="UE method odd, setting api_key: its name is that of a secret"):
        ue_method(upper=1.0)(odd)
