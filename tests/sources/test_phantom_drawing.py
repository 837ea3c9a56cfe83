from typing import get_args

import numpy as np
import pytest

from vqa_canary.seeding import generator_for
from vqa_canary.sources.gmai_mmbench import Modality
from vqa_canary.sources.phantom_drawing import (
    KINDS,
    MODALITIES,
    ORGANS,
    REGIONS,
    SIZE,
    SIZES,
    Scene,
    draw_scene,
    render,
)
from vqa_canary.sources.phantom_looks import LOOKS


def _pixels(scene: Scene, seed: int = 0) -> np.ndarray:
    return render(scene, np.random.default_rng(seed)).astype(float)


def test_a_scene_and_its_pixels_follow_from_the_seed_alone() -> None:
    first, again, other = (
        render(draw_scene(generator_for(seed, "x", "scene")), generator_for(seed, "x", "pixels"))
        for seed in (1, 1, 2)
    )
    assert first.shape[:2] == (SIZE, SIZE)
    assert first.dtype == np.uint8
    assert (first == again).all()
    assert first.shape != other.shape or (first != other).any()


def test_every_scene_occurs() -> None:
    rng = np.random.default_rng(0)
    scenes = [draw_scene(rng) for _ in range(800)]
    assert {scene.modality for scene in scenes} == set(MODALITIES)
    assert {(scene.modality, scene.region) for scene in scenes} == set(VIEWS)
    assert {scene.kind for scene in scenes} == set(KINDS)
    assert {scene.size for scene in scenes} == set(SIZES)
    assert {len(scene.affected) for scene in scenes} == {0, 1, 2, 3}
    assert len({scene.affected for scene in scenes}) == 1 + 4 + 6 + 4
    assert len({organ for organs in ORGANS.values() for organ in organs}) == 12


VIEWS = [
    (modality, region)
    for modality in MODALITIES
    for region in (REGIONS if LOOKS[modality].shows_body else (None,))
]


@pytest.mark.parametrize(("modality", "region"), VIEWS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_lesion_is_seen_at_its_place_and_nowhere_else(modality: str, region: str | None, kind: str) -> None:
    without = _pixels(Scene(modality, region, (), kind, "medium"))
    for place in range(4):
        change = np.abs(_pixels(Scene(modality, region, (place,), kind, "medium")) - without)
        top, left = place < 2, place % 2 == 0
        half = SIZE // 2
        quadrant = change[:half] if top else change[half:]
        quadrant = quadrant[:, :half] if left else quadrant[:, half:]
        assert quadrant.max() > 0.9 * LOOKS[modality].studied.contrast[0] * 255
        assert quadrant.sum() == change.sum()


@pytest.mark.parametrize("modality", MODALITIES)
def test_a_larger_lesion_changes_more_pixels(modality: str) -> None:
    region = "head" if LOOKS[modality].shows_body else None

    def changed(size: str) -> float:
        plain = _pixels(Scene(modality, region, (), "nodule", size))
        return float((np.abs(_pixels(Scene(modality, region, (2,), "nodule", size)) - plain) > 10).sum())

    small, medium, large = map(changed, SIZES)
    assert 5 < small < 0.7 * medium < 0.7**2 * large


@pytest.mark.parametrize("modality", MODALITIES)
def test_a_modality_has_colour_where_the_real_one_has(modality: str) -> None:
    region = "head" if LOOKS[modality].shows_body else None
    pixels = _pixels(Scene(modality, region, (), "nodule", "small"))
    if modality in ("CT", "MRI", "X-ray"):
        assert pixels.shape == (SIZE, SIZE)
    else:
        assert pixels.shape == (SIZE, SIZE, 3)
        assert np.ptp(pixels.mean((0, 1))) > 10, "its colours are no greys"


def test_modalities_are_those_of_the_papers_questions() -> None:
    assert set(MODALITIES) == set(get_args(Modality))


FAINTER = ("histology", "X-ray", "microscopy")
"""The modalities in which a study shows fainter lesions than reference models learn from."""


@pytest.mark.parametrize("modality", MODALITIES)
def test_a_study_shows_fainter_lesions_in_more_noise_in_three_modalities(modality: str) -> None:
    look = LOOKS[modality]
    if modality not in FAINTER:
        assert look.studied == look.taught
        return
    for end in (0, 1):
        assert look.studied.contrast[end] < 0.65 * look.taught.contrast[end]
        assert look.studied.noise[end] > look.taught.noise[end]


def test_the_harder_modalities_are_the_fainter_and_noisier() -> None:
    others = set(MODALITIES) - set(FAINTER)
    assert max(LOOKS[name].studied.contrast[1] for name in FAINTER) < min(
        LOOKS[name].studied.contrast[0] for name in others
    )
    assert min(LOOKS[name].studied.noise[1] for name in FAINTER) > max(
        LOOKS[name].studied.noise[1] for name in others
    )


@pytest.mark.parametrize("modality", MODALITIES)
def test_a_taught_lesion_stands_out_more_where_a_study_is_fainter(modality: str) -> None:
    """Measured on the pixels, noise apart: the difference between a picture with a lesion and the same without."""
    region = "head" if LOOKS[modality].shows_body else None

    def lesion(*, taught: bool) -> float:
        with_one, without = (
            render(
                Scene(modality, region, affected, "nodule", "large"),
                generator_for(0, "x", "pixels"),
                taught=taught,
            )
            for affected in ((0,), ())
        )
        return float(np.abs(with_one.astype(float) - without).max())

    if modality in FAINTER:
        assert lesion(taught=True) > 1.5 * lesion(taught=False)
    else:
        assert lesion(taught=True) == lesion(taught=False)
