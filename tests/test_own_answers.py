"""Answers of one's own, scored and judged without a project."""

from __future__ import annotations

import re
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from vqa_canary.errors import BadInput
from vqa_canary.own_answers import score


def answers(n: int = 300, better: float = 0.9) -> pd.DataFrame:
    """Two questions an image; an answer is right about as often as its probability says."""
    rng = np.random.default_rng(1)
    given = rng.dirichlet([0.2] * 4, n)
    right = [rng.choice(4, p=better * row + (1 - better) / 4) for row in given]
    images = [f"scan-{at // 2}" for at in range(n)]
    return pd.DataFrame(given, columns=[*"ABCD"]).assign(answer=["ABCD"[at] for at in right], image=images)


TWO = pd.DataFrame({"answer": [" a ", "B"], "A": [0.5, 0.4], "B": [0.5, 0.6]})


def test_a_csv_with_option_probabilities_is_scored_and_judged(tmp_path: Path) -> None:
    given = answers()
    given.to_csv(tmp_path / "answers.csv", index=False)
    scored = score(pd.read_csv(tmp_path / "answers.csv"))
    likeliest = given[[*"ABCD"]].to_numpy().max(axis=1)
    wide = scored.uncertainties()
    assert wide["label_nll"].to_numpy() == pytest.approx(-np.log(likeliest))
    assert wide["max_probability"].to_numpy() == pytest.approx(1 - likeliest)
    wrong = given[[*"ABCD"]].idxmax(axis=1) != given["answer"]
    assert scored.accuracy().value == pytest.approx(1 - wrong.mean())
    assert scored.accuracy().n_clusters == 150
    aurocs = scored.aurocs()
    assert list(aurocs["value"]) == sorted(aurocs["value"], reverse=True)
    row = aurocs.loc["label_nll"]
    assert row["value"] == pytest.approx(roc_auc_score(wrong, -likeliest))
    assert row["ci_low"] < row["value"] < row["ci_high"]
    assert row["n_clusters"] == 150
    assert set(aurocs.index) == {"label_nll", "max_probability", "predictive_entropy", "margin"}


def test_a_threshold_does_to_held_out_images_what_it_says() -> None:
    given = answers(better=1.0).assign(image=range(300))
    policy = score(given).policy("max_probability", largest_error=0.3, answers_unseen=True)
    assert policy.threshold is not None
    assert "with 95 % confidence" in policy.promise
    assert policy.calibration.images == 150
    answered = given[[*"ABCD"]].max(axis=1) >= 1 - policy.threshold
    wrong = given[[*"ABCD"]].idxmax(axis=1) != given["answer"]
    kept, errors = policy.held_out.coverage, policy.held_out.risk
    assert kept.value is not None
    assert errors.value is not None
    assert kept.n == 150
    shares = policy.calibration.coverage, policy.calibration.risk
    assert None not in shares
    both = kept.value * 150 + (shares[0] or 0) * 150
    assert both == pytest.approx(answered.sum())  # on both halves together
    assert errors.value * kept.value * 150 + (shares[1] or 0) * (shares[0] or 0) * 150 == pytest.approx(
        (answered & wrong).sum()
    )


def test_without_a_statement_that_the_answers_are_unseen_no_confidence_is_claimed() -> None:
    policy = score(answers().assign(image=range(300))).policy("label_nll", largest_error=0.4)
    assert policy.threshold is not None
    assert "no confidence" in policy.promise.casefold()


def test_the_policy_is_for_what_was_asked() -> None:
    """Questions that name no image are images of their own; each argument arrives where it belongs."""
    scored = score(answers(600).drop(columns="image"), ["margin", "label_nll"])
    assert scored.accuracy().n_clusters == 600
    assert set(scored.aurocs().index) == {"margin", "label_nll"}
    asked: dict[str, Any] = {"largest_error": 0.3, "confidence": 0.9, "calibration_share": 0.25}
    policy = scored.policy("margin", **asked, seed=3)
    assert (policy.event, policy.guarantee, policy.scope) == ("error", "exact", "alone")
    assert (policy.method, policy.alpha) == ("margin", 0.3)
    assert policy.delta == pytest.approx(0.1)
    assert policy.calibration.images == 150
    assert policy.calibration != scored.policy("margin", **asked, seed=4).calibration
    for name, wrong in [
        ("largest_error", 10),
        ("confidence", 95),
        ("confidence", 0.5),
        ("calibration_share", 1),
    ]:
        with pytest.raises(BadInput, match=f"^{name}: {wrong:g} is not between"):
            scored.policy("margin", **(asked | {name: wrong}))


def test_a_csv_with_lists_is_read_as_the_table_evidence_is(tmp_path: Path) -> None:
    """What was a list is JSON in a CSV. An answer that failed is not judged."""
    lines = [
        "answer;status;error;option_logprobs;greedy_token_logprobs;samples",
        'A;ok;;[-0.1, -2.5];[-0.1, -0.3];[{"text": "A"}, {"text": "B"}]',
        "B;;;[-1.0, -0.7];;",
        "B;failed;no answer came;;;",
    ]
    (tmp_path / "answers.csv").write_text("\n".join(lines))
    given = pd.read_csv(tmp_path / "answers.csv", sep=";").assign(options='["yes", "no"]')
    scored = score(given)
    wide = scored.uncertainties()
    assert list(wide["label_nll"]) == pytest.approx([0.1, 0.7, np.nan], nan_ok=True)
    assert list(wide["anll"]) == pytest.approx([0.2, np.nan, np.nan], nan_ok=True)
    assert list(wide["self_consistency"]) == pytest.approx([0.5, np.nan, np.nan], nan_ok=True)
    assert scored.accuracy().n == 2
    assert set(scored.scores["reason"].dropna()) >= {"failed: no answer came"}


