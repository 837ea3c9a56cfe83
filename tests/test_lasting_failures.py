"""Which failures a second attempt may mend."""

from __future__ import annotations

import pytest

from vqa_canary.engines.endpoint.failures import ONLY_THOUGHT, USED_UP, failed_inside, refused
from vqa_canary.lasting_failures import advice, may_pass


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


def test_what_lasts_is_to_be_mended_first() -> None:
    assert advice(0, 7) == "Ask only those again:"
    assert advice(3, 7).startswith("3 of them would fail again")
    assert advice(7, 7).startswith("They would fail again")
