"""Which failures a second attempt may mend."""

from __future__ import annotations

from typing import Any

import pytest

from vqa_canary.engines.endpoint.failures import ONLY_THOUGHT, USED_UP, failed_inside, refused
from vqa_canary.lasting_failures import NOT_RECORDED, advice, kind_of, kinds_of, may_pass, told


def test_it_agrees_with_what_the_client_tries_again() -> None:
    for status in range(300, 600):
        failure = refused(status, {"error": {"type": "server_error"}}, None, None)
        assert may_pass(f"{failure}, 6 calls in all") == failure.retry
        inside = failed_inside({"error": {"code": status}}, None)
        assert inside is not None
        assert may_pass(str(inside)) == inside.retry


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        ("connection cut, 6 calls in all", True),
        ("no answer within 120 s, 6 calls in all", True),
        ("not asked to the end: the budget of 20 calls (max_calls) is spent", True),
        ("bad response: not JSON, 4 calls in all", True),
        ("bad response: its text is not what its tokens spell, 6 calls in all", False),
        (USED_UP, False),
        (ONLY_THOUGHT, False),
        ("image 'a.png': gone", False),
        ("something new", False),
    ],
)
def test_what_lasts_and_what_passes(error: str, passes: bool) -> None:
    assert may_pass(error) == passes


def test_errors_of_one_kind_are_told_by_their_status() -> None:
    one, other = ("HTTP status 500 (server_error), 6 calls in all", "HTTP status 500 (server_error)")
    assert kind_of(one) == kind_of(other) == other
    assert kind_of("an error 429 inside a response with status 200, 2 calls in all").count("N") == 0
    assert kind_of("image 'a/1.png': 3 frames") == kind_of("image 'b': 40 frames")
    assert told("image 'a/1.png': 3 frames, 2 calls in all") == "image …: 3 frames"
    assert kinds_of({"image 'a/1.png': 3 frames": 2, "image 'b': 40 frames, 3 calls in all": 5}) == {
        "image …: 3 to 40 frames": 7
    }
    assert set(kinds_of({"HTTP status 500 (a)": 1, "HTTP status 502 (a)": 1})) == {
        f"HTTP status {status} (a)" for status in (500, 502)
    }
    assert kind_of("the model's limit and the server's") == "the model's limit and the server's"
    assert len(kind_of("x" * 1000)) < 310


def test_what_lasts_is_to_be_mended_first() -> None:
    assert advice({"connection cut": 7}) == ("Ask only those again:", True)
    assert advice({"connection cut": 4, "something new": 3})[0].startswith("3 of them would fail again")
    assert advice({"something new": 7})[0].startswith("They would fail again")


def test_a_file_is_not_asked_again_for_what_it_does_not_hold() -> None:
    unanswered = {"nota_replace": 12, "nota_control": 12}
    what, again = advice({NOT_RECORDED: 25}, unanswered, ["clean"])
    assert not again
    assert "no row for nota_replace or nota_control: set `conditions: [clean]`" in what
    assert "`nota_conditions`" in what
    assert what.endswith("lacks 1 answer.")
    known: tuple[tuple[Any, list[str]], ...] = ((None, []), ({}, ["clean"]), ({"clean": 5}, []))
    for lacking, conditions in known:
        what, again = advice({NOT_RECORDED: 5}, lacking, conditions)
        assert not again
        assert "conditions: [" not in what
    assert advice({NOT_RECORDED: 2, "something new": 1}, unanswered, ["clean"])[1]
