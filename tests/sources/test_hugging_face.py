from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, List, Value
from PIL import Image

from vqa_canary.errors import BadInput
from vqa_canary.rows import Item, Refusal
from vqa_canary.sources.columns import Columns
from vqa_canary.sources.hugging_face import _fetched, hugging_face
from vqa_canary.sources.images import ImageRefused
from vqa_canary.sources.registration import SourceError, read_datasets

FEATURES = {
    "image": datasets.Image(),
    "question": Value("string"),
    "options": List(Value("string")),
    "answer": ClassLabel(names=["Liver", "Lung", "Heart"]),
    "thumbnail": datasets.Image(),  # never looked at: its bytes are no image
}
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def picture(shade: int, size: int = 8) -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((size, size), 50).point(lambda value: (value + shade) % 256).save(buffer, "PNG")
    return buffer.getvalue()


def records(n: int, size: int = 8, **changes: Any) -> dict[str, Any]:
    columns = {
        "image": [{"bytes": picture(at, size), "path": None} for at in range(n)],
        "question": [f"Which organ in {at}?" for at in range(n)],
        "options": [["Liver", "Lung", "Heart"]] * n,
        "answer": [at % 3 for at in range(n)],
        "thumbnail": [{"bytes": b"no image", "path": None}] * n,
    }
    return {**columns, **changes}


def dataset(n: int = 4, features: dict[str, Any] | None = None, size: int = 8, **changes: Any) -> Dataset:
    return Dataset.from_dict(records(n, size, **changes), features=Features({**FEATURES, **(features or {})}))


def saved(data: Any, folder: Path) -> Path:
    data.save_to_disk(str(folder))
    return folder


def read(folder: Path | None, images: Path, **options: Any) -> list[Item | Refusal]:
    return list(hugging_face(folder, 7, images=images, **options))


def test_a_saved_dataset(tmp_path: Path) -> None:
    data = dataset()
    folder = saved(DatasetDict({"test": data, "train": dataset(1)}), tmp_path / "saved")
    items = read(folder, tmp_path / "images")
    assert all(isinstance(item, Item) for item in items)
    for at, item in enumerate(items):
        assert isinstance(item, Item)
        assert item.options[item.answer_index] == ["Liver", "Lung", "Heart"][at % 3]  # the label's name
        assert (item.split, item.source_id) == ("test", f"saved[test]:{at + 1}")
        assert (
            Path(item.image_path).read_bytes() == data.with_format("arrow")[at]["image"][0]["bytes"].as_py()
        )


def test_the_split_is_the_one_asked_for(tmp_path: Path) -> None:
    both = saved(DatasetDict({"test": dataset(2), "train": dataset(3)}), tmp_path / "both")
    assert [row.split for row in read(both, tmp_path, split="train") if isinstance(row, Item)] == [
        "train"
    ] * 3
    with pytest.raises(SourceError, match=r"no split 'tests'\. Did you mean 'test'"):
        read(both, tmp_path, split="tests")
    alone = Dataset.from_dict(records(1), features=Features(FEATURES), split="train")
    with pytest.raises(SourceError, match="set `split: train`"):
        read(saved(alone, tmp_path / "alone"), tmp_path)


def test_what_is_wrong_with_one_record_refuses_it_alone(tmp_path: Path) -> None:
    images = [
        {"bytes": b"no image", "path": None},
        None,
        {"bytes": picture(1), "path": "x.png"},
    ]
    folder = saved(dataset(3, image=images, answer=[0, 0, -1]), tmp_path / "saved")
    rows = read(folder, tmp_path / "images")
    reasons = [row.reason for row in rows if isinstance(row, Refusal)]
    assert len(rows) == len(reasons) == 3
    assert "not an image that can be decoded" in reasons[0]
    assert reasons[1:] == ["image: is empty", "answer: is empty"]


def test_paths_of_a_saved_dataset_stay_in_its_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(picture(99))
    folder = tmp_path / "saved"
    paths = ["0.png", str(folder / "0.png"), "../secret.png", str(tmp_path / "secret.png")]
    saved(dataset(4, {"image": Value("string")}, image=paths), folder)
    (folder / "0.png").write_bytes(picture(0))
    *items, outside, absolute = read(folder, tmp_path / "images")
    assert [isinstance(item, Item) and item.image_path for item in items] == [str(folder / "0.png")] * 2
    for row in (outside, absolute):
        assert isinstance(row, Refusal)
        assert "leaves the dataset's folder" in row.reason


