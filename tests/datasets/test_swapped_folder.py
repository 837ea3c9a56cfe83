"""A folder that is replaced is there at every moment, or put back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from vqa_canary.datasets import swapped_folder
from vqa_canary.datasets.model_folder import ModelFolder
from vqa_canary.datasets.whole_folder import WholeFolder

KILLED_AT_EACH_STEP = """
import json, os, signal, sys
from pathlib import Path
from vqa_canary.datasets import swapped_folder
from vqa_canary.datasets.whole_folder import WholeFolder

folder, old, new = Path(sys.argv[1]), *json.loads(sys.argv[3])
if sys.argv[2] == "without exchange":
    swapped_folder.exchange = lambda *_: False
REMOVE = ("os.remove", "os.rmdir")  # below the folder they name no path
CHANGE = ("open", "os.rename", "os.mkdir", "shutil.rmtree", *REMOVE)

def save_until(stop):
    steps = 0
    def watch(event, args):
        nonlocal steps
        if event in CHANGE and (event in REMOVE or str(folder.parent) in str(args[0])):
            steps += 1
            if steps == stop:
                os.kill(os.getpid(), signal.SIGKILL)
    if (child := os.fork()) == 0:
        sys.addaudithook(watch)
        WholeFolder(str(folder)).save(new)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

while True:
    WholeFolder(str(folder)).save(old)
    stop = globals().get("stop", 0) + 1
    code = save_until(stop)
    there = folder.is_dir()
    found = WholeFolder(str(folder)).load()
    print(json.dumps([code, there, found, os.listdir(folder.parent)]))
    if code == 0:
        break
"""


@pytest.mark.parametrize("exchange", ["with exchange", "without exchange"])
def test_a_kill_at_any_step_leaves_the_old_folder_or_the_new(tmp_path: Path, exchange: str) -> None:
    """A step is a call of the operating system that changes files; the process is killed before each in turn."""
    old, new = {"a": "old", "c": "old"}, {"a": "new", "b": "new"}
    command = [sys.executable, "-c", KILLED_AT_EACH_STEP, str(tmp_path / "whole" / "tables"), exchange]
    done = subprocess.run([*command, json.dumps([old, new])], capture_output=True, text=True, check=True)
    *killed, finished = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(killed) > 8
    assert {code for code, *_ in killed} == {-signal.SIGKILL}
    assert finished == [0, True, new, ["tables"]]
    found = [one for _, _, one, _ in killed]
    assert found[0] == old
    assert found[-1] == new
    assert all(one in (old, new) for one in found)
    assert all(names == ["tables"] for *_, names in killed)
    missing = [there for _, there, *_ in killed].count(False)
    assert missing == (0 if exchange == "with exchange" else 1)  # and then it is put back


@pytest.fixture(params=[True, False])
def exchanges(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """With the exchange of names that Linux has, and without."""
    if not request.param:
        monkeypatch.setattr(swapped_folder, "exchange", lambda *_: False)
    return bool(request.param)


def writer(text: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / "sub").mkdir()
        (folder / "sub" / "weights").write_text(text)

    return write


@pytest.mark.usefixtures("exchanges")
def test_a_link_to_another_disk_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "m").symlink_to(tmp_path / "disk")
    (tmp_path / "t").symlink_to(tmp_path / "disk" / "tables")
    (tmp_path / "disk" / "tables").mkdir()
    WholeFolder(str(tmp_path / "t")).save({"a": "1"})
    assert (tmp_path / "disk" / "tables" / "a").read_text() == "1"
    for text in ("one", "two"):
        ModelFolder(str(tmp_path / "m")).save(writer(text))
        assert (tmp_path / "disk" / "sub" / "weights").read_text() == text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["disk", "m", "t"]


@pytest.mark.usefixtures("exchanges")
def test_a_file_in_its_place_is_named_and_kept(tmp_path: Path) -> None:
    (tmp_path / "m").write_text("precious")
    with pytest.raises(Exception, match=f"a file is where a folder should be: '{tmp_path}/m'"):
        ModelFolder(str(tmp_path / "m")).save(writer("x"))
    assert (tmp_path / "m").read_text() == "precious"
    assert os.listdir(tmp_path) == ["m"]


@pytest.mark.usefixtures("exchanges")
def test_permissions_are_those_of_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        for _ in range(2):
            ModelFolder(str(tmp_path / "m")).save(writer("x"))
            WholeFolder(str(tmp_path / "t")).save({"a": "x"})
    finally:
        os.umask(before)
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("m", "t")] == [0o750, 0o750]
    assert (tmp_path / "t" / "a").stat().st_mode & 0o777 == 0o640
