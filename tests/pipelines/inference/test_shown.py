"""What a model is shown can be looked at: the pixels that its engine gets, or that an endpoint is sent."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.engines.endpoint.asking import make_instances

from vqa_canary.engines.endpoint.engine import EndpointEngine
from vqa_canary.engines.endpoint.options import EndpointModel
from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.sampling import Sampling
from vqa_canary.errors import BadInput
from vqa_canary.pipelines.inference.shown import write_shown
from vqa_canary.rows import Instance, each_image, with_images

INSTANCES = make_instances(9, n_images=3)


class Local:
    """An engine that takes images as they are opened."""


class Recorded:
    cannot_be_asked = "it was asked elsewhere"


def open_image(instance: Instance) -> Image.Image:
    seed = int(str(instance.image_sha256), 16)
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (20, 40), np.uint8))


def written(folder: Path, engine: object, n: int) -> dict[str, Image.Image]:
    write_shown("m", INSTANCES, engine, open_image, folder, n)  # type: ignore[arg-type]  # a stand-in
    return {path.stem: Image.open(path) for path in folder.iterdir()}


def test_the_first_different_images_are_written_by_instance(tmp_path: Path) -> None:
    by_id = {one.instance_id: one for one in INSTANCES}
    (tmp_path / "notes.txt").write_text("of a person")
    write_shown("m", INSTANCES, Local(), open_image, tmp_path, 3)  # type: ignore[arg-type]  # a stand-in
    write_shown("m", INSTANCES, Local(), open_image, tmp_path, 2)  # type: ignore[arg-type]  # a stand-in
    found = sorted(path.stem for path in tmp_path.glob("*.png"))
    assert len(found) == 2  # those of the first call are gone
    assert found[0] == min(by_id)
    assert len({by_id[name].image_sha256 for name in found}) == 2
    for name in found:
        shown = np.asarray(Image.open(tmp_path / f"{name}.png"))
        assert (shown == np.asarray(open_image(by_id[name]))).all()
    assert (tmp_path / "notes.txt").exists()


def test_an_endpoints_images_are_those_that_are_sent(tmp_path: Path) -> None:
    options = EndpointModel(model="m", base_url="http://127.0.0.1:1/v1", max_image_side=10)
    engine = EndpointEngine("m", options, Prompts(), Sampling(n_samples=1), seed=0)
    found = written(tmp_path, engine, 99)
    assert {(one.mode, one.size) for one in found.values()} == {("RGB", (10, 5))}
    assert len(found) == 3


def test_several_images_of_a_question_count_as_one_and_are_written_together(tmp_path: Path) -> None:
    first, *others = sorted(INSTANCES, key=lambda one: one.instance_id)
    pair = with_images(first, [first.images[0], others[1].images[0]])
    write_shown("m", [pair, *others], Local(), open_image, tmp_path, 1)  # type: ignore[arg-type]  # a stand-in
    paths = [tmp_path / f"{first.instance_id}{end}.png" for end in ("", "-2")]
    assert sorted(tmp_path.iterdir()) == sorted(paths)
    for path, one in zip(paths, each_image(pair), strict=True):
        assert (np.asarray(Image.open(path)) == np.asarray(open_image(one))).all()
    write_shown("m", others, Local(), open_image, tmp_path, 1)  # type: ignore[arg-type]  # a stand-in
    assert not any(path.exists() for path in paths)


def test_an_image_that_does_not_open_is_left_out(tmp_path: Path) -> None:
    gone = min(INSTANCES, key=lambda one: one.instance_id).image_sha256

    def open_some(instance: Instance) -> Image.Image:
        if instance.image_sha256 == gone:
            raise BadInput("gone")
        return open_image(instance)

    write_shown("m", INSTANCES, Local(), open_some, tmp_path, 99)  # type: ignore[arg-type]  # a stand-in
    assert len(list(tmp_path.iterdir())) == 2


def test_recorded_answers_were_shown_nothing_here(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    write_shown("m", INSTANCES, Recorded(), open_image, tmp_path / "new", 9)  # type: ignore[arg-type]  # a stand-in
    assert not (tmp_path / "new").exists()
    assert "no images were written" in caplog.text
