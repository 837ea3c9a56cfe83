"""Answers that you have already, scored and judged in Python: no project, no model and no file is needed.

import pandas as pd
from vqa_canary.own_answers import score

scored = score(pd.read_csv("answers.csv"))
print(scored.aurocs())
print(scored.policy("label_nll", largest_error=0.1).sentence)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

import numpy as np

from vqa_canary.errors import BadInput
from vqa_canary.frames import frame, is_null
from vqa_canary.quoting import quoted
from vqa_canary.rows import CLEAN, Evidence, Instance, Item
from vqa_canary.ue.configured import Entry
from vqa_canary.ue.registration import METHODS

if TYPE_CHECKING:
    import pandas as pd

    from vqa_canary.audit.record.policies import Policy
    from vqa_canary.estimate import Estimate
    from vqa_canary.evaluation.grid import Grid

WHO = "own"
"""Stands for the model and the data set of answers that come without a study."""

_EVIDENCE = tuple(field.name for field in fields(Evidence) if field.name not in ("model", "instance_id"))
_ROUNDING = 1e-6
"""By how much probabilities may add up to more than 1."""


def score(answers: pd.DataFrame, methods: Sequence[Entry] | None = None) -> ScoredAnswers:
    """The uncertainty of every answer by every method, and whether the answer is right.

    Parameters
    ----------
    answers : a row for each question that was answered, with the columns

        - `answer`: the letter of the right option;
        - `image`: which image the question shows. Questions about one image are not independent, and intervals count
          images; without this column every question counts as an image of its own;
        - `A`, `B`, `C` and so on: the probability that the model gave to each option. Empty cells at the end are
          options that the question does not have. The likeliest option counts as the model's answer;
        - or columns of the table `evidence` in their place or besides, such as `option_logprobs`,
          `greedy_token_logprobs` or `samples`, as docs/tables.md describes them;
        - `id`, if there is one: a name of the question, which stands in `item_id` of the scores.
    methods : names, or names with settings, as in `scoring.methods`; by default all whose evidence is there

    Raises
    ------
    BadInput : a column is missing, or a cell cannot be what its column says; the message names row and column
    UnknownName, UnfitSetting : a method, or a setting of one, that there is not
    """
    from vqa_canary.ue.table import scores_table

    rows = answers.to_dict("records")
    questions = [
        _question(at, {str(name): cell for name, cell in row.items()}) for at, row in enumerate(rows, 1)
    ]
    if not questions:
        raise BadInput("answers: the table has no row. Give a row for each question that was answered.")
    if len({one.name for one in questions}) < len(questions):
        raise BadInput("answers, id: a name stands there twice. Give each question a name of its own.")
    evidence = frame([one.evidence for one in questions], "evidence")
    instances = frame([one.instance for one in questions], "instances")
    chosen = _possible(evidence) if methods is None else methods
    scores = scores_table(evidence, instances, chosen)
    items = frame([one.item for one in questions], "items")
    return ScoredAnswers(scores, instances, items, tuple(one.name for one in questions))


@dataclass(frozen=True)
class ScoredAnswers:
    """Answers with their uncertainties."""

    scores: pd.DataFrame
    """Rows of the table `scores`: one a question and method, with `uncertainty`, `correct`, and `reason` where a value
    is missing."""
    instances: pd.DataFrame
    items: pd.DataFrame
    order: tuple[str, ...]
    """Names of the questions in the order of the rows that were given."""

    def uncertainties(self) -> pd.DataFrame:
        """A row a question and a column a method; NaN where a method has no value."""
        wide = self.scores.pivot(index="item_id", columns="method", values="uncertainty")
        return wide.loc[list(self.order)]

    def accuracy(self) -> Estimate:
        """Share of right answers, 0 to 1, with a 95 % interval that counts images."""
        from vqa_canary.statistics.proportions import proportion

        cell = self._grid.cell(CLEAN, WHO, self._grid.methods[0])
        return proportion(cell.correct[cell.judged], cell.images[cell.judged])

    def aurocs(self) -> pd.DataFrame:
        """How well each method ranks wrong answers above right ones: a row a method, the best first.

        `value` is the AUROC: 1 where every wrong answer is more uncertain than every right one, .5 for chance. `ci_low`
        and `ci_high` are its 95 % limits with images as clusters, `n` counts answers and `n_clusters` images. Where
        there is no value or no interval, `reason` says why.
        """
        import pandas as pd

        from vqa_canary.statistics.auroc import auroc

        rows = {}
        for method in self._grid.methods:
            cell = self._grid.cell(CLEAN, WHO, method).scored()
            rows[method] = auroc(cell.uncertainty, cell.wrong, cell.images).columns()
        table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("method")
        return table.sort_values("value", ascending=False, kind="stable")

    def policy(
        self,
        method: str,
        *,
        largest_error: float = 0.05,
        confidence: float = 0.95,
        calibration_share: float = 0.5,
        seed: int = 7,
        answers_unseen: bool = False,
    ) -> Policy:
        """The threshold below which answers may be given, or why there is none.

        Half of the images calibrate the threshold, and the others check it. `sentence` of what comes back says what the
        policy does, `threshold` is the largest uncertainty with which the model answers, and `held_out` tells how often
        it then answers and errs on the images that had no part in finding it.

        Parameters
        ----------
        method : one of those that were scored
        largest_error : share of errors among given answers that is tolerated, above 0 and below 1
        confidence : probability, above .5, with which that is kept; claimed only with `answers_unseen`
        calibration_share : share of the images that calibrate
        seed : of the split, and of the order in which an image's questions are taken
        answers_unseen : you state that method, target and split were chosen without a look at the answers

        Raises
        ------
        BadInput : a method that was not scored, or a share outside its range
        """
        from vqa_canary.audit.policies import ALONE, policies_table
        from vqa_canary.audit.splitting import calibration_masks
        from vqa_canary.audit.terms import ERROR, EXACT

        found = policies_table(
            [self._grid],
            calibration_masks([self._grid], self.items, seed, calibration_share),
            alpha=largest_error,
            delta=1 - confidence,
            seed=seed,
            nota_conditions=(),
            methods=[method],
            claimed=answers_unseen,
        )
        [policy] = [one for one in found if (one.event, one.guarantee, one.scope) == (ERROR, EXACT, ALONE)]
        return policy

    @cached_property
    def _grid(self) -> Grid:
        from vqa_canary.evaluation.grid import grids

        [grid] = grids(self.scores, self.instances, self.items)
        return grid


@dataclass(frozen=True, slots=True)
class _Question:
    """A row of answers as a row of each table that scores are made from."""

    name: str
    evidence: dict[str, Any]
    instance: Instance
    item: Item


def _question(at: int, row: Mapping[str, Any]) -> _Question:
    """The `at`-th row, from 1, read strictly."""
    logged = _option_logprobs(at, row)
    options = _options(at, row, logged)
    answer = str(row.get("answer", "")).strip().upper()
    if answer not in options[1]:
        listed = f"{options[1][0]} to {options[1][-1]}"
        raise _wrong(at, "answer", f"{quoted(row.get('answer'))} is no letter of its options, {listed}")
    name = str(row.get("id", at))
    image = name if is_null(row.get("image")) else str(row["image"])
    right = options[1].index(answer)
    kept = {
        column: None if _is_missing(value) else value for column, value in row.items() if column in _EVIDENCE
    }
    return _Question(
        name,
        {"model": WHO, "instance_id": name, "status": "ok", **kept, "option_logprobs": logged},
        Instance(name, WHO, name, CLEAN, "", options[0], image, "", "", right),
        Item(WHO, name, "", image, "", "", "", options[0], right, "", "", True, f"row {at}"),
    )


def _option_logprobs(at: int, row: Mapping[str, Any]) -> list[float] | None:
    """Natural logarithms of the probabilities in the columns A, B, ...; without these, the column `option_logprobs`."""
    letters = [letter for letter in ascii_uppercase if letter in row]
    if not letters:
        given = row.get("option_logprobs")
        return None if _is_missing(given) else [float(value) for value in np.asarray(given, np.float64)]
    cells = [row[letter] for letter in letters]
    n_options = max((place for place, cell in enumerate(cells, start=1) if not is_null(cell)), default=0)
    chances = [_probability(at, *pair) for pair in zip(letters[:n_options], cells, strict=False)]
    if not chances:
        return None
    total = sum(chances)
    if not 0 < total <= 1 + _ROUNDING:
        raise _wrong(
            at, "".join(letters[:n_options]), f"the probabilities add up to {total:g}, not to at most 1"
        )
    with np.errstate(divide="ignore"):
        return [float(value) for value in np.log(chances)]


def _probability(at: int, letter: str, cell: Any) -> float:
    try:
        value = float(cell)
    except (TypeError, ValueError):
        value = math.nan
    if not 0 <= value <= 1 + _ROUNDING:
        raise _wrong(at, letter, f"{quoted(cell)} is no probability from 0 to 1")
    return value


def _options(
    at: int, row: Mapping[str, Any], logged: Sequence[float] | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Texts of the options, where the row has them, and their letters."""
    texts = None if _is_missing(row.get("options")) else tuple(map(str, row["options"]))
    if texts is None and logged is None:
        remedy = "Give a probability for each in columns A, B, ..., or their texts in a column options"
        raise _wrong(at, "A", f"it is not known how many options there are. {remedy}")
    letters = tuple(ascii_uppercase[: len(texts or logged or ())])
    return texts or letters, letters


def _possible(evidence: pd.DataFrame) -> list[str]:
    """Methods whose evidence some row has."""
    given = {name for name in evidence.columns if evidence[name].notna().any()}
    return [name for name in METHODS if given | {"options"} >= set(METHODS[name].needs)]


def _is_missing(value: Any) -> bool:
    return not hasattr(value, "__len__") and is_null(value)


def _wrong(at: int, column: str, why: str) -> BadInput:
    return BadInput(f"answers, row {at}, {column}: {why}.")
