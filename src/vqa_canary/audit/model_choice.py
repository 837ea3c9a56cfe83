"""The best of several models: whoever looks at many and takes the best must pay for the look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from vqa_canary.audit.policies import policy_among
from vqa_canary.audit.policy_words import Allowed
from vqa_canary.audit.record.models import ModelChoice, ModelStanding
from vqa_canary.counting import counted
from vqa_canary.estimate import MIN_IMAGES, Estimate, undefined
from vqa_canary.evaluation.comparison import compare
from vqa_canary.rows import CLEAN
from vqa_canary.seeding import generator_for
from vqa_canary.statistics.clusters import number, row_sums

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vqa_canary.audit.record.policies import AuditTarget, Policy
    from vqa_canary.evaluation.grid import Grid


class Behind(NamedTuple):
    """How far each of several models is behind the most accurate one."""

    by: tuple[Estimate, ...]
    """Accuracy of the most accurate model minus that of each."""
    maybe_best: tuple[bool | None, ...]
    """Whether each cannot be told from it."""


def behind_the_best(
    correct: NDArray[np.float64], images: NDArray[np.int64], rng: np.random.Generator
) -> Behind:
    """Accuracies of several models against each other, on the questions that all of them answered.

    All differences at once by max-T over the images' influences, as methods are compared; see `comparison.compare`.

    Parameters
    ----------
    correct : shape (models, n), 1, 0 or NaN
    images : shape (n,), image of each question
    rng : draws the multipliers

    Returns
    -------
    null with a reason where fewer than 5 images have a question that all answered
    """
    kept = ~np.isnan(correct).any(axis=0)
    codes, n_images = number(images[kept])
    if n_images < MIN_IMAGES:
        nothing = undefined(f"{counted(n_images, 'image')} with a question that all models answered: too few")
        return Behind((nothing,) * len(correct), (None,) * len(correct))
    right = correct[:, kept]
    value = right.mean(axis=1)
    influence = row_sums(right - value[:, None], codes, n_images).T / right.shape[1]
    found = compare(value, influence, n_images, n_images - 1, rng)
    best = int(value.argmax())
    n = int(kept.sum())
    by = [
        Estimate(0.0, None, None, n, n_images, "it is the most accurate one")
        if at == best
        else Estimate(
            float(found.difference[best, at]),
            float(found.ci_low[best, at]),
            float(found.ci_high[best, at]),
            n,
            n_images,
        )
        for at in range(len(value))
    ]
    return Behind(tuple(by), tuple(bool(one) for one in found.maybe_best))


def choose_models(
    grids: Sequence[Grid],
    calibrates: Mapping[str, NDArray[np.bool_]],
    policies: Mapping[tuple[str, str], Policy | None],
    target: AuditTarget,
    seed: int,
    *,
    looks: int = 1,
    claimed: bool = True,
) -> list[ModelChoice]:
    """One choice for each data set with several models.

    Each model's policy is sought anew at delta / N, N the pairs of a model and a method that were tried: whichever is
    then taken, and by whatever rule, breaks the target with probability at most delta (Bonferroni).

    Parameters
    ----------
    calibrates : items of each grid that calibrate, by data set
    policies : those of the headlines, by data set and model; they say which method and how many were tried
    looks : how many looks at these answers were planned; each is tested at its share of the doubt
    claimed : whether the confidence may be claimed
    """
    return [
        _choice(grid, calibrates[grid.dataset], policies, target, seed, looks, claimed)
        for grid in grids
        if CLEAN in grid.conditions and len(grid.models) > 1
    ]


def _choice(
    grid: Grid,
    calibrates: NDArray[np.bool_],
    policies: Mapping[tuple[str, str], Policy | None],
    target: AuditTarget,
    seed: int,
    looks: int,
    claimed: bool,
) -> ModelChoice:
    named = {model: policies.get((grid.dataset, model)) for model in grid.models}
    n_choices = max(1, sum(policy.n_methods for policy in named.values() if policy is not None))
    found = {
        model: policy_among(
            grid,
            calibrates,
            model,
            policy.method,
            alpha=target.alpha,
            delta=target.delta,
            seed=seed,
            n_choices=n_choices,
            looks=looks,
            claimed=claimed,
        )
        for model, policy in named.items()
        if policy is not None
    }
    at = grid.conditions.index(CLEAN)
    methods = [grid.methods.index(found[model].method) if model in found else 0 for model in grid.models]
    correct = np.array([grid.correct[at, place, method] for place, method in enumerate(methods)])
    rng = generator_for(seed, grid.dataset, "model comparison")
    accuracies = behind_the_best(correct, grid.images, rng)
    best = _best(found)
    return ModelChoice(
        dataset=grid.dataset,
        models=tuple(
            ModelStanding(model=model, policy=found.get(model), behind=gap, maybe_most_accurate=maybe)
            for model, gap, maybe in zip(grid.models, accuracies.by, accuracies.maybe_best, strict=True)
        ),
        n_choices=n_choices,
        recommended=best,
        reason=_reason(
            best,
            found,
            Allowed(n_choices, "pairs of a model and a method", looks, claimed),
            dict(zip(grid.models, accuracies.maybe_best, strict=True)),
        ),
    )


def _best(found: Mapping[str, Policy]) -> str | None:
    """The model whose policy answers most; the first by name where several do."""
    safe = {model: policy.calibration.coverage or 0.0 for model, policy in found.items() if policy.found}
    return min(safe, key=lambda model: (-safe[model], model), default=None)


def _reason(
    best: str | None, found: Mapping[str, Policy], allowed: Allowed, accurate: Mapping[str, bool | None]
) -> str:
    pairs = f"the choice among {counted(allowed.n_methods, 'pair')} of a model and a method"
    looks = f" and {allowed.looks} planned looks are" if allowed.looks > 1 else " is"
    paid = f"{pairs}{looks} allowed for"
    if best is None:
        return f"No model is recommended: none has a policy once {paid}."
    safe = sum(policy.found for policy in found.values())
    coverage = found[best].calibration.coverage or 0.0
    told = (
        f"{best} is recommended: of {counted(safe, 'model')} with a policy once {paid}, it answers most, "
        f"{100 * coverage:.0f} of 100 calibration questions."
    )
    if not allowed.claimed:
        told += " No confidence can be claimed for any of these policies."
    if accurate[best] is False:
        told += " It is not the most accurate one: the most accurate model is shown to be better."
    return told
