"""How uncertainties became confidences, and how confidences were binned, in words."""

from __future__ import annotations

from collections.abc import Mapping

_FITTED = (
    "A confidence is made from a method's uncertainty by {}, which was fitted to the model's clean answers about other "
    "images; under other conditions it is that of the same fit, so it is too high where uncertainty does not tell that "
    "answers have become wrong. A clean ECE holds the error of the fit itself, which is the larger the fewer images "
    "there are: rank methods by their Brier scores."
)

MADE: Mapping[str, str] = {
    "none": "Only methods that are a probability of being right have a confidence: 1 - uncertainty.",
    "minmax": "A confidence is one minus a method's uncertainty, stretched to 0 to 1 over the evaluated set (all "
    "questions of a data set under one condition), as in earlier work of the paper's authors. It depends on that set, "
    "and nothing was fitted to right and wrong answers: compare it with no other set's.",
    "isotonic": _FITTED.format("a falling step curve (isotonic regression)"),
    "platt": _FITTED.format("a logistic curve (Platt scaling)"),
}
"""What a confidence is, by the setting `evaluation.calibration`."""

BINS: Mapping[str, str] = {
    "equal_mass": "bins of equally many answers",
    "equal_width": "bins of equal width",
    "equal_width_open": "bins of equal width without their upper ends, so that a confidence of exactly 1 is in none",
}
"""What the bins are, by the setting `evaluation.ece.bins`."""
