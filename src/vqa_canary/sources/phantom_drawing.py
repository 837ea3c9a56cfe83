"""Phantoms: what is in a drawn image (a scene), and its grey pixels.

A scene says everything that a question may ask; the pixels are drawn from it and from noise. All
shapes are ellipses with soft edges. Left and right are those of the image, not of a patient.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SIZE = 64
"""Side of an image, in pixels."""

MODALITIES = ("CT", "MRI", "radiograph", "ultrasound", "PET")
REGIONS = ("head", "chest", "abdomen")
ORGANS = {
    "head": ("eye", "cortex", "brainstem", "cerebellum"),
    "chest": ("lung", "aorta", "heart", "diaphragm"),
    "abdomen": ("liver", "spleen", "kidney", "bladder"),
}
"""For each region the organs at its four places: upper left, upper right, lower left, lower right."""
KINDS = ("nodule", "cyst", "abscess")
SIZES = ("small", "medium", "large")

RADII = {"small": 3.0, "medium": 4.6, "large": 6.8}
"""Radius of a lesion of each size, in pixels."""
CONTRAST = (0.14, 0.45)
"""Least and largest contrast of a lesion, drawn uniformly between; grey runs from 0 to 1."""
NOISE = (0.01, 0.10)
"""Least and largest standard deviation of the noise, drawn uniformly between; grey runs from 0 to 1."""

_BODY = {"head": (19.0, 28.0), "chest": (30.0, 23.0), "abdomen": (27.0, 28.0)}
_PLACES = {"head": (10.0, 12.0), "chest": (13.0, 11.0), "abdomen": (12.0, 12.0)}
Image = NDArray[np.uint8]
_Grey = NDArray[np.float64]

_ROWS: _Grey
_COLUMNS: _Grey
_ROWS, _COLUMNS = np.mgrid[0:SIZE, 0:SIZE].astype(np.float64) - (SIZE - 1) / 2


@dataclass(frozen=True, slots=True)
class Scene:
    """What a phantom shows, in full: whatever a question may ask."""

    modality: str
    region: str
    affected: tuple[int, ...]
    """Places (0 to 3, as in `ORGANS`) of the organs that hold a lesion; one lesion each."""
    kind: str
    """Kind of every lesion; without meaning where there is none."""
    size: str
    """Size of every lesion; without meaning where there is none."""

    @property
    def organs(self) -> tuple[str, ...]:
        """The four organs of the region, by place."""
        return ORGANS[self.region]


def draw_scene(rng: np.random.Generator) -> Scene:
    """A random scene: none to three lesions (each number equally likely), at different organs."""
    return Scene(
        modality=MODALITIES[rng.integers(len(MODALITIES))],
        region=REGIONS[rng.integers(len(REGIONS))],
        affected=tuple(sorted(int(i) for i in rng.permutation(4)[: rng.integers(4)])),
        kind=KINDS[rng.integers(len(KINDS))],
        size=SIZES[rng.integers(len(SIZES))],
    )


def render(scene: Scene, rng: np.random.Generator) -> Image:
    """Grey pixels of a scene, shape [64, 64]; `rng` gives jitter, contrast and noise."""
    shift = rng.uniform(-1.5, 1.5, 2)
    rows, columns = _ROWS - shift[0], _COLUMNS - shift[1]
    rx, ry = np.array(_BODY[scene.region]) * rng.uniform(0.95, 1.03)
    depth = np.hypot(columns / rx, rows / ry) if scene.region != "abdomen" else _boxy(columns / rx, rows / ry)
    inside = _soft((1 - depth) * min(rx, ry))
    tissue = np.full((SIZE, SIZE), 0.45)
    tissue += _landmark(scene.region, rows, columns)
    dx, dy = _PLACES[scene.region]
    centres = [(sy * dy, sx * dx) for sy in (-1, 1) for sx in (-1, 1)]
    for place, (y, x) in enumerate(centres):
        tone = (0.07, -0.07)[(place + REGIONS.index(scene.region)) % 2]
        tissue += tone * _disc(rows - y, columns - x, 8.0)
    image = _appearance(scene.modality, tissue, inside, depth, rng)
    radius, contrast = RADII[scene.size], rng.uniform(*CONTRAST)
    jitter = rng.uniform(-1.5, 1.5, (4, 2))  # of all places, so that all else is as with no lesion
    for place in scene.affected:
        y, x = centres[place] + jitter[place]
        image += contrast * _lesion(scene.kind, rows - y, columns - x, radius)
    image += rng.normal(0, rng.uniform(*NOISE), image.shape)
    return np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)


def _lesion(kind: str, rows: _Grey, columns: _Grey, radius: float) -> _Grey:
    disc = _disc(rows, columns, radius)
    if kind == "abscess":
        return disc - 1.7 * _disc(rows, columns, 0.55 * radius)
    return disc if kind == "nodule" else -disc


def _landmark(region: str, rows: _Grey, columns: _Grey) -> _Grey:
    if region == "head":
        return 0.2 * _soft(1.0 - np.abs(columns))
    if region == "chest":
        return 0.2 * _soft(2.0 - np.abs(columns)) + 0.2 * _soft(1.0 - np.abs(rows))
    return 0.25 * _disc(rows, columns, 4.0)


def _appearance(modality: str, tissue: _Grey, inside: _Grey, depth: _Grey, rng: np.random.Generator) -> _Grey:
    if modality == "CT":
        return inside * (tissue + 0.5 * (depth > 0.88))
    if modality == "MRI":
        angle = rng.uniform(0, 2 * np.pi)
        slope = (np.cos(angle) * _COLUMNS + np.sin(angle) * _ROWS) / SIZE
        return np.asarray(0.25 * (1 - inside) + inside * (tissue + 0.35 * slope))
    if modality == "radiograph":
        stripes = np.sin(2 * np.pi * (_ROWS + rng.uniform(0, 6)) / 6)
        return inside * (tissue + 0.1 * stripes)
    if modality == "ultrasound":
        fan = _soft(3 * ((_ROWS + 52) * 0.72 - np.abs(_COLUMNS)))
        return np.asarray(fan * (0.12 + inside * tissue * rng.uniform(0.7, 1.3, tissue.shape)))
    return 0.95 * (1 - inside) + inside * tissue


def _boxy(x: _Grey, y: _Grey) -> _Grey:
    return np.asarray((x**4 + y**4) ** 0.25)


def _disc(rows: _Grey, columns: _Grey, radius: float) -> _Grey:
    return _soft(radius - np.hypot(rows, columns))


def _soft(distance: _Grey) -> _Grey:
    """The grey of a shape: 0 outside, 1 inside, with an edge about two pixels wide; `distance` in pixels."""
    return np.asarray(np.clip(distance / 2 + 0.5, 0, 1))
