"""Numbers and texts that may be missing, in tests in which they are there."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def not_none(value: T | None) -> T:
    """The value; where it is None, the test fails here."""
    assert value is not None
    return value
