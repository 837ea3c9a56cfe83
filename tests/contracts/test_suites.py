"""Every promise of every table: a sound table passes, and each planted fault is found where it is."""

from __future__ import annotations

import hashlib
from math import inf, log
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.contracts.conftest import IMAGE, Failed, Failures, Sound, WithId

from vqa_canary.contracts.failures import SHOWN_ROWS
from vqa_canary.contracts.instances import image_follows_condition
from vqa_canary.frames import frame
from vqa_canary.rows import NOTA
from vqa_canary.tables import KEYS, SCHEMAS

UNIQUE = "expect_compound_columns_to_be_unique"
BETWEEN = "expect_column_values_to_be_between"
BLANK = "expect_column_values_to_match_regex"
KNOWN = "expect_column_values_to_be_in_set"
MORE = "more_images_are_like_the_first"

SHOWN: list[dict[str, Any]] = [
    {"condition": "shuffled"},
    {"condition": "nota_replace", "options": ["lung", NOTA, "heart"], "nota_index": 1},
    {"condition": "nota_last", "options": ["lung", "heart", NOTA], "answer_index": 2, "nota_index": 2},
    {"condition": "nota_control", "options": [NOTA, "liver", "heart"], "nota_index": 0},
    {"condition": "nota_append", "options": ["lung", "liver", NOTA], "nota_index": 2},
    {"condition": "answer_removed", "options": ["lung", "heart"], "answer_index": None},
    {"condition": "of_another_package", "options": ["lung", NOTA], "answer_index": None, "nota_index": 1},
]
ALSO_SOUND: list[tuple[str, dict[str, Any]]] = [
    *[("instances", shown) for shown in SHOWN],
    ("items", {"options": ["yes", "no"], "answer_type": "closed", "nota_valid": False}),
    ("items", {"split": "train", "dataset": "vqa_rad"}),
    ("items", {"more_images": [IMAGE, IMAGE]}),
    ("instances", {"more_images": [IMAGE]}),
    ("evidence", {"greedy_choice": None, "samples": None, "p_true": None, "verbalized_confidence": None}),
    ("evidence", {"option_logprobs": [log(0.5), -inf], "option_mass": 0.5, "samples": []}),
    ("evidence", {"option_logprobs": [1e-10], "option_mass": 1 + 1e-10, "samples": []}),
    ("embeddings", {"vector": [-1.0, 0.00001]}),
    ("scores", {"uncertainty": None, "confidence": None, "reason": "no samples"}),
    ("scores", {"condition": "answer_removed", "correct": None}),
    ("metrics", {"value": None, "ci_low": None, "ci_high": None, "reason": "one class only"}),
    ("metrics", {"ci_low": None, "ci_high": None, "reason": "too few images for an interval"}),
    ("metrics", {"metric": "prr", "value": -0.3, "ci_low": -0.5}),
    ("metrics", {"metric": "ece_lost", "value": -0.1, "ci_low": None, "ci_high": None}),
    ("metrics", {"metric": "stated_overconfidence", "value": -0.3, "ci_low": -0.5}),
]
FAILED_ROW = dict.fromkeys(SCHEMAS["evidence"].names[3:]) | {"status": "failed", "error": "out of memory"}

