"""A lock says what was decided, and that it was not changed since."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vqa_canary.protocol_lock import ProtocolLock, agree
from vqa_canary.seals import Damaged

DECIDED: dict[str, Any] = {
    "audit": {"largest_error": 0.05, "method": None},
    "models": {"m": "f1", "n": None},
    "questions": {"items": "0123", "instances": "4567"},
}
LOCK = ProtocolLock(2, "2026-11-30 01:02:03 UTC", DECIDED, True, ("m",), ("other",), (1,), "ab" * 32)

values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=6), values, max_size=4), st.booleans(), st.integers(1, 99))
def test_a_lock_is_read_as_it_was_written(decided: dict[str, Any], answered: bool, number: int) -> None:
    lock = ProtocolLock(number, "now", decided, answered)
    again = ProtocolLock.from_bytes(lock.to_bytes())
    assert (again, again.hash, again.to_bytes()) == (lock, lock.hash, lock.to_bytes())


def test_the_order_of_what_was_decided_does_not_count() -> None:
    turned = dict(reversed(DECIDED.items()))
    assert (
        ProtocolLock(1, "now", turned, False).to_bytes() == ProtocolLock(1, "now", DECIDED, False).to_bytes()
    )


@pytest.mark.parametrize(
    "name", ["number", "at", "decided", "answered", "given", "elsewhere", "lost", "before"]
)
def test_whatever_is_changed_in_the_file_is_seen(name: str) -> None:
    stated = json.loads(LOCK.to_bytes())
    other = {"number": 1, "at": "2026-11-29", "decided": {}, "answered": False, "before": ""}.get(name, [])
    data = json.dumps({**stated, name: other}, sort_keys=True, indent=2, ensure_ascii=False) + "\n"
    with pytest.raises(Damaged, match="changed after it was written"):
        ProtocolLock.from_bytes(data.encode())


def test_no_prefix_of_a_lock_is_a_lock() -> None:
    whole = LOCK.to_bytes()
    for length in range(len(whole)):
        with pytest.raises(Damaged):
            ProtocolLock.from_bytes(whole[:length])
    with pytest.raises(Damaged, match="changed"):
        ProtocolLock.from_bytes(whole + b" ")


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"null", b"{}", b"\xff", b"{" * 20_000, b'{"layout": 1, "hash": ""}']
)
def test_what_is_no_lock_is_refused(data: bytes) -> None:
    with pytest.raises(Damaged, match="cannot be read as a lock"):
        ProtocolLock.from_bytes(data)


def test_another_layout_is_refused_by_its_number() -> None:
    data = LOCK.to_bytes().replace(b'"layout": 1', b'"layout": 2')
    with pytest.raises(Damaged, match="its layout is 2"):
        ProtocolLock.from_bytes(data)


def test_a_model_without_a_fingerprint_fits_every_one_and_nothing_else_does() -> None:
    assert agree(DECIDED, DECIDED)
    assert agree(DECIDED, {**DECIDED, "models": {"m": "f1", "n": "f2"}})
    assert agree({**DECIDED, "models": {"m": None, "n": "f2"}}, DECIDED)
    for other in (
        {**DECIDED, "models": {"m": "f3", "n": None}},
        {**DECIDED, "models": {"m": "f1"}},
        {**DECIDED, "audit": {"largest_error": 0.1, "method": None}},
        {},
    ):
        assert not agree(DECIDED, other)
        assert not agree(other, DECIDED)
