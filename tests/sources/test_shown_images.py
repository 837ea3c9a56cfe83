"""Items point to what models are shown; what was done is written down, and what cannot be shown is refused."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.images.made import picture, png, ramp, saved, tiff
from tests.images.made_dicom import CT, header_of, written

from vqa_canary.images.settings import ImageSettings
from vqa_canary.rows import Attribute, Item, each_image, with_images
from vqa_canary.sources.images import ImageRefused, image_opener, write_decoded
from vqa_canary.sources.registration import SourceError, frame_of, source_options
from vqa_canary.sources.shown_images import refuse_none, show_images, warn_of_identity

DEEP = ramp(0, 65535, np.uint16)
STACK = [picture(shape=(9, 9)), picture(shape=(9, 11))]
TURNED = Image.Exif()
TURNED[0x0112] = 6
FILES = {
    "plain.png": png(picture()),
    "deep.png": png(DEEP),
    "deep.tif": tiff(DEEP),
    "stack.tif": tiff(*STACK),
    "turned.png": saved(Image.fromarray(picture()), "PNG", exif=TURNED),
}


def item(folder: Path, name: str, number: int = 0) -> Item:
    digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    return Item(
        dataset="d",
        item_id=f"{name}{number}",
        split="test",
        image_id=digest[:16],
        image_path=name,
        image_sha256=digest,
        question="Q?",
        options=("a", "b"),
        answer_index=0,
        question_type="t",
        answer_type="closed",
        nota_valid=False,
        source_id=f"q.csv:{name}",
        attributes=(Attribute("site", "north"),),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def shown(folder: Path, *names: str, **settings: Any) -> Any:
    frames = settings.pop("frames", {})
    items = [item(folder, name) for name in names]
    return show_images(items, ImageSettings(**settings), frames, folder, folder / "converted")


def test_a_plain_picture_stays_the_file_that_it_is(folder: Path) -> None:
    items, refused, record = shown(folder, "plain.png")
    assert items == [item(folder, "plain.png")]
    assert not refused
    assert not (folder / "converted").exists()
    assert (record["plain"], record["converted"], record["steps"]) == (1, 0, [])


def test_another_is_converted_once_and_every_reader_sees_those_pixels(folder: Path) -> None:
    items = [item(folder, "deep.png", number) for number in range(3)] + [item(folder, "deep.tif")]
    kept, refused, record = show_images(items, ImageSettings(), {}, folder, folder / "converted")
    assert not refused
    assert {one.image_id for one in kept} == {kept[0].image_sha256[:16]}  # one picture, one cluster
    assert kept[0].image_id != items[0].image_id
    assert Path(kept[0].image_path).parts[0] == "converted"
    found = np.asarray(image_opener(folder)(kept[0]))
    assert (found == np.rint(DEEP * (255 / 65535))[..., None]).all()
    assert found.shape[-1] == 3  # a processor may not take grey
    assert [one.item_id for one in kept] == [one.item_id for one in items]
    assert kept[0].attributes == items[0].attributes
    assert (record["plain"], record["converted"], record["refused"]) == (0, 2, 0)
    assert record["steps"] == [{"step": "16-bit grey: full range 0 to 65535", "images": 2}]
    assert [one["file"] for one in record["images"]] == ["deep.png", "deep.tif"]


def test_other_settings_make_another_picture(folder: Path) -> None:
    [one], _, _ = shown(folder, "deep.png")
    [other], _, record = shown(folder, "deep.png", grey="percentiles", percentiles=(10, 90))
    assert one.image_sha256 != other.image_sha256
    assert record["settings"]["percentiles"] == [10, 90]


def test_what_cannot_be_shown_is_refused_row_by_row(folder: Path) -> None:
    items = [item(folder, "stack.tif", number) for number in range(2)] + [item(folder, "plain.png")]
    kept, refused, record = show_images(items, ImageSettings(), {}, folder, folder / "converted")
    assert [one.item_id for one in kept] == ["plain.png0"]
    assert len({one.key for one in refused}) == len(refused) == 2
    assert refused[0].key == "d/q.csv:stack.tif"
    assert "holds several frames; name one by the dataset's option frame" in refused[0].reason
    assert refused[0].row == {"item_id": "stack.tif0", "question": "Q?", "image": "stack.tif"}
    assert record["refused"] == 1
    with pytest.raises(SourceError, match=r"not one image can be shown\. 2 x image …: holds several frames"):
        refuse_none([], refused)


def test_a_frame_is_shown_and_recorded(folder: Path) -> None:
    [one], refused, record = shown(folder, "stack.tif", frames={"d": 1})
    assert not refused
    assert (np.asarray(image_opener(folder)(one)) == STACK[1]).all()
    assert record["images"][0]["steps"] == ["frame 1"]
    assert record["frames"] == {"d": 1}


def test_the_opener_gives_no_file_that_was_not_converted(folder: Path) -> None:
    opened = image_opener(folder)
    for name in ("deep.png", "stack.tif", "turned.png"):
        with pytest.raises(ImageRefused, match="has not been converted; make the items again"):
            opened(item(folder, name))
    assert opened(item(folder, "plain.png")).mode == "RGB"


def test_a_file_that_changes_meanwhile_is_refused(folder: Path) -> None:
    before = item(folder, "deep.png")
    (folder / "deep.png").write_bytes(FILES["plain.png"])
    _, [refused], _ = show_images([before], ImageSettings(), {}, folder, folder / "converted")
    assert "changed while the items were made" in refused.reason


def test_the_picture_keeps_no_metadata(folder: Path) -> None:
    image = Image.fromarray(picture()).convert("RGBA")
    image.putalpha(100)
    (folder / "a.png").write_bytes(saved(image, "PNG", icc_profile=b"profile of somebody", dpi=(7, 7)))
    [one], _, _ = shown(folder, "a.png")
    assert b"iCCP" not in (folder / one.image_path).read_bytes()
    assert b"pHYs" not in (folder / one.image_path).read_bytes()


def test_bytes_of_a_cell_may_be_of_every_kind(folder: Path) -> None:
    for name, suffix in (("deep.png", ".png"), ("stack.tif", ".tif")):
        made = write_decoded(folder / "cells", FILES[name], name)
        assert made.path.suffix == suffix
        assert made.path.read_bytes() == FILES[name]


def test_every_source_takes_a_frame() -> None:
    settings = {"folder": "x", "file": "q.csv", "frame": 2}
    assert "frame" not in source_options("questions", settings)[1]
    assert frame_of("questions", settings) == 2
    assert frame_of("questions", {"folder": "x"}) is None
    for wrong in (-1, "first", True):
        with pytest.raises(Exception, match=r"datasets\.questions\.frame"):
            source_options("questions", {**settings, "frame": wrong})


def test_dicom_headers_give_what_was_asked_for_and_a_warning(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "us.dcm").write_bytes(written(header_of(CT, 12, Modality="US", Manufacturer="ACME")))
    assert write_decoded(folder / "cells", (folder / "us.dcm").read_bytes(), "row 1").path.suffix == ".dcm"
    [plain], _, record = shown(folder, "us.dcm")
    assert plain.attributes == (Attribute("site", "north"),)
    assert record["may_show_identity"] == [
        {
            "file": "us.dcm",
            "image_id": plain.image_id,
            "why": "BurnedInAnnotation is missing, and pictures of this kind often have text on them",
        }
    ]
    [asked], _, _ = shown(folder, "us.dcm", attributes=["Manufacturer", "BodyPartExamined"])
    assert asked.attributes == (Attribute("site", "north"), Attribute("Manufacturer", "ACME"))
    caplog.set_level(logging.WARNING)
    warn_of_identity(record)
    assert "1 image: by its DICOM header" in caplog.text
    assert "us.dcm" not in caplog.text
    caplog.clear()
    warn_of_identity({"may_show_identity": []})
    assert not caplog.text


def test_a_picture_that_may_name_somebody_is_refused_where_images_leave(folder: Path) -> None:
    (folder / "us.dcm").write_bytes(written(header_of(CT, 12, Modality="US")))
    (folder / "ct.dcm").write_bytes(written(header_of(CT, 12)))
    items = [
        item(folder, "us.dcm"),
        item(folder, "us.dcm", 1),
        item(folder, "ct.dcm"),
        item(folder, "plain.png"),
    ]

    def reason(path: str, why: str) -> str:
        return f"{path} may not leave: {why}"

    kept, refusals, record = show_images(items, ImageSettings(), {}, folder, folder / "converted", reason)
    assert [one.item_id for one in kept] == ["ct.dcm0", "plain.png0"]
    assert len(refusals) == 2
    assert all(
        one.reason.startswith("us.dcm may not leave: BurnedInAnnotation is missing") for one in refusals
    )
    assert record["may_show_identity"] == []
    assert record["refused"] == 1
    assert len(list((folder / "converted").iterdir())) == 1


def test_each_of_several_images_is_converted_and_one_that_cannot_be_refuses_the_item(folder: Path) -> None:
    def several(*names: str) -> Item:
        return with_images(item(folder, names[0]), [item(folder, name).images[0] for name in names])

    asked = [several("plain.png", "deep.png", "turned.png"), several("plain.png", "stack.tif")]
    [kept], [refused], record = show_images(asked, ImageSettings(), {}, folder, folder / "new")
    assert refused.reason.startswith("image 2 of 2: image 'stack.tif': holds several frames")
    assert refused.row["image"] == ["plain.png", "stack.tif"]
    plain, deep, turned = kept.images
    assert plain == asked[0].images[0]
    opened = image_opener(folder)
    assert [opened(one).size for one in each_image(kept)] == [(20, 12), (32, 16), (12, 20)]
    assert [one["shown"] for one in record["images"]] == [deep.image_path, turned.image_path]
