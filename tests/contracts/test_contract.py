"""The validator as Kedro uses it."""

from __future__ import annotations

import pickle
import subprocess
import sys
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from kedro.io import DataCatalog
from kedro.validation import CheckFailure, DataValidationError
from tests.contracts.conftest import Sound
from tests.effort import calls_of

from vqa_canary.contracts import Contract, ContractError
from vqa_canary.errors import BadInput
from vqa_canary.frames import frame
from vqa_canary.planned_shard import PlannedShard


def test_data_come_back_as_they_were(sound: Sound) -> None:
    scores = frame([sound("scores", 0)], "scores")
    before = scores.copy(deep=True)
    assert Contract("scores").validate(scores) is scores
    pd.testing.assert_frame_equal(scores, before)


def test_unknown_suite_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(BadInput, match=r"'item'.*Did you mean 'items'"):
        Contract("item")


def test_message_names_table_check_column_and_rows(sound: Sound) -> None:
    scores = frame([sound("scores", number, uncertainty=None) for number in range(9)], "scores")
    with pytest.raises(DataValidationError) as caught:
        Contract("scores").validate(scores)
    header, check, *rows = str(caught.value).splitlines()
    assert header == "table 'scores' breaks its contract:"
    rule = "uncertainty_or_reason (a finite uncertainty, or none and a reason)"
    assert check == f"  - uncertainty: {rule}: 9 of 9 rows, first by model/instance_id/method:"
    assert [row.strip() for row in rows] == [
        f"tiny/row-{n}/margin: uncertainty=None, reason=None" for n in range(5)
    ]


def test_catalog_writes_nothing_that_breaks_its_contract(sound: Sound, tmp_path: Path) -> None:
    path = tmp_path / "scores.pkl"
    validator = {"class": "vqa_canary.contracts.Contract", "options": {"suite": "scores"}}
    catalog = DataCatalog.from_config(
        {"scores": {"type": "pickle.PickleDataset", "filepath": str(path), "validator": validator}}
    )
    good = frame([sound("scores", 0)], "scores")
    catalog.save("scores", good)
    written = path.read_bytes()
    with pytest.raises(ContractError, match=r"dataset 'scores' on save[\s\S]*confidence"):
        catalog.save("scores", good.assign(confidence=7.0))
    assert path.read_bytes() == written
    pd.testing.assert_frame_equal(catalog.load("scores"), good)


def test_shard_is_checked_when_it_was_computed(sound: Sound) -> None:
    called = []

    def planned(number: int, **changed: float) -> PlannedShard:
        def compute(*_: object) -> pd.DataFrame:
            called.append(number)
            return frame([sound("evidence", number, **changed)], "evidence")

        return PlannedShard(compute, (f"row-{number}",), {"model": "m"})

    plan = {"a": planned(1), "b": planned(2, p_true=3.0)}
    shards = Contract("evidence").validate(plan)
    assert called == []
    assert (shards["a"].expected, shards["a"].settings) == (plan["a"].expected, plan["a"].settings)
    assert shards["a"].check(shards["a"].compute({}, print))["instance_id"].tolist() == ["row-1"]
    broken = shards["b"].compute({}, print)
    with pytest.raises(ContractError, match=r"table 'evidence', shard 'b'[\s\S]*p_true=3.0"):
        shards["b"].check(broken)
    assert called == [1, 2]


def test_shard_that_is_a_frame_is_checked_at_once(sound: Sound) -> None:
    good, bad = (frame([sound("evidence", 0, p_true=p)], "evidence") for p in (0.5, 5.0))
    assert Contract("evidence").validate({"a": good})["a"] is good
    with pytest.raises(ContractError, match="shard 'b'"):
        Contract("evidence").validate({"a": good, "b": bad})


def test_error_crosses_processes(sound: Sound) -> None:
    scores = frame([sound("scores", 0, uncertainty=None)], "scores")
    with pytest.raises(ContractError) as caught:
        Contract("scores").validate(scores)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_import_is_light() -> None:
    code = (
        "import sys; from vqa_canary.contracts import Contract; Contract('items');"
        "print(sorted({'great_expectations', 'pandas', 'torch', 'mlflow'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_validation_prints_no_bars_or_warnings(
    sound: Sound, capfd: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder
) -> None:
    Contract("scores").validate(frame([sound("scores", 0)], "scores"))
    assert capfd.readouterr() == ("", "")
    assert not recwarn.list


@pytest.mark.parametrize(("table", "rows", "limit"), [("evidence", 80, 300), ("scores", 1500, 100)])
def test_contract_is_fast(sound: Sound, table: str, rows: int, limit: int) -> None:
    """Counted: 134 and 38 calls for each row more. The limits only catch a change of kind."""
    data = frame([sound(table, number) for number in range(2 * rows)], table)
    Contract(table).validate(data[:1])
    half, whole = (calls_of(partial(Contract(table).validate, data[:n])) for n in (rows, 2 * rows))
    assert rows < whole - half < limit * rows


def test_only_what_was_sound_to_the_last_bit_is_not_looked_at_again(
    sound: Sound, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from vqa_canary.contracts import batch

    looked: list[int] = []

    def look(data: pd.DataFrame, *_: object) -> list[CheckFailure]:
        looked.append(len(data))
        return []

    monkeypatch.setattr(batch, "suite_failures", look)
    data = frame([sound("evidence", number, p_true=0.123) for number in range(4)], "evidence")
    for _ in range(2):
        Contract("evidence").validate(data.copy())
    assert looked == [4]
    data.loc[2, "p_true"] = 0.1230000000000001
    Contract("evidence").validate(data)
    assert looked == [4, 4]
    items = frame([sound("items", 0)], "items")
    for _ in range(2):
        Contract("items").validate(items)
    assert looked == [4, 4, 1]
    image = tmp_path / "images" / "ct.png"
    image.write_bytes(b"another image")
    Contract("items").validate(items)
    assert looked == [4, 4, 1, 1]
    image.unlink()
    Contract("items").validate(items)
    assert looked == [4, 4, 1, 1, 1]


def test_an_image_that_changes_after_a_table_was_sound_is_found(sound: Sound, tmp_path: Path) -> None:
    items = frame([sound("items", number) for number in range(3)], "items")
    Contract("items").validate(items)
    (tmp_path / "images" / "ct.png").write_bytes(b"another image")
    with pytest.raises(ContractError, match="image_matches_hash"):
        Contract("items").validate(items)
    (tmp_path / "images" / "ct.png").unlink()
    with pytest.raises(ContractError, match="image_exists"):
        Contract("items").validate(items)