def test_lists_of_images_and_numbered_columns_are_several(tmp_path: Path) -> None:
    """As MMMU has them: `image_1` to `image_7`, most of them empty."""
    pair = [{"bytes": picture(shade), "path": None} for shade in (1, 2)]
    folder = saved(dataset(1, {"image": List(datasets.Image())}, image=[pair]), tmp_path / "list")
    [listed] = read(folder, tmp_path / "images")
    features = FEATURES | {f"image_{at}": datasets.Image() for at in range(1, 8)}
    del features["image"]
    columns = records(1, question=["Is <image 1> or <image 2> worse?"]) | {
        f"image_{at}": [None] for at in range(1, 8)
    }
    columns |= {"image_1": pair[:1], "image_2": pair[1:]}
    del columns["image"]
    numbered = saved(Dataset.from_dict(columns, features=Features(features)), tmp_path / "numbered")
    [item] = read(numbered, tmp_path / "images")
    assert isinstance(item, Item)
    assert isinstance(listed, Item)
    assert item.images == listed.images
    assert [Path(one.image_path).read_bytes() for one in item.images] == [one["bytes"] for one in pair]
    assert item.question == "Is image 1 or image 2 worse?"


def test_a_saved_dataset_is_not_loaded_whole(tmp_path: Path) -> None:
    folder = saved(DatasetDict({"test": dataset(40, size=512)}), tmp_path / "saved")
    size = sum(path.stat().st_size for path in folder.rglob("*.arrow"))
    assert size > 8 * 2**20
    before, peak = pa.total_allocated_bytes(), 0

    def watched(rows: Iterator[Any]) -> Iterator[Any]:
        nonlocal peak
        for row in rows:
            peak = max(peak, pa.total_allocated_bytes() - before)
            yield row

    from vqa_canary.sources import hugging_face as module

    with pytest.MonkeyPatch.context() as patch:
        inner = module._rows
        patch.setattr(module, "_rows", lambda *arguments: watched(inner(*arguments)))
        assert len(read(folder, tmp_path / "images")) == 40
    assert peak < size / 4


