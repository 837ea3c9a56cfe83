"""Phantoms: what is in a drawn image (a scene), and its pixels.

A scene says everything that a question may ask; the pixels are drawn from it and from noise. All
shapes are ellipses with soft edges. Left and right are those of the image, not of a patient.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vqa_canary.sources.phantom_looks import LOOKS, Canvas, Grey, disc, soft

SIZE = 64
"""Side of an image, in pixels."""

MODALITIES = tuple(LOOKS)
REGIONS = ("head", "chest", "abdomen")
ORGANS = {
    "head": ("left eye", "right eye", "brainstem", "cerebellum"),
    "chest": ("left lung", "right lung", "heart", "diaphragm"),
    "abdomen": ("liver", "spleen", "left kidney", "right kidney"),
}
"""For each region the organs at its four places: upper left, upper right, lower left, lower right."""
KINDS = ("nodule", "cyst", "abscess")
SIZES = ("small", "medium", "large")

RADII = {"small": 3.0, "medium": 4.6, "large": 6.8}
"""Radius of a lesion of each size, in pixels."""

_BODY = {"head": (19.0, 28.0), "chest": (30.0, 23.0), "abdomen": (27.0, 28.0)}
_PLACES = {"head": (10.0, 12.0), "chest": (13.0, 11.0), "abdomen": (12.0, 12.0)}
_PLACES_OF_TISSUE = (13.0, 13.0)
Image = NDArray[np.uint8]

_ROWS: Grey
_COLUMNS: Grey
_ROWS, _COLUMNS = np.mgrid[0:SIZE, 0:SIZE].astype(np.float64) - (SIZE - 1) / 2


@dataclass(frozen=True, slots=True)
class Scene:
    """What a phantom shows, in full: whatever a question may ask."""

    modality: str
    region: str | None
    """Region of the body; None for a view of tissue."""
    affected: tuple[int, ...]
    """Places (0 to 3, as in `ORGANS`) that hold a lesion; one lesion each."""
    kind: str
    """Kind of every lesion; without meaning where there is none."""
    size: str
    """Size of every lesion; without meaning where there is none."""

    @property
    def organs(self) -> tuple[str, ...]:
        """The four organs of the region, by place; none in tissue."""
        return ORGANS[self.region] if self.region else ()


def draw_scene(rng: np.random.Generator) -> Scene:
    """A random scene: none to three lesions (each number equally likely), at different places."""
    modality = MODALITIES[rng.integers(len(MODALITIES))]
    region = REGIONS[rng.integers(len(REGIONS))]
    return Scene(
        modality=modality,
        region=region if LOOKS[modality].shows_body else None,
        affected=tuple(sorted(int(i) for i in rng.permutation(4)[: rng.integers(4)])),
        kind=KINDS[rng.integers(len(KINDS))],
        size=SIZES[rng.integers(len(SIZES))],
    )


def render(scene: Scene, rng: np.random.Generator, *, taught: bool = False) -> Image:
    """Pixels of a scene, shape [64, 64] where the modality is grey and [64, 64, 3] where it has colours.

    `rng` gives jitter, clutter, contrast and noise; it gives the same whatever lesions there are. Lesions are as clear
    as in a study or, with `taught`, as in what reference models learn from.
    """
    look = LOOKS[scene.modality]
    clearness = look.taught if taught else look.studied
    shift = rng.uniform(-1.5, 1.5, 2)
    rows, columns = _ROWS - shift[0], _COLUMNS - shift[1]
    canvas = _canvas(scene.region, rows, columns, rng)
    picture = look.paint(canvas, rng)
    radius, contrast = RADII[scene.size], rng.uniform(*clearness.contrast)
    jitter = rng.uniform(-1.5, 1.5, (4, 2))  # of all places, so that all else is as with no lesion
    change = np.zeros((SIZE, SIZE))
    dx, dy = _PLACES[scene.region] if scene.region else _PLACES_OF_TISSUE
    for place in scene.affected:
        y, x = np.array([(-dy, dy)[place // 2], (-dx, dx)[place % 2]]) + jitter[place]
        change += contrast * _lesion(scene.kind, rows - y, columns - x, radius)
    change += rng.normal(0, rng.uniform(*clearness.noise), change.shape)
    picture = picture + (change if look.tint is None else change[..., None] * np.array(look.tint))
    return np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)


def _canvas(region: str | None, rows: Grey, columns: Grey, rng: np.random.Generator) -> Canvas:
    """The middle, the body and its organs, of which a view of tissue has none."""
    grown = rng.uniform(0.95, 1.03)
    if region is None:
        nothing = np.zeros((SIZE, SIZE))
        return Canvas(rows, columns, nothing, nothing, nothing)
    rx, ry = np.array(_BODY[region]) * grown
    edge = _boxy(columns / rx, rows / ry) if region == "abdomen" else np.hypot(columns / rx, rows / ry)
    organs = 0.45 + _landmark(region, rows, columns)
    dx, dy = _PLACES[region]
    for place in range(4):
        tone = (0.07, -0.07)[(place + REGIONS.index(region)) % 2]
        y, x = (-dy, dy)[place // 2], (-dx, dx)[place % 2]
        organs = organs + tone * disc(rows - y, columns - x, 8.0)
    return Canvas(rows, columns, soft((1 - edge) * min(rx, ry)), edge, organs)


def _lesion(kind: str, rows: Grey, columns: Grey, radius: float) -> Grey:
    whole = disc(rows, columns, radius)
    if kind == "abscess":
        return whole - 1.7 * disc(rows, columns, 0.55 * radius)
    return whole if kind == "nodule" else -whole


def _landmark(region: str, rows: Grey, columns: Grey) -> Grey:
    if region == "head":
        return 0.2 * soft(1.0 - np.abs(columns))
    if region == "chest":
        return 0.2 * soft(2.0 - np.abs(columns)) + 0.2 * soft(1.0 - np.abs(rows))
    return 0.25 * disc(rows, columns, 4.0)


def _boxy(x: Grey, y: Grey) -> Grey:
    return np.asarray((x**4 + y**4) ** 0.25)
