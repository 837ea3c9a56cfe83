"""Whatever a file of recorded answers holds: one row of evidence an instance, or one message names the file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from tests.fuzzing.contents import as_csv, as_json, as_jsonl, as_parquet, cells, spoilings, spoilt
from tests.fuzzing.running import outcomes, refused, sizes

from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.registration import make_engine
from vqa_canary.engines.sampling import Sampling
from vqa_canary.errors import BadInput
from vqa_canary.frames import frame
from vqa_canary.rows import Instance

WRITERS: dict[str, Callable[[Any], bytes]] = {
    "csv": as_csv,
    "jsonl": as_jsonl,
    "json": as_json,
    "parquet": lambda rows: as_parquet({name: [row[name] for row in rows] for name in rows[0]}),
}
INSTANCES = [
    Instance(f"ours-{n}", "ours", str(n), "clean", "Which?", ("Liver", "Lung", "Heart"), "0", "0.png", "0", 0)
    for n in range(3)
]
ANSWER = {
    "answer": "B",
    "condition": "clean",
    "dataset": "ours",
    "confidence": 0.5,
    "option_probabilities": [0.1, 0.2, 0.3],
    "samples": ["A", "Lung"],
}
EVIDENCE = {
    "status": "ok",
    "option_logprobs": [-1.0, -2.0, -3.0],
    "greedy_text": "A",
    "greedy_choice": 0,
    "greedy_token_logprobs": [-0.5],
    "greedy_token_entropies": [0.5],
    "samples": [{"text": "A", "choice": 0, "token_logprobs": [-1.0]}],
    "p_true": 0.5,
    "verbalized_confidence": 0.8,
    "prompt_tokens": 5,
    "reused_tokens": 1,
    "calls": 1,
    "bounded": ["A"],
    "gaps": None,
    "error": None,
}


def check(folder: Path, name: str, data: bytes) -> str:
    (folder / name).write_bytes(data)
    try:
        engine = make_engine("mine", {"engine": "recorded", "path": name}, Prompts(), Sampling(), 7, folder)
        rows = list(engine.answer(INSTANCES, None))  # type: ignore[arg-type]  # it opens no image
    except BadInput as error:
        return refused(error, str(folder / name))
    assert [row.instance_id for row in rows] == [one.instance_id for one in INSTANCES]
    assert len(frame(rows, "evidence")) == len(rows)
    return "read"


def rows_of(key: str, values: tuple[str, ...], sound: dict[str, Any]) -> st.SearchStrategy[Any]:
    changes = st.dictionaries(st.sampled_from([*sound, "more", "Answer"]), cells, max_size=1)
    row = st.builds(
        lambda name, kept, odd: {key: name} | {one: sound[one] for one in sorted(kept)} | odd,
        st.sampled_from(values),
        st.sets(st.sampled_from(list(sound))).map(lambda kept: kept | {next(iter(sound))}),
        changes,
    )
    return st.lists(row, min_size=1, max_size=2, unique_by=lambda one: one[key])


@sizes(12, 250)
@pytest.mark.parametrize("suffix", ["csv", "jsonl", "json"])
@pytest.mark.parametrize("form", ["answers", "evidence"])
def test_odd_cells(tmp_path: Path, suffix: str, form: str, n: int) -> None:
    rows = {
        "answers": rows_of("id", ("0", "1", "2", "2\u200b"), ANSWER),
        "evidence": rows_of("instance_id", ("ours-0", "ours-1", "ours-2"), EVIDENCE),
    }[form]
    found = outcomes(n, rows, lambda case: check(tmp_path, f"r.{suffix}", WRITERS[suffix](case)))
    assert found.keys() == {"read", "refused whole"}


@sizes(12, 250)
@pytest.mark.parametrize("suffix", list(WRITERS))
def test_spoilt_bytes(tmp_path: Path, suffix: str, n: int) -> None:
    sound = WRITERS[suffix]([{"id": str(number), "answer": "B", "confidence": 0.5} for number in range(3)])
    assert check(tmp_path, f"r.{suffix}", sound) == "read"
    run = partial(check, tmp_path, f"r.{suffix}")
    found = outcomes(n, spoilings, lambda steps: run(spoilt(sound, steps)))
    assert found.keys() == {"read", "refused whole"}
