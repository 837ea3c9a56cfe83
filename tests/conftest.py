"""A copy of the project in a temporary folder, small enough to run in seconds."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml
from filelock import FileLock
from hypothesis import HealthCheck, settings
from tests.leftovers import elsewhere as elsewhere
from tests.leftovers import nothing_is_left as nothing_is_left
from tests.new_databases import copy_tables_of_the_first

if "PYTEST_XDIST_WORKER" in os.environ:  # workers with several threads each wait for one another
    os.environ.setdefault("OMP_NUM_THREADS", "1")
for name in [one for one in os.environ if one.startswith(("KEDRO_", "MLFLOW_", "VQA_CANARY_API_KEY"))]:
    del os.environ[name]  # a store, a server or a key of whoever runs the tests
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")  # an example may take as long as the machine needs

ROOT = Path(__file__).parents[1]
Run = Callable[..., Any]


@pytest.fixture(scope="module", autouse=True)
def few_objects_to_look_through() -> None:
    """What libraries hold since they were imported is left out when garbage is collected: there are millions of such
    objects in a process that has imported all of them, and looking through them took a quarter of the time."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages have empty panels in place of drawn ones, for tests that look at text, tables or files alone."""
    leave_undrawn(monkeypatch)


@pytest.fixture
def unprinted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are drawn for the page alone, for tests that look at no PDF and no PNG."""
    leave_unprinted(monkeypatch)


def leave_undrawn(patch: pytest.MonkeyPatch) -> None:
    """Empty panels in place of drawn ones: drawing is nine tenths of what a page takes."""
    empty = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"></svg>'
    patch.setattr("vqa_canary.report.drawing.panel_svg", lambda panel, salt, label: (empty, None))
    patch.setattr("vqa_canary.report.drawing.smallest_type", lambda panel: 7.5)
    leave_unprinted(patch)


def leave_unprinted(patch: pytest.MonkeyPatch) -> None:
    """No PDFs and PNGs: they are half of what drawing takes."""
    patch.setattr("vqa_canary.report.drawing.in_columns", lambda *_: {})


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def real_data() -> Callable[[str], Path]:
    """Folder of a published data set; skips the test where it is not there."""

    def find(name: str) -> Path:
        folder = Path(os.environ.get("VQA_CANARY_DATA", ROOT.parent / "shared" / "data")) / name
        if not folder.is_dir():
            pytest.skip(f"no {name} data: set VQA_CANARY_DATA to a folder that holds {name}/")
        return folder

    return find


def copy_project(target: Path) -> Path:
    """What a clone holds that a run needs, made small: one model, eight images, three samples, one kind of subgroup.

    And one method more than the default eight, since none of these states a confidence; and one worker: to start others
    takes longer than what they would have to do.
    """
    target.mkdir(exist_ok=True)
    for name in ("conf", "data/06_models/reference"):
        shutil.copytree(ROOT / name, target / name)
    for name in ("pyproject.toml", ".telemetry"):
        shutil.copy(ROOT / name, target / name)
    (target / "src").mkdir()
    (target / "src/vqa_canary").symlink_to(ROOT / "src/vqa_canary")
    base = target / "conf" / "base"
    edit(base / "parameters_data_engineering.yml", lambda p: p["datasets"]["phantom"].update(n_images=8))
    edit(base / "parameters_inference.yml", keep_one_model)
    edit(base / "parameters_reporting.yml", lambda p: p["evaluation"].update(subgroups=["modality"]))
    edit(base / "parameters_ue_scoring.yml", lambda p: p["scoring"]["methods"].append("p_true"))
    edit(
        target / "conf" / "logging.yml",
        lambda p: p["handlers"].update(rich={"class": "logging.StreamHandler"}),
    )
    return target


def edit(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change a YAML file in place."""
    content = yaml.load(path.read_text(), yaml.CSafeLoader)
    change(content)
    path.write_text(yaml.dump(content, Dumper=yaml.CSafeDumper))


def keep_one_model(parameters: dict[str, Any]) -> None:
    name = list(parameters["models"])[-1]
    parameters["models"] = {name: parameters["models"][name]}
    parameters["sampling"].update(n_samples=3, follow_ups=["p_true", "verbalized"])
    parameters["workers"] = 1


@pytest.fixture(scope="session")
def edit_yaml() -> Callable[[Path, Callable[[dict[str, Any]], Any]], None]:
    """Changes a YAML file in place."""
    return edit


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project of one's own."""
    return copy_project(tmp_path)


