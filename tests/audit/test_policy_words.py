"""A policy in words is never kinder than its numbers; whether samples are drawn is told by the samples."""

from __future__ import annotations

import doctest
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from vqa_canary.audit import policy_words
from vqa_canary.audit.models import settled
from vqa_canary.audit.policy_words import handed_over, of_hundred, one_in

DOUBT = {"draws": "cannot tell: 6 answers at temperature 2 were all alike", "model": "m"}


def test_examples() -> None:
    found = doctest.testmod(policy_words)
    assert (found.failed, found.attempted > 0) == (0, True)


@given(st.floats(0, 1))
def test_only_nothing_and_everything_read_so(share: float) -> None:
    part, total = of_hundred(share)
    assert 0 <= part <= total
    assert (part == 0) == (share == 0)
    assert (part == total) == (share == 1)
    if 0.005 < share < 0.995:
        assert abs(part / total - share) <= 0.005 + 1e-12


@given(st.integers(1, 3000), st.data())
def test_one_in_so_many_is_never_fewer_wrong_answers_than_there_are(n: int, data: st.DataObject) -> None:
    wrong = data.draw(st.integers(1, n))
    share, words = Fraction(wrong, n), one_in(wrong / n)
    if words.startswith("about 1 in "):
        assert share <= Fraction(1, 5)
        assert Fraction(1, int(words.removeprefix("about 1 in ").replace(",", ""))) >= share
    elif words == "more than 99 in 100":
        assert Fraction(99, 100) < share < 1
    else:
        assert 0 <= int(words.removeprefix("about ").removesuffix(" in 100")) - 100 * share < 1


def test_what_is_answered_and_what_is_handed_over_add_up() -> None:
    assert handed_over(0.9999) == "of 10,000 questions it answers 9,999 and hands 1 to a person"
    assert handed_over(0.0) == "of 100 questions it answers 0 and hands 100 to a person"


def test_samples_that_differ_were_drawn() -> None:
    alike, varied = [{"text": "A"}, {"text": "A"}], [{"text": "A"}, {"text": "B"}]
    assert settled(DOUBT, [alike, varied, None, alike])["draws"] == "yes: samples differ in 1 of 3 instances"
    assert settled(DOUBT, [alike, alike])["draws"].startswith("NOT seen to be: in all of 2 instances")
    for nothing in ((), [None], [[{"text": "A"}]]):
        assert settled(DOUBT, nothing) == DOUBT
    assert settled({"draws": "yes"}, [alike])["draws"] == "yes"
    assert settled({}, [varied]) == {}
