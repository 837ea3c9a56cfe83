import numpy as np
import pytest

from vqa_canary.seeding import generator_for
from vqa_canary.sources.phantom_drawing import (
    CONTRAST,
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


def _pixels(scene: Scene, seed: int = 0) -> np.ndarray:
    return render(scene, np.random.default_rng(seed)).astype(float)


def test_a_scene_and_its_pixels_follow_from_the_seed_alone() -> None:
    first, again, other = (
        render(draw_scene(generator_for(seed, "x", "scene")), generator_for(seed, "x", "pixels"))
        for seed in (1, 1, 2)
    )
    assert first.shape == (SIZE, SIZE)
    assert first.dtype == np.uint8
    assert (first == again).all()
    assert (first != other).any()


def test_every_scene_occurs() -> None:
    rng = np.random.default_rng(0)
    scenes = [draw_scene(rng) for _ in range(800)]
    assert {scene.modality for scene in scenes} == set(MODALITIES)
    assert {scene.region for scene in scenes} == set(REGIONS)
    assert {scene.kind for scene in scenes} == set(KINDS)
    assert {scene.size for scene in scenes} == set(SIZES)
    assert {len(scene.affected) for scene in scenes} == {0, 1, 2, 3}
    assert len({scene.affected for scene in scenes}) == 1 + 4 + 6 + 4
    assert len({organ for organs in ORGANS.values() for organ in organs}) == 12


@pytest.mark.parametrize("modality", MODALITIES)
@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_lesion_is_seen_at_its_place_and_nowhere_else(modality: str, region: str, kind: str) -> None:
    without = _pixels(Scene(modality, region, (), kind, "medium"))
    for place in range(4):
        change = np.abs(_pixels(Scene(modality, region, (place,), kind, "medium")) - without)
        top, left = place < 2, place % 2 == 0
        half = SIZE // 2
        quadrant = change[:half] if top else change[half:]
        quadrant = quadrant[:, :half] if left else quadrant[:, half:]
        assert quadrant.max() > 0.9 * CONTRAST[0] * 255
        assert quadrant.sum() == change.sum()


@pytest.mark.parametrize("modality", MODALITIES)
def test_a_larger_lesion_changes_more_pixels(modality: str) -> None:
    def changed(size: str) -> float:
        plain = _pixels(Scene(modality, "head", (), "nodule", size))
        return float((np.abs(_pixels(Scene(modality, "head", (2,), "nodule", size)) - plain) > 10).sum())

    small, medium, large = map(changed, SIZES)
    assert 5 < small < 0.7 * medium < 0.7**2 * large
