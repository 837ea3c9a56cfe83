"""Every command in the README and the docs works."""

from __future__ import annotations

import json
import pkgutil
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests import made_up_gmai
from tests.conftest import command
from tests.engines.endpoint.fake_model import FakeModel
from tests.engines.endpoint.fault_server import Fault, serving
from tests.phantom_audit import set_up
from tests.watched import audited, batch, unlabelled

from vqa_canary.report import drawing
from vqa_canary.ue.registration import METHODS

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
IN_TEXT = re.compile(r"`((?:kedro|make) [^`]+)`")
IN_BLOCK = re.compile(r"^((?:kedro|make) [^#\n]+)", re.MULTILINE)


def commands() -> list[str]:
    """Commands of all pages, each once, in the order of reading."""
    found: list[str] = []
    for page in PAGES:
        text = page.read_text()
        blocks = re.findall(r"```bash\n(.*?)```", text, re.DOTALL)
        prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
        found += [one.strip() for block in blocks for one in IN_BLOCK.findall(block)] + IN_TEXT.findall(prose)
    return list(dict.fromkeys(found))


KEDRO = [one for one in commands() if one.startswith("kedro")]
MAKE = [one for one in commands() if one.startswith("make")]


def test_there_are_commands() -> None:
    assert {"kedro run", "kedro run --env slake"} <= set(KEDRO)
    assert {"make run", "make test"} <= set(MAKE)


def test_every_link_and_every_module_that_the_pages_name_is_there() -> None:
    lost = []
    for page in PAGES:
        text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        links = [
            link.partition("#")[0]
            for link in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", text))
            if ":" not in link
        ]
        lost += [f"{page.name}: {link}" for link in links if link and not (page.parent / link).exists()]
        named = re.findall(r"`(src/vqa_canary/[\w/.]+|vqa_canary(?:\.\w+)+)`", text)
        lost += [f"{page.name}: {name}" for name in named if not _is_there(name)]
    assert lost == []


def _is_there(name: str) -> bool:
    """Whether a file, a module or what a module holds bears this name."""
    if "/" in name:
        return (ROOT / name).exists()
    try:
        pkgutil.resolve_name(name)
    except (ImportError, AttributeError):
        return name == METHODS.group
    return True