FAULTS: list[tuple[str, dict[str, Any], str, str]] = [
    ("items", {"answer_index": 3}, "answer_inside_options", "answer_index"),
    ("items", {"answer_index": -1}, "answer_inside_options", "answer_index"),
    ("items", {"options": ["lung", "liver", "Lung "]}, "options_distinct", "options"),
    ("items", {"options": ["lung", "liver", " "]}, "options_are_texts", "options"),
    ("items", {"options": ["lung"], "answer_index": 0, "nota_valid": False}, "two_options", "options"),
    ("items", {"options": ["yes", "no"]}, "nota_needs_three_options", "nota_valid"),
    ("items", {"answer_type": "CLOSED "}, KNOWN, "answer_type"),
    ("items", {"image_path": "images/gone.png"}, "image_exists", "image_path"),
    ("items", {"image_path": "images"}, "image_exists", "image_path"),
    ("items", {"image_id": "0" * 16}, "image_id_is_start_of_hash", "image_id"),
    ("items", {"question": "  "}, BLANK, "question"),
    ("items", {"more_images": []}, MORE, "more_images"),
    ("items", {"more_images": [IMAGE, IMAGE | {"image_path": "gone.png"}]}, MORE, "more_images"),
    ("items", {"more_images": [IMAGE | {"image_id": "0" * 16}]}, MORE, "more_images"),
    (
        "instances",
        {"more_images": [IMAGE | {"image_sha256": "0" * 64, "image_id": "0" * 16}]},
        MORE,
        "more_images",
    ),
    ("instances", {"more_images": [IMAGE | {"image_path": None}]}, MORE, "more_images"),
    ("instances", {"answer_index": 3}, "answer_inside_options", "answer_index"),
    (
        "instances",
        {"condition": "shuffled", "answer_index": None},
        "answer_missing_only_where_removed",
        "answer_index",
    ),
    ("items", {"answer_index": None}, "nota_needs_an_answer_to_hide", "nota_valid"),
    ("instances", SHOWN[5] | {"answer_index": 0}, "answer_missing_only_where_removed", "answer_index"),
    ("instances", SHOWN[1] | {"answer_index": 0}, "nota_follows_condition", "nota_index"),
    ("instances", SHOWN[1] | {"nota_index": None}, "nota_follows_condition", "nota_index"),
    ("instances", SHOWN[1] | {"condition": "nota_last"}, "nota_follows_condition", "nota_index"),
    ("instances", SHOWN[3] | {"answer_index": 0}, "nota_follows_condition", "nota_index"),
    ("instances", SHOWN[3] | {"condition": "nota_append"}, "nota_follows_condition", "nota_index"),
    ("instances", SHOWN[3] | {"condition": "clean"}, "nota_follows_condition", "nota_index"),
    ("instances", SHOWN[3] | {"options": ["lung", "liver", NOTA]}, "nota_index_points_at_nota", "nota_index"),
    ("instances", {"image_path": "images/gone.png"}, "image_exists", "image_path"),
    ("evidence", {"status": "done"}, KNOWN, "status"),
    ("evidence", FAILED_ROW | {"error": " "}, "failure_has_error_and_nothing_else", "error"),
    ("evidence", FAILED_ROW | {"p_true": 0.5}, "failure_has_error_and_nothing_else", "error"),
    ("evidence", {"error": "but ok"}, "failure_has_error_and_nothing_else", "error"),
    ("evidence", {"option_mass": 0.8}, "option_mass_is_sum_of_options", "option_mass"),
    ("evidence", {"option_mass": None}, "option_mass_is_sum_of_options", "option_mass"),
    (
        "evidence",
        {"option_logprobs": [0.0, log(0.5), -inf], "option_mass": 1.5},
        "option_mass_is_sum_of_options",
        "option_mass",
    ),
    ("evidence", {"greedy_choice": -1}, "greedy_choice_inside_options", "greedy_choice"),
    ("evidence", {"greedy_choice": 3}, "greedy_choice_inside_options", "greedy_choice"),
    (
        "evidence",
        {"greedy_token_logprobs": [-0.1, 0.2]},
        "greedy_token_logprobs_at_most_zero",
        "greedy_token_logprobs",
    ),
    (
        "evidence",
        {"greedy_token_entropies": [-0.1, 0.2]},
        "greedy_token_entropies_at_least_zero",
        "greedy_token_entropies",
    ),
    ("evidence", {"greedy_token_entropies": [0.1]}, "greedy_lists_of_one_length", "greedy_token_logprobs"),
    (
        "evidence",
        {"samples": [{"text": "B", "choice": 1, "token_logprobs": [0.5]}]},
        "samples_are_sound",
        "samples",
    ),
    (
        "evidence",
        {"samples": [{"text": "D", "choice": 3, "token_logprobs": [-0.5]}]},
        "samples_are_sound",
        "samples",
    ),
    ("evidence", {"p_true": 1.01}, BETWEEN, "p_true"),
    ("evidence", {"verbalized_confidence": 80.0}, BETWEEN, "verbalized_confidence"),
    ("evidence", {"reused_tokens": 31}, "reused_tokens_within_prompt_tokens", "reused_tokens"),
    ("scores", {"uncertainty": None}, "uncertainty_or_reason", "uncertainty"),
    ("scores", {"uncertainty": inf}, "uncertainty_or_reason", "uncertainty"),
    ("scores", {"confidence": 1.2}, BETWEEN, "confidence"),
    ("scores", {"correct": None}, "correct_null_has_cause", "correct"),
    ("scores", {"condition": "answer_removed"}, "correct_null_has_cause", "correct"),
    ("scores", {"method": ""}, BLANK, "method"),
    ("metrics", {"value": None, "ci_low": None, "ci_high": None}, "value_or_reason", "value"),
    ("metrics", {"reason": "why?"}, "value_or_reason", "value"),
    ("metrics", {"ci_low": 0.85}, "value_inside_interval", "value"),
    ("metrics", {"value": None, "reason": "too few"}, "value_inside_interval", "value"),
    ("metrics", {"value": 1.1, "ci_high": 1.2}, "share_between_zero_and_one", "value"),
    (
        "metrics",
        {"metric": "fragility_auroc", "value": -0.1, "ci_low": -0.2},
        "share_between_zero_and_one",
        "value",
    ),
    (
        "metrics",
        {"metric": "stated_ece", "value": -0.1, "ci_low": None, "ci_high": None},
        "share_between_zero_and_one",
        "value",
    ),
    (
        "metrics",
        {"metric": "stated_overconfidence", "value": -1.1, "ci_low": -1.2},
        "difference_of_two_shares_within_one",
        "value",
    ),
    (
        "metrics",
        {"metric": "ece_lost", "value": 1.1, "ci_high": 1.2},
        "difference_of_two_shares_within_one",
        "value",
    ),
    ("metrics", {"n": 19}, "items_at_least_clusters", "n"),
    ("metrics", {"n_clusters": -1}, BETWEEN, "n_clusters"),
    ("quarantine", {"reason": ""}, BLANK, "reason"),
    ("embeddings", {"embedder": "fedcba9876543210"}, "made_by_one_embedder", "embedder"),
    ("embeddings", {"vector": [0.6, 0.0, 0.8]}, "vectors_of_one_size", "vector"),
    ("embeddings", {"vector": [0.6, 0.6]}, "vectors_of_unit_length", "vector"),
    ("embeddings", {"vector": [inf, 0.0]}, "vectors_of_unit_length", "vector"),
    ("embeddings", {"text_sha256": "0" * 63 + "g"}, BLANK, "text_sha256"),
    ("quarantine", {"row": "qid=3"}, "row_is_json_object", "row"),
    ("observations", {"image": " "}, BLANK, "image"),
    ("observations", {"uncertainty": None}, "answered_with_known_uncertainty", "answered"),
    ("observations", {"failed": True, "answered": False}, "failed_has_no_answer", "failed"),
    ("observations", {"choice": -1}, BETWEEN, "choice"),
]


