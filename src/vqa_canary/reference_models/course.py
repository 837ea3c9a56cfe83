"""A training on its way: the model, what its optimisers remember, and what was measured and kept so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel


class CurvePoint(NamedTuple):
    """One value of the learning curves at one step."""

    step: int
    measure: str
    """Name of what was measured: `loss.<kind>`, `accuracy`, `accuracy.<question type>`, `option_mass`, ..."""
    value: float


@dataclass
class Course:
    """What a training has come to; `state` and `restore` turn it into plain values and back, to the last bit."""

    model: PreTrainedModel
    optimisers: list[torch.optim.Optimizer]
    step: int = 0
    """Steps taken."""
    curves: list[CurvePoint] = field(default_factory=list)
    _recent: dict[str, list[float]] = field(default_factory=dict)
    """Losses since they were last put on the curves, by kind of answer."""
    _kept: dict[int, dict[str, torch.Tensor]] = field(default_factory=dict)
    """Weights at each of the training lengths that were reached, by steps."""

    def count(self, step: int, losses: Sequence[tuple[str, float]]) -> None:
        """Note that a step was taken, and the loss of each kind of answer in it."""
        self.step = step
        for name, value in losses:
            self._recent.setdefault(name, []).append(value)

    def measure(self, found: Mapping[str, float]) -> None:
        """Put what a check has found on the curves, and the mean losses since the last check."""
        losses = {f"loss.{name}": float(np.mean(values)) for name, values in self._recent.items()}
        self.curves += [CurvePoint(self.step, name, value) for name, value in (losses | dict(found)).items()]
        self._recent.clear()

    def keep(self, keep: Callable[[int, PreTrainedModel, list[CurvePoint]], Any]) -> None:
        """Hand the model to `keep` as it is now."""
        self._kept[self.step] = _weights(self.model)
        keep(self.step, self.model, self.curves)

    def state(self) -> dict[str, Any]:
        """All of this as tensors, numbers and texts."""
        return {
            "step": self.step,
            "model": _weights(self.model),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "curves": [tuple(point) for point in self.curves],
            "recent": self._recent,
            "kept": self._kept,
        }

    def restore(
        self, state: Mapping[str, Any], keep: Callable[[int, PreTrainedModel, list[CurvePoint]], Any]
    ) -> None:
        """Become what `state` says, and hand every model that was kept before to `keep` again."""
        self.curves = [CurvePoint(*point) for point in state["curves"]]
        self._recent, self._kept = dict(state["recent"]), dict(state["kept"])
        for step, weights in sorted(self._kept.items()):
            self.model.load_state_dict(weights)
            keep(step, self.model, [point for point in self.curves if point.step <= step])
        self.model.load_state_dict(state["model"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        self.step = state["step"]


def _weights(model: PreTrainedModel) -> dict[str, torch.Tensor]:
    """A copy of the weights, which go on changing."""
    return {name: weight.detach().clone() for name, weight in model.state_dict().items()}
