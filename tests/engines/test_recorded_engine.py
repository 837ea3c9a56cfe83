from __future__ import annotations

import csv
import json
import logging
import re
from collections.abc import Sequence
from dataclasses import asdict
from math import exp, inf, log
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from vqa_canary.contracts.contract import Contract
from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.registration import make_engine
from vqa_canary.engines.sampling import Sampling
from vqa_canary.engines.shards import evidence_shards
from vqa_canary.errors import BadInput
from vqa_canary.frames import frame, to_frame, to_rows, to_table
from vqa_canary.rows import Evidence, Gap, Instance, Sample
from vqa_canary.sources.registration import read_datasets
from vqa_canary.ue.table import scores_table

ORGANS = ("Liver", "Lung", "Heart")


def instance(
    item_id: str, options: tuple[str, ...] = ORGANS, condition: str = "clean", dataset: str = "ours"
) -> Instance:
    name = f"{dataset}-{item_id}-{condition}"
    return Instance(name, dataset, item_id, condition, "Which?", options, "0" * 16, "0.png", "0" * 64, 0)


def unopened(_: Instance) -> Any:
    raise AssertionError("no image is needed")


def engine_of(file: Path, /, **options: Any) -> Any:
    model = {"engine": "recorded", "path": file.name} | options
    return make_engine("mine", model, Prompts(), Sampling(), 7, file.parent)


def answered(path: Path, instances: Sequence[Instance], **options: Any) -> list[Evidence]:
    """Evidence of the instances, one each, in order."""
    rows = list(engine_of(path, **options).answer(instances, unopened))
    assert [row.instance_id for row in rows] == [one.instance_id for one in instances]
    return rows


def check_contract(rows: Sequence[Evidence]) -> None:
    Contract("evidence").validate(frame(rows, "evidence"))


def jsonl(folder: Path, *records: dict[str, Any]) -> Path:
    path = folder / "recorded.jsonl"
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return path


FULL = Evidence(
    "another",
    "ours-1-clean",
    option_logprobs=(log(0.5), log(0.3), -inf),
    option_mass=0.8,
    greedy_text="A",
    greedy_choice=0,
    greedy_token_logprobs=(-0.7, -0.1),
    greedy_token_entropies=(1.0, 0.2),
    samples=(Sample("A", 0, (-0.7, -0.1)), Sample("unsure", None, (-3.0,))),
    p_true=0.25,
    verbalized_text="80",
    verbalized_confidence=0.8,
    prompt_tokens=40,
    reused_tokens=12,
    completion_tokens=9,
    calls=3,
    bounded=("C",),
)


def write(path: Path, evidence: Evidence) -> Path:
    table = to_table([evidence], "evidence")
    if path.suffix == ".parquet":
        pq.write_table(table, path)
        return path
    record = table.to_pylist()[0]
    if path.suffix == ".jsonl":
        path.write_text(json.dumps(record))
        return path
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, record)
        writer.writeheader()
        writer.writerow({k: json.dumps(v) if isinstance(v, list) else v for k, v in record.items()})
    return path


@pytest.mark.parametrize("suffix", ["parquet", "jsonl", "csv"])
def test_whole_evidence_comes_back_under_the_models_own_name(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"e.{suffix}", FULL)
    [row] = answered(path, [instance("1")])
    assert asdict(row) == asdict(FULL) | {"model": "mine"}
    check_contract([row])


@pytest.mark.parametrize("suffix", ["parquet", "jsonl", "csv"])
def test_a_failure_and_its_reasons_come_back(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"e.{suffix}", Evidence("x", "ours-1-clean", "failed", error="500"))
    [row] = answered(path, [instance("1")])
    assert row == Evidence("mine", "ours-1-clean", "failed", error="500")


