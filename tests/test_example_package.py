"""The package in docs/examples: installed as a user's would be, it takes part in a study; the page shows its files."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from PIL import Image

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "docs/examples"
MEMBERS = sorted(path for path in (EXAMPLES / "src").rglob("*.py") if path.name != "__init__.py")
SHOWN = [*MEMBERS, EXAMPLES / "pyproject.toml", EXAMPLES / "tests/test_examples.py"]

Edit = Callable[[Path, Callable[[dict[str, Any]], Any]], None]


def test_the_page_shows_whole_files_of_the_package() -> None:
    """So that what a reader copies is what the tests below have run."""
    page = (ROOT / "docs/extend.md").read_text()
    blocks = re.findall(r"```(?:python|toml)\n(.*?)```", page, re.DOTALL)
    assert sorted(blocks) == sorted(path.read_text() for path in SHOWN)


@pytest.mark.parametrize("path", MEMBERS, ids=lambda path: path.stem)
def test_an_example_needs_the_public_names_alone(path: Path) -> None:
    from vqa_canary import plugins

    tree = ast.parse(path.read_text())
    ours = {
        (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("vqa_canary")
        for alias in node.names
    }
    assert ours
    assert {module for module, _ in ours} == {"vqa_canary.plugins"}
    assert {name for _, name in ours} <= set(plugins.__all__)


def test_public_names_are_there_and_light_to_import() -> None:
    heavy = [
        "torch",
        "transformers",
        "pandas",
        "mlflow",
        "great_expectations",
        "kedro",
        "sklearn",
        "matplotlib",
    ]
    code = (
        "import sys\n"
        "from vqa_canary.plugins import *\n"
        "from vqa_canary import plugins\n"
        f"print([name for name in {heavy} if name in sys.modules], len(plugins.__all__))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"\[\] \d\d\n", done.stdout)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which pip has installed the package, with the environment of these tests beside it."""
    folder = tmp_path_factory.mktemp("installed")
    source = shutil.copytree(EXAMPLES, folder / "source")  # pip builds inside of it
    pip_install(source, folder / "site")
    return folder / "site"


def pip_install(source: Path, site: Path) -> None:
    options = [
        "--no-build-isolation",
        "--no-deps",
        "--no-index",
        "--no-compile",
        "--disable-pip-version-check",
    ]
    command = [sys.executable, "-m", "pip", "install", "-q", *options, "--target", str(site), str(source)]
    subprocess.run(command, check=True, capture_output=True)


