"""A sound model passes every check; a model that breaks one promise fails the checks that are about it."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.engines.endpoint.asking import SAMPLING as ENDPOINT_SAMPLING
from tests.engines.endpoint.asking import draw as draw_noise
from tests.engines.endpoint.asking import make_engine as make_endpoint
from tests.engines.endpoint.fake_model import FakeModel
from tests.engines.endpoint.fault_server import serving
from tests.pipelines.verification.made_up import (
    INSTANCES,
    ITEMS,
    MadeUp,
    counting,
    make_instances,
    make_items,
    stored_by,
    verify,
)

from vqa_canary.evaluation.checks import verdict_on
from vqa_canary.pipelines.verification.checks import ABOUT, Found
from vqa_canary.pipelines.verification.sample import draw_sample
from vqa_canary.rows import Evidence


def verdicts(found: Found) -> dict[str, str]:
    return {one.name: one.verdict for one in found.checks}


def failed(found: Found) -> set[str]:
    return {name for name, verdict in verdicts(found).items() if verdict == "failed"}


def test_a_sound_model_passes_every_check_and_each_is_told_in_full() -> None:
    found = verify(MadeUp)
    assert verdicts(found) == dict.fromkeys(ABOUT, "passed")
    for one in found.checks:
        assert one.about.endswith(".")
        assert one.n_instances in (4, 16)
        assert one.n_images == 4
        assert any(measure.holds for measure in one.measures)


BROKEN: list[tuple[str, set[str]]] = [
    ("fast reading", {"fast_reading", "uncertainty_ranks", "stored_evidence"}),
    ("blind", {"sees_the_image"}),
    ("first image for all", {"sees_the_image"}),
    ("batches", {"batches", "fast_reading", "uncertainty_ranks", "stored_evidence"}),
    ("loading", {"loaded_twice"}),
    ("samples", {"one_seed_twice", "loaded_twice", "one_image_twice"}),
    ("hidden state", {"one_seed_twice", "one_image_twice", "batches"}),
    ("last digits", {"one_seed_twice", "one_image_twice"}),
]


@pytest.mark.parametrize(("wrong", "names"), BROKEN)
def test_a_broken_promise_fails_its_checks(wrong: str, names: set[str]) -> None:
    found = verify(counting(wrong), stored_by(MadeUp("" if wrong != "blind" else wrong)))
    assert names <= failed(found)
    assert verdict_on(found.checks) == "failed"
    if wrong in ("blind", "loading", "last digits"):
        assert failed(found) == names
    for one in found.checks:
        assert (one.reason is None) == (one.verdict == "passed")


def test_what_is_equal_within_rounding_is_enough_on_a_gpu_and_not_on_a_cpu() -> None:
    def make(device: str) -> Callable[[], MadeUp]:
        return lambda: MadeUp("last digits", {"dtype": "float32", "device": device})

    assert failed(verify(make("cuda:0 (NVIDIA H200)"))) == set()
    assert "one_seed_twice" in failed(verify(make("cpu")))


def test_a_model_that_answers_nothing_passes_nothing() -> None:
    found = verify(lambda: MadeUp("fails"))
    assert verdict_on(found.checks) == "failed"
    assert "passed" not in verdicts(found).values()


ALTERED: list[tuple[str, Callable[[Evidence], Evidence | None]]] = [
    ("another log-prob", lambda row: replace(row, option_logprobs=(-0.1, -3.0, -3.0))),
    ("another P(True)", lambda row: replace(row, p_true=(row.p_true or 0) / 2 + 0.01)),
    ("another confidence", lambda row: replace(row, verbalized_text="101")),
    ("samples gone", lambda row: replace(row, samples=None)),
    ("one sample less", lambda row: replace(row, samples=(row.samples or ())[:-2])),
    ("marked as failed", lambda row: Evidence(row.model, row.instance_id, "failed", error="no")),
    ("row removed", lambda row: None),
]


@pytest.mark.parametrize("change", [change for _, change in ALTERED], ids=[name for name, _ in ALTERED])
def test_stored_evidence_that_was_altered_is_found(change: Callable[[Evidence], Evidence | None]) -> None:
    sample = draw_sample(ITEMS, INSTANCES, 7, 4, 2)
    at = sample.instances[3].instance_id
    rows = [change(row) if row.instance_id == at else row for row in stored_by(MadeUp())]
    found = verify(MadeUp, [row for row in rows if row is not None])
    assert failed(found) == {"stored_evidence"}


def test_evidence_of_another_model_is_found() -> None:
    found = verify(MadeUp, stored_by(MadeUp("fast reading")))
    assert failed(found) == {"stored_evidence"}


def test_a_study_of_one_image_cannot_show_that_the_image_is_seen() -> None:
    items = make_items(n_images=1)
    sample = draw_sample(items, make_instances(items), 7, 4, 2)
    found = {one.name: one for one in verify(lambda: MadeUp("blind"), sample=sample).checks}
    assert found["sees_the_image"].verdict == "not applicable"
    assert found["sees_the_image"].reason == "the study shows one image only"
    assert found["one_image_twice"].verdict == "passed"


def test_the_first_model_is_let_go_before_the_second_is_loaded() -> None:
    """Two copies of a large model would not fit."""
    made: list[weakref.ref[MadeUp]] = []

    def make() -> MadeUp:
        assert all(one() is None for one in made)
        engine = MadeUp()
        engine.facts["self"] = "x"
        made.append(weakref.ref(engine))
        return engine

    assert failed(verify(make)) == set()
    assert len(made) == 2


def test_recorded_answers_cannot_be_asked_and_that_is_said(tmp_path: Path) -> None:
    from vqa_canary.engines.prompts import Prompts
    from vqa_canary.engines.registration import make_engine
    from vqa_canary.engines.sampling import Sampling

    (tmp_path / "a.csv").write_text("id,answer\n1,A\n")
    model = {"engine": "recorded", "path": str(tmp_path / "a.csv")}
    found = verify(lambda: make_engine("m", model, Prompts(), Sampling(), 7, tmp_path))
    assert verdicts(found) == dict.fromkeys(ABOUT, "not applicable")
    assert {one.reason for one in found.checks} == {
        "its answers were read from a file, so there is no model here that could be asked again"
    }
    assert verdict_on(found.checks) == "not applicable"


def verify_endpoint(model: FakeModel, **options: Any) -> Found:
    """Evidence is stored, then the same server is asked again."""
    from vqa_canary.pipelines.verification.checks import Subject, run_checks

    sample = draw_sample(ITEMS, INSTANCES, 7, 4, 2)
    with serving(model) as server:

        def make() -> Any:
            return make_endpoint(server, ENDPOINT_SAMPLING, **options)

        stored = [*make().answer(sample.instances, draw_noise)]
        return run_checks(Subject(make, sample, stored, draw_noise, lambda rows: None, 0.9))


def test_an_endpoint_is_held_to_agreement_and_to_seeing_the_image() -> None:
    found = verify_endpoint(FakeModel())
    made = {one.name: one for one in found.checks}
    assert {name for name, verdict in verdicts(found).items() if verdict == "passed"} == {
        "stored_evidence",
        "sees_the_image",
        "one_image_twice",
    }
    for name in ("fast_reading", "uncertainty_ranks", "batches", "loaded_twice"):
        assert made[name].verdict == "not applicable"
        assert made[name].reason
    same = {one.name: one for one in made["stored_evidence"].measures}["same_choices"]
    assert same.value == 1
    assert same.ci_low is not None
    assert same.ci_low < 0.9  # four images do not show more
    told = made["one_seed_twice"]
    assert (told.verdict, [one.name for one in told.measures]) == ("not applicable", ["same_samples"])


def test_an_endpoint_that_answers_otherwise_each_time_fails() -> None:
    found = verify_endpoint(FakeModel(noise=3.0))
    assert "stored_evidence" in failed(found)


def test_an_endpoint_that_does_not_see_the_image_fails() -> None:
    found = verify_endpoint(FakeModel(sees_images=False), canary="warn")
    assert failed(found) == {"sees_the_image"}


def test_an_endpoint_without_log_probs_is_held_to_its_choices() -> None:
    found = verify_endpoint(FakeModel(depth=None))
    assert failed(found) == set()
    measures = {one.name: one for one in found.checks[2].measures}
    assert measures["mean_logprob_difference"].value is None
    assert measures["same_choices"].holds is True