def test_missing_columns_are_null_with_a_reason(tmp_path: Path) -> None:
    own = {
        "instance_id": "ours-2-clean",
        "greedy_text": "x",
        "gaps": [{"field": "p_true", "reason": "too dear"}],
    }
    path = jsonl(tmp_path, {"instance_id": "ours-1-clean", "greedy_text": "B) lung"}, own)
    first, second = answered(path, [instance("1"), instance("2")])
    check_contract([first, second])
    assert (first.greedy_choice, first.status) == (1, "ok")
    assert {gap.field for gap in first.gaps or ()} == {
        *("option_logprobs", "greedy_token_logprobs", "greedy_token_entropies"),
        *("samples", "p_true", "verbalized_confidence"),
    }
    assert {gap.reason for gap in first.gaps or ()} == {"not recorded"}
    assert second.greedy_choice is None
    assert Gap("p_true", "too dear") in (second.gaps or ())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"instance_id": None}, "instance_id: is empty"),
        ({"status": "good"}, "status: 'good' is neither"),
        ({"status": "failed"}, "error: is missing"),
        (
            {"status": "failed", "error": "500", "p_true": 0.5},
            "p_true: is there, though the status is failed",
        ),
        ({"error": "500"}, "error: '500', though the status is ok"),
        ({"option_logprobs": [-1, -2]}, "option_logprobs: 2 values for the 3 options"),
        ({"option_logprobs": [-1, -2, 0.5]}, "option_logprobs: 0.5 is outside -inf to"),
        ({"option_logprobs": [-1, -2, float("nan")]}, "option_logprobs: nan is outside"),
        ({"option_logprobs": [0, 0, 0]}, "option_logprobs: as probabilities they add up to 3"),
        ({"option_logprobs": [-1, -2, "x"]}, "option_logprobs: 'x' is not a number"),
        ({"option_logprobs": -1}, "option_logprobs: -1 is not a list"),
        (
            {"option_logprobs": [-1, -2, -3], "option_mass": 0.9},
            "option_mass: 0.9 is not the sum of the options",
        ),
        ({"option_mass": 0.9}, "option_mass: 0.9, though there are no option_logprobs"),
        ({"greedy_choice": 3}, "greedy_choice: 3 is outside 0 to 2"),
        ({"greedy_choice": 0.5}, "greedy_choice: 0.5 is not a whole number"),
        ({"greedy_token_logprobs": [0.1]}, "greedy_token_logprobs: 0.1 is outside"),
        ({"greedy_token_entropies": [-1]}, "greedy_token_entropies: -1 is outside"),
        (
            {"greedy_token_logprobs": [-1], "greedy_token_entropies": [1, 2]},
            "greedy_token_entropies: 2 values for 1 greedy_token_logprobs",
        ),
        ({"samples": ["A"]}, "samples: 'A' is not a mapping with a text"),
        ({"samples": [{"text": "A", "choice": 3}]}, "samples.choice: 3 is outside 0 to 2"),
        ({"samples": [{"text": "A", "token_logprobs": [1]}]}, "samples.token_logprobs: 1 is outside"),
        ({"p_true": 1.5}, "p_true: 1.5 is outside 0 to 1"),
        ({"p_true": True}, "p_true: True is not a number"),
        ({"verbalized_confidence": 80}, "verbalized_confidence: 80 is outside 0 to 1"),
        ({"prompt_tokens": -1}, "prompt_tokens: -1 is outside"),
        ({"reused_tokens": 5}, "reused_tokens: 5 of None prompt_tokens"),
        ({"reused_tokens": 5, "prompt_tokens": 4}, "reused_tokens: 5 of 4 prompt_tokens"),
        ({"bounded": ["A"]}, "bounded: only a probability that is there"),
        ({"bounded": ["yes"]}, "bounded: 'yes' is neither"),
        (
            {"gaps": [{"field": "greedy_text", "reason": "x"}], "greedy_text": "A"},
            "gaps: the field 'greedy_text' is there",
        ),
        ({"gaps": [{"field": "p_true"}]}, "gaps: {'field': 'p_true'} is not a field with a reason"),
    ],
)
def test_bad_evidence_is_named_with_file_row_and_column(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    path = jsonl(tmp_path, {"instance_id": "ours-2-clean"}, {"instance_id": "ours-1-clean", **changes})
    with pytest.raises(BadInput) as error:
        answered(path, [instance("1"), instance("2")])
    assert str(error.value).startswith(f"{path}, recorded.jsonl:2, {message}")


@pytest.mark.parametrize(
    ("options", "answer", "how", "choice"),
    [
        (ORGANS, "B", {}, 1),
        (ORGANS, "b", {}, 1),
        (ORGANS, "(B) Lung.", {}, 1),
        (ORGANS, "B) Liver", {}, None),
        (ORGANS, " lung. ", {}, 1),
        (ORGANS, "F", {}, None),
        (ORGANS, "The answer is **B**.", {}, 1),
        (ORGANS, "<think>A?</think>\n\nB", {}, 1),
        (ORGANS, "\uff22\u3002", {}, 1),
        (ORGANS, "A. Lung", {}, None),
        (ORGANS, "A or B", {}, None),
        (ORGANS, "The image shows the lung.", {"answer_is": "text"}, 1),
        (ORGANS, "The answer is B.", {"answer_is": "letter"}, 1),
        (ORGANS, "The answer is B.", {"answer_is": "text"}, None),
        (ORGANS, "I cannot tell", {}, None),
        (ORGANS, "", {}, None),
        (ORGANS, 1, {"index_from": 0}, 1),
        (ORGANS, 1, {"index_from": 1}, 0),
        (ORGANS, 2.0, {"answer_is": "index", "index_from": 1}, 1),
        (ORGANS, "lung", {"answer_is": "letter"}, None),
        (ORGANS, "B", {"answer_is": "text"}, None),
        (ORGANS, 7, {"answer_is": "text"}, None),
        (("Yes", "No"), True, {}, 0),
        (("Yes", "No"), "false", {}, 1),
        (("False", "True"), True, {}, 1),
        (("B", "A", "AB"), "A", {"answer_is": "text"}, 1),
        (("B", "A", "AB"), "A", {"answer_is": "letter"}, 0),
        (("B", "A", "AB"), "ab", {}, 2),
        (("2", "4", "6"), "4", {}, 1),
        (("2", "4", "6"), "2", {"index_from": 1}, "may name 2 of the options"),
        (("B", "A", "AB"), "A", {}, "may name 2 of the options"),
        (ORGANS, 1, {}, "set `answer_is: index` and `index_from`"),
        (ORGANS, "7", {}, "set `answer_is: index` and `index_from`"),
        (ORGANS, 3, {"index_from": 0}, "'3' is no index of the 3 options, 0 to 2"),
        (ORGANS, "B", {"answer_is": "index", "index_from": 0}, "'B' is no index of the 3 options, 0 to 2"),
    ],
)
def test_answers_name_an_option_or_none_or_are_refused(
    tmp_path: Path, options: tuple[str, ...], answer: Any, how: dict[str, Any], choice: int | str | None
) -> None:
    path = jsonl(tmp_path, {"id": "1", "answer": answer})
    if isinstance(choice, str):
        with pytest.raises(BadInput) as error:
            answered(path, [instance("1", options)], **how)
        assert str(error.value).startswith(f"{path}, recorded.jsonl:1, answer: ")
        assert choice in str(error.value)
        return
    [row] = answered(path, [instance("1", options)], **how)
    assert row.greedy_choice == choice
    assert row.greedy_text is not None  # an answer, if one that names no option


@pytest.mark.parametrize(
    ("stated", "scale", "share"),
    [
        ("85%", 1, 0.85), ("85%", 100, 0.85), ("0,85", 1, 0.85), ("I'm about 85 % sure", 100, 0.85), ("8/10", 1, 0.8),
        ("85", 1, "outside 0 to 1; give numbers"), ("80 to 90", 100, "not a number; give numbers"),
        ("0,85", 100, "not a number; give numbers"), ("high", 1, "not a number; give numbers"),
        ("0.9", 100, "0.9 may mean 90 % or 0.9 %; set `confidence_scale: 1`"),
    ],
)  # fmt: skip
def test_confidences_are_numbers_or_texts_that_state_one(
    tmp_path: Path, stated: str, scale: int, share: float | str
) -> None:
    path = jsonl(tmp_path, {"id": "1", "answer": "B", "confidence": stated})
    if isinstance(share, str):
        with pytest.raises(BadInput, match=share):
            answered(path, [instance("1")], confidence_scale=scale)
        return
    [row] = answered(path, [instance("1")], confidence_scale=scale)
    assert row.verbalized_text == stated
    assert row.verbalized_confidence == pytest.approx(share)


def test_answers_with_all_that_may_stand_beside_them(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = [
        ["id", "condition", "answer", "confidence", "option_probabilities", "samples", "note"],
        ["1", "", "A", "80", "[0.5, 0.25, 0]", '["A", "B", "hm"]', "x"],
        ["1", "nota_last", "C", "", '{"A": 1, "B": 1, "C": 2}', "", ""],
        ["2", "", "", "", "", "", ""],
        ["3", "", "", "", "[60, 30, 10]", "", ""],
    ]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    asked = [instance("1"), instance("1", condition="nota_last"), instance("2"), instance("3"), instance("4")]
    first, last, empty, unanswered, missing = answered(path, asked, confidence_scale=100)
    check_contract([first, last, empty, unanswered, missing])
    assert (first.verbalized_confidence, first.verbalized_text) == (0.8, "80")
    assert first.option_logprobs == (log(0.5), log(0.25), -inf)
    assert first.option_mass == 0.75
    assert first.samples == (Sample("A", 0, ()), Sample("B", 1, ()), Sample("hm", None, ()))
    assert [exp(value) for value in last.option_logprobs or ()] == pytest.approx([0.25, 0.25, 0.5])
    assert (last.greedy_choice, last.verbalized_confidence, last.samples) == (2, None, None)
    assert (empty.status, empty.error) == ("failed", "a.csv:4: no answer was recorded")
    assert [exp(value) for value in unanswered.option_logprobs or ()] == pytest.approx([0.6, 0.3, 0.1])
    assert unanswered.greedy_text is None
    assert (missing.status, missing.error) == ("failed", "not recorded")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"confidence": 1.7}, "confidence: 1.7 is outside 0 to 1"),
        ({"confidence": "high"}, "confidence: 'high' is not a number"),
        ({"option_probabilities": [1, 2]}, "option_probabilities: 2 values for the 3 options"),
        ({"option_probabilities": [1, 2, -1]}, "option_probabilities: -1 is outside 0 to 1e+15"),
        ({"option_probabilities": [0, 0, 0]}, "option_probabilities: all are 0"),
        ({"option_probabilities": [0, 0, float("inf")]}, "option_probabilities: inf is outside"),
        ({"option_probabilities": {"A": 1, "B": 0, "D": 0}}, "option_probabilities: keys ['A', 'B', 'D']"),
        ({"samples": "A, B"}, "samples: 'A, B' is not a JSON list"),
        ({"samples": [{"text": "A"}]}, "samples: {'text': 'A'} is not a text"),
        ({"id": ""}, "id: is empty"),
        ({"id": "2"}, "id: '2', 'clean' stands in recorded.jsonl:1 already"),
    ],
)
def test_bad_answers_are_named_with_file_row_and_column(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    path = jsonl(tmp_path, {"id": 2, "answer": "A"}, {"id": 1, "answer": "A", **changes})
    with pytest.raises(BadInput) as error:
        answered(path, [instance("1"), instance("2")])
    assert str(error.value).startswith(f"{path}, recorded.jsonl:2, {message}")


def test_items_of_one_id_in_two_datasets_need_the_dataset(tmp_path: Path) -> None:
    asked = [instance("1"), instance("1", dataset="theirs")]
    told = [
        {"id": "1", "dataset": name, "answer": letter} for name, letter in (("theirs", "B"), ("ours", "A"))
    ]
    assert [row.greedy_choice for row in answered(jsonl(tmp_path, *told), asked)] == [0, 1]
    with pytest.raises(
        BadInput, match="dataset: is missing, and '1' is an item of 'ours' and 'theirs'; tell which"
    ):
        answered(jsonl(tmp_path, {"id": "1", "answer": "A"}), asked)


def test_rows_without_an_instance_are_counted_and_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    records = [{"id": str(n), "answer": "A", "note": "x"} for n in range(4)]
    engine = engine_of(jsonl(tmp_path, *records))
    assert engine.facts == {}
    instances = [instance(str(n)) for n in (0, 1, 2, 9)]
    shards = evidence_shards(
        "mine", instances, engine, unopened, Prompts(), Sampling(), 7, instances_per_shard=1
    )
    with caplog.at_level(logging.WARNING):
        frames = [shard.compute({}, print) for shard in shards.values()]
    facts = {"source": "recorded.jsonl", "rows": "4", "unmatched": "1", "unread_columns": "note"}
    assert [one.attrs["engine"] for one in frames] == [facts] * 4
    assert sum("1 of 4 rows" in message and "recorded.jsonl:4" in message for message in caplog.messages) == 1
    failed = pd.concat(frames).query("status == 'failed'")
    assert list(failed["error"]) == ["not recorded"]


def test_a_file_about_something_else_altogether_is_no_model(tmp_path: Path) -> None:
    path = jsonl(tmp_path, {"id": "x1", "answer": "A"}, {"id": "1", "answer": "A", "condition": "shuffled"})
    message = (
        r"no row is about an instance .* recorded.jsonl:1, is about 'x1', 'clean'; .* asks about '1', 'clean'"
    )
    with pytest.raises(BadInput, match=message):
        answered(path, [instance("1")])


def test_the_fingerprint_is_of_the_bytes_and_how_they_are_read(tmp_path: Path) -> None:
    path = jsonl(tmp_path, {"id": "1", "answer": "A"})
    first = engine_of(path).fingerprint
    moved = tmp_path / "other.jsonl"
    moved.write_bytes(path.read_bytes())
    assert engine_of(moved).fingerprint == first
    assert engine_of(path, confidence_scale=100).fingerprint != first
    moved.write_bytes(path.read_bytes() + b"\n")
    assert engine_of(moved).fingerprint != first


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"path": "gone.csv"}, "models.mine.path: 'gone.csv' is no file"),
        ({"path": "a.txt"}, "the suffix is none of .csv"),
        ({"answer_is": "index"}, "needs `index_from: 0`"),
        ({"confidence_scale": 10}, "models.mine.confidence_scale: Input should be 1 or 100"),
        ({"paht": "x"}, "models.mine.paht: there is no such option. Did you mean 'path'?"),
    ],
)
def test_wrong_settings_are_named_before_anything_runs(
    tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    (tmp_path / "a.txt").write_text("x")
    path = jsonl(tmp_path, {"id": "1", "answer": "A"})
    with pytest.raises(BadInput) as error:
        engine_of(path, **options)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"item": "1", "answer": "A"}, "there is no column 'id'"),
        ({"id": "1", "answers": "A"}, "there is no column 'answer'. Did you mean 'answers'?"),
        (
            {"instance_id": "1", "p_tru": 0},
            "'p_tru' is no column of evidence. Did you mean 'p_true'?",
        ),
    ],
)
def test_a_file_of_neither_form_is_named(tmp_path: Path, record: dict[str, Any], message: str) -> None:
    with pytest.raises(BadInput) as error:
        answered(jsonl(tmp_path, record), [instance("1")])
    assert message in str(error.value)


