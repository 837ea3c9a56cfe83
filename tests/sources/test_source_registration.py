from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vqa_canary.errors import BadInput
from vqa_canary.sources.registration import SOURCES, read_datasets, source, source_options

Make = Callable[..., Path]
Record = Callable[..., dict[str, Any]]


def test_sources_are_found_by_name_and_stay_plain_functions() -> None:
    from vqa_canary.sources.slake import slake

    assert SOURCES["slake"] is slake


def test_datasets_are_read_under_their_own_names_with_paths_from_the_root(
    slake_folder: Make, record: Record
) -> None:
    folder = slake_folder([record(50), record(51, answer=None)])
    settings = {"source": "slake", "folder": "slake", "splits": ["test"]}
    items, refusals = read_datasets({"mine": settings}, 7, folder.parent)
    assert [(item.dataset, item.image_path) for item in items] == [("mine", "slake/imgs/xmlab50/source.jpg")]
    assert [refusal.key for refusal in refusals] == ["mine/test.json[1]"]


def test_a_folder_outside_the_root_keeps_the_way_it_was_given(slake_folder: Make, record: Record) -> None:
    folder = slake_folder([record(50)])
    root = folder.parent / "project"
    root.mkdir()
    for given, start in (("../slake", "../slake/"), (str(folder), f"{folder}/")):
        [item], _ = read_datasets({"slake": {"folder": given, "splits": ["test"]}}, 7, root)
        assert item.image_path == f"{start}imgs/xmlab50/source.jpg"
        assert (root / item.image_path).is_file()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"folder": "x", "n_option": 4},
            "datasets.slake.n_option: slake has no such option. Did you mean 'n_options'?",
        ),
        (
            {"folder": "x", "seed": 4},
            "datasets.slake.seed: slake has no such option. Options: folder, splits, language, n_options, "
            "source, frame.",
        ),
        ({"splits": ["test"]}, "datasets.slake.folder: is missing"),
        (
            {"folder": "x", "source": "slak"},
            "datasets.slake.source: there is no source 'slak'. Did you mean 'slake'?",
        ),
        ({"folder": "x", "n_options": "four"}, "datasets.slake.n_options: 'four' does not fit."),
        ({"folder": "x", "n_options": 2}, "datasets.slake.n_options: 2 does not fit."),
        (
            {"folder": "x", "splits": ["dev"]},
            "datasets.slake.splits: ['dev'] does not fit. Input should be 'train'",
        ),
        ({"folder": 7}, "datasets.slake.folder: 7 does not fit."),
        ("data/slake", "datasets.slake: must be a mapping with a folder, not 'data/slake'"),
    ],
)
def test_bad_settings_are_named_with_the_remedy(settings: Any, message: str) -> None:
    with pytest.raises(BadInput) as error:
        source_options("slake", settings)
    assert message in str(error.value)


def test_a_source_must_take_a_folder_and_a_seed() -> None:
    def wrong(path: Path) -> Any:
        yield path

    with pytest.raises(BadInput, match="source wrong: its first parameters must be folder and seed"):
        source(wrong)
