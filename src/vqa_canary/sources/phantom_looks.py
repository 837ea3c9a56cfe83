"""How a phantom looks in each modality: its background, its colour, and how clear its lesions are.

Modalities differ in difficulty by what is drawn alone: fainter lesions, more noise, and clutter that looks like a
lesion. Three are grey views of a body with organs; five are views of tissue, four of them through a round opening or
in colours of their own. In three modalities a study shows lesions fainter than those from which the reference models
learn, as a hospital meets cases that are subtler than a textbook's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.float64]
"""Grey values, 0 (black) to 1 (white), shape [64, 64]; of colours the last axis has red, green and blue."""

_OPENING = 30.0
"""Radius of a round opening, in pixels."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """What a look is painted on."""

    rows: Grey
    """Distance of each pixel from the middle of what is shown, downwards, in pixels."""
    columns: Grey
    """The same to the right."""
    inside: Grey
    """1 inside the body, 0 outside; without meaning for a view of tissue."""
    edge: Grey
    """Depth from the middle of the body (0) to its edge (1); likewise."""
    organs: Grey
    """Grey of the body's organs; likewise."""


@dataclass(frozen=True, slots=True)
class Clearness:
    """How well lesions can be seen."""

    contrast: tuple[float, float]
    """Least and largest contrast of a lesion, drawn uniformly between; grey runs from 0 to 1."""
    noise: tuple[float, float]
    """Least and largest standard deviation of the noise, drawn uniformly between."""


@dataclass(frozen=True, slots=True)
class Look:
    """A modality as it is drawn."""

    taught: Clearness
    """Of the phantoms that reference models learn from."""
    studied: Clearness
    """Of the phantoms that a study asks about: the same, or fainter."""
    paint: Callable[[Canvas, np.random.Generator], Grey]
    """The picture without lesions and noise: grey, or in colour where there is a `tint`."""
    tint: tuple[float, float, float] | None = None
    """How much of a lesion's contrast, and of the noise, goes into red, green and blue; None where all is grey."""

    @property
    def shows_body(self) -> bool:
        """Whether a region of the body with its organs is seen; tissue has none."""
        return self.tint is None


def disc(rows: Grey, columns: Grey, radius: float) -> Grey:
    """A disc round the origin of the distances, 1 inside and 0 outside."""
    return soft(radius - np.hypot(rows, columns))


def soft(distance: Grey) -> Grey:
    """The grey of a shape: 0 outside, 1 inside, with an edge about two pixels wide; `distance` in pixels."""
    return np.asarray(np.clip(distance / 2 + 0.5, 0, 1))


def _ct(canvas: Canvas, rng: np.random.Generator) -> Grey:
    return canvas.inside * (canvas.organs + 0.5 * (canvas.edge > 0.88))


def _mri(canvas: Canvas, rng: np.random.Generator) -> Grey:
    angle = rng.uniform(0, 2 * np.pi)
    slope = (np.cos(angle) * canvas.columns + np.sin(angle) * canvas.rows) / len(canvas.rows)
    return np.asarray(0.25 * (1 - canvas.inside) + canvas.inside * (canvas.organs + 0.35 * slope))


def _x_ray(canvas: Canvas, rng: np.random.Generator) -> Grey:
    ribs = np.sin(2 * np.pi * (canvas.rows + rng.uniform(0, 6)) / 6)
    return np.asarray(0.9 * (1 - canvas.inside) + canvas.inside * (canvas.organs + 0.1 * ribs))


def _endoscopy(canvas: Canvas, rng: np.random.Generator) -> Grey:
    """A red wall, darker towards the rim, with a dark channel in the middle and glints of the lamp."""
    depth = np.hypot(canvas.rows, canvas.columns) / _OPENING
    shade = 1.05 - 0.3 * depth**2 + 0.05 * np.sin(18 * depth + rng.uniform(0, 2 * np.pi))
    shade -= 0.7 * _spots(canvas, rng.uniform(-2, 2, (1, 2)), 5.0)
    picture = shade[..., None] * np.array([0.70, 0.36, 0.30])
    picture += 0.5 * _spots(canvas, rng.uniform(-22, 22, (4, 2)), 1.0)[..., None]
    return np.asarray(picture * soft(_OPENING * (1 - depth))[..., None])


def _histology(canvas: Canvas, rng: np.random.Generator) -> Grey:
    """Pink stroma in waves, strewn with violet nuclei."""
    waves = 0.05 * np.sin(0.35 * canvas.rows + 0.25 * canvas.columns + rng.uniform(0, 2 * np.pi))
    nuclei = _spots(canvas, rng.uniform(-33, 33, (45, 2)), 1.3)
    picture = np.array([0.76, 0.52, 0.68]) + waves[..., None]
    return np.asarray(picture - nuclei[..., None] * np.array([0.30, 0.28, 0.12]))


