"""The study `paper`, whose hub models cannot be downloaded here: its settings, on models of the same classes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.engines.endpoint.asking import draw, make_instances
from tests.engines.endpoint.fault_server import Fault, serving
from tests.engines.endpoint.faults import error_body
from tests.engines.endpoint.keeping import keeping

from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.protocols import ImageOpener
from vqa_canary.engines.registration import ABOUT, make_engine
from vqa_canary.engines.sampling import Sampling
from vqa_canary.errors import BadInput
from vqa_canary.rows import Instance

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/paper.md"
STUDY: dict[str, Any] = yaml.safe_load((ROOT / "conf/paper/parameters_inference.yml").read_text())
MODELS: dict[str, dict[str, Any]] = STUDY["models"]
VENDORS = {name: model for name, model in MODELS.items() if model.get("engine") == "endpoint"}
HUB = {name: model for name, model in MODELS.items() if name not in VENDORS}
SAMPLING = Sampling.model_validate(STUDY["sampling"] | {"n_samples": 2, "max_new_tokens": 2})
"""That of the study, with fewer and shorter samples. The prompts are not the study's: a random model's answer is cut
before it names an option, and one that was to hold a text is then a failed row."""
CLASSES = {
    "qwen2.5-vl": "qwen2_5_vl",
    "qwen3-vl": "qwen3_vl",
    "gemma-3": "gemma3",
    "internvl3": "internvl",
    "llava-onevision": "llava_onevision",
    "smolvlm2": "smolvlm",
}
"""Our small models, by the `family` of the hub's."""
FIRST_OF = {model["family"]: name for name, model in reversed(HUB.items())}
"""The first model of each family. The others of it differ in their weights alone, which are not here."""


def engine_of(name: str, **changed: Any) -> Any:
    settings = {key: value for key, value in (MODELS[name] | changed).items() if value is not None}
    return make_engine(name, settings, Prompts(), SAMPLING, 7, ROOT)


def test_the_study_samples_as_the_paper_did() -> None:
    assert SAMPLING.reshuffled
    assert (SAMPLING.temperature, SAMPLING.top_p) == (0.6, 0.9)
    assert Prompts.model_validate(STUDY["prompts"]).answer_style == "letter and text"


def test_there_are_twelve_and_each_is_pinned_and_described() -> None:
    assert len(HUB) == len({model["path"] for model in HUB.values()}) == 10
    assert len(VENDORS) == len({model["base_url"] for model in VENDORS.values()}) == 2
    assert all(model.keys() >= ABOUT - {"baseline"} for model in MODELS.values())
    assert len({engine_of(name).fingerprint for name in MODELS}) == 12


def test_models_of_one_family_are_asked_with_the_same_settings() -> None:
    weights = {"path", "revision", *ABOUT}
    for model in HUB.values():
        first = HUB[FIRST_OF[model["family"]]]
        assert {key: model[key] for key in model.keys() - weights} == {
            key: first[key] for key in first.keys() - weights
        }
    assert FIRST_OF.keys() == CLASSES.keys()


@pytest.mark.parametrize("name", FIRST_OF.values())
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_small_model_of_its_class_answers(
    name: str,
    dtype: str,
    family_folder: Callable[[str], Path],
    instances: list[Instance],
    open_image: ImageOpener,
) -> None:
    folder = family_folder(CLASSES[MODELS[name]["family"]])
    engine = engine_of(name, path=str(folder), revision=None, dtype=dtype)
    for found in engine.answer(instances[:2], open_image):
        assert (found.model, found.status, found.error) == (name, "ok", None)
        assert len(found.samples) == 2
        # A random model's letters seldom have the majority at the first token, and only then are they read there.
        assert found.option_mass is None or 0 < found.option_mass < 1
        assert (found.option_mass is None) == ("option_logprobs" in {gap.field for gap in found.gaps or ()})


@pytest.mark.parametrize("name", HUB)
def test_a_model_that_cannot_be_downloaded_is_named(
    name: str,
    instances: list[Instance],
    open_image: ImageOpener,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    path = MODELS[name]["path"]
    with pytest.raises(BadInput, match=f"models.{name}.path: cannot load {re.escape(path)}: "):
        engine_of(name).answer(instances[:1], open_image)


@pytest.mark.parametrize("name", VENDORS)
def test_a_vendor_is_asked_as_the_study_says(name: str) -> None:
    """By a server that gives what docs/paper.md says of this vendor's."""
    refuses = name == "gemini-2-5-flash"

    def script(_: int, body: Any) -> Fault | None:
        return Fault(400, body=error_body(param="logprobs")) if refuses and "logprobs" in body else None

    with serving(keeping("top_p"), script) as server:
        engine = engine_of(name, base_url=server.url, credentials=None)
        found = list(engine.answer(make_instances(2), draw))
    bodies = server.requests[int(engine.facts["canary_calls"]) :]
    assert [(one.status, len(one.samples)) for one in found] == [("ok", 2)] * 2
    assert all((one.option_logprobs is None) == refuses for one in found)
    samples = [body for body in bodies if body.get("temperature") == 0.6]
    assert len(samples) == 4
    assert all((body["top_p"], body["model"]) == (0.9, MODELS[name]["model"]) for body in samples)
    assert all(body.items() >= MODELS[name].get("extra_body", {}).items() for body in bodies)


def test_the_page_names_the_keys_that_the_study_asks_for() -> None:
    [entries] = re.findall(r"# conf/local/credentials.yml\n(.*?)```", PAGE.read_text(), re.S)
    assert {model["credentials"] for model in VENDORS.values()} == set(yaml.safe_load(entries))


def test_the_memory_page_follows_its_formula() -> None:
    rows = re.findall(r"^\| `(.+)`" + r" \| ([^|]+)" * 5 + r" \|$", PAGE.read_text(), re.M)
    assert {row[0] for row in rows} == set(HUB)
    for name, parameters, shape, *stated in rows:
        layers, heads, size = (int(one) for one in shape.split(","))
        weights, token = 2 * float(parameters), 2 * layers * 2 * heads * size
        assert [weights, token / 1e3, weights + 32_000 * token / 1e9] == [
            pytest.approx(float(one), abs=abs_) for one, abs_ in zip(stated, (0.06, 0.6, 0.06), strict=True)
        ], name
