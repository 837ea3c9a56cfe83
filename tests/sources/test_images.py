from __future__ import annotations

import hashlib
import io
import os
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image, ImageFile

from vqa_canary.rows import Instance
from vqa_canary.sources.images import ImageRefused, decoded_bytes, image_opener, read_image


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    Image.new("RGB", (40, 30), (200, 30, 30)).save(folder / "good.jpg")
    return folder


def png_header(width: int, height: int) -> bytes:
    """A PNG file of a few bytes that claims to have this size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def test_a_good_image_gives_its_path_as_given_and_its_hash(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    checked = read_image(Path("data"), "good.jpg")
    assert checked.path == Path("data/good.jpg")
    assert checked.sha256 == hashlib.sha256((folder / "good.jpg").read_bytes()).hexdigest()


def test_an_absolute_path_into_the_folder_is_told_to_be_one(folder: Path) -> None:
    Image.new("L", (8, 8)).save(folder / "own.jpg")
    with pytest.raises(ImageRefused, match="the path is absolute; give it from the dataset's folder on"):
        read_image(folder, (folder / "own.jpg").resolve().as_posix())


@pytest.mark.parametrize(
    ("there", "named"), [("Thorax.JPG", "thorax.jpg"), ("Ro\u0308ntgen.jpg", "R\u00f6ntgen.jpg")]
)
def test_a_missing_file_that_looks_like_another_is_told(folder: Path, there: str, named: str) -> None:
    """The two forms of an umlaut look the same in every message."""
    (folder / "good.jpg").rename(folder / there)
    if not (folder / named).exists():  # else the file system does not tell them apart
        with pytest.raises(ImageRefused, match="differs from it by case or Unicode form alone: write"):
            read_image(folder, named)
    with pytest.raises(ImageRefused, match=r"there is no such file$"):
        read_image(folder, "other.jpg")


def test_a_link_to_a_missing_file_is_not_said_to_differ_from_itself(folder: Path) -> None:
    (folder / "link.jpg").symlink_to(folder / "gone.jpg")
    with pytest.raises(ImageRefused, match=r"there is no such file$"):
        read_image(folder, "link.jpg")


def test_a_path_as_windows_writes_it(folder: Path) -> None:
    (folder / "scans").mkdir()
    (folder / "good.jpg").rename(folder / "scans/good.jpg")
    assert read_image(folder, "scans\\good.jpg").path == folder / "scans/good.jpg"


@pytest.mark.parametrize(
    "relative", ["../secret.jpg", "a/../../secret.jpg", "link.jpg", "linked/secret.jpg", "{absolute}"]
)
def test_no_path_leaves_the_folder(folder: Path, relative: str) -> None:
    secret = folder.parent / "secret.jpg"
    Image.new("L", (8, 8)).save(secret)
    (folder / "link.jpg").symlink_to(secret)
    (folder / "linked").symlink_to(folder.parent)
    relative = relative.format(absolute=secret)
    with pytest.raises(ImageRefused, match=r"leaves the dataset's folder") as error:
        read_image(folder, relative)
    assert repr(relative) in str(error.value)


def test_a_circle_of_links_is_refused(folder: Path) -> None:
    (folder / "circle.jpg").symlink_to(folder / "circle.jpg")
    with pytest.raises(
        ImageRefused,
        match=r"circle\.jpg.*symbolic links that lead to one another.*put the file in their place",
    ):
        read_image(folder, "circle.jpg")


@pytest.mark.parametrize("relative", ["missing.jpg", "", ".", "no/such/file.jpg", "x" * 5000])
def test_a_missing_image_or_a_folder_is_refused(folder: Path, relative: str) -> None:
    with pytest.raises(ImageRefused):
        read_image(folder, relative)


def test_a_pipe_is_refused_without_waiting(folder: Path) -> None:
    os.mkfifo(folder / "pipe.jpg")
    with pytest.raises(ImageRefused, match="there is no such file"):
        read_image(folder, "pipe.jpg")


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", b"\xff\xd8\xff"]
)
def test_what_is_no_image_is_refused(folder: Path, content: bytes) -> None:
    (folder / "bad.jpg").write_bytes(content)
    with pytest.raises(ImageRefused, match=r"'bad\.jpg': not an image that can be decoded") as error:
        read_image(folder, "bad.jpg")
    assert "0x" not in str(error.value)  # a message is the same on every run


def test_an_image_cut_off_after_its_header_is_refused(folder: Path) -> None:
    data = (folder / "good.jpg").read_bytes()
    (folder / "cut.jpg").write_bytes(data[: len(data) * 3 // 4])
    assert not ImageFile.LOAD_TRUNCATED_IMAGES
    with pytest.raises(ImageRefused, match="not an image that can be decoded"):
        read_image(folder, "cut.jpg")


@pytest.mark.parametrize("size", [(8_000, 8_000), (13_000, 13_000), (100_000, 100_000)])
def test_a_decompression_bomb_is_refused_by_its_header(folder: Path, size: tuple[int, int]) -> None:
    (folder / "bomb.png").write_bytes(png_header(*size))
    with pytest.raises(ImageRefused, match="too large to decode"):
        read_image(folder, "bomb.png")


def test_the_limits_hold_exactly(folder: Path) -> None:
    n_bytes = (folder / "good.jpg").stat().st_size
    assert read_image(folder, "good.jpg", max_bytes=n_bytes, max_pixels=1200)
    with pytest.raises(ImageRefused, match=f"larger than {n_bytes - 1} bytes"):
        read_image(folder, "good.jpg", max_bytes=n_bytes - 1)
    with pytest.raises(ImageRefused, match="40 x 30 pixels; the limit is 1199"):
        read_image(folder, "good.jpg", max_pixels=1199)


def instance(path: str, sha256: str) -> Instance:
    return Instance("i", "d", "item", "clean", "Q?", ("a", "b"), sha256[:16], path, sha256, 0)


def test_the_opener_gives_the_image_once_and_notices_a_changed_file(folder: Path) -> None:
    sha256 = read_image(folder, "good.jpg").sha256
    opened = image_opener(folder.parent)
    first = opened(instance("data/good.jpg", sha256))
    assert first.size == (40, 30)
    assert opened(instance("data/good.jpg", sha256)) is first
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30)).save(buffer, format="JPEG")
    (folder / "good.jpg").write_bytes(buffer.getvalue())
    with pytest.raises(ImageRefused, match="changed since the items were made"):
        image_opener(folder.parent)(instance("data/good.jpg", sha256))


def test_the_opener_keeps_images_by_their_bytes_and_none_that_is_too_large(
    folder: Path,
) -> None:
    shown = []
    for number in range(4):
        Image.new("RGB", (40, 30), (number, 0, 0)).save(folder / f"{number}.png")
        shown.append(instance(f"data/{number}.png", read_image(folder, f"{number}.png").sha256))
    opened = image_opener(folder.parent, keep=2 * 40 * 30 * 4)
    assert decoded_bytes(opened(shown[0])) == 40 * 30 * 4
    kept = [opened(one) for one in shown]
    assert [opened(one) for one in shown[2:]] == kept[2:]
    assert opened(shown[3]) is kept[3]
    assert opened(shown[0]) is not kept[0]
    small = image_opener(folder.parent, keep=40 * 30)
    assert small(shown[0]) is not small(shown[0])


@pytest.mark.parametrize("relative", ["\ud800.png", "a/" * 3000, "x" * 256])
def test_a_path_that_no_file_system_takes_is_refused(folder: Path, relative: str) -> None:
    with pytest.raises(ImageRefused):
        read_image(folder, relative)
