"""A policy in words: what it does to a hundred questions, and how often an answer that it lets through is wrong.

A threshold with its six digits is for whoever applies it; a committee wants to know how many questions are left to a
person, and how many wrong answers get through.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor
from typing import TYPE_CHECKING

from vqa_canary.audit.terms import CLUSTER, ERROR, EXACT, FOUND, NONE_EXISTS, TOO_LITTLE, hiding_condition
from vqa_canary.counting import counted
from vqa_canary.numerals import p_equals, percent, stated

if TYPE_CHECKING:
    from vqa_canary.audit.policy import SearchResult

RARE = 0.2
"""Share up to which `1 in N` is told; above it N would be rounded too much."""
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the test of a policy allows for, and whether its confidence may be claimed."""

    n_methods: int = 1
    """How many methods were tried, if the policy is of the best of them."""
    chosen: str = "methods"
    """What so many of were tried, in the plural."""
    looks: int = 1
    """How many looks at the same answers were planned beforehand."""
    claimed: bool = True
    """Whether the confidence may be claimed: not where rules were chosen in sight of the answers."""

    @property
    def tests(self) -> int:
        """Among how many tests the doubt is divided."""
        return self.n_methods * self.looks

    @property
    def clause(self) -> str:
        """`; this allows for the choice among 8 methods and 2 planned looks`; empty where it is one of one."""
        parts = [f"the choice among {self.n_methods} {self.chosen}"] * (self.n_methods > 1)
        parts += [f"{self.looks} planned looks"] * (self.looks > 1)
        return f"; this allows for {' and '.join(parts)}" if parts else ""


def of_hundred(share: float) -> tuple[int, int]:
    """How many of how many: of 100, or of more where it would be none or all of 100 and is not.

    Examples
    --------
    >>> of_hundred(0.618), of_hundred(0.004), of_hundred(1.0)
    ((62, 100), (4, 1000), (100, 100))
    """
    for total in (100, 1000, 10_000):
        part = round(share * total)
        if share in (0, 1) or 0 < part < total:
            return part, total
    return min(max(part, 1), total - 1), total


def handed_over(coverage: float, questions: str = "questions") -> str:
    """`of 100 questions it answers 62 and hands 38 to a person`.

    Parameters
    ----------
    coverage : share of questions that the policy lets the model answer
    questions : which questions these are, where several sets of them are spoken of

    Examples
    --------
    >>> handed_over(0.618)
    'of 100 questions it answers 62 and hands 38 to a person'
    """
    part, total = of_hundred(coverage)
    return f"of {total:,} {questions} it answers {part:,} and hands {total - part:,} to a person"


def one_in(share: float) -> str:
    """`about 1 in 27`, never kinder than the share; `about 36 in 100` where one in a few would be too coarse.

    Examples
    --------
    >>> one_in(0.036), one_in(0.361), one_in(0.999), one_in(0.0)
    ('about 1 in 27', 'about 37 in 100', 'more than 99 in 100', 'none')
    """
    if share == 0:
        return "none"
    if share <= RARE:
        return f"about 1 in {floor(1 / share + _ROUNDING):,}"
    return "more than 99 in 100" if 0.99 < share < 1 else f"about {ceil(100 * share - _ROUNDING)} in 100"


def happens(event: str) -> str:
    """What an event does to an answer: `is wrong`, or `collapses`."""
    return "is wrong" if event == ERROR else "collapses"


def policy_sentence(
    policy: SearchResult, method: str, event: str = ERROR, allowed: Allowed | None = None
) -> str:
    """The policy, or why there is none, as a sentence.

    Parameters
    ----------
    event : `error`, or `collapse:` and a condition
    allowed : what its test allows for, and whether its confidence may be claimed; by default a method that was named
        beforehand, one look, and a claim
    """
    bad, target = _bad(event), stated(policy.alpha)
    if policy.verdict == FOUND:
        done = handed_over(policy.coverage or 0.0, "calibration questions")
        kept = policy_promise(policy, event, allowed)
        return f"{done[:1].upper()}{done[1:]}, by their {method}. {kept}"
    if policy.verdict == TOO_LITTLE:
        return (
            f"Too little data: {policy.needed_images} calibration images with an answer that has a value of {method} "
            f"are needed even if all are right{_and_here(policy)}."
        )
    seen = f"where {percent(policy.coverage)} of the calibration questions are answered, the fewest that were tested"
    if policy.verdict == NONE_EXISTS:
        low, claimed = percent(policy.lower_limit), allowed is None or allowed.claimed
        limit = f"at least {low} of answers are {bad}, with 95 % confidence"
        if not claimed:
            limit = f"a lower limit of the share of {bad} is {low}, for which no confidence can be claimed"
        return f"No safe policy exists at this target: {seen}, {limit}; the target is {target}."
    found = f"{percent(policy.risk)} of the answers on {counted(policy.images_used, 'image')} are {bad}"
    if policy.guarantee == EXACT:
        are = "is" if policy.events_used == 1 else "are"
        found = f"{policy.events_used} of {counted(policy.images_used, 'answer')}, one an image, {are} {bad}"
    tested = f"{found} ({p_equals(policy.p_refused)})"
    return f"No safe policy could be shown: {seen}, {tested}; {_more_images(policy, bad)}."


def policy_promise(policy: SearchResult, event: str = ERROR, allowed: Allowed | None = None) -> str:
    """What a policy keeps, with which confidence, and for what; empty where none was found.

    Parameters
    ----------
    event, allowed : as in `policy_sentence`
    """
    if policy.verdict != FOUND:
        return ""
    allowed = allowed or Allowed()
    kept = f"at most {stated(policy.alpha)} {_bad(event)} among answered"
    sure = stated(1 - policy.delta * allowed.tests)
    if not allowed.claimed:
        return unclaimed(kept, sure)
    about = "a random answered question of a random image"
    if policy.guarantee == CLUSTER:
        about = "a random answered question (approximate)"
    return f"{kept[:1].upper()}{kept[1:]}, with {sure} confidence, for {about}{allowed.clause}."


def unclaimed(kept: str, sure: str) -> str:
    """What is left to say of a test that passed where its confidence may not be claimed.

    Parameters
    ----------
    kept : what was tested, such as `at most 5 % errors among answered`
    sure : level of the test, such as `95 %`
    """
    return f"A test of {kept} passed at {sure}, but no confidence can be claimed for it."


def _bad(event: str) -> str:
    return "errors" if event == ERROR else f"collapses under {hiding_condition(event)}"


def _more_images(policy: SearchResult, bad: str) -> str:
    """What more images would do for a policy that could not be shown."""
    if policy.needed_images:
        return f"about {policy.needed_images} calibration images with such an answer would be needed at this share"
    if policy.too_many_everywhere:
        return (
            f"at every coverage that these images allow the share of {bad} reaches the target, and at such shares no "
            "number of images would do"
        )
    return (
        "at this share more images would not do, but not every coverage was tried: stricter thresholds need more "
        "images, and more lenient ones are not tried after a failure"
    )


def _and_here(policy: SearchResult) -> str:
    """How many images there are, after how many are needed."""
    have = "has" if policy.images_used == 1 else "have"
    if policy.images_used >= (policy.needed_images or 0):
        few = counted(policy.images_used, "image")
        return f", on at least half of the questions; only {few} {have} one, on fewer"
    return f"; {policy.images_used:,} {have} one"