@pytest.fixture(scope="session")
def shared_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project in which the study has been run once; to be looked at, not changed.

    Processes that test together share it: the first that needs it makes it.
    """
    folder = tmp_path_factory.getbasetemp()
    folder = folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
    project = folder / "finished-study"
    with FileLock(folder / "finished-study.lock"):
        if not (folder / "finished-study.done").exists():
            shutil.rmtree(project, ignore_errors=True)
            copy_project(project)
            with pytest.MonkeyPatch.context() as patch:
                run_in(patch, project)
            (folder / "finished-study.done").touch()
    return project


@pytest.fixture
def finished(shared_project: Path, tmp_path: Path) -> Path:
    """A copy of one's own of the project in which the study has been run, without what MLflow holds of it."""
    left_out = shutil.ignore_patterns("mlflow.db", "mlartifacts")
    return Path(shutil.copytree(shared_project, tmp_path / "finished", symlinks=True, ignore=left_out))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """`run(project, "inference", env=..., params=...)`, as `kedro run` would."""
    return lambda project, *pipelines, **options: run_in(monkeypatch, project, *pipelines, **options)


def run_in(
    patch: pytest.MonkeyPatch,
    project: Path,
    *pipelines: str,
    env: str | None = None,
    params: dict[str, Any] | None = None,
    **options: Any,
) -> Any:
    """Run pipelines of a project in this process; figures are drawn for the page alone."""
    from kedro.framework.session import KedroSession

    leave_unprinted(patch)
    patch.chdir(project)
    patch.delenv("MLFLOW_TRACKING_URI", raising=False)
    patch.setenv("PYTHONPATH", os.environ.get("PYTHONPATH", ""))  # Kedro puts the project in front of both
    patch.setattr(sys, "path", sys.path.copy())
    bootstrap(project)
    with KedroSession.create(project_path=project, env=env, runtime_params=params) as session:
        assert isinstance(session, KedroSession)  # Kedro types what is entered as the abstract session
        return session.run(pipeline_names=list(pipelines) or None, **options)


def command(*words: str) -> tuple[int, str]:
    """Exit status and words of `kedro <words>` for the project in the current folder, in this process.

    An error that the command does not put into words is raised: a process of its own would show its traceback.
    """
    from click.testing import CliRunner

    bootstrap(Path.cwd())
    from vqa_canary.cli import cli

    done = CliRunner().invoke(cli, words, catch_exceptions=False)
    return done.exit_code, done.output


def bootstrap(project: Path) -> None:
    """Tell Kedro of a project; in a thread, for its settings library looks at each frame of the stack several times,
    and pytest's is deep."""
    from kedro.framework.startup import bootstrap_project

    from vqa_canary.pipelines import configuration

    configuration._loader = None  # of another project, which may be gone
    copy_tables_of_the_first()
    with ThreadPoolExecutor(1) as thread:
        thread.submit(bootstrap_project, project).result()


LONGEST = (
    "test_docs.py",
    "test_study.py",
    "test_families.py",
    "test_audit.py",
    "test_nothing_leaks.py",
    "test_self_check.py",
    "test_bad_input.py",
    "test_transformers_engine.py",
    "test_made_up.py",
)
"""Files that take longest: begun first, they are not what all others wait for."""


def pytest_configure(config: pytest.Config) -> None:
    """Several processes take files in the order below, too, and not those with the most tests first; and what the
    tests start hears Ctrl-C, though a shell that starts the tests in the background makes them deaf to it."""
    config.option.loadscopereorder = False
    signal.signal(signal.SIGINT, signal.default_int_handler)
    keep_files_in_memory(config)


MEMORY = Path("/dev/shm")
ROOM = 8 * 2**30
"""Bytes; what the tests write and do not remove at once is less than a half of it."""


def keep_files_in_memory(config: pytest.Config) -> None:
    """Temporary folders in memory, where there is plenty and nobody has chosen another place: MLflow and files that
    appear whole wait for the disk some thousand times a study, and what is shown does not depend on the disk."""
    chosen = config.option.basetemp or {"TMPDIR", "PYTEST_DEBUG_TEMPROOT"} & os.environ.keys()
    if not chosen and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ["PYTEST_DEBUG_TEMPROOT"] = str(MEMORY)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first; else as found."""
    items.sort(key=lambda item: LONGEST.index(name) if (name := item.path.name) in LONGEST else len(LONGEST))
