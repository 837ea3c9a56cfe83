"""Which questions a model is asked about its own greedy answer, and what stands where one is not asked."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import ROOT
from tests.engines.conftest import draw_noise, some_instances
from tests.engines.endpoint.asking import ask as ask_endpoint
from tests.engines.endpoint.fake_model import FakeModel
from tests.engines.endpoint.fault_server import serving

from vqa_canary.engines.endpoint.plan import calls_an_instance
from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.registration import make_engine
from vqa_canary.engines.sampling import FOLLOW_UPS, LEFT_OUT, Sampling
from vqa_canary.errors import BadInput
from vqa_canary.pipelines.sections import check_sections
from vqa_canary.rows import Evidence, Gap

BOTH = tuple(FOLLOW_UPS)
FEWER = [one for n in range(len(BOTH)) for one in combinations(BOTH, n)]
MODEL = ROOT / "data/06_models/reference/phantom-llava-nota-1600"


def local(follow_ups: tuple[str, ...]) -> list[Evidence]:
    sampling = Sampling(n_samples=2, follow_ups=follow_ups)  # type: ignore[arg-type]
    engine: Any = make_engine("m", {"path": str(MODEL)}, Prompts(), sampling, 3, Path())
    return list(engine.answer(some_instances(), draw_noise))


def without_follow_ups(one: Evidence) -> Evidence:
    asked_nothing = replace(one, p_true=None, verbalized_text=None, verbalized_confidence=None, gaps=None)
    return replace(asked_nothing, prompt_tokens=0, reused_tokens=0)


@pytest.fixture(scope="module")
def whole() -> list[Evidence]:
    return local(BOTH)


@pytest.mark.parametrize("follow_ups", FEWER)
def test_a_model_here_answers_the_same_and_reads_less(
    follow_ups: tuple[str, ...], whole: list[Evidence]
) -> None:
    fewer = local(follow_ups)
    assert sum(one.prompt_tokens or 0 for one in fewer) < sum(one.prompt_tokens or 0 for one in whole)
    for asked, one in zip(fewer, whole, strict=True):
        assert without_follow_ups(asked) == without_follow_ups(one)
        assert (asked.verbalized_text is not None) == ("verbalized" in follow_ups)
        gaps = [gap for gap in asked.gaps or () if gap.reason == LEFT_OUT]
        assert gaps == [Gap(FOLLOW_UPS[name], LEFT_OUT) for name in BOTH if name not in follow_ups]
    assert any(one.p_true is not None for one in whole)


@pytest.mark.parametrize("follow_ups", [*FEWER, BOTH])
def test_an_endpoint_gets_no_request_for_what_is_not_asked(follow_ups: tuple[str, ...]) -> None:
    sampling = Sampling(n_samples=4, follow_ups=follow_ups)  # type: ignore[arg-type]
    fewest, most = calls_an_instance(sampling, 4)
    with serving(FakeModel(depth=20, most_choices=4)) as server:
        engine, found = ask_endpoint(server, n=4, sampling=sampling, n_per_call=4)
    assert len(server.requests) == sum(one.calls or 0 for one in found) + int(engine.facts["canary_calls"])
    for one in found:
        assert fewest + ("verbalized" in follow_ups) <= (one.calls or 0) <= most
        assert (one.verbalized_text is not None) == ("verbalized" in follow_ups)
        left_out = {gap.field for gap in one.gaps or () if gap.reason == LEFT_OUT}
        assert left_out == {FOLLOW_UPS[name] for name in BOTH if name not in follow_ups}


def test_evidence_that_was_asked_before_there_was_a_choice_keeps_its_key() -> None:
    for mode in ("python", "json"):
        assert "follow_ups" not in Sampling(follow_ups=BOTH[::-1]).model_dump(mode=mode)  # type: ignore[arg-type]
        assert list(Sampling(follow_ups=("p_true",)).model_dump(mode=mode)["follow_ups"]) == ["p_true"]


@pytest.mark.parametrize("name", BOTH)
def test_a_method_that_needs_what_is_not_asked_is_refused_before_anything_is(name: str) -> None:
    other = next(one for one in BOTH if one != name)
    settings: dict[str, Any] = {
        "models": {"m": {"path": "somewhere"}},
        "scoring": {"methods": ["label_nll", name]},
        "sampling": {"follow_ups": [other]},
    }
    with pytest.raises(BadInput, match=f"sampling.follow_ups: the method {name} .* Add '{name}'"):
        check_sections(settings)
    check_sections(settings | {"sampling": {"follow_ups": [name]}})
    check_sections(settings | {"sampling": {}})
    # What was recorded before may hold the answer, whatever would be asked today.
    check_sections(settings | {"models": {"m": {"engine": "recorded", "path": "answers.csv"}}})
