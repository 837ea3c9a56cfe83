"""UE methods by name: `@ue_method` over a plain function of evidence columns."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from vqa_canary.errors import BadInput
from vqa_canary.estimate import Undefined as Undefined
from vqa_canary.registry import Registry
from vqa_canary.tables import KEYS, SCHEMAS

Function = Callable[..., NDArray[np.float64]]
F = TypeVar("F", bound=Function)

COLUMNS = (*(name for name in SCHEMAS["evidence"].names if name not in KEYS["evidence"]), "options")
"""Names that the parameters of a method may have: columns of `evidence`, and `options` of `instances`."""

_ROUNDING = 1e-9
"""How far a result may be outside its range by rounding; it is then set to the bound."""


@dataclass(frozen=True, slots=True)
class Method:
    """A registered UE method."""

    name: str
    """Name of the method, which is that of its function."""
    function: Function
    """The function itself."""
    needs: tuple[str, ...]
    """Evidence columns that it needs, which are the parameters of `function`."""
    upper: float
    """Largest possible uncertainty (the smallest is 0); infinite where there is no upper bound."""
    confidence: bool
    """Whether 1 - uncertainty is a probability of being right."""
    answer: Literal["option", "greedy", "modal"]
    """Which answer the uncertainty is about: the likeliest option, the greedy answer, or the commonest sampled one."""

    def __call__(self, **columns: NDArray[Any]) -> NDArray[np.float64]:
        """Uncertainty of rows whose list columns have equal lengths, one row first.

        Raises
        ------
        Undefined : the method has no value for rows of this shape
        BadInput : a result that is not finite or out of range; the method is named
        """
        rows = len(columns[self.needs[0]])
        values = np.asarray(self.function(**columns), dtype=np.float64)
        if values.shape != (rows,):
            raise BadInput(f"UE method {self.name}: shape {values.shape} for {rows} rows, not ({rows},)")
        with np.errstate(invalid="ignore"):
            bad = ~(np.isfinite(values) & (values >= -_ROUNDING) & (values <= self.upper + _ROUNDING))
        if bad.any():
            at = int(bad.argmax())
            given = ", ".join(f"{name}={columns[name][at]!r}" for name in self.needs)
            raise BadInput(
                f"UE method {self.name}: {values[at]} is outside 0 to {self.upper:g}, from {given}. "
                "Mend the method, or raise `Undefined` where it has no value."
            )
        return np.clip(values, 0.0, self.upper) + 0.0  # + 0.0 turns -0.0 into 0.0


METHODS: Registry[Method] = Registry("UE method", "vqa_canary.ue", "vqa_canary.ue_methods")


def ue_method(
    *, upper: float, confidence: bool = False, answer: Literal["option", "greedy", "modal"] = "option"
) -> Callable[[F], F]:
    """Register a function under its own name and return it unchanged.

    Its parameters are the evidence columns that it needs. It gets arrays whose first axis is the
    row: shape (n,) for a plain column and (n, length) for a list column; `samples` holds the
    sample structs, `options` the option texts. It returns shape (n,), from 0 to `upper`.

    Raises
    ------
    BadInput : a parameter is no column of the evidence
    """

    def register(function: F) -> F:
        name, needs = function.__name__, tuple(inspect.signature(function).parameters)
        unknown = [need for need in needs if need not in COLUMNS]
        if unknown or not needs:
            asked = f"{unknown[0]!r}, which is no column" if unknown else "nothing"
            raise BadInput(f"UE method {name} asks for {asked}. Columns: {', '.join(COLUMNS)}.")
        METHODS.add(name, Method(name, function, needs, upper, confidence, answer), function)
        return function

    return register