cells = st.fixed_dictionaries(
    {"answer": st.sampled_from(["A", "b", "Heart", "none of them", "", None])},
    optional={
        "confidence": st.one_of(st.none(), st.floats(0, 1)),
        "option_probabilities": st.one_of(
            st.none(), st.lists(st.floats(0, 100), min_size=3, max_size=3).filter(lambda p: sum(p) > 0)
        ),
        "samples": st.one_of(st.none(), st.lists(st.sampled_from(["A", "C", "hm"]), max_size=4)),
    },
)


@settings(deadline=None, max_examples=6)  # Great Expectations takes its time, by table and not by row
@given(records=st.lists(cells, min_size=10, max_size=40))
def test_whatever_is_recorded_keeps_the_contract_and_can_be_scored(
    tmp_path_factory: pytest.TempPathFactory, records: list[dict[str, Any]]
) -> None:
    path = jsonl(
        tmp_path_factory.mktemp("recorded"), *({"id": str(at), **one} for at, one in enumerate(records))
    )
    asked = [instance(str(at)) for at in range(len(records) + 1)]
    rows = answered(path, asked)
    check_contract(rows)
    methods = ["margin", "verbalized", "self_consistency", "p_true", "anll"]
    scores = scores_table(frame(rows, "evidence"), frame(asked, "instances"), methods)
    assert len(scores) == len(methods) * len(asked)
    assert scores.loc[scores["uncertainty"].isna(), "reason"].notna().all()
    by_id = scores.query("method == 'verbalized'").set_index("item_id")
    for at, record in enumerate(records):
        if record.get("confidence") is not None and by_id.loc[str(at), "reason"] is None:
            assert by_id.loc[str(at), "uncertainty"] == pytest.approx(1 - record["confidence"])