@pytest.mark.parametrize("table", KEYS)
def test_sound_table_passes(sound: Sound, failed: Failed, table: str) -> None:
    others = [changed for name, changed in ALSO_SOUND if name == table]
    rows = [sound(table, number, **changed) for number, changed in enumerate([{}, *others])]
    assert failed(table, frame(rows, table)) == {}


@pytest.mark.parametrize("table", KEYS)
def test_every_fault_is_found_in_its_row_and_nothing_else_is(
    sound: Sound, failures: Failures, with_id: WithId, table: str
) -> None:
    """A row with each fault between two sound ones."""
    faults = [(changed, check, column) for name, changed, check, column in FAULTS if name == table]
    rows = [sound(table, number) for number in range(2 * len(faults) + 1)]
    faulty = [with_id(table, row | changed) for row, (changed, *_) in zip(rows[1::2], faults, strict=True)]
    rows[1::2] = faulty
    expected: dict[tuple[str, str], list[str]] = {}
    for row, (_, check, column) in zip(faulty, faults, strict=True):
        key = "/".join(str(row[name]) for name in KEYS[table])
        if table == "items":  # whose key is a hash: the record is named, too
            key = f"{key} ({row['source_id']})"
        expected.setdefault((check, column), []).append(key)
    found = {(str(one.check), str(one.column)): one for one in failures(table, frame(rows, table))}
    assert found.keys() == expected.keys()
    for (check, column), keys in expected.items():
        failure = found[check, column]
        assert failure.failure_count == len(keys)
        shown = [example.split(": ")[0] for example in failure.failure_examples]
        assert len(set(shown)) == len(shown) == min(len(keys), SHOWN_ROWS)
        assert set(shown) <= set(keys)
        assert all(f"{column}=" in one for one in failure.failure_examples) or column in KEYS[table]


@pytest.mark.parametrize("table", KEYS)
def test_second_row_of_a_key_is_found(sound: Sound, failed: Failed, table: str) -> None:
    rows = [sound(table, number) for number in (0, 1, 1)]
    found = failed(table, frame(rows, table))
    check = UNIQUE if len(KEYS[table]) > 1 else "expect_column_values_to_be_unique"
    assert found[check].failure_count == 2
    key = "/".join(str(rows[1][name]) for name in KEYS[table])
    assert all(key in example for example in found[check].failure_examples)


@pytest.mark.parametrize("table", KEYS)
def test_an_empty_table_is_a_fault_where_nothing_is_no_result(failed: Failed, table: str) -> None:
    """Nothing may have been refused, and nothing embedded."""
    found = failed(table, frame([], table))
    may_be_empty = table in ("quarantine", "embeddings")
    assert list(found) == ([] if may_be_empty else ["expect_table_row_count_to_be_between"])


