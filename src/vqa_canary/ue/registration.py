"""UE methods by name: `@ue_method` over a plain function of evidence columns."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from vqa_canary.errors import BadInput
from vqa_canary.estimate import Undefined as Undefined
from vqa_canary.plugin_faults import BREAKS, is_fault, misgiven, plugin_fault
from vqa_canary.registry import Registry, place_of
from vqa_canary.tables import KEYS, SCHEMAS
from vqa_canary.ue.settings import Plain, defaults_of

Function = Callable[..., NDArray[np.float64]]
F = TypeVar("F", bound=Function)

EMBEDDED = "sample_embeddings"
"""Name of the column that holds a vector for each sample; see `ue.embedded_samples`."""

COLUMNS = (
    *(name for name in SCHEMAS["evidence"].names if name not in KEYS["evidence"]),
    "options",
    EMBEDDED,
)
"""Names that the parameters of a method may have: columns of `evidence`, `options` of `instances`, and
`sample_embeddings`."""

_TEXTS = frozenset({"options", "samples", "gaps", "greedy_text", "verbalized_text", "error", EMBEDDED})
"""Columns that hold what somebody or a model wrote, or what was made of it: no message quotes them."""

_MEND = "Mend the method, or raise `Undefined` where it has no value."

_ROUNDING = 1e-9
"""How far a result may be outside its range by rounding; it is then set to the bound."""


@dataclass(frozen=True, slots=True)
class Method:
    """A registered UE method, with the settings it is to be called with."""

    name: str
    """What its rows are called: the function's name, followed by the settings that differ from their defaults."""
    function: Function
    """The function itself."""
    needs: tuple[str, ...]
    """Evidence columns that it needs, which are the parameters of `function`."""
    upper: float
    """Largest possible uncertainty; infinite where there is no bound."""
    confidence: bool
    """Whether 1 - uncertainty is a probability of being right."""
    answer: Literal["option", "greedy", "modal"]
    """Whose uncertainty it is: of the likeliest option, the greedy or the modal sampled answer."""
    lower: float = 0.0
    """Smallest possible uncertainty; minus infinity where there is no bound."""
    settings: Mapping[str, Plain] = field(default_factory=dict)
    """Values of the keyword-only parameters of `function`, by name: all of them."""

    def __call__(self, **columns: NDArray[Any]) -> NDArray[np.float64]:
        """Uncertainty of rows whose list columns have equal lengths, one row first.

        Raises
        ------
        Undefined : as the method does
        BadInput : a result that is not finite or out of range, or another exception of the function; the method is
            named
        """
        rows = len(columns[self.needs[0]])
        values = self._values(columns)
        if values.shape != (rows,):
            raise BadInput(f"UE method {self.name}: shape {values.shape} for {rows} rows, not ({rows},)")
        with np.errstate(invalid="ignore"):
            low, high = self.lower - _ROUNDING, self.upper + _ROUNDING
            bad = ~(np.isfinite(values) & (values >= low) & (values <= high))
        if bad.any():
            at = int(bad.argmax())
            given = ", ".join(f"{name}={columns[name][at]!r}" for name in self.needs if name not in _TEXTS)
            raise BadInput(
                f"UE method {self.name}: {values[at]} is outside {self.lower:g} to {self.upper:g}"
                f"{f', from {given}' if given else ''}. "
                f"{_MEND}"
            )
        return np.clip(values, self.lower, self.upper) + 0.0  # + 0.0 turns -0.0 into 0.0

    def _values(self, columns: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        try:
            values = np.asarray(self.function(**columns, **self.settings))
        except BREAKS as error:
            if isinstance(error, Undefined) or not is_fault(error):
                raise
            member = f"UE method {self.name}"
            raise plugin_fault(member, place_of(self.function), error, "on this evidence", _MEND) from error
        if (
            values.dtype.kind not in "fiub"
        ):  # a text such as "0.5" would become a number, and a complex one lose a part
            wrong = f"{values.dtype.type.__name__} where it must give real numbers"
            raise misgiven(
                f"UE method {self.name}", place_of(self.function), wrong, "on this evidence", _MEND
            )
        return values.astype(np.float64)


RENAMED = {"sequence_nll": "anll", "sample_disagreement": "self_consistency"}
"""Methods that had other names before they got those of the paper."""

METHODS: Registry[Method] = Registry("UE method", "vqa_canary.ue", "vqa_canary.ue_methods", RENAMED)


def ue_method(
    *,
    upper: float,
    lower: float = 0.0,
    confidence: bool = False,
    answer: Literal["option", "greedy", "modal"] = "option",
) -> Callable[[F], F]:
    """Register a function under its own name and return it unchanged.

    Its parameters are the evidence columns that it needs. It gets arrays whose first axis is the
    row: shape (n,) for a plain column and (n, length) for a list column; `samples` holds the
    sample structs, `options` the option texts, and `sample_embeddings` a vector of unit length for
    each sample: shape (n, length, d). It returns shape (n,), from `lower` to `upper`.

    Parameters behind a bare `*` are settings, which a study may set under `scoring.methods`; each has a type hint and a
    default, and is a number, a text, a truth value or None.

    Parameters
    ----------
    upper, lower : largest and smallest possible uncertainty; `math.inf` and `-math.inf` where there is no bound
    confidence : whether 1 - uncertainty is a probability of being right
    answer : whose uncertainty it is: of the likeliest option, the greedy or the modal sampled answer

    Raises
    ------
    BadInput : a parameter is no column of the evidence, a setting has no type hint or no fit default, bounds in the
        wrong order, or a confidence whose bounds are not those of a probability
    """

    def register(function: F) -> F:
        name = function.__name__
        settings = defaults_of(function)
        needs = tuple(
            parameter for parameter in inspect.signature(function).parameters if parameter not in settings
        )
        unknown = [need for need in needs if need not in COLUMNS]
        if unknown or not needs:
            asked = f"{unknown[0]!r}, which is no column" if unknown else "nothing"
            raise BadInput(
                f"UE method {name} asks for {asked}. Columns: {', '.join(COLUMNS)}. A setting stands behind a bare `*`."
            )
        if not lower < upper:
            raise BadInput(f"UE method {name}: its bounds, {lower:g} to {upper:g}, hold no value")
        if confidence and not 0 <= lower <= upper <= 1:
            raise BadInput(
                f"UE method {name}: 1 - uncertainty is no probability where uncertainty goes from {lower:g} to "
                f"{upper:g}. Give bounds within 0 and 1, or leave `confidence` out."
            )
        METHODS.add(name, Method(name, function, needs, upper, confidence, answer, lower, settings), function)
        return function

    return register