def test_columns_of_the_table_evidence_are_scored_too() -> None:
    """An option that a question does not have, samples, and a method without evidence."""
    sample = {"text": "A", "choice": 0, "token_logprobs": [log(0.5)]}
    other = {"text": "B", "choice": 1, "token_logprobs": [log(0.25)]}
    given = pd.DataFrame(
        {
            "id": ["second", "first"],
            "answer": ["a", "B"],
            "A": [0.5, 0.1],
            "B": [0.3, 0.6],
            "C": [0.2, np.nan],
            "samples": [[sample, sample, sample, other], None],
        }
    )
    scored = score(given, ["self_consistency", "predictive_entropy"])
    wide = scored.uncertainties()
    assert list(wide.index) == ["second", "first"]
    assert wide["self_consistency"].iloc[0] == 0.25
    assert np.isnan(wide["self_consistency"].iloc[1])
    assert "samples" in scored.scores["reason"].dropna().iloc[0]
    p = np.array([0.1, 0.6]) / 0.7  # of two options, not of three
    assert wide["predictive_entropy"].iloc[1] == pytest.approx(-(p * np.log(p)).sum() / log(2))
    logprobs = pd.Series([np.log([0.5, 0.3, 0.2]), np.log([0.1, 0.6])], dtype=object)
    logged = given.drop(columns=[*"ABC"]).assign(option_logprobs=logprobs)
    again = score(logged, ["predictive_entropy"]).uncertainties()
    assert again["predictive_entropy"].to_numpy() == pytest.approx(wide["predictive_entropy"].to_numpy())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"answer": ["A", "E"]}, r"row 2, answer: 'E' is no letter of its options, A to B"),
        ({"A": [0.5, 1.5]}, r"row 2, A: 1.5 is no probability from 0 to 1"),
        ({"A": [0.5, 0.9]}, r"row 2, AB: the probabilities add up to 1.5, not to at most 1"),
        ({"A": [0, 0.1], "B": [0, 0.1]}, r"row 1, AB: the probabilities add up to 0\."),
        ({"A": [np.nan, 0.1]}, r"row 1, A: nan is no probability"),
        ({"id": ["q", "q"]}, r"row 2, id: 'q' is the name of row 1 too"),
        ({"id": ["2", None]}, r"row 2, id: '2' is the name of row 1 too"),
        ({"A": [np.nan] * 2, "B": [np.nan] * 2}, r"row 1, A: it is not known how many options there are"),
        ({"options": ["[]", "yes;no"]}, r"row 2, options: 'yes;no' is not a JSON list"),
        ({"p_true": [0.5, 3]}, r"row 2, p_true: 3.0 is outside 0 to 1"),
        (
            {"greedy_token_logprobs": ["[-0.5]", "half"]},
            r"row 2, greedy_token_logprobs: 'half' is not a JSON list",
        ),
        ({"D": [0.1, 0.1]}, r"answers, C: there is no such column, though there is one D"),
    ],
)
def test_what_is_wrong_is_named_by_row_and_column(change: dict[str, list[Any]], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        score(TWO.assign(**change))


@pytest.mark.parametrize(
    ("given", "methods", "said"),
    [
        (TWO.iloc[:0], None, "the table has no row"),
        (TWO.drop(columns="answer"), None, "answers, answer: there is no such column"),
        (TWO.rename(columns={"B": "C"}), None, "answers, B: there is no such column, though there is one C"),
        (TWO[["answer"]].assign(options='["yes", "no"]'), None, "answers: no method can be computed"),
        (TWO, [], "methods: the list is empty"),
        (TWO, "label_nll", r"methods: 'label_nll' is a text\. Give a list"),
    ],
)
def test_what_cannot_be_scored_at_all_is_refused(given: pd.DataFrame, methods: Any, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        score(given, methods)


@pytest.mark.parametrize("digits", [2, 3, 6])
def test_probabilities_may_be_rounded(digits: int) -> None:
    """Of 300 rows some then add up to more than 1; no uncertainty moves by more than the last digit allows."""
    given = answers()
    rounded = given.round(digits)
    above = rounded[[*"ABCD"]].sum(axis=1) > 1 + 1e-9
    assert above.sum() > 10
    found = score(rounded, ["max_probability"]).uncertainties()["max_probability"].to_numpy()
    exact = score(given, ["max_probability"]).uncertainties()["max_probability"].to_numpy()
    assert found == pytest.approx(exact, abs=4 * 0.5 * 10**-digits)
    assert found[above].min() >= 0
    logged = pd.Series([*np.log(given[[*"ABCD"]].to_numpy()).round(digits)], dtype=object)
    as_logs = score(given[["answer", "image"]].assign(option_logprobs=logged), ["max_probability"])
    assert as_logs.uncertainties()["max_probability"].to_numpy() == pytest.approx(exact, abs=2 * 10**-digits)


def test_the_readmes_lines_run(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers().to_csv(tmp_path / "answers.csv", index=False)
    monkeypatch.chdir(tmp_path)
    [lines] = re.findall(r"```python\n(.*?)```", (root / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    exec(lines, {})
    said = capsys.readouterr().out
    assert re.search(r"^0\.\d{3} \(95 %: 0\.\d{3} to 0\.\d{3}; n = 300, 150 images\)", said)
    assert "label_nll" in said
    assert len(said.splitlines()) == 1 + 6 + 1
