"""How often an unsafe policy is handed out with a claim, by simulation, when somebody shops for one.

All answers of an audit lie on a disk, so whoever wants a policy can try every target, method and split in their sight.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pytest
from tests.made_up_answers import Answers, MakeAnswers, Noise
from tests.made_up_locks import locked

from vqa_canary.audit.looks import KeptAnswers, protocol_of
from vqa_canary.audit.policy import find_policy
from vqa_canary.audit.policy_search import Steps, search_steps

pytestmark = pytest.mark.slow

DELTA = 0.05
ERROR_RATE = 0.1
TARGETS, METHODS, SPLITS = (0.06, 0.08, 0.1), ("a", "b", "c", "d"), range(8)


class Look(NamedTuple):
    """One way to look at the answers."""

    target: float
    method: str
    split: int

    def settings(self, *planned: Look) -> dict[str, Any]:
        """What an attempt that looks so has decided."""
        looks = [{"largest_error": one.target, "method": one.method} for one in planned]
        return {
            "largest_error": self.target,
            "method": self.method,
            "seed": self.split,
            "planned_looks": looks,
        }


FIRST = Look(0.1, "a", 0)
NAMED = [Look(0.08, "a", 0), Look(0.1, "b", 0), Look(0.1, "c", 0)]
"""Looks that can be planned beside the first one."""
ALL = [Look(*one) for one in product(TARGETS, METHODS, SPLITS)]


def claimed(look: Look, planned: Sequence[Look] = ()) -> tuple[bool, int]:
    """Whether the lock lets a look be claimed that is made after the first, and how many looks its test allows for."""
    attempts = [one.settings(*planned) for one in dict.fromkeys((FIRST, look))]
    locks = locked(*attempts)
    found = protocol_of(locks, locks[-1].decided, KeptAnswers("e", 1, 0), {})
    return found.claimed, found.looks


class Shop:
    """All that can be tried on the answers of one audit: uncertainty knows nothing, and `ERROR_RATE` is wrong."""

    def __init__(self, rng: np.random.Generator, one: Answers, noise: Noise) -> None:
        values = {name: noise(rng, one.images) for name in METHODS}
        order, n_images = rng.permutation(len(one.wrong)), int(one.images[-1]) + 1
        self._steps: dict[tuple[str, int], Steps] = {}
        for split in SPLITS:
            inside = np.isin(one.images, rng.permutation(n_images)[: n_images // 2])
            for name, u in values.items():
                shown = u[inside], one.wrong[inside], one.images[inside], order[inside]
                self._steps[name, split] = search_steps(*shown)

    def finds(self, look: Look, looks: int = 1) -> bool:
        """Whether a policy is found; every one is unsafe, for no target is above the share of errors."""
        steps = self._steps[look.method, look.split]
        return find_policy(steps, look.target, DELTA / looks).verdict == "policy found"


def test_a_shopped_for_policy_is_unsafe_and_only_the_lock_keeps_the_rate(
    answers: MakeAnswers, noise: Noise
) -> None:
    may = {look: claimed(look) for look in ALL}
    may_planned = {look: claimed(look, NAMED) for look in ALL}
    assert [look for look, (claim, _) in may.items() if claim] == [FIRST]
    assert {look for look, (claim, _) in may_planned.items() if claim} == {FIRST, *NAMED}
    assert {looks for _, looks in may_planned.values()} == {4}
    rng, runs = np.random.default_rng(35), 1000
    unsafe = dict.fromkeys(("shopped", "locked", "planned", "only counted"), 0)
    for _ in range(runs):
        shop = Shop(rng, answers(rng, 300, 1 - ERROR_RATE, 0.0, 0.3), noise)
        unsafe["shopped"] += any(shop.finds(look) for look in ALL)
        unsafe["locked"] += any(shop.finds(look) for look in ALL if may[look][0])
        unsafe["planned"] += any(
            shop.finds(look, looks) for look, (claim, looks) in may_planned.items() if claim
        )
        # two looks, and the second is chosen when the answers are there: a correction by their number does not do
        unsafe["only counted"] += any(shop.finds(look, 2) for look in ALL)
    rates = {name: count / runs for name, count in unsafe.items()}
    margin = 3 * np.sqrt(DELTA * (1 - DELTA) / runs)
    assert rates["locked"] <= DELTA + margin, rates
    assert rates["planned"] <= DELTA + margin, rates
    assert rates["locked"] > 0.003, rates
    assert rates["shopped"] > 3 * DELTA, rates
    assert rates["only counted"] > DELTA + margin, rates
