"""Options of a transformers model: what its fingerprint covers, where it may lie, and what it says of itself."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.engines.families.building import TEXT, VISION

from vqa_canary.engines.local import arithmetic
from vqa_canary.engines.local.arithmetic import attention_of
from vqa_canary.engines.local.facts import describe
from vqa_canary.engines.local.loading import TransformersModel, load
from vqa_canary.engines.registration import model_options
from vqa_canary.errors import BadInput
from vqa_canary.rows import content_id


@pytest.fixture
def folder(model_folder: Path) -> str:
    return str(model_folder)


def test_fingerprint_covers_the_arithmetic_and_not_the_place(folder: str) -> None:
    def of(**options: Any) -> str:
        return TransformersModel(path=folder, **options).fingerprint

    others = [{"dtype": "float16"}, {"attn_implementation": "eager"}]
    others += [{"quantization": kind} for kind in ("int8", "int4", "float8")]
    assert len({of(), *(of(**one) for one in others)}) == 1 + len(others)
    assert of() == of(device="cpu") == of(batch_size=2) == of(quantization=None)


def test_a_fingerprint_is_made_of_files_arithmetic_and_reading(folder: str) -> None:
    files = sorted(
        path for path in Path(folder).iterdir() if path.suffix in (".safetensors", ".json", ".jinja")
    )
    digests = [[path.name, hashlib.sha256(path.read_bytes()).hexdigest()] for path in files]
    assert TransformersModel(path=folder).fingerprint == content_id(digests, "float32", "sdpa", "tree")


def test_hub_ids_are_pinned(folder: str) -> None:
    hub = TransformersModel(path="org/model", revision="a" * 40, quantization="int8")
    assert (
        hub.fingerprint
        != TransformersModel(path="org/model", revision="b" * 40, quantization="int8").fingerprint
    )
    with pytest.raises(BadInput, match=r"models\.m\.path.*40 hex digits"):
        model_options("m", {"path": "org/model", "revision": "main"}, Path("/"))


def test_unknown_quantisation_is_refused_with_the_known_ones(folder: str) -> None:
    with pytest.raises(BadInput, match=r"models\.m\.quantization: .*'int8', 'int4' or 'float8'"):
        model_options("m", {"path": folder, "quantization": "int3"}, Path("/"))


def test_device_and_device_map_exclude_each_other(folder: str) -> None:
    with pytest.raises(BadInput, match="not both"):
        model_options("m", {"path": folder, "device_map": "auto", "device": "cpu"}, Path("/"))


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the library is told about where to put weights; it puts them on the CPU whatever that is."""
    from transformers import AutoModelForImageTextToText

    told: list[object] = []
    real = AutoModelForImageTextToText.from_pretrained

    def from_pretrained(path: str, device_map: object = None, **kwargs: object) -> object:
        told.append(device_map)
        return real(path, **kwargs)

    monkeypatch.setattr(AutoModelForImageTextToText, "from_pretrained", from_pretrained)
    return told


def test_weights_go_straight_to_the_device(folder: str, places: list[object]) -> None:
    import torch

    moved = load("m", TransformersModel(path=folder, device="meta"))
    load("m", TransformersModel(path=folder, device="cpu"))
    assert places == [{"": torch.device("meta")}, None]
    # Nothing moves them afterwards: a model that is all on the CPU by then would have been there as a whole.
    assert {weight.device.type for weight in moved.model.parameters()} == {"cpu"}


def test_weights_are_on_the_device_in_their_type_when_loading_ends(folder: str) -> None:
    pytest.importorskip("accelerate")
    import torch

    model = load("m", TransformersModel(path=folder, device="meta", dtype="bfloat16")).model
    assert {(one.device.type, one.dtype) for one in model.parameters()} == {("meta", torch.bfloat16)}


def test_device_map_reaches_the_library_and_leaves_the_fingerprint(folder: str, places: list[object]) -> None:
    options = TransformersModel(path=folder, device_map={"": "cpu"}, quantization="int8")
    found = load("m", options)
    assert places == [{"": "cpu"}]
    assert str(found.device) == "cpu"
    assert describe(found)["quantisation"].startswith("int8: ")
    assert options.fingerprint == TransformersModel(path=folder, quantization="int8").fingerprint


def test_facts_are_those_of_the_loaded_model(folder: str) -> None:
    import json

    found = load("m", TransformersModel(path=folder, device="cpu", dtype="bfloat16", quantization="int4"))
    facts = describe(found)
    [name] = json.loads((Path(folder) / "config.json").read_text())["architectures"]
    assert facts["class"] == name
    assert facts["source"] == Path(folder).name
    assert (facts["dtype"], facts["device"], facts["revision"], facts["attention"]) == (
        "bfloat16",
        "cpu",
        "",
        "sdpa",
    )
    assert facts["quantisation"].startswith("int4: ")
    assert int(facts["parameters"]) == sum(one.numel() for one in found.model.parameters())


