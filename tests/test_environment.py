"""A fault of the machine is one message that names the file and the remedy, and costs nothing that was finished."""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest
from kedro.io import DatasetError
from tests.conftest import command

from vqa_canary.cli import show_plainly
from vqa_canary.datasets.evidence import EvidenceShards
from vqa_canary.datasets.sealed import SealedTable, WholeJSON, WholeText
from vqa_canary.datasets.whole_folder import WholeFolder
from vqa_canary.environment import _REMEDIES, environment_fault
from vqa_canary.frames import frame
from vqa_canary.planned_shard import PlannedShard
from vqa_canary.rows import Evidence, Refusal

Undo = Callable[[], object]
KEDRO = str(Path(sys.executable).with_name("kedro"))


@pytest.mark.parametrize("code", sorted(_REMEDIES))
def test_every_fault_has_a_message_wherever_it_stands_in_the_chain(code: int) -> None:
    def fail() -> None:
        try:
            raise OSError(code, os.strerror(code), "data/items.parquet")
        except OSError as error:
            raise DatasetError("Failed while saving data to dataset ...") from error

    with pytest.raises(click.ClickException) as caught:
        show_plainly(fail)()
    told = caught.value.message
    assert told.startswith(f"data/items.parquet: {os.strerror(code)}: ")
    assert "run the same command again" in told


@pytest.mark.parametrize(
    "error", [ValueError("x"), OSError("x"), ConnectionRefusedError(errno.ECONNREFUSED, "x")]
)
def test_what_is_no_fault_of_the_machine_is_none(error: Exception) -> None:
    assert environment_fault(error) is None


def test_no_dataset_keeps_a_file_open(tmp_path: Path) -> None:
    """64 handles are enough, however many files a study has."""
    shard, settings = frame([Evidence("m", "i")], "evidence"), {"model": "m", "fingerprint": "f"}
    rows = frame([Refusal("sources", "a", "b")], "quarantine")
    before = len(os.listdir("/proc/self/fd"))
    for number in range(100):
        folder = tmp_path / str(number)
        datasets = [
            (WholeText(filepath=str(folder / "a.html")), "text"),
            (WholeJSON(filepath=str(folder / "a.json")), {"a": 1}),
            (SealedTable(table="quarantine", filepath=str(folder / "q.parquet")), rows),
            (WholeFolder(str(folder / "tables")), {"a": "b"}),
            (
                EvidenceShards(str(folder / "m")),
                {"k": PlannedShard(lambda *_: shard, ("i",), settings)},
            ),
        ]
        for dataset, data in datasets:
            dataset.save(data)
            dataset.load()
    assert len(os.listdir("/proc/self/fd")) <= before + 3  # what libraries open once


def a_file_at(path: Path) -> Undo:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("somebody's")
    return path.unlink


def a_folder_at(path: Path) -> Undo:
    (path / "sub").mkdir(parents=True)
    return lambda: shutil.rmtree(path)


def mounted(path: Path, options: str) -> Undo:
    """A file system of its own at a folder; what lay there is hidden meanwhile."""
    path.mkdir(parents=True, exist_ok=True)
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path)], check=False)
    if made.returncode:
        pytest.skip("this user may not mount")
    return lambda: subprocess.run(["umount", str(path)], check=True)


FAULTS: list[tuple[Callable[[Path], Undo], str, str]] = [
    (lambda data: a_file_at(data / ".locks"), ".locks", "Move it away"),
    (lambda data: mounted(data / ".locks", "size=4k,ro"), ".locks", "Make that writable"),
    (lambda data: a_file_at(data / "03_primary/phantom"), "03_primary/phantom", "Move it away"),
    (lambda data: mounted(data / "05_model_input", "size=4k,ro"), "05_model_input/phantom", "Make that writable"),
    (lambda data: mounted(data / "07_model_output", "size=8k"), ".parquet", "Make room"),
    (lambda data: a_folder_at(data / "07_model_output/phantom/scores.parquet"), "scores.parquet", "Move it away"),
    (lambda data: mounted(data / "08_reporting", "size=40k"), "08_reporting/phantom/", "Make room"),
    (lambda data: a_file_at(data / "08_reporting/phantom/tables"), "08_reporting/phantom/tables", "Move it away"),
]  # fmt: skip
"""What goes wrong, in the order of a run's stages; the file that the message names, and a word of the remedy."""


@contextmanager
def fault(make: Callable[[Path], Undo], data: Path) -> Iterator[None]:
    undo = make(data)
    try:
        yield
    finally:
        undo()


def kedro_process(project: Path, *before: str) -> subprocess.CompletedProcess[str]:
    """`kedro run` as a process of its own; `before` stands before the command."""
    command = [*before, KEDRO, "run", "--params", "tracking.enabled=false"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr + done.stdout
    return done


def content(project: Path) -> dict[str, bytes]:
    files = (
        path for path in (project / "data").rglob("*") if path.is_file() and "06_models" not in path.parts
    )
    return {str(path.relative_to(project)): path.read_bytes() for path in files}


@pytest.mark.slow
def test_one_fault_after_the_other_changes_no_byte(
    project: Path, shared_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project)
    for make, file, remedy in FAULTS:
        with fault(make, project / "data"):
            code, told = command("run", "--params", "tracking.enabled=false")
        [message] = [line for line in told.splitlines() if line.startswith("Error: ")]
        assert code == 1, told[-2000:]
        assert "Traceback" not in told
        assert file in message
        assert remedy in message
    assert command("run", "--params", "tracking.enabled=false")[0] == 0
    assert content(project) == content(shared_project)


@pytest.mark.slow
def test_limits_of_a_process_change_no_byte(project: Path, shared_project: Path) -> None:
    """Files of 100 kB at most are too small for the page; 64 files open at once are enough for everything."""

    def limited(limit: str) -> subprocess.CompletedProcess[str]:
        return kedro_process(project, "sh", "-c", f'ulimit {limit}; exec "$@"', "sh")

    small = limited("-f 200")  # blocks of 512 bytes
    assert small.returncode == 1
    told = r"/phantom/\S+: File too large: it would become larger than files may be here"
    assert re.search(told, small.stderr), small.stderr[-2000:]
    few = limited("-n 64")
    assert few.returncode == 0, few.stderr[-2000:]
    assert content(project) == content(shared_project)


@pytest.mark.slow
def test_another_user_is_told_what_may_not_be_used(project: Path) -> None:
    """Another one, since to root everything is permitted."""
    if os.geteuid() or not shutil.which("setpriv"):
        pytest.skip("only root can become another user")
    for folder in (project, *project.parents[:-2]):
        folder.chmod(0o755)
    other = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    if subprocess.run([*other, KEDRO, "--version"], cwd=project, check=False).returncode:
        pytest.skip("another user cannot run this Python")
    done = kedro_process(project, *other)
    assert done.returncode == 1
    assert "data/.locks: Permission denied: this user may not use it" in done.stderr
