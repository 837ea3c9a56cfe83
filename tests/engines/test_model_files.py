"""Folders that hold no whole model are refused before anything is loaded, by the name of the file."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.engines.breaking import LFS, WEIGHTS, copied, edit_json, edit_weights

from vqa_canary.engines.local.loading import TransformersModel
from vqa_canary.engines.registration import model_options
from vqa_canary.errors import BadInput

JSONS = (
    "config.json",
    "generation_config.json",
    "processor_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
)
SHARD, INDEX = "model-00001-of-00003.safetensors", "model.safetensors.index.json"
Break = Callable[[Path], Any]


@pytest.fixture
def folder(model_folder: Path, tmp_path: Path) -> Path:
    return copied(model_folder, tmp_path)


@pytest.fixture
def shards(folder: Path) -> Path:
    """The same weights in several files."""
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / WEIGHTS)
    (folder / WEIGHTS).unlink()
    places = {name: f"model-{1 + at % 3:05}-of-00003.safetensors" for at, name in enumerate(tensors)}
    for file in set(places.values()):
        part = {name: tensor for name, tensor in tensors.items() if places[name] == file}
        save_file(part, folder / file, metadata={"format": "pt"})
    (folder / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": places}))
    return folder


def refusal(folder: Path) -> str:
    """What is said of a folder without loading it."""
    with pytest.raises(BadInput, match=r"^parameters: models\.m\.path: ") as caught:
        model_options("m", {"path": str(folder)}, Path("/"))
    return str(caught.value)


def options(folder: Path) -> TransformersModel:
    _, found = model_options("m", {"path": str(folder)}, Path("/"))
    assert isinstance(found, TransformersModel)
    return found


@pytest.mark.parametrize("name", JSONS)
@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "is empty"),
        (b"[1]", "holds a list where a JSON object belongs"),
        (b"7", "holds a int where a JSON object belongs"),
        (b'{"model_type": "lla', "is no JSON"),
        (b"\xff\xfe", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (LFS, "is a Git LFS pointer.*git lfs pull"),
    ],
    ids=("empty", "list", "number", "cut", "bytes", "deep", "pointer"),
)
def test_a_file_that_is_no_json_object_is_named(folder: Path, name: str, content: bytes, what: str) -> None:
    (folder / name).write_bytes(content)
    assert re.search(f"{re.escape(str(folder / name))} {what}", refusal(folder))


@pytest.mark.parametrize(
    ("break_it", "what"),
    [
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_bytes(LFS), "is a Git LFS pointer.*git lfs pull"),
        (
            lambda path: path.write_bytes(path.read_bytes()[:-1]),
            "is cut or damaged.*Download or copy it again",
        ),
        (lambda path: path.write_bytes(path.read_bytes()[:500]), "is cut or damaged"),
        (lambda path: path.write_bytes(path.read_bytes()[:5]), "is cut or damaged"),
        (lambda path: path.write_bytes(path.read_bytes() + b"\0"), "is cut or damaged"),
    ],
)
def test_weights_that_are_not_whole_are_named(folder: Path, break_it: Break, what: str) -> None:
    break_it(folder / WEIGHTS)
    assert re.search(f"{re.escape(str(folder / WEIGHTS))} {what}", refusal(folder))


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json"])
def test_a_file_that_is_missing_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert f"holds no {name}" in refusal(folder)


def test_what_the_library_would_find_elsewhere_or_nowhere_is_named(folder: Path) -> None:
    for name, what in (
        ("tokenizer.json", "holds no vocabulary, such as tokenizer.json"),
        (
            "processor_config.json",
            "there is no preprocessor_config.json, and no image_processor in processor_config.json",
        ),
        ("chat_template.jinja", "holds no chat template.*Download chat_template.jinja"),
        (WEIGHTS, r"holds no \*.safetensors file"),
    ):
        content = (folder / name).read_bytes()
        (folder / name).unlink()
        assert re.search(what, refusal(folder))
        (folder / name).write_bytes(content)
    options(folder)


def test_a_template_may_stand_in_the_tokenizers_file(folder: Path) -> None:
    template = (folder / "chat_template.jinja").read_text()
    (folder / "chat_template.jinja").unlink()
    edit_json(folder / "tokenizer_config.json", lambda content: content.update(chat_template=template))
    options(folder)


def test_an_adapter_is_no_model(folder: Path) -> None:
    (folder / "adapter_config.json").write_text("{}")
    assert "adapter_config.json" in refusal(folder)


def test_packed_weights_need_a_word_on_how(folder: Path) -> None:
    import torch

    def pack(tensors: dict[str, Any]) -> None:
        name = next(name for name in tensors if "q_proj.weight" in name)
        tensors[name] = tensors[name].to(torch.int8)

    edit_weights(folder, pack)
    assert "weights of type I8, which are quantised, but config.json has no quantization_config" in refusal(
        folder
    )


def test_shards_make_a_model(shards: Path) -> None:
    options(shards)


@pytest.mark.parametrize(
    ("break_it", "what"),
    [
        (
            lambda folder: (folder / "model-00002-of-00003.safetensors").unlink(),
            f"lacks model-00002-of-00003.safetensors, which {INDEX} names",
        ),
        (
            lambda folder: (folder / "model-00002-of-00003.safetensors").write_bytes(LFS),
            "model-00002-of-00003.safetensors is a Git LFS pointer",
        ),
        (
            lambda folder: (folder / "model-00001-of-00002.safetensors").write_bytes(b"x"),
            f"holds model-00001-of-00002.safetensors, which {INDEX} does not name",
        ),
        (lambda folder: (folder / INDEX).unlink(), f"neither {WEIGHTS} nor {INDEX}.* model-00001-of-00003"),
        (lambda folder: (folder / INDEX).write_text("{}"), f"{INDEX} names no file for each tensor"),
        (lambda folder: (folder / INDEX).write_text('{"weight_map": {"a": "../x"}}'), f"{INDEX} names no file"),
        (
            lambda folder: edit_json(folder / INDEX, lambda index: index["weight_map"].update(a=SHARD)),
            f"{SHARD} lacks a, which {INDEX} places there",
        ),
        (
            lambda folder: (folder / WEIGHTS).write_bytes((folder / SHARD).read_bytes()),
            f"holds {WEIGHTS} and {INDEX}, which names {SHARD}, .*remove the one that is stale",
        ),
    ],
)  # fmt: skip
def test_files_that_contradict_their_index_are_named(shards: Path, break_it: Break, what: str) -> None:
    break_it(shards)
    assert re.search(what, refusal(shards))


def test_a_tensor_in_two_shards_is_named(shards: Path) -> None:
    from safetensors.torch import load_file, save_file

    one, two = (shards / f"model-0000{at}-of-00003.safetensors" for at in (1, 2))
    name, tensor = next(iter(load_file(one).items()))
    save_file(load_file(two) | {name: tensor}, two, metadata={"format": "pt"})
    assert f"{two} holds {name}, and so does another file" in refusal(shards)


def test_a_fingerprint_covers_what_lies_in_folders_within(folder: Path) -> None:
    plain = options(folder).fingerprint
    (folder / "additional_chat_templates").mkdir()
    (folder / "additional_chat_templates" / "rag.jinja").write_text("{{ messages }}")
    with_template = options(folder).fingerprint
    (folder / "merges.tiktoken").write_text("0 1")
    with_merges = options(folder).fingerprint
    assert len({plain, with_template, with_merges}) == 3
    for name in ("README.md", "modelling.py", "pytorch_model.bin", ".gitattributes"):
        (folder / name).write_text("says nothing")
    (folder / "checkpoint-3").mkdir()
    (folder / "checkpoint-3" / WEIGHTS).write_bytes(b"read by nobody")
    assert options(folder).fingerprint == with_merges


def test_a_file_is_hashed_once_until_it_changes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed = []
    digest = hashlib.file_digest

    def noting(file: Any, kind: str) -> Any:
        hashed.append(file.name)
        return digest(file, kind)

    monkeypatch.setattr(hashlib, "file_digest", noting)
    first = options(folder).fingerprint
    assert str(folder / WEIGHTS) in hashed
    n_hashed = len(hashed)
    assert options(folder).fingerprint == first
    assert len(hashed) == n_hashed
    edit_weights(folder, lambda tensors: next(iter(tensors.values())).add_(1))
    assert options(folder).fingerprint != first
    assert hashed[n_hashed:] == [str(folder / WEIGHTS)]


def test_the_digest_of_weights_is_what_sha256sum_says(folder: Path, tmp_path: Path) -> None:
    from click.testing import CliRunner

    from vqa_canary.cli import cli

    def told(path: Path) -> str:
        return CliRunner().invoke(cli, ["digest", str(path)]).output.strip()

    (folder / "README.md").write_text("shapes no answer")
    files = sorted(file for file in folder.iterdir() if file.suffix != ".md")
    lines = [f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files]
    before = told(folder)
    assert before == f"sha256:{hashlib.sha256(''.join(lines).encode()).hexdigest()}"
    edit_json(folder / "generation_config.json", lambda found: found.update(top_k=1))
    assert told(folder) != before
    one = tmp_path / "model.gguf"
    one.write_bytes(b"GGUF")
    assert told(one) == f"sha256:{hashlib.sha256(b'GGUF').hexdigest()}"
    (folder / WEIGHTS).write_bytes(LFS)
    assert "Git LFS pointer" in told(folder)
    (folder / WEIGHTS).unlink()
    assert "no weights in safetensors" in told(folder)