@pytest.mark.parametrize("words", MAKE)
def test_make_knows_the_target(words: str) -> None:
    done = subprocess.run(
        [*shlex.split(words), "--dry-run"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def leave_few_conditions(parameters: dict[str, Any]) -> None:
    """Those that the claims compare; every one that is left out is at least a condition."""
    from vqa_canary.conditions.configured import settings_of_conditions

    assert settings_of_conditions(parameters["conditions"])
    parameters["conditions"] = ["clean", "nota_replace", "nota_control"]


def make_small(project: Path, slake: Path | None, edit_yaml: Callable[..., None]) -> None:
    """Minutes of training become four steps of a model of each family, SLAKE two of its images, GMAI-MMBench a file of
    made-up questions, hub models one of our folders, and quantisation one model with its copy of 4 bits; of conditions,
    methods and subgroups a few are left, for it is the report on them that takes longest."""

    def shrink(parameters: dict[str, Any]) -> None:
        runs = list(parameters["reference_models"].items())
        parameters["reference_models"] = dict([runs[0], runs[-1]])
        for model in parameters["reference_models"].values():
            lengths = list(range(2, 2 + len(model["training"]["lengths"])))
            model["training"] |= {"lengths": lengths, "images": 2, "letters_from": 1, "check_every": 9}
            model["n_held_out"] = 2

    edit_yaml(
        project / "conf/base/parameters_verification.yml",
        lambda parameters: parameters["verification"].update(images=2, items_per_image=1),
    )
    for env in ("base", "slake"):
        edit_yaml(project / f"conf/{env}/parameters_reference_models.yml", shrink)
    edit_yaml(
        project / "conf/base/parameters_reporting.yml",
        lambda parameters: parameters["evaluation"].update(
            subgroups=["modality"], nota_conditions=["nota_replace"]
        ),
    )
    edit_yaml(
        project / "conf/quantisation/parameters_reporting.yml",
        lambda parameters: parameters["evaluation"].update(primary="label_nll"),
    )
    for env in ("base", "quantisation"):
        edit_yaml(
            project / f"conf/{env}/parameters_ue_scoring.yml",
            lambda parameters: parameters["scoring"].update(
                methods=["label_nll", "pro", "radial_dispersion"]
            ),
        )
    for env in ("base", "slake", "paper"):
        edit_yaml(project / f"conf/{env}/parameters_data_engineering.yml", leave_few_conditions)
    edit_yaml(
        project / "conf/quantisation/parameters_data_engineering.yml",
        lambda parameters: parameters["datasets"]["phantom"].update(n_images=8),
    )
    edit_yaml(
        project / "conf/quantisation/parameters_inference.yml",
        lambda parameters: parameters.update(models=dict(list(parameters["models"].items())[:3:2])),
    )
    names = [name for name in made_up_gmai.NAMES for _ in range(3)]
    made_up_gmai.write(
        project / "data/01_raw/gmai_mmbench",
        [
            made_up_gmai.record(n, modality=name, answer="ABCD"[n % 4], category="")
            for n, name in enumerate(names)
        ],
    )
    edit_yaml(
        project / "conf/paper/parameters_data_engineering.yml",
        lambda parameters: parameters["selection"].update(at_most=2),
    )
    edit_yaml(
        project / "conf/paper/parameters_inference.yml",
        lambda parameters: parameters.update(
            models={"smolvlm2-2-2b": {"path": "data/06_models/reference/phantom-llava-600"}},
            sampling=parameters["sampling"] | {"n_samples": 2},
        ),
    )
    if slake is None:
        return
    make_small_slake(slake, project / "data/01_raw/slake")
    edit_yaml(
        project / "conf/slake/parameters_data_engineering.yml",
        lambda parameters: parameters.update(selection={"split": "test", "max_images": 2}),
    )
    edit_yaml(
        project / "conf/slake/parameters_inference.yml",
        lambda parameters: parameters.update(
            # What four steps teach differs from machine to machine: a model may never end an answer, and then fails.
            models={"m": {"path": "data/06_models/reference/phantom-llava-600"}},
            sampling={"n_samples": 2},
        ),
    )


def make_small_slake(whole: Path, folder: Path) -> None:
    """Every record about the first images of each split."""
    folder.mkdir(parents=True)
    (folder / "imgs").symlink_to(whole / "imgs")
    for split, n_images in (("train", 60), ("validate", 4), ("test", 4)):
        records = json.loads((whole / f"{split}.json").read_text())
        first = list(dict.fromkeys(one["img_name"] for one in records))[:n_images]
        kept = [one for one in records if one["img_name"] in first]
        (folder / f"{split}.json").write_text(json.dumps(kept))


def env_of(command: str) -> str:
    return next(
        (env for env in ("slake", "paper", "audit", "monitor") if f"--env {env}" in command), "phantom"
    )


def drawn_once(draw: Callable[..., Any]) -> Callable[..., Any]:
    """Draws a panel the first time, and gives the same for every later one of its name: drawing is what takes longest,
    and several commands make the same report."""
    known: dict[str, Any] = {}

    def panel_svg(panel: Any, salt: str, label: str) -> Any:
        if salt not in known:
            known[salt] = draw(panel, salt, label)
        return known[salt]

    return panel_svg


def fill_in_review(project: Path) -> None:
    """What a reviewer does with a copy of the list: here the first question is unanswerable."""
    listed = pd.read_csv(project / "data/08_reporting/audit/review.csv", dtype=str, keep_default_na=False)
    listed.loc[0, "unanswerable"] = "yes"
    listed.to_csv(project / "data/01_raw/audit/review.csv", index=False)


def run_all(env: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Output of an environment's commands, in the order of reading: each finds what the ones before it made."""
    monkeypatch.chdir(project)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    own = [one for one in KEDRO if env_of(one) == env and one.startswith("kedro run")]
    own.sort(key=lambda one: "reference_models" not in one)  # the models first: a study needs them
    assert len(own) > 2
    monkeypatch.setattr(drawing, "panel_svg", drawn_once(drawing.panel_svg))
    told = {}
    for one in own:
        if "review=" in one:
            fill_in_review(project)
        status, told[one] = command(*shlex.split(one)[1:])
        assert status == 0, f"{one}: {told[one][-2000:]}"
    return told


@pytest.mark.whole
@pytest.mark.parametrize("env", ["phantom", "slake", "paper"])
def test_kedro_commands_run(
    env: str,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    real_data: Callable[[str], Path],
    edit_yaml: Callable[..., None],
) -> None:
    """In one small project."""
    make_small(project, real_data("slake") if env == "slake" else None, edit_yaml)
    told = run_all(env, project, monkeypatch)
    if env == "paper":  # two questions of each modality
        assert (
            "16 usable questions with 16 images" in told["kedro run --env paper --pipeline data_engineering"]
        )


@pytest.mark.whole
def test_commands_of_an_audit_run(
    project: Path, monkeypatch: pytest.MonkeyPatch, edit_yaml: Callable[..., None]
) -> None:
    """Against a server on this machine that fails now and then."""

    def script(number: int, _: object) -> Fault | None:
        return Fault(status=500) if number % 40 == 39 and number < 200 else None

    with serving(FakeModel(), script) as server:
        endpoint = {
            "engine": "endpoint",
            "base_url": server.url,
            "model": "m",
            "min_wait": 0.001,
            "retries": 0,
        }
        set_up(project, edit_yaml, n_images=6, **endpoint)
        told = run_all("audit", project, monkeypatch)
    assert "usable questions with 6 images" in told["kedro run --env audit --pipeline data_engineering"]
    assert "instances failed and are left out" in told["kedro run --env audit"]
    audit = json.loads((project / "data/08_reporting/audit/audit.json").read_text())
    assert audit["models"][0]["failed"] == 0  # they were asked again
    assert audit["review"]["unanswerable"] == 1


@pytest.mark.whole
def test_commands_of_a_watch_run(
    project: Path, monkeypatch: pytest.MonkeyPatch, edit_yaml: Callable[..., None]
) -> None:
    """Two batches after an audit: one with labels, and one whose labels come later."""
    audited(project, edit_yaml)
    batch(project, "monitor-2026-09", 20, n_images=12)
    batch(project, "monitor-2026-10", 21, n_images=12)
    folder = project / "data/01_raw/monitor-2026-10"
    questions = pd.read_csv(folder / "questions.csv", dtype=str)
    questions[["id", "answer"]].to_csv(folder / "labels.csv", index=False)
    monkeypatch.chdir(project)
    status, said = command("run", "--env", "audit")
    assert status == 0, said[-2000:]
    own = [one for one in KEDRO if env_of(one) == "monitor"]
    assert ["2026-09" in one for one in own] == [True, False, False]
    monkeypatch.setattr(drawing, "panel_svg", drawn_once(drawing.panel_svg))
    told = {}
    for at, one in enumerate(own):
        if at == 1:
            unlabelled(project, edit_yaml)
        status, told[one] = command(*shlex.split(one)[1:])
        assert status == 0, f"{one}: {told[one][-2000:]}"
    assert "Watch monitor: 1 entry, the latest of 2026-09-30." in told[own[0]]
    assert "No alarm: of the labelled answers on" in told[own[0]]
    assert "only labels came" in told[own[2]]
    assert "Watch: data/08_reporting/monitor/watch.html" in told[own[2]]
    log = project / "data/08_reporting/monitor/log"
    assert [path.name for path in sorted(log.iterdir())] == ["000001.json", "000002.json", "000003.json"]
    assert json.loads((log / "000003.json").read_text())["labels_of"] == 2


def test_every_other_kedro_command_is_known() -> None:
    """`kedro viz` needs a browser; here only that it is installed and takes these words."""
    for one in KEDRO:
        if one.startswith("kedro run"):
            continue
        words = [str(Path(sys.executable).with_name("kedro")), *shlex.split(one)[1:], "--help"]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
