"""Which failures a second attempt may mend."""

from __future__ import annotations

import pytest

from vqa_canary.engines.endpoint.failures import ONLY_THOUGHT, USED_UP, failed_inside, refused
from vqa_canary.lasting_failures import advice, kind_of, may_pass


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
    assert kind_of("image 'a/1.png': 3 frames") == "image …: N frames"
    assert kind_of("the model's limit and the server's") == "the model's limit and the server's"
    assert len(kind_of("x" * 1000)) < 310


def test_what_lasts_is_to_be_mended_first() -> None:
    assert advice(0, 7) == "Ask only those again:"
    assert advice(3, 7).startswith("3 of them would fail again")
    assert advice(7, 7).startswith("They would fail again")
