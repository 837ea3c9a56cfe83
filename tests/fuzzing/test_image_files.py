"""Whatever an image file holds: it is decoded to its last pixel, or one message names it."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st
from tests.fuzzing.contents import picture, spoilings, spoilt
from tests.fuzzing.running import outcomes, refused, sizes

from vqa_canary.sources.images import ImageRefused, read_image

DICOM = (
    b"\0" * 128
    + b"DICM"
    + b"\x02\0\0\0UL\x04\0\xc0\0\0\0\x02\0\x10\0UI\x14\x001.2.840.10008.1.2.1\0"
    + b"\0" * 200
)
PICTURES = (
    *(picture("PNG", mode) for mode in ("1", "L", "P", "RGB", "RGBA", "I;16")),
    *(picture("JPEG", mode, size=(40, 30)) for mode in ("L", "RGB", "CMYK")),
    *(picture("TIFF", mode) for mode in ("1", "L", "RGB", "I;16", "F")),
    *(picture(kind, "RGB") for kind in ("BMP", "WEBP", "GIF")),
    DICOM,
)


@sizes(60, 1000)
def test_spoilt_images(tmp_path: Path, n: int) -> None:
    def run(case: tuple[bytes, list[tuple[str, float, float, bytes]]]) -> str:
        (tmp_path / "image").write_bytes(spoilt(*case))
        try:
            read_image(tmp_path, "image")
        except ImageRefused as error:
            return refused(error, "image 'image': ")
        return "read"

    found = outcomes(n, st.tuples(st.sampled_from(PICTURES), spoilings), run)
    assert found.keys() == {"read", "refused whole"}
