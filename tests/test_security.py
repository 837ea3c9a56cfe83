"""Promises of docs/security.md that no part keeps alone, and that each promise there names a test that exists."""

from __future__ import annotations

import ast
import json
import pickle
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from vqa_canary.engines.local.loading import TransformersModel, load
from vqa_canary.engines.registration import model_options
from vqa_canary.errors import BadInput

ROOT = Path(__file__).parents[1]
TINY = ROOT / "data/06_models/reference/phantom-llava-600"
PAGE = ROOT / "docs/security.md"


def test_every_promise_names_tests_that_exist() -> None:
    rows = re.findall(r"^\| (?!promise|---)(.+?) \| (.+?) \|$", PAGE.read_text(), re.MULTILINE)
    assert len(rows) > 12
    for promise, tests in rows:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", tests)
        assert named, promise
        for file, name in named:
            assert f"def {name}(" in (ROOT / file).read_text(), f"{promise}: {file}::{name}"


class Planted:
    """Unpickled, it writes a file."""

    def __init__(self, marker: Path) -> None:
        self._marker = marker

    def __reduce__(self) -> Any:
        return Path.write_text, (self._marker, "run")


@pytest.mark.parametrize("kind", ["unknown", "known"])
def test_code_in_a_models_folder_is_never_run(kind: str, tmp_path: Path) -> None:
    folder, marker = tmp_path / "model", tmp_path / "run"
    shutil.copytree(TINY, folder)
    for name in ("config.json", "processor_config.json", "tokenizer_config.json"):
        if not (folder / name).exists():
            continue
        config = json.loads((folder / name).read_text())
        config["auto_map"] = dict.fromkeys(
            (
                "AutoConfig",
                "AutoModelForImageTextToText",
                "AutoProcessor",
                "AutoTokenizer",
                "AutoImageProcessor",
            ),
            "planted.Planted",
        )
        if kind == "unknown" and name == "config.json":
            config |= {"model_type": "planted", "architectures": ["Planted"]}
        (folder / name).write_text(json.dumps(config))
    (folder / "planted.py").write_text(
        f"open({str(marker)!r}, 'w').write('run')\n\nclass Planted:\n    from_pretrained = classmethod(print)\n"
    )
    options = TransformersModel(path=str(folder))
    if kind == "unknown":
        with pytest.raises(BadInput, match="cannot load"):
            load("m", options)
    else:
        assert type(load("m", options).model).__module__.startswith("transformers.")
    assert not marker.exists()


def test_a_chat_template_reaches_nothing_outside_its_sandbox(tmp_path: Path) -> None:
    from jinja2 import Environment

    marker, secret = tmp_path / "run", tmp_path / "secret.txt"
    secret.write_text("a secret")
    run = f"system('touch {marker}')"
    attacks = (
        "{{ cycler.__init__.__globals__['os']." + run + " }}",
        "{{ lipsum.__globals__['os']." + run + " }}",
        "{% set ns = namespace() %}{{ ns.__init__.__globals__['__builtins__']['__import__']('os')."
        + run
        + " }}",
        "{{ messages.append(1) }}",
        "{% include '" + str(secret) + "' %}",
        "{{ open('" + str(secret) + "').read() }}",
        "{% for a in range(10 ** 9) %}{% endfor %}",
    )
    Environment().from_string(attacks[0]).render()
    assert marker.exists()  # it does what it should not
    marker.unlink()
    for attack in attacks:
        options = TransformersModel(path=str(TINY), chat_template="{{ image }}{{ prompt }}" + attack)
        with pytest.raises(BadInput, match=r"models\.m\.chat_template: line 1 of the template: ") as caught:
            load("m", options)
        assert not marker.exists()
        assert "a secret" not in str(caught.value)


def test_pickled_weights_are_never_opened(tmp_path: Path) -> None:
    folder, marker = tmp_path / "model", tmp_path / "run"
    shutil.copytree(TINY, folder)
    pickled = pickle.dumps(Planted(marker))
    pickle.loads(pickled)
    assert marker.exists()  # it does what it should not
    marker.unlink()
    for name in ("pytorch_model.bin", "model.pt", "tokenizer.pkl", "training_args.bin"):
        (folder / name).write_bytes(pickled)
    load("m", TransformersModel(path=str(folder)))
    for weights in folder.glob("*.safetensors"):
        weights.unlink()
    with pytest.raises(BadInput, match=r"no \*\.safetensors"):
        model_options("m", {"path": str(folder)}, tmp_path)
    assert not marker.exists()


def test_every_loader_forbids_code_from_elsewhere() -> None:
    calls = [
        (path.name, node)
        for path in sorted((ROOT / "src").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "from_pretrained"
    ]
    assert calls
    for name, call in calls:
        given = {one.arg: getattr(one.value, "value", None) for one in call.keywords}
        assert given.get("trust_remote_code") is False, name
    unsafe = {"pickle", "marshal", "shelve", "joblib", "dill", "cloudpickle"}
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {alias.name.split(".")[0] for alias in node.names} | {
                    getattr(node, "module", "") or ""
                }
                assert not names & unsafe, path
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in {"eval", "exec", "compile"}, path