def test_evidence_of_a_study_is_scored_as_it_was(tmp_path: Path) -> None:
    """What one study computed, handed over as a file, gives the scores that it gave."""
    asked = [instance(str(n)) for n in range(3)]
    rows = [
        Evidence(
            "one", one.instance_id, option_logprobs=(-0.1 - at, -3.0, -4.0), greedy_text="A", greedy_choice=0,
            option_mass=exp(-0.1 - at) + exp(-3) + exp(-4),
        )
        for at, one in enumerate(asked)
    ]  # fmt: skip
    path = tmp_path / "shard.parquet"
    pq.write_table(to_table(rows, "evidence"), path)
    before = scores_table(to_frame(to_table(rows, "evidence")), frame(asked, "instances"), ["margin"])
    given_back = to_rows(frame(answered(path, asked), "evidence"), Evidence)
    after = scores_table(frame(given_back, "evidence"), frame(asked, "instances"), ["margin"])
    assert list(after["uncertainty"]) == list(before["uncertainty"])
    assert list(after["correct"]) == list(before["correct"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"confidence": 10**400}, "confidence: 1000000"),
        ({"samples": "[" * 3000}, "samples: '[[[["),
        ({"option_probabilities": '{"A":' * 3000}, "option_probabilities: '{"),
        ({"option_probabilities": '{"A": 1, "A": 2, "B": 0, "C": 0}'}, "option_probabilities: '{"),
        ({"option_probabilities": [1e308, 1e308, 1e308]}, "option_probabilities: 1e+308 is outside"),
        ({"answer": "\ud800"}, "answer: '\\ud800' is not Unicode text"),
        ({"samples": ["\ud800"]}, "samples: '\\ud800' is not Unicode text"),
        ({"id": "\u200b"}, "id: is empty"),
        ({"id": "2\u200b"}, "id: '2\\u200b', 'clean' stands in recorded.jsonl:1 already"),
    ],
)
def test_hostile_answers_are_named_too(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    path = jsonl(tmp_path, {"id": 2, "answer": "A"}, {"id": 1, "answer": "A", **changes})
    with pytest.raises(BadInput) as error:
        answered(path, [instance("1"), instance("2")])
    assert str(error.value).startswith(f"{path}, recorded.jsonl:2, {message}")
    assert len(str(error.value)) < 1000


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"prompt_tokens": 10**400}, "prompt_tokens: 1000000"),
        ({"gaps": [{"field": "p_true", "reason": "\ud800"}]}, "gaps: '\\ud800' is not Unicode text"),
        ({"samples": [{"text": "\ud800"}]}, "samples.text: '\\ud800' is not Unicode text"),
    ],
)
def test_hostile_evidence_is_named_too(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    path = jsonl(tmp_path, {"instance_id": "ours-1-clean", "greedy_text": "A", **changes})
    with pytest.raises(BadInput) as error:
        answered(path, [instance("1")])
    assert str(error.value).startswith(f"{path}, recorded.jsonl:1, {message}")


@pytest.mark.parametrize("written", ["1\u200b", "1\u00ad", "\ufeff1", "1 ", "\uff11"])
def test_ids_and_answers_match_whatever_cannot_be_seen_in_them(tmp_path: Path, written: str) -> None:
    path = jsonl(tmp_path, {"id": written, "answer": "M\u00e9ni\u00e8re\u200b", "condition": "cl\u00adean"})
    options = ("Me\u0301nie\u0300re", "Lung")
    [row] = answered(path, [instance("1", options=options)])
    assert row.greedy_choice == 0
    assert row.greedy_text == "M\u00e9ni\u00e8re\u200b"  # as it was recorded


def test_a_key_that_stands_twice_stops_the_reading(tmp_path: Path) -> None:
    path = tmp_path / "recorded.jsonl"
    path.write_text('{"id": "1", "answer": "A", "answer": "B"}')
    with pytest.raises(BadInput, match=r"recorded\.jsonl:1: the key 'answer' stands twice"):
        answered(path, [instance("1")])


def test_two_columns_that_look_alike_stop_the_reading(tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("id,answer,Answer \n1,A,B\n")
    with pytest.raises(BadInput, match=r"r\.csv: the columns 'answer', 'Answer ' differ only by case"):
        answered(tmp_path / "r.csv", [instance("1")])


def test_a_path_that_no_file_system_takes_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is no file"):
        engine_of(tmp_path / ("x" * 300 + ".csv"))


def test_the_answers_of_the_guide_are_read(tmp_path: Path) -> None:
    """Questions, answers and settings as `docs/how-to/audit.md` has them."""
    guide = (Path(__file__).parents[2] / "docs/how-to/audit.md").read_text(encoding="utf-8")
    part = guide[guide.index("Answers that somebody has already") :]
    answers, questions = re.findall(r"```csv\n(.*?)```", part, re.DOTALL)[:2]
    [model] = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", part, re.DOTALL)[0])["models"].values()
    for name, text in (("questions.csv", questions), (Path(model["path"]).name, answers)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "images").mkdir()
    for k, row in enumerate(csv.DictReader(questions.splitlines())):
        Image.new("L", (16, 16), 60 * k).save(tmp_path / row["image"])
    items, refused = read_datasets(
        {"questions": {"folder": str(tmp_path), "file": "questions.csv"}}, 7, tmp_path
    )
    assert refused == []
    asked = [instance(one.item_id, one.options, dataset="questions") for one in items]
    rows = answered(tmp_path / Path(model.pop("path")).name, asked, **model)
    assert [row.greedy_choice for row in rows] == [0, 1, 1]
    assert [one.answer_index for one in items] == [0, 2, 1]
    assert [row.verbalized_confidence for row in rows] == [0.9, 0.55, 0.7]


def test_limits_of_samples_are_said_not_to_apply(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """To recorded evidence, which may hold samples, and not to answers, which hold none."""
    one = instance("1")
    files = {
        "evidence": jsonl(tmp_path, {"instance_id": one.instance_id, "greedy_text": "A", "greedy_choice": 0}),
    }
    files["answers"] = tmp_path / "answers.jsonl"
    files["answers"].write_text(json.dumps({"id": "1", "answer": "A"}))
    for form, file in files.items():
        sampling = Sampling(top_p=0.9, min_p=0.1)
        model = {"engine": "recorded", "path": file.name}
        engine = make_engine("mine", model, Prompts(), sampling, 7, file.parent)
        assert [row.status for row in engine.answer([one], unopened)] == ["ok"]
        assert ("limits" in engine.facts) == (form == "evidence")
    assert caplog.text.count("sampling.top_p does not apply to") == 1