def test_processor_and_template_have_fingerprints_of_their_own(folder: str, tmp_path: Path) -> None:
    twin = Path(shutil.copytree(folder, tmp_path / "twin"))

    def of(path: Path | str) -> dict[str, str]:
        return describe(load("m", TransformersModel(path=str(path), device="cpu")))

    plain, same = of(folder), of(twin)
    assert same == plain | {"source": "twin"}
    template = twin / "chat_template.jinja"
    template.write_text(template.read_text() + " ")
    changed = of(twin)
    assert changed["chat_template"] != plain["chat_template"]
    settings = next(twin.glob("*processor_config.json"))
    settings.write_text(settings.read_text().replace("0.5", "0.25"))
    assert of(twin)["processor"] != plain["processor"]


def test_a_hub_model_says_its_commit(folder: str) -> None:
    found = load("m", TransformersModel(path=folder, device="cpu"))
    found.model.config._commit_hash, found.model.config.name_or_path = "c" * 40, "org/model"
    assert (describe(found)["source"], describe(found)["revision"]) == ("org/model", "c" * 40)


@pytest.mark.parametrize("gpu", [False, True])
def test_the_type_of_numbers_follows_the_device(
    folder: str, monkeypatch: pytest.MonkeyPatch, gpu: bool
) -> None:
    monkeypatch.setattr(arithmetic, "has_cuda", lambda: gpu)
    here = "bfloat16" if gpu else "float32"
    cases: list[tuple[dict[str, Any], str]] = [
        ({}, here),
        ({"device": "cpu"}, "float32"),
        ({"device": "cuda:1"}, "bfloat16"),
        ({"device": "mps"}, "float32"),
        ({"device_map": "auto"}, here),
        ({"device_map": {"": "cpu"}}, "float32"),
        ({"device_map": {"model": 0, "lm_head": "cpu"}}, "bfloat16"),
        ({"dtype": "float16", "device": "cpu"}, "float16"),
    ]
    for settings, dtype in cases:
        options = TransformersModel(path=folder, **settings)
        named = TransformersModel(path=folder, **settings | {"dtype": dtype})
        assert options.resolved_dtype == dtype, settings
        assert options.fingerprint == named.fingerprint


def test_a_build_for_cpus_is_known_without_importing_it() -> None:
    code = (
        "import sys; from vqa_canary.engines.local.arithmetic import has_cuda, version; found = has_cuda();"
        "print(found, 'torch' in sys.modules, version('torch'))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found, imported, version = told.stdout.split()
    if version.endswith("+cpu"):
        assert (found, imported) == ("False", "False")
    else:
        assert imported == "True"


def test_flash_attention_is_refused_where_it_would_be_wrong_or_cannot_be(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(**settings: Any) -> str:
        with pytest.raises(
            BadInput, match=r"^parameters: models\.m\.attn_implementation: flash_attention_[23] "
        ) as caught:
            model_options("m", {"path": folder, "attn_implementation": flash, **settings}, Path("/"))
        return str(caught.value)

    monkeypatch.setattr(arithmetic, "has_cuda", lambda: True)
    for flash, package in (
        ("flash_attention_2", "flash_attn"),
        ("flash_attention_3", "flash_attn_interface"),
    ):
        flat = {"reading": "repeated cache", "dtype": "bfloat16"}
        assert "takes no mask" in found(dtype="bfloat16")
        assert "Set reading: repeated cache" in found()
        assert "in bfloat16 and float16 alone" in found(**flat | {"dtype": "float32"})
        assert "needs a GPU" in found(**flat, device="cpu")
        assert f"the module {package}, which is not installed" in found(**flat)
        monkeypatch.setattr(arithmetic, "find_spec", lambda name: name)
        model_options("m", {"path": folder, "attn_implementation": flash, **flat}, Path("/"))
        monkeypatch.undo()
        monkeypatch.setattr(arithmetic, "has_cuda", lambda: True)


def test_auto_lets_each_part_of_a_model_choose_its_attention(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch
    from transformers import AutoModelForImageTextToText, PaliGemmaConfig

    assert (
        TransformersModel(path=folder).fingerprint
        == TransformersModel(path=folder, attn_implementation="sdpa").fingerprint
    )
    given: list[object] = []
    real = AutoModelForImageTextToText.from_pretrained

    def from_pretrained(path: str, attn_implementation: str | None, **kwargs: object) -> object:
        given.append(attn_implementation)
        return real(path, attn_implementation=attn_implementation, **kwargs)

    monkeypatch.setattr(AutoModelForImageTextToText, "from_pretrained", from_pretrained)
    found = [
        describe(load("m", TransformersModel(path=folder, device="cpu", attn_implementation=one)))[
            "attention"
        ]
        for one in ("auto", "eager")
    ]
    assert (given, found) == ([None, "eager"], ["sdpa", "eager"])
    tower = {"model_type": "siglip_vision_model", **VISION, "vision_use_head": False}
    text = {"model_type": "gemma2", **TEXT, "head_dim": 12, "vocab_size": 99}
    config = PaliGemmaConfig(text_config=text, vision_config=tower, projection_dim=48, hidden_size=48)
    with torch.device("meta"):
        model = AutoModelForImageTextToText.from_config(config)
    told = attention_of(model)
    assert told.startswith("eager: Gemma2Model; sdpa: PaliGemmaForConditionalGeneration, ")
