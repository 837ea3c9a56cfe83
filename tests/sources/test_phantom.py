import hashlib
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.stats import chisquare

from vqa_canary.frames import frame
from vqa_canary.rows import Item
from vqa_canary.sources.phantom import MOST_OPTIONS, phantom, vocabulary
from vqa_canary.sources.phantom_drawing import MODALITIES, REGIONS
from vqa_canary.sources.phantom_looks import LOOKS


def _items(folder: Path, n_images: int = 30, split: str = "test", seed: int = 0) -> list[Item]:
    rows = list(phantom(folder, seed, n_images=n_images, split=split))
    assert all(isinstance(row, Item) for row in rows)
    return [row for row in rows if isinstance(row, Item)]


def test_items_are_whole_and_distinct(tmp_path: Path) -> None:
    items = _items(tmp_path / "images")
    assert len(frame(items, "items")) == len({item.item_id for item in items}) == len(items)
    assert set(Counter(item.image_id for item in items).values()) <= {2, 3, 4}
    for item in items:
        assert item.dataset == "phantom"
        assert item.split == "test"
        assert 2 <= len(item.options) <= MOST_OPTIONS
        assert len({option.casefold() for option in item.options}) == len(item.options)
        assert item.nota_valid == (len(item.options) > 2)
        assert item.nota_valid != ("yes" in item.options)
        assert item.rephrased_question not in (None, item.question)
        assert item.modality in MODALITIES
        assert (item.body_region in REGIONS) == LOOKS[item.modality].shows_body
        assert {item.question, *item.options, item.rephrased_question} <= set(vocabulary())


def test_images_are_what_their_names_say(tmp_path: Path) -> None:
    for item in _items(tmp_path, 5):
        path = Path(item.image_path)
        assert item.image_path == (tmp_path / f"{item.image_id}.png").as_posix()
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert digest == item.image_sha256
        assert digest[:16] == item.image_id
        image = Image.open(path)
        assert image.size == (64, 64)
        assert item.modality is not None
        assert image.mode == ("L" if LOOKS[item.modality].tint is None else "RGB")
    assert len(list(tmp_path.iterdir())) == 5


def test_drawing_again_changes_nothing_and_rewrites_nothing(tmp_path: Path) -> None:
    first = _items(tmp_path, 4)
    times = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert _items(tmp_path, 4) == first
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == times
    assert _items(tmp_path, 6)[: len(first)] == first


def test_a_damaged_image_is_drawn_again(tmp_path: Path) -> None:
    item = _items(tmp_path, 1)[0]
    Path(item.image_path).write_bytes(b"")
    _items(tmp_path, 1)
    assert hashlib.sha256(Path(item.image_path).read_bytes()).hexdigest() == item.image_sha256


def test_splits_and_seeds_share_no_image(tmp_path: Path) -> None:
    sets = [
        {item.image_id for item in _items(tmp_path, 20, split, seed)}
        for split, seed in (("train", 0), ("test", 0), ("test", 1))
    ]
    assert len(set.union(*sets)) == 60


def test_the_answer_stands_anywhere(tmp_path: Path) -> None:
    items = _items(tmp_path, 300)
    for n in (2, 3, 4):
        places = [item.answer_index for item in items if len(item.options) == n]
        assert chisquare(np.bincount(places, minlength=n)).pvalue > 1e-3
