"""Two processes that write the same files at once leave each file as one of them wrote it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import fsspec

from vqa_canary.datasets.whole_file import whole_file

WRITE = """
import json, os, sys
from pathlib import Path
from kedro.io import DatasetError
from vqa_canary.datasets.sealed import SealedTable, WholeJSON
from vqa_canary.datasets.whole_folder import WholeFolder
from vqa_canary.frames import frame
from vqa_canary.rows import Refusal

folder = Path(sys.argv[1])
ready, go = os.pipe()
children = []
for n_rows in (1, 400):
    if (child := os.fork()) == 0:
        os.close(go)
        os.read(ready, 1)  # ends for both when the parent closes
        rows = frame([Refusal(str(n_rows), f"{row:05}", "no") for row in range(n_rows)], "quarantine")
        table = SealedTable(table="quarantine", filepath=str(folder / "q.parquet"))
        document, tables = WholeJSON(filepath=str(folder / "a.json")), WholeFolder(str(folder / "tables"))
        for _ in range(30):
            table.save(rows)
            document.save([n_rows] * n_rows)
            tables.save({f"t{at}": str(n_rows) for at in range(n_rows // 40 + 1)})
            assert len(table.load()) in (1, 400)  # while the other writes
            try:
                assert len(document.load()) in (1, 400)
            except DatasetError as error:  # the seal beside it is still, or already, that of the other
                assert "its content is not what was written" in str(error)
        os._exit(0)
    children.append(child)
os.close(go)
statuses = [os.waitpid(child, 0)[1] for child in children]
print(json.dumps([statuses, sorted(os.listdir(folder)), len(os.listdir(folder / "tables"))]))
"""


def test_two_processes(tmp_path: Path) -> None:
    """The lock keeps two runs of a study apart; where it does not reach, a file is still whole."""
    command = [sys.executable, "-c", WRITE, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    statuses, names, n_tables = json.loads(done.stdout)
    assert statuses == [0, 0], done.stderr
    assert names == [".a.json.seal", "a.json", "q.parquet", "tables"]
    assert n_tables in (1, 11)


def test_a_writer_does_not_take_the_file_of_another(tmp_path: Path) -> None:
    """The first has written one half when the second writes all."""
    fs, target = fsspec.filesystem("file"), tmp_path / "a.txt"
    with whole_file(fs, str(target), "w") as first:
        first.write("first, ")
        first.flush()
        with whole_file(fs, str(target), "w") as second:
            second.write("second")
        assert target.read_text() == "second"
        first.write("whole")
    assert target.read_text() == "first, whole"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
