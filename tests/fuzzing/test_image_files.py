"""Whatever an image file holds: it is decoded and shown to its last pixel, or one message names it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import strategies as st
from tests.fuzzing.contents import picture, spoilings, spoilt
from tests.fuzzing.running import outcomes, refused, sizes
from tests.images.made import picture as picture_of
from tests.images.made import png, ramp, tiff
from tests.images.made_dicom import CT, header_of, written

from vqa_canary.images.conversion import convert
from vqa_canary.sources.images import ImageRefused, read_image

PICTURES = (
    *(picture("PNG", mode) for mode in ("1", "L", "P", "RGB", "RGBA", "I;16")),
    *(picture("JPEG", mode, size=(40, 30)) for mode in ("L", "RGB", "CMYK")),
    *(picture("TIFF", mode) for mode in ("1", "L", "RGB", "I;16", "F")),
    *(picture(kind, "RGB") for kind in ("BMP", "WEBP", "GIF")),
    *(
        png(ramp(0, 65535, np.uint16)),
        tiff(picture_of(), picture_of()),
        tiff(ramp(0, 65535, np.uint16), order=">"),
    ),
    written(header_of(CT, 12, WindowCenter=40, WindowWidth=400)),
    written(header_of(CT, 12)),
)


@sizes(60, 1000)
def test_spoilt_images(tmp_path: Path, n: int) -> None:
    def run(case: tuple[bytes, list[tuple[str, float, float, bytes]]]) -> str:
        (tmp_path / "image").write_bytes(spoilt(*case))
        try:
            read_image(tmp_path, "image")
            convert((tmp_path / "image").read_bytes(), "image")
        except ImageRefused as error:
            return refused(error, "image 'image': ")
        return "read"

    found = outcomes(n, st.tuples(st.sampled_from(PICTURES), spoilings), run)
    assert found.keys() == {"read", "refused whole"}