def test_image_whose_content_changed_is_found(sound: Sound, failed: Failed, tmp_path: Path) -> None:
    items = frame([sound("items", 0)], "items")
    assert failed("items", items) == {}
    (tmp_path / "images" / "ct.png").write_bytes(b"another file of another length")
    assert list(failed("items", items)) == ["image_matches_hash"]


def test_image_in_two_splits_of_one_dataset_is_found(sound: Sound, failed: Failed, tmp_path: Path) -> None:
    """Also where it is the first of one question and the second of another."""
    (tmp_path / "images/mr.png").write_bytes(b"another")
    sha256 = hashlib.sha256(b"another").hexdigest()
    other = {"image_path": "images/mr.png", "image_sha256": sha256, "image_id": sha256[:16]}
    rows = [
        sound("items", 0),
        sound("items", 1, split="train", **other, more_images=[IMAGE]),
        sound("items", 2, dataset="other"),
    ]
    found = failed("items", frame(rows, "items"))
    assert list(found) == ["image_in_one_split"]
    assert [example.split("): ")[0] for example in found["image_in_one_split"].failure_examples] == [
        "slake/row-0 (test.json:1",
        "slake/row-1 (test.json:1",
    ]


@pytest.mark.parametrize(
    ("condition", "image", "sound_row"),
    [
        ("shuffled", "own", True),
        ("shuffled", "other", False),
        ("no_image", "other", True),
        ("no_image", "own", False),
        ("wrong_image", "other", True),
        ("wrong_image", "own", False),
        ("blurred", "other", True),
        ("low_contrast", "own", False),
        ("image_swap_pair", "other", True),
        ("image_swap_pair", "own", False),
        ("text_only", None, True),
        ("text_only", "own", False),
        ("of another package", "other", True),
    ],
)
def test_an_image_follows_the_condition(condition: str, image: str | None, sound_row: bool) -> None:
    """Whether it is the only one, or the second of two."""
    for images in (["own", image], *([["first", "first"]] if image else ())):
        rows = pd.DataFrame({"condition": ["clean", condition], "image_id": images}, dtype="str")
        more = [None, None] if images[0] == "own" else [[{"image_id": one}] for one in ("own", image)]
        rows = rows.assign(dataset="d", item_id="i", more_images=pd.Series(more, dtype=object))
        columns = ("condition", "dataset", "item_id", "image_id", "more_images")
        assert image_follows_condition(*(rows[name] for name in columns)).tolist() == [True, sound_row]


NOTHING = {"image_id": None, "image_path": None, "image_sha256": None, "more_images": None}


@pytest.mark.parametrize(
    ("condition", "changed", "sound_row"),
    [
        ("text_only", NOTHING, True),
        ("text_only", {}, False),
        ("text_only", NOTHING | {"image_id": "0" * 16}, False),
        ("text_only", NOTHING | {"image_path": "images/ct.png"}, False),
        ("text_only", NOTHING | {"more_images": [IMAGE]}, False),
        ("clean", NOTHING, False),
        ("no_image", NOTHING, False),
        ("of another package", NOTHING, True),
    ],
)
def test_an_image_is_missing_where_none_is_shown(
    sound: Sound, failed: Failed, with_id: WithId, condition: str, changed: dict[str, Any], sound_row: bool
) -> None:
    row = sound("instances", 0, condition=condition, **changed)
    found = failed("instances", frame([with_id("instances", row)], "instances"))
    assert ("image_missing_only_where_none_is_shown" in found) != sound_row
    assert not sound_row or found == {}


def test_item_shown_twice_under_one_condition_is_found(sound: Sound, failed: Failed) -> None:
    rows = [sound("instances", 0, item_id="same", question=question) for question in ("Where?", "Which?")]
    assert list(failed("instances", frame(rows, "instances"))) == ["item_once_per_condition"]


@pytest.mark.parametrize(
    "changed",
    [
        {"answer_index": 0},
        {"options": ["liver", "lung", "heart"]},
        {"question": "Which side?"},
        {"item_id": "another"},
        {"instance_id": "0123456789abcdef"},
    ],
)
def test_instance_whose_content_was_changed_is_found(
    sound: Sound, failed: Failed, changed: dict[str, Any]
) -> None:
    rows = [sound("instances", number) for number in range(3)]
    rows[1] |= changed
    found = failed("instances", frame(rows, "instances"))
    assert list(found) == ["id_follows_content"]
    assert found["id_follows_content"].failure_count == 1
