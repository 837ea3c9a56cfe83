"""Whatever the library would make up of a model is refused by name when the model is loaded, or changes nothing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from operator import methodcaller
from pathlib import Path
from typing import Any

import pytest
from tests.engines.breaking import WEIGHTS, a_matrix, copied, edit_json, edit_weights
from tests.engines.conftest import SLOW_FOR_THE_OTHER
from tests.engines.families.catalogue import FAMILIES

from vqa_canary.digests import digest
from vqa_canary.engines.local.loading import TransformersModel, load
from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.protocols import ImageOpener
from vqa_canary.engines.registration import make_engine
from vqa_canary.engines.sampling import Sampling
from vqa_canary.errors import BadInput
from vqa_canary.frames import to_table
from vqa_canary.rows import Instance

SAMPLING = Sampling(n_samples=3, max_new_tokens=3)
Break = Callable[[Path], Any]


@pytest.fixture
def folder(model_folder: Path, tmp_path: Path) -> Path:
    return copied(model_folder, tmp_path)


def evidence(folder: Path, instances: list[Instance], open_image: ImageOpener) -> tuple[str, str]:
    """Fingerprint of the model, and a digest of every bit of its evidence."""
    engine = make_engine("m", {"path": str(folder), "device": "cpu"}, Prompts(), SAMPLING, 5, Path("/"))
    return engine.fingerprint, digest(to_table(engine.answer(instances, open_image), "evidence"))


def refusal(folder: Path, **options: Any) -> str:
    with pytest.raises(BadInput, match=r"^parameters: models\.m\.path: cannot load ") as caught:
        load("m", TransformersModel(path=str(folder), device="cpu", **options))
    return str(caught.value)


def test_a_missing_file_is_named_or_changes_nothing(
    model_folder: Path, tmp_path: Path, instances: list[Instance], open_image: ImageOpener
) -> None:
    _, whole = evidence(model_folder, instances[:3], open_image)
    refused = {}
    for at, name in enumerate(sorted(path.name for path in model_folder.iterdir())):
        folder = copied(model_folder, tmp_path / str(at))
        (folder / name).unlink()
        try:
            assert evidence(folder, instances[:3], open_image)[1] == whole, name
        except BadInput as error:
            refused[name] = str(error)
    assert "*.safetensors" in refused.pop(WEIGHTS)
    assert refused.keys() >= {"config.json", "tokenizer.json", "processor_config.json", "chat_template.jinja"}
    assert all(name in message for name, message in refused.items())


def each_tensor_is_missed(folder: Path, step: int = 1) -> list[tuple[str, str]]:
    """Take every tensor, or every `step`th, out in turn: its name, and the first that are said to be missing.

    Where a third of all weights goes with one tensor, what is said is that the configuration is another model's, and
    where one weight is stored in several tensors, that it has another shape or cannot be put together.
    """
    from safetensors.torch import load_file

    whole = load_file(folder / WEIGHTS)
    load("m", TransformersModel(path=str(folder), device="cpu"))
    pairs = []
    for name in list(whole)[::step]:
        edit_weights(folder, methodcaller("pop", name))
        found = re.search(
            r" \d+ \((.+?)\) (?:(?:are missing|have another shape), which the library fills with random|cannot be put)|"
            r"describes a model of (.+?) weights, but the files hold ",
            refusal(folder),
        )
        pairs.append((name, found[1] or found[2] if found else ""))
        edit_weights(folder, methodcaller("update", {name: whole[name]}))
    return pairs


def test_a_missing_tensor_is_named(folder: Path) -> None:
    """Every fourth; the slow test below takes out every one."""
    pairs = each_tensor_is_missed(folder, step=4)
    assert len(pairs) > 15
    for name, missed in pairs:  # prefixes differ in memory and on disk
        assert ".".join(name.split(".")[-2:]) in missed


def test_a_weight_that_lacks_one_of_its_parts_is_named(
    family_folder: Callable[[str], Path], tmp_path: Path
) -> None:
    copy = copied(family_folder("ernie4_5_vl"), tmp_path)
    edit_weights(copy, methodcaller("pop", "model.layers.1.mlp.experts.0.down_proj.weight"))
    assert "1 (model.language_model.layers.1.mlp.text_moe.experts.down_proj) cannot be put" in refusal(copy)


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_each_missing_tensor_of_each_family_is_named(
    family: str, family_folder: Callable[[str], Path], tmp_path: Path
) -> None:
    pairs = each_tensor_is_missed(copied(family_folder(family), tmp_path))
    assert len(pairs) > 40
    assert all(missed for _, missed in pairs)  # by names that some families change on loading


def first_number(value: float) -> Callable[[dict[str, Any]], Any]:
    return lambda tensors: tensors[a_matrix(tensors)].view(-1)[:1].fill_(value)


@pytest.mark.parametrize(
    ("change", "options", "what"),
    [
        (lambda t: t.update(more=t[a_matrix(t)].clone()), {}, r"1 \(more\) have no place"),
        (
            lambda t: t.update({a_matrix(t): t[a_matrix(t)][:5].clone()}),
            {},
            r"1 \(.*q_proj.weight \[5, 128\] in place of \[128, 128\]\) have another shape",
        ),
        (first_number(float("nan")), {}, r"1 \(.*q_proj.weight\) hold NaN or infinity in float32"),
        (first_number(float("-inf")), {}, r"1 \(.*q_proj.weight\) hold NaN or infinity in float32"),
        (first_number(1e6), {"dtype": "float16"}, "hold NaN or infinity in float16.*take dtype: float32"),
        (lambda t: t[a_matrix(t)].zero_(), {}, r"1 \(.*q_proj.weight\) hold nothing but zeros"),
    ],
    ids=("more", "shape", "nan", "infinite", "overflow", "zeros"),
)
def test_weights_that_are_not_the_models_are_named(
    folder: Path, change: Callable[[dict[str, Any]], Any], options: dict[str, Any], what: str
) -> None:
    edit_weights(folder, change)
    assert re.search(what, refusal(folder, **options))


def test_buffers_that_the_library_knows_to_be_unused_are_no_fault(
    folder: Path, model_folder: Path, instances: list[Instance], open_image: ImageOpener
) -> None:
    """Published weights hold some that an older version of the library stored."""
    import torch

    name = "model.language_model.layers.0.self_attn.rotary_emb.inv_freq"
    edit_weights(folder, lambda tensors: tensors.update({name: torch.ones(16)}))
    assert (
        evidence(folder, instances[:2], open_image)[1] == evidence(model_folder, instances[:2], open_image)[1]
    )


def text_config(**fields: Any) -> Break:
    def change(config: dict[str, Any]) -> None:
        config["text_config"].update(fields)
        config["text_config"].pop("layer_types", None)

    return lambda folder: edit_json(folder / "config.json", change)


def config(**fields: Any) -> Break:
    return lambda folder: edit_json(folder / "config.json", lambda content: content.update(fields))


def processor(change: Callable[[dict[str, Any]], Any]) -> Break:
    return lambda folder: edit_json(folder / "processor_config.json", change)


def template(text: str) -> Break:
    return lambda folder: (folder / "chat_template.jinja").write_text(text)


@pytest.mark.parametrize(
    ("break_it", "what"),
    [
        (config(model_type="lava"), "config.json: model_type 'lava' is none that .* Did you mean 'llava'"),
        (config(model_type="own", auto_map={"AutoConfig": "own.Own"}), "model_type 'own' .* never run"),
        (
            text_config(hidden_size="128"),
            "config.json does not describe .*hidden_size.*expected int, got str",
        ),
        (
            text_config(num_hidden_layers=1),
            "have no place in the model, so config.json describes a smaller one",
        ),
        (text_config(num_hidden_layers=3), "are missing, which the library fills with random numbers"),
        (text_config(vocab_size=50), "embed_tokens.weight .* have another shape"),
        (
            lambda folder: edit_json(folder / "config.json", lambda content: content.pop("text_config")),
            r"config.json describes a model of [\d,]{13,} weights, but the files hold \d{3},\d{3}\.",
        ),
        (config(dtype="float99"), "config.json does not describe .*float99"),
        (
            processor(lambda c: c["image_processor"].pop("image_mean")),
            r"_config.json does not state image_mean \(",
        ),
        (
            processor(lambda c: c["image_processor"].pop("image_std")),
            r"_config.json does not state image_std \(",
        ),
        (
            processor(lambda c: c["image_processor"].pop("size")),
            r"processor_config.json does not state size \(",
        ),
        (
            processor(lambda c: c["image_processor"].update(image_processor_type="Own")),
            "Unrecognized image proc",
        ),
        (
            processor(lambda c: c.update(processor_class="Own")),
            "gives a TokenizersBackend alone.* processor_class",
        ),
        (template("{% for"), "TemplateSyntaxError"),
        (
            template("<image> lung?"),
            "chat template .* loses parts of what is asked: the question, the options",
        ),
    ],
)
def test_settings_that_are_not_the_models_are_named(folder: Path, break_it: Break, what: str) -> None:
    break_it(folder)
    assert re.search(what, refusal(folder))


def test_an_older_layout_states_the_same_and_misses_its_own_file(
    folder: Path, model_folder: Path, instances: list[Instance], open_image: ImageOpener
) -> None:
    whole = json.loads((folder / "processor_config.json").read_text())
    (folder / "preprocessor_config.json").write_text(json.dumps(whole.pop("image_processor")))
    (folder / "processor_config.json").write_text(json.dumps(whole))
    assert (
        evidence(folder, instances[:2], open_image)[1] == evidence(model_folder, instances[:2], open_image)[1]
    )
    (folder / "processor_config.json").unlink()
    assert re.search(
        r"holds no processor_config.json, so nothing states (patch_size|image_seq_len) \(.*assume",
        refusal(folder),
    )


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda words: [words.popitem() for _ in range(15)], r"has \d+ tokens, but .* for \d+: it is cut or"),
        (lambda words: words.update(more=len(words) + 3), r"has \d+ tokens, but .* none for 'more'\."),
    ],
    ids=("cut", "larger"),
)
def test_a_vocabulary_of_another_size_is_named(
    folder: Path, change: Callable[[dict[str, int]], Any], what: str
) -> None:
    edit_json(folder / "tokenizer.json", lambda content: change(content["model"]["vocab"]))
    assert re.search(what, refusal(folder))


def test_an_answer_has_an_end(folder: Path) -> None:
    """The token that ends a turn may be named in one file only, and nothing fails where that is lost."""
    edit_json(folder / "tokenizer_config.json", lambda content: content.pop("eos_token"))
    load("m", TransformersModel(path=str(folder), device="cpu"))
    (folder / "generation_config.json").unlink()
    text_config(eos_token_id=None)(folder)
    assert re.search(
        r"end an answer of .* at '<end>', as its chat template does; known ends: none", refusal(folder)
    )


def test_a_part_of_a_hub_model_that_is_missing_is_named_too(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    commit = "c" * 40
    cache = tmp_path / "models--org--model" / "snapshots"
    cache.mkdir(parents=True)
    folder.rename(cache / commit)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    hub = TransformersModel(path="org/model", revision=commit, device="cpu")
    load("m", hub)
    edit_weights(cache / commit, lambda tensors: tensors.pop(a_matrix(tensors)))
    with pytest.raises(BadInput, match=r"cannot load org/model: .* 1 \(.*q_proj.weight\) are missing"):
        load("m", hub)
    processor(lambda content: content["image_processor"].pop("image_mean"))(cache / commit)
    with pytest.raises(BadInput, match=r"cannot load org/model: .*does not state image_mean"):
        load("m", hub)


def test_memory_that_does_not_hold_a_model_is_told_from_a_broken_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import AutoModelForImageTextToText

    def full(*_: Any, **__: Any) -> None:
        raise RuntimeError(
            "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"
        )

    monkeypatch.setattr(AutoModelForImageTextToText, "from_pretrained", full)
    with pytest.raises(BadInput, match=r"models\.m\.path: there is not enough memory .* set dtype: bfloat16"):
        load("m", TransformersModel(path=str(folder)))


ASK = """
import sys
from tests.engines.test_made_up import evidence
from tests.engines.conftest import draw_noise, some_instances
from pathlib import Path
print(*evidence(Path(sys.argv[1]), some_instances(), draw_noise))
"""


@SLOW_FOR_THE_OTHER
def test_a_model_loaded_twice_gives_the_same_to_the_bit(
    model_folder: Path, instances: list[Instance], open_image: ImageOpener
) -> None:
    """By two engines of one process, under one fingerprint."""
    assert evidence(model_folder, instances, open_image) == evidence(model_folder, instances, open_image)


@pytest.mark.slow
def test_another_process_gives_the_same_to_the_bit(
    model_folder: Path, instances: list[Instance], open_image: ImageOpener
) -> None:
    import torch

    threads = str(torch.get_num_threads())  # which decides in what order numbers are added up
    found = subprocess.run(
        [sys.executable, "-c", ASK, str(model_folder)],
        env=os.environ | {"OMP_NUM_THREADS": threads, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stderr
    assert tuple(found.stdout.split()) == evidence(model_folder, instances, open_image)
