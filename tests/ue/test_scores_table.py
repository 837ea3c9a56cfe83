"""The table `scores`: whose answer is judged, and what is refused."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.effort import calls_of
from tests.ue.conftest import Frames, MakeEvidence, MakeInstance

from vqa_canary.errors import BadInput
from vqa_canary.frames import from_frame
from vqa_canary.registry import UnknownName
from vqa_canary.rows import Gap, Sample
from vqa_canary.tables import KEYS
from vqa_canary.testing import made_up
from vqa_canary.ue.registration import METHODS, Method, Undefined
from vqa_canary.ue.table import scores_table

Score = Callable[..., pd.DataFrame]

LOGS = (-2.0, -0.5, -0.5, -3.0)
"""Options 1 and 2 tie for the first place."""


@pytest.fixture
def score(frames: Frames, make_evidence: MakeEvidence, make_instance: MakeInstance) -> Score:
    """Scores of one instance whose evidence is changed, by method."""

    def of(
        label: Literal["choice", "native"] = "choice",
        answer: int | None = 1,
        condition: str = "clean",
        **changes: Any,
    ) -> pd.DataFrame:
        evidence = replace(make_evidence(0), **{"option_logprobs": LOGS, "greedy_choice": 3, **changes})
        shown = make_instance(0, answer=answer, condition=condition)
        study = frames([evidence], [shown])
        table = scores_table(*study, list(METHODS), label, made_up.embeddings(*study))
        return table.set_index("method")

    return of


def test_the_choice_is_the_likeliest_option_and_the_lowest_of_equals(score: Score) -> None:
    scores = score()
    assert (scores["choice"] == 1).all()
    assert scores["correct"].all()
    assert not score(answer=2)["correct"].any()


def test_without_option_logprobs_the_greedy_choice_is_judged(score: Score) -> None:
    scores = score(option_logprobs=None, answer=3)
    assert (scores["choice"] == 3).all()
    assert scores["correct"].all()


def test_the_engine_says_why_there_is_no_evidence(score: Score) -> None:
    gaps = (Gap("option_logprobs", "the endpoint gives no log-probs"), Gap("p_true", "none either"))
    scores = score(option_logprobs=None, p_true=None, gaps=gaps)
    assert scores.loc["margin", "reason"] == "no option_logprobs: the endpoint gives no log-probs"
    assert scores.loc["p_true", "reason"] == "no p_true: none either"


def test_native_judges_each_method_by_its_own_answer(score: Score) -> None:
    samples = tuple(Sample("?", pick, (-1.0,)) for pick in (2, 0, None, 0, 2))
    scores = score("native", answer=0, samples=samples)
    assert scores.loc["margin", "choice"] == 1
    assert scores.loc["p_true", "choice"] == 3
    assert scores.loc["semantic_entropy", "choice"] == 0  # ties with 2, which is higher
    modal = {name for name in METHODS if METHODS[name].answer == "modal"}
    assert modal >= {"self_consistency", "semantic_entropy", "pro", "embedding_eigen", "radial_dispersion"}
    assert set(scores.index[scores["correct"]]) == modal


def test_an_answer_that_names_no_option_is_wrong(score: Score) -> None:
    scores = score(option_logprobs=None, greedy_choice=None, greedy_text="I cannot tell")
    assert scores["choice"].isna().all()
    assert scores["correct"].notna().all()
    assert not scores["correct"].any()
    assert scores["uncertainty"].notna()["anll"]


def test_without_any_answer_nothing_is_judged(score: Score) -> None:
    scores = score(option_logprobs=None, greedy_choice=None, greedy_text=None)
    assert scores["correct"].isna().all()
    assert scores.loc["self_consistency", "reason"] == "no answer to judge"


def test_nothing_is_right_where_the_answer_is_removed(score: Score) -> None:
    scores = score(answer=None, condition="answer_removed")
    assert scores["correct"].isna().all()
    assert scores["uncertainty"].notna().all()
    assert (scores["choice"] == 1).all()


def test_a_single_option_is_undefined_for_what_is_read_from_options(
    frames: Frames, make_evidence: MakeEvidence, make_instance: MakeInstance
) -> None:
    table = scores_table(*frames([make_evidence(0, 1)], [make_instance(0, 1)]), ["margin", "p_true"])
    assert table["reason"].iloc[0].startswith("undefined: one option")
    assert table["uncertainty"].notna().tolist() == [False, True]


def test_a_row_without_a_value_takes_no_value_from_the_rows_of_its_shape(
    frames: Frames, make_evidence: MakeEvidence, make_instance: MakeInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def log_odds(p_true: NDArray[np.float64]) -> NDArray[np.float64]:
        if (p_true <= 0).any():
            raise Undefined(f"no odds of {p_true.min()}")
        return np.log(p_true)

    monkeypatch.setitem(
        METHODS._members,
        "log_odds",
        (Method("log_odds", log_odds, ("p_true",), 0.0, False, "greedy", -math.inf), "here"),
    )
    doubts = [1.0, 0.0, 0.5, -1.0]
    evidence = [replace(make_evidence(n), p_true=p) for n, p in enumerate(doubts)]
    table = scores_table(*frames(evidence, [make_instance(n) for n in range(4)]), ["log_odds"])
    assert table["uncertainty"].tolist() == pytest.approx([0, math.nan, math.log(0.5), math.nan], nan_ok=True)
    assert table["reason"].fillna("").tolist() == [
        "",
        "undefined: no odds of 0.0",
        "",
        "undefined: no odds of -1.0",
    ]


def test_options_without_any_probability_are_missing_evidence(score: Score) -> None:
    scores = score(option_logprobs=(-math.inf,) * 4, answer=3)
    assert scores.loc["margin", "reason"] == "no option_logprobs: no option has any probability"
    assert (scores["choice"] == 3).all()


def test_reasons_say_what_the_neighbours_tell(score: Score) -> None:
    assert "names no option" in score(p_true=None, greedy_choice=None)["reason"]["p_true"]
    assert "no number from 0 to 100" in score(verbalized_confidence=None)["reason"]["verbalized"]


def test_rows_keys_and_schema(
    frames: Frames, make_evidence: MakeEvidence, make_instance: MakeInstance
) -> None:
    evidence = [make_evidence(n) for n in range(5)] + [replace(make_evidence(n), model="k") for n in range(5)]
    table = scores_table(*frames(evidence, [make_instance(n) for n in range(7)]), ["margin", "p_true"])
    key = list(KEYS["scores"])
    assert len(table) == 20
    assert not table.duplicated(key).any()
    assert table.equals(table.sort_values(key, ignore_index=True))
    assert from_frame(table, "scores").num_rows == 20


def test_what_cannot_be_is_refused(
    score: Score, frames: Frames, make_evidence: MakeEvidence, make_instance: MakeInstance
) -> None:
    with pytest.raises(BadInput, match="i000, option_logprobs: 3 values for 4 options"):
        score(option_logprobs=(-1.0, -2.0, -3.0))
    with pytest.raises(BadInput, match="i000, greedy_choice: choice 4 is outside the 4 options"):
        score(greedy_choice=4)
    with pytest.raises(BadInput, match="i000, samples: choice 9 is outside"):
        score(samples=(Sample("?", 9, ()), Sample("?", 0, ())))
    with pytest.raises(BadInput, match="i000, greedy_token_logprobs: holds a null"):
        score(greedy_token_logprobs=(-1.0, math.nan))
    with pytest.raises(BadInput, match="anll"):
        score(greedy_token_logprobs=(-1.0, -math.inf))
    with pytest.raises(BadInput, match="instance i005: no such row in instances"):
        scores_table(*frames([make_evidence(5)], [make_instance(0)]), ["margin"])
    with pytest.raises(UnknownName, match="Did you mean 'margin'"):
        scores_table(*frames([make_evidence(0)], [make_instance(0)]), ["margins"])


@given(logs=st.lists(st.integers(-3, 0), min_size=4, max_size=4), answer=st.integers(0, 3))
def test_correct_is_that_of_the_first_maximum(logs: list[int], answer: int) -> None:
    from vqa_canary.frames import frame
    from vqa_canary.rows import Evidence, Instance

    shown = Instance("i", "d", "q", "clean", "?", tuple("abcd"), "g", "a.png", "00", answer)
    evidence = frame([Evidence("m", "i", option_logprobs=tuple(map(float, logs)))], "evidence")
    row = scores_table(evidence, frame([shown], "instances"), ["margin"]).iloc[0]
    assert row["choice"] == logs.index(max(logs))
    assert row["correct"] == (row["choice"] == answer)


def test_twice_the_instances_take_twice_the_effort(
    frames: Frames, make_evidence: MakeEvidence, make_instance: MakeInstance
) -> None:
    """Counted: 16 calls for each row more, so a hundred thousand instances take seconds."""

    def calls_for(n: int) -> int:
        few = frames([make_evidence(k) for k in range(50)], [make_instance(k) for k in range(50)])
        evidence, instances = (data.loc[data.index.repeat(n // 50)].reset_index(drop=True) for data in few)
        for data in (evidence, instances):
            data["instance_id"] = np.arange(n).astype(str)
        made: list[pd.DataFrame] = []
        embeddings = made_up.embeddings(*few)
        calls = calls_of(
            lambda: made.append(scores_table(evidence, instances, list(METHODS), embeddings=embeddings))
        )
        assert len(made[0]) == n * len(METHODS)
        return calls

    n = 5000
    assert n < calls_for(2 * n) - calls_for(n) < 40 * n * len(METHODS)
