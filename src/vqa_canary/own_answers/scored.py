"""Answers that exist already: their uncertainty, how well it tells wrong ones from right ones, and a policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from vqa_canary.errors import BadInput
from vqa_canary.frames import frame
from vqa_canary.rows import CLEAN
from vqa_canary.ue.configured import Entry
from vqa_canary.ue.registration import METHODS

if TYPE_CHECKING:
    import pandas as pd

    from vqa_canary.audit.record.policies import Policy
    from vqa_canary.estimate import Estimate
    from vqa_canary.evaluation.grid import Grid


def score(answers: pd.DataFrame, methods: Sequence[Entry] | None = None) -> ScoredAnswers:
    """The uncertainty of every answer by every method, and whether the answer is right.

    Parameters
    ----------
    answers : a row for each question that was answered, with the columns

        - `answer`: the letter of the right option;
        - `image`: which image the question shows. Questions about one image are not independent, and intervals count
          images; without this column every question counts as an image of its own;
        - `A`, `B`, `C` and so on: the probability that the model gave to each option. Empty cells at the end are
          options that the question does not have. The likeliest option counts as the model's answer. A sum that
          rounding has carried above 1 is divided out;
        - or columns of the table `evidence` in their place or besides, such as `option_logprobs`,
          `greedy_token_logprobs` or `samples`, as docs/tables.md describes them, and `options`, the texts of the
          options; lists are lists or, as in a CSV, JSON;
        - `id`, if there is one: a name of the question, which stands in `item_id` of the scores.
    methods : names, or names with settings, as in `scoring.methods`; by default all whose evidence is there

    Raises
    ------
    BadInput : a column is missing, or a cell cannot be what its column says; the message names row and column
    UnknownName, UnfitSetting : a method, or a setting of one, that there is not
    """
    from vqa_canary.own_answers.given import read_questions
    from vqa_canary.ue.table import scores_table

    if isinstance(methods, str):
        raise BadInput(f"methods: {methods!r} is a text. Give a list of names, such as [{methods!r}].")
    if methods is not None and not methods:
        raise BadInput(
            "methods: the list is empty. Name a method, or leave `methods` out to take all that can be."
        )
    questions = read_questions(answers)
    evidence = frame([one.evidence for one in questions], "evidence")
    instances = frame([one.instance for one in questions], "instances")
    chosen = _possible(evidence) if methods is None else methods
    if not chosen:
        raise BadInput(
            "answers: no method can be computed. Give probabilities in columns A, B, ..., or columns of the table "
            "evidence (docs/tables.md)."
        )
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

        cell = self._grid.cell(CLEAN, self._grid.models[0], self._grid.methods[0])
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
            cell = self._grid.cell(CLEAN, self._grid.models[0], method).scored()
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

        _check("largest_error", largest_error, 0, 1, "for 10 % give 0.1")
        _check("confidence", confidence, 0.5, 1, "for 95 % give 0.95")
        _check("calibration_share", calibration_share, 0, 1, "for half of the images give 0.5")
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


def _possible(evidence: pd.DataFrame) -> list[str]:
    """Methods whose evidence some row has."""
    given = {name for name in evidence.columns if evidence[name].notna().any()}
    return [name for name in METHODS if given | {"options"} >= set(METHODS[name].needs)]


def _check(name: str, share: float, lowest: float, highest: float, remedy: str) -> None:
    if not lowest < share < highest:
        raise BadInput(f"{name}: {share:g} is not between {lowest:g} and {highest:g}; {remedy}.")
