"""Paths of images that no file system takes, that lead elsewhere, or that would never end."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from vqa_canary.frames import frame
from vqa_canary.rows import Refusal
from vqa_canary.sources.questions import questions

Pictures = Callable[..., Path]


@pytest.mark.parametrize(
    "path",
    [
        *(
            "x" * 300 + ".png",
            "C:\\" + "x\\" * 150 + "0.png",
            "x/" * 3000 + "0.png",
            "é" * 200,
            "C:\\scans\\0.png",
        ),
        *("../0.png", "/dev/zero", "/etc/passwd", "\\\\server\\share\\0.png", "https://example.org/0.png"),
        *(
            "pipe",
            "socket",
            "circle",
            "way out",
            "folder",
            "0.png\0",
            "\0",
            "~/0.png",
            "file:///etc/passwd",
            "NUL",
        ),
    ],
)
def test_a_path_to_no_image_refuses_its_record(
    pictures: Pictures, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = pictures(1)
    os.mkfifo(folder / "pipe")
    monkeypatch.chdir(folder)
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("socket")
    (folder / "circle").symlink_to(folder / "circle")
    (folder / "way out").symlink_to("/dev/zero")
    (folder / "folder").mkdir()
    record = {"image": path, "question": "Is it big?", "answer": "yes"}
    (folder / "q.jsonl").write_text(json.dumps(record))
    [row] = questions(folder, 7, file="q.jsonl")
    assert isinstance(row, Refusal)
    assert row.reason.startswith("image")
    assert len(frame([row], "quarantine")) == 1
