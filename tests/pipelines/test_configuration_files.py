"""Files that are no settings are named with line and remedy, whatever Kedro or OmegaConf would make of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.conftest import command

from vqa_canary.errors import BadInput
from vqa_canary.pipelines.configuration_files import CheckedConfigLoader
from vqa_canary.pipelines.known_names import check_names

SOUND = "study: mine\n"


def loader(conf: Path) -> CheckedConfigLoader:
    return CheckedConfigLoader(str(conf), base_env="base", default_run_env="local")


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    for name in ("base", "local"):
        (tmp_path / name).mkdir()
    return tmp_path


LAUGHS = "a: &a [x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 8)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a:\n\tb: 1\n", ", line 2, column 1: .*indent with spaces, not with tabs"),
        (b"a: b: c\n", ", line 1, column 5: .*a colon in quotes"),
        (b"a: 1\nb: {c: 1, c: 2}\n", ", line 2: 'c' stands in line 2 already; keep one"),
        (b"a: 1\na: 1\n", ", line 2: 'a' stands in line 1 already; keep one"),
        (b"- a\n- b\n", ", line 1: holds a list, not `name: value` lines"),
        (b"hello\n", ", line 1: holds one text, not"),
        (b"a: 1\n---\nb: 1\n", ", line 2, column 1: "),
        (b"a: *b\n", ", line 1, column 4: found undefined alias; define the anchor"),
        (LAUGHS.encode(), r": its aliases \(`\*name`\) stand for more than 100000 values"),
        (b"a: &a [*a]\n", ": its aliases"),
        (b"a: " + b"[" * 60 + b"]" * 60, ", line 1: more than 40 mappings or lists"),
        (b"a: " + b"[" * 10**5, ", line 1"),
        ("a: é\n".encode("latin-1"), ", line 1: not UTF-8; save the file as UTF-8"),
        ("a: 1\n".encode("utf-16"), ", line 1: not UTF-8"),
        (b'a: "\0"\n', ": control characters are not allowed"),
        (b"~: 1\n", ", line 1: a name is empty"),
        (b"? [a]\n: 1\n", ", line 1: a name is a list"),
        (
            b"a: !!python/object/apply:os.system [ls]\n",
            ", line 1, column 4: could not determine a constructor",
        ),
        (b"a: ${b.c}\n", ", a: Interpolation key 'b.c' not found"),
        (b"a: ${globals:b}\n", ", a: Globals key 'b' not found"),
        (b"a: ${a}\n", ", a: "),
        (b"a: ${oc.env:HOME}\n", ", a: Unsupported interpolation type"),
        (b"a: ${b\n", ": "),
        (b"a: 1\n" + b"#" * 2**20, ": larger than 1048576 bytes"),
    ],
)
@pytest.mark.parametrize(
    "name", ["base/parameters.yml", "local/parameters_mine.yml", "base/parameters/deep/x.yml"]
)
def test_a_file_that_is_no_settings_is_named(conf: Path, name: str, content: bytes, message: str) -> None:
    path = conf / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    with pytest.raises(BadInput, match=f"(?s)^{path}{message}"):
        loader(conf)["parameters"]


@pytest.mark.parametrize("kind", ["folder", "pipe", "circle"])
def test_what_is_no_file_is_named(conf: Path, kind: str) -> None:
    path = conf / "base/parameters.yml"
    make: dict[str, Callable[[], None]] = {
        "folder": path.mkdir, "pipe": lambda: os.mkfifo(path), "circle": lambda: path.symlink_to(path)
    }  # fmt: skip
    make[kind]()
    with pytest.raises(BadInput, match=f"^{path}: is no file"):
        loader(conf)["parameters"]


def test_globals_are_read_when_a_loader_is_made_and_named_too(conf: Path) -> None:
    (conf / "base/globals.yml").write_text("study: [")
    with pytest.raises(BadInput, match=r"globals\.yml, line 2"):
        loader(conf)


def test_one_name_in_two_files_is_told_with_both(conf: Path) -> None:
    for name in ("parameters.yml", "parameters_more.yml"):
        (conf / "base" / name).write_text(SOUND)
    with pytest.raises(
        BadInput, match=r"Duplicate keys found in .*parameters.*parameters.*: study; keep one"
    ):
        loader(conf)["parameters"]


@pytest.mark.parametrize(
    "content", ["k: {api_key: '${hunter2}'}\n", "k: hunter2\n\tx: 1\n", "k: hunter2: 1\n"]
)
def test_no_message_repeats_a_secret(conf: Path, content: str) -> None:
    (conf / "local/credentials.yml").write_text(content)
    with pytest.raises(BadInput, match=r"local/credentials\.yml") as error:
        loader(conf)["credentials"]
    assert "hunter2" not in str(error.value)


def test_sound_files_give_what_kedro_gives(conf: Path) -> None:
    (conf / "base/globals.yml").write_text("study: mine\n")
    (conf / "base/parameters.yml").write_bytes(
        b"\xef\xbb\xbfstudy: ${globals:study}\nx: &x {y: 1}\nz: *x\nempty:\n"
    )
    (conf / "base/parameters_empty.yml").write_text("# nothing yet\n")
    (conf / "local/parameters.json").write_text('{"x": {"y": 2}}')
    assert loader(conf)["parameters"] == {"study": "mine", "x": {"y": 2}, "z": {"y": 1}, "empty": None}


@pytest.mark.parametrize("env", ["base", "audit", "monitor", "paper", "quantisation", "slake"])
def test_every_configuration_of_the_project_passes(root: Path, env: str) -> None:
    check_names(
        CheckedConfigLoader(str(root / "conf"), env=env, base_env="base", default_run_env="local")[
            "parameters"
        ]
    )


@pytest.mark.parametrize("own", ["", "sampling: {n_samples: 5}\n", "scoring: {label: choice}\n"])
def test_a_setting_of_the_command_drops_no_other_of_its_group(conf: Path, own: str) -> None:
    """Whatever the environment's files name: without any, with this group, and with another."""
    (conf / "base/parameters.yml").write_text(
        "seed: 1\nsampling: {n_samples: 10, limits: {top_p: 0.5, top_k: 3}}\nscoring: {label: native, more: 1}\n"
    )
    (conf / "local/parameters.yml").write_text(own)
    given = {"sampling": {"limits": {"top_p": 0.9}}}
    loader = CheckedConfigLoader(str(conf), base_env="base", default_run_env="local", runtime_params=given)
    found = loader["parameters"]
    whole = {"n_samples": 10, "limits": {"top_p": 0.9, "top_k": 3}}
    # A group that the environment names stands in place of the base's, as ever.
    replaced = {"n_samples": 5, "limits": {"top_p": 0.9}}
    assert found["sampling"] == (replaced if "sampling" in own else whole)
    assert found["scoring"] == ({"label": "choice"} if "scoring" in own else {"label": "native", "more": 1})
    assert found["seed"] == 1


def test_the_command_line_names_the_file_without_a_traceback(
    project: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (project / "conf/base/parameters_ue_scoring.yml").write_text("scoring:\n\tmethods: []\n")
    shutil.rmtree(project / "data/06_models")
    monkeypatch.chdir(project)
    status, told = command("run")
    logged = capfd.readouterr()
    assert status == 1
    assert "parameters_ue_scoring.yml, line 2, column 1" in told
    assert "Traceback" not in told + logged.out + logged.err