@pytest.fixture
def on_the_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """Puts a dataset, as Parquet files of a few rows, where the hub would be; gives the calls that are made."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    real = datasets.load_dataset

    def put(data: Dataset, n_files: int = 4) -> list[Any]:
        for at in range(n_files):
            data.shard(n_files, at, contiguous=True).to_parquet(str(tmp_path / f"test-{at}.parquet"))
        calls: list[Any] = []

        def load(path: str, name: str | None = None, **options: Any) -> Any:
            calls.append((path, name, dict(options)))
            del options["revision"]
            return real("parquet", data_files={"test": str(tmp_path / "test-*.parquet")}, **options)

        monkeypatch.setattr(datasets, "load_dataset", load)
        return calls

    return put


def test_a_dataset_of_the_hub_is_streamed(
    tmp_path: Path, on_the_hub: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = on_the_hub(dataset(8))
    images = tmp_path / "images"
    from vqa_canary.sources import hugging_face as module

    inner, written = module._rows, []

    def watched(*arguments: Any) -> Iterator[Any]:
        for row in inner(*arguments):
            written.append(len(list(images.glob("*.png"))))
            yield row

    monkeypatch.setattr(module, "_rows", watched)
    items = read(None, images, path="org/name", revision=COMMIT, name="config")
    assert all(isinstance(item, Item) for item in items)
    assert written == list(range(8))  # each image is written before the next record is asked for
    assert calls == [("org/name", "config", {"split": "test", "revision": COMMIT, "streaming": True})]
    assert not list((tmp_path / "cache").rglob("*.arrow"))
    assert next(item.source_id for item in items if isinstance(item, Item)) == "name[test]:1"


def test_no_more_is_read_than_asked_for(
    tmp_path: Path, on_the_hub: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    on_the_hub(dataset(8))
    for at in (2, 3):
        (tmp_path / f"test-{at}.parquet").write_bytes(b"never opened")
    options = {"path": "org/name", "revision": COMMIT}
    assert len(read(None, tmp_path / "images", **options, max_records=3)) == 3
    with pytest.raises(SourceError, match="org/name: cannot be read as a dataset"):
        read(None, tmp_path / "images", **options)


def test_saved_and_streamed_give_the_same_items(tmp_path: Path, on_the_hub: Callable[..., list[Any]]) -> None:
    data = dataset(5)
    on_the_hub(data)
    streamed = read(None, tmp_path / "images", path="org/name", revision=COMMIT)
    of_disk = read(saved(DatasetDict({"test": data}), tmp_path / "name"), tmp_path / "images")
    assert streamed == of_disk


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"path": "org/name"}, "needs `revision`: the 40 hex digits"),
        ({"path": "org/name", "revision": "main"}, "given: 'main'"),
        ({}, "give either `folder`"),
        ({"path": "org/name", "revision": COMMIT, "folder": Path("x")}, "give either `folder`"),
        ({"folder": Path("nowhere")}, "nowhere: cannot be read as a dataset"),
    ],
)
def test_what_is_set_wrongly_is_named(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(SourceError) as error:
        read(options.pop("folder", None), tmp_path, **options)
    assert message in str(error.value)


def test_a_missing_column_is_named(tmp_path: Path, on_the_hub: Callable[..., list[Any]]) -> None:
    on_the_hub(dataset(4))
    with pytest.raises(
        SourceError, match=r"no column 'anwer' for the field 'answer'\. Did you mean 'answer'"
    ):
        read(None, tmp_path, path="org/name", revision=COMMIT, columns=Columns(answer="anwer"))


def test_without_the_package_its_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(BadInput, match=r'pip install "vqa-canary\[hub-datasets\]"'):
        read(tmp_path, tmp_path)


@pytest.mark.parametrize(
    "place",
    [
        "file:///etc/passwd",
        "/etc/passwd",
        "http://localhost/x.png",
        "hf://datasets/other/name@" + COMMIT + "/x.png",
        "hf://datasets/org/name@main/x.png",
        "hf://datasets/org/name@" + COMMIT + "/../../x.png",
        "zip://x.png::file:///tmp/x.zip",
        "zip://x.png::zip://y.zip::hf://datasets/org/name@" + COMMIT + "/z.zip",
        "filecache://x.png::hf://datasets/org/name@" + COMMIT + "/z.zip",
    ],
)
def test_paths_in_a_hub_dataset_stay_inside_it(place: str) -> None:
    with pytest.raises(ImageRefused, match="leaves the dataset"):
        _fetched(place, f"hf://datasets/org/name@{COMMIT}/")
    with pytest.raises(ImageRefused, match="leaves the dataset"):
        _fetched(place, None)


def test_a_file_of_the_dataset_itself_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []

    def fake(place: str, mode: str) -> io.BytesIO:
        opened.append(place)
        return io.BytesIO(b"bytes")

    monkeypatch.setattr("fsspec.open", fake)
    origin = f"hf://datasets/org/name@{COMMIT}/"
    places = [f"{origin}images/x.png", f"zip://a/x.png::{origin}images.zip"]
    assert [_fetched(place, origin) for place in places] == [b"bytes", b"bytes"]
    assert opened == places


def test_a_file_that_cannot_be_fetched_refuses_its_record(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(place: str, mode: str) -> io.BytesIO:
        raise FileNotFoundError(place)

    monkeypatch.setattr("fsspec.open", gone)
    origin = f"hf://datasets/org/name@{COMMIT}/"
    with pytest.raises(ImageRefused, match=r"cannot be fetched \(FileNotFoundError\)"):
        _fetched(f"{origin}images/x.png", origin)


def test_a_study_needs_no_folder_for_a_hub_id(tmp_path: Path, on_the_hub: Callable[..., list[Any]]) -> None:
    on_the_hub(dataset(4))
    hub = {"source": "hugging_face", "path": "org/name", "revision": COMMIT, "images": "made"}
    items, refusals = read_datasets({"theirs": hub}, 7, tmp_path)
    assert ({item.dataset for item in items}, refusals) == ({"theirs"}, [])
    assert all(
        (tmp_path / item.image_path).is_file() and item.image_path.startswith("made/") for item in items
    )


def test_a_folder_as_the_hub_stores_it_is_told_from_one_that_was_saved(tmp_path: Path) -> None:
    (tmp_path / "hub/data").mkdir(parents=True)
    dataset(2).to_parquet(str(tmp_path / "hub/data/test-00000-of-00001.parquet"))
    with pytest.raises(
        SourceError, match=r"`source: questions` and `file: data/test-00000-of-00001\.parquet`"
    ):
        read(tmp_path / "hub", tmp_path / "images")