def run(site: Path, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join([str(site), str(ROOT / "src")])
    return subprocess.run(
        words,
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": paths, "COLUMNS": "400"},
        capture_output=True,
        text=True,
        check=False,
    )


def set_up(project: Path, edit: Edit) -> None:
    """A study of all four members, of a few questions, with a model and methods of our own beside them."""
    cards = project / "data/01_raw/cards"
    cards.mkdir(parents=True)
    for name, shade in (("dark", 30), ("grey", 120), ("light", 220)):
        Image.effect_noise((32, 32), shade / 4).point(lambda grey, at=shade: (grey + at) // 2).save(
            cards / f"{name}.png"
        )
    organs = ["lung; *heart; liver", "*lung; heart; liver", "lung; heart; *liver; brain"]
    lines = [
        f"{name}.png | Which organ is shown on card {n}? | {options}"
        for n, (name, options) in enumerate(
            (name, options) for name in ("dark", "grey", "light") for options in organs
        )
    ]
    (cards / "questions.txt").write_text(
        "\n".join([*lines, "lost.png | Which organ? | *lung; heart", "Jane Doe"])
    )
    (cards / "answers.csv").write_text("image,answer\ndark.png,lung\nlight.png,heart\ngrey.png,liver\n")
    base = project / "conf/base"

    def datasets(parameters: dict[str, Any]) -> None:
        parameters["datasets"]["phantom"]["n_images"] = 4
        parameters["datasets"]["cards"] = {"source": "starred", "folder": "data/01_raw/cards"}
        parameters["conditions"] = ["clean", "nota_replace", "nota_control", "underexposed"]

    edit(base / "parameters_data_engineering.yml", datasets)
    neighbour = {"engine": "nearest", "path": "data/01_raw/cards/answers.csv", "softness": 30.0}
    edit(base / "parameters_inference.yml", lambda p: p["models"].update(neighbour=neighbour))
    methods = ["max_probability", "energy", {"energy": {"temperature": 2}}]
    edit(base / "parameters_ue_scoring.yml", lambda p: p["scoring"].update(methods=methods))
    edit(
        base / "parameters_reporting.yml", lambda p: p["evaluation"].update(nota_conditions=["nota_replace"])
    )


@pytest.mark.slow
def test_all_four_members_take_part_in_a_study(installed: Path, project: Path, edit_yaml: Edit) -> None:
    """And a setting that is changed makes the scores that are there stale."""
    set_up(project, edit_yaml)
    kedro = str(Path(sys.executable).with_name("kedro"))
    done = run(installed, kedro, "run", cwd=project)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    data = project / "data"
    scores = pq.read_table(data / "07_model_output/phantom/scores.parquet").to_pandas()
    assert set(scores["method"]) == {"max_probability", "energy", "energy(temperature=2.0)"}
    assert {"neighbour"} < set(scores["model"])
    assert set(scores["condition"]) == {"clean", "nota_replace", "nota_control", "underexposed"}
    assert set(scores["dataset"]) == {"phantom", "cards"}
    assert scores["uncertainty"].notna().all()
    assert scores["uncertainty"].min() < 0
    refused = pq.read_table(data / "02_intermediate/phantom/quarantine.parquet").to_pandas()
    reasons = dict(zip(refused["key"], refused["reason"], strict=True))
    assert "no such file" in reasons["cards/questions.txt line 10"]
    assert reasons["cards/questions.txt line 11"].startswith("it needs three parts")
    page = (data / "08_reporting/phantom/report.html").read_text()
    for shown in (
        "energy(temperature=2.0)",
        "underexposed",
        "neighbour",
        "cards",
        "energy: temperature: 2.0",
    ):
        assert shown in page
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{project}/mlflow.db")
    runs = client.search_runs([one.experiment_id for one in client.search_experiments()])
    [child] = [
        one for one in runs if one.data.tags.get("mlflow.runName") == "neighbour x energy(temperature=2.0)"
    ]
    assert child.data.params["method.temperature"] == "2.0"
    assert child.data.params["model.softness"] == "30.0"

    methods = ["max_probability", "energy", {"energy": {"temperature": 3}}]
    edit_yaml(project / "conf/base/parameters_ue_scoring.yml", lambda p: p["scoring"].update(methods=methods))
    stale = run(installed, kedro, "run", "--pipeline", "reporting", cwd=project)
    assert stale.returncode == 1
    assert "scores: it was made with scoring.methods" in stale.stderr
    assert "temperature: 2.0, now 3" in stale.stderr
    assert "kedro run --pipelines ue_scoring,reporting" in stale.stderr


CONTRACTS = (
    "ue/test_method_contract.py",
    "conditions/test_conditions.py",
    "sources/test_source_contract.py",
    "engines/test_engine_contract.py",
)


@pytest.mark.slow
def test_contract_tests_walk_the_members_of_an_installed_package(installed: Path) -> None:
    own = run(
        installed,
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        str(EXAMPLES / "tests"),
        cwd=ROOT,
    )
    assert own.returncode == 0, own.stdout
    files = [f"tests/{name}" for name in CONTRACTS]
    named = "test_contract and (energy or underexposed or starred or nearest)"
    ours = run(
        installed,
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-rA",
        "-k",
        named,
        *files,
        cwd=ROOT,
    )
    assert ours.returncode == 0, ours.stdout
    passed = re.findall(r"^PASSED .*\[(\w+)\]", ours.stdout, re.MULTILINE)
    assert set(passed) == {"energy", "underexposed", "starred", "nearest"}


@pytest.mark.slow
def test_a_broken_package_is_refused_by_name(
    installed: Path, tmp_path: Path, project: Path, edit_yaml: Edit
) -> None:
    site = shutil.copytree(installed, tmp_path / "site")
    (site / "vqa_canary_examples/energy.py").write_text("import not_installed_anywhere\n")
    done = run(site, str(Path(sys.executable).with_name("kedro")), "run", cwd=project)
    assert done.returncode == 1
    assert re.search(
        r"package vqa-canary-examples: its UE method 'energy' \(vqa_canary_examples.energy\) cannot be imported: "
        r"ModuleNotFoundError: .*pip uninstall vqa-canary-examples",
        done.stderr.replace("\n", " "),
    )
    assert not list((project / "data").glob("03_primary/*"))
