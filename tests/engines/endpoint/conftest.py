"""What all tests of the endpoint have in common: evidence that keeps its contract."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.engines.endpoint.asking import MADE


@pytest.fixture(scope="session", autouse=True)
def _evidence_keeps_its_contract() -> Iterator[None]:
    """Checked once for all rows that any test has made: the suite takes a while to set up."""
    yield
    from vqa_canary.contracts.contract import Contract
    from vqa_canary.frames import frame

    rows = [replace(one, model=f"model {at}") for at, made in enumerate(MADE) for one in made]
    if rows:
        Contract("evidence").validate(frame(rows, "evidence"))