def _fundus(canvas: Canvas, rng: np.random.Generator) -> Grey:
    """The back of an eye: an orange disc, the pale head of the nerve at one side, and vessels that come from it."""
    side = rng.choice([-1.0, 1.0])
    along = np.clip(21 - side * canvas.columns, 0, None)
    bend = rng.uniform(2.4, 3.2)
    vessels = soft(0.7 - np.abs(np.abs(canvas.rows) - bend * np.sqrt(along))) * (along > 0)
    nerve = disc(canvas.rows, canvas.columns - 21 * side, 3.5)
    picture = np.array([0.62, 0.30, 0.12]) - vessels[..., None] * np.array([0.16, 0.12, 0.05])
    picture = picture + nerve[..., None] * np.array([0.30, 0.35, 0.25])
    return np.asarray(picture * disc(canvas.rows, canvas.columns, _OPENING)[..., None])


def _microscopy(canvas: Canvas, rng: np.random.Generator) -> Grey:
    """A grey-green field of pale cells, each a ring, under an uneven lamp."""
    cells = rng.uniform(-28, 28, (16, 2))
    rings = _spots(canvas, cells, 3.0) - _spots(canvas, cells, 1.6)
    angle = rng.uniform(0, 2 * np.pi)
    lamp = (np.cos(angle) * canvas.columns + np.sin(angle) * canvas.rows) / 300
    picture = np.array([0.36, 0.46, 0.40]) + (0.16 * rings + lamp)[..., None]
    return np.asarray(picture * soft(_OPENING + 1 - np.hypot(canvas.rows, canvas.columns))[..., None])


def _dermoscopy(canvas: Canvas, rng: np.random.Generator) -> Grey:
    """Skin with a fine net of pigment and a few dark hairs across it."""
    net = 0.04 * np.sin(1.1 * canvas.rows) * np.sin(1.1 * canvas.columns)
    hairs = np.zeros_like(net)
    for angle, offset in zip(rng.uniform(0, np.pi, 4), rng.uniform(-25, 25, 4), strict=True):
        away = np.cos(angle) * canvas.rows + np.sin(angle) * canvas.columns - offset
        hairs = np.maximum(hairs, soft(0.3 - np.abs(away)))
    return np.asarray(np.array([0.66, 0.48, 0.38]) + (net - 0.3 * hairs)[..., None])


def _spots(canvas: Canvas, centres: Grey, radius: float) -> Grey:
    """Discs round `centres`, shape [spots, 2]; where they overlap, they count once."""
    # The canvas is a grid, so squares of distances are sums of one number a row and one a column.
    down = (canvas.rows[None, :, 0] - centres[:, 0, None]) ** 2
    across = (canvas.columns[None, 0] - centres[:, 1, None]) ** 2
    return soft(radius - np.sqrt((down[:, :, None] + across[:, None]).min(0)))


_CLEAREST = Clearness((0.30, 0.50), (0.01, 0.05))
_MRI = Clearness((0.22, 0.45), (0.01, 0.07))
_ENDOSCOPY = Clearness((0.22, 0.44), (0.01, 0.06))
_FUNDUS = Clearness((0.20, 0.42), (0.01, 0.07))
_DERMOSCOPY = Clearness((0.28, 0.50), (0.01, 0.05))
_HISTOLOGY = Clearness((0.14, 0.30), (0.03, 0.09))
_X_RAY = Clearness((0.14, 0.30), (0.03, 0.08))
_MICROSCOPY = Clearness((0.17, 0.36), (0.02, 0.07))

LOOKS: Mapping[str, Look] = {
    "CT": Look(_CLEAREST, _CLEAREST, _ct),
    "MRI": Look(_MRI, _MRI, _mri),
    "endoscopy": Look(_ENDOSCOPY, _ENDOSCOPY, _endoscopy, (0.5, 1.0, 0.9)),
    "histology": Look(_HISTOLOGY, Clearness((0.06, 0.11), (0.06, 0.10)), _histology, (0.6, 1.0, 0.6)),
    "fundus": Look(_FUNDUS, _FUNDUS, _fundus, (0.6, 1.0, 0.5)),
    "X-ray": Look(_X_RAY, Clearness((0.07, 0.13), (0.04, 0.09)), _x_ray),
    "microscopy": Look(_MICROSCOPY, Clearness((0.10, 0.19), (0.04, 0.08)), _microscopy, (0.7, 1.0, 0.8)),
    "dermoscopy": Look(_DERMOSCOPY, _DERMOSCOPY, _dermoscopy, (0.8, 1.0, 1.0)),
}
"""The eight modalities of the study in arXiv:2606.16583, as reported by a digest of its first version."""
