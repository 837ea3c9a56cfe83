"""A local engine answers alike in whatever process and order its shards are asked."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vqa_canary.engines.local.devices import threads_of_cpu
from vqa_canary.engines.local.expected import N_LONGEST, trial_instances
from vqa_canary.engines.local.loading import TransformersModel
from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.registration import make_engine
from vqa_canary.engines.sampling import Sampling
from vqa_canary.engines.shards import evidence_shards
from vqa_canary.errors import BadInput
from vqa_canary.frames import from_frame
from vqa_canary.planned_shard import Needs
from vqa_canary.rows import Instance, ShownImage, with_images

PROMPTS, SAMPLING, SEED = Prompts(), Sampling(n_samples=2, max_new_tokens=2), 11


def make(folder: Path, **options: Any) -> Any:
    return make_engine("m", {"path": str(folder), **options}, PROMPTS, SAMPLING, SEED, Path())


def planned(engine: Any, instances: list[Instance], open_image: Any) -> Any:
    return evidence_shards("m", instances, engine, open_image, PROMPTS, SAMPLING, SEED, 3)


@pytest.mark.parametrize("model_folder", ["llava"], indirect=True)
def test_another_process_in_another_order_gives_the_same(
    model_folder: Path, instances: list[Instance], open_image: Any
) -> None:
    engine = make(model_folder)
    here = planned(engine, instances, open_image)
    packed = {
        key: pickle.dumps(shard.compute)
        for key, shard in planned(make(model_folder), instances, open_image).items()
    }
    assert list(packed) == list(here)
    assert len(here) == 3
    found = {key: shard.compute({}, print) for key, shard in here.items()}
    for key in reversed(packed):
        sent = pickle.loads(packed[key])
        assert sent.held is pickle.loads(packed[key]).held  # its model is loaded once
        there = sent({}, print)
        assert from_frame(there, "evidence").equals(from_frame(found[key], "evidence"))
        # How it was read, and what the proof of that found, does not rest on the shard that came first, either.
        assert there.attrs == found[key].attrs
    here[key].put_away()
    assert not vars(engine).keys() & {"_loaded", "_interview", "_described"}
    anew = here[key].compute({}, print)
    assert from_frame(anew, "evidence").equals(from_frame(found[key], "evidence"))
    assert anew.attrs == found[key].attrs


@pytest.mark.parametrize("model_folder", ["llava"], indirect=True)
def test_only_who_asks_about_the_first_instance_calls_the_model_broken(
    model_folder: Path, instances: list[Instance], open_image: Any
) -> None:
    """Another worker cannot know what was answered elsewhere: what it cannot ask about become failed rows."""
    import torch

    instances = [
        replace(one, image_sha256=one.image_id) for one in instances
    ]  # images that failures tell apart
    engine = make(model_folder)
    with torch.no_grad():
        engine._loaded.model.get_output_embeddings().weight.fill_(torch.nan)
    plan = evidence_shards("m", instances, engine, open_image, PROMPTS, SAMPLING, SEED, 6)
    first, last = plan.values()
    assert set(last.compute({}, print)["status"]) == {"failed"}
    with pytest.raises(BadInput, match="failed on all of the first"):
        first.compute({}, print)


def test_what_it_takes_to_be_sent(model_folder: Path) -> None:
    assert make(model_folder).needs == Needs(1, gpu=True)
    assert make(model_folder, device="cpu", threads=3).needs == Needs(3, gpu=False)
    assert make(model_folder, device="cuda:1").needs is None


def test_threads_are_part_of_what_answers_and_are_given_back(model_folder: Path) -> None:
    import torch

    plain, more = (TransformersModel(path=str(model_folder), threads=n).fingerprint for n in (1, 2))
    assert plain == TransformersModel(path=str(model_folder)).fingerprint != more
    before = torch.get_num_threads()
    with threads_of_cpu(before + 1, torch.device("cpu")):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before
    with threads_of_cpu(before + 1, torch.device("meta")):
        assert torch.get_num_threads() == before


def test_instances_of_a_trial_are_the_same_whatever_the_order_and_for_each_number_of_images() -> None:
    rows = [
        Instance(f"{n:03}", "d", f"item {n // 4}", str(n % 4), "?" * (n * 7 % 97), ("a", "b"), "i", "", "", 0)
        for n in range(200)
    ]
    rows += [
        with_images(replace(one, instance_id=f"two {one.instance_id}"), [ShownImage("i", "", "")] * 2)
        for one in rows[:3]
    ]
    found = trial_instances(rows)
    assert found == trial_instances(rows[::-1])
    assert [one.instance_id for one in found[2]] == ["two 000", "two 001", "two 002"]
    lengths = sorted(len(one.question) for one in rows[:200])
    chosen = [len(one.question) for one in found[1]]
    assert sorted(chosen)[-N_LONGEST:] == lengths[-N_LONGEST:]
    assert min(chosen) == lengths[0]
    assert len(chosen) < 50
    longest = max(found[1], key=lambda one: len(one.question))  # the first of those alike, as in a trial
    assert len([one for one in found[1] if one.item_id == longest.item_id]) == 4
