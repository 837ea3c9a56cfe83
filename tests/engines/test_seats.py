"""Rows of a cache while answers part, go on and leave."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from vqa_canary.engines.local.caches import RoomyLayer
from vqa_canary.engines.local.seats import Seats, settle


def test_answers_stay_in_their_row_as_far_as_there_are_rows() -> None:
    assert settle([0, 1, 2]) == [0, 1, 2]
    assert settle([2, 0]) == [1, 0]  # row 2 moves into the hole that row 1 left
    assert settle([1, 1, 0]) == [1, 2, 0]
    for seed in range(50):
        rng = np.random.default_rng(seed)
        sources = list(map(int, rng.integers(0, 6, rng.integers(1, 9))))
        rows = settle(sources)
        assert sorted(rows) == list(range(len(sources)))
        stayed = {source for source, row in zip(sources, rows, strict=True) if source == row}
        assert stayed == {source for source in sources if source < len(sources)}


@pytest.mark.parametrize("room", [(0, 0), (3, 40), (6, 90)], ids=["none", "too little", "enough"])
@pytest.mark.parametrize("seed", range(4))
def test_columns_follow_their_answers(seed: int, room: tuple[int, int]) -> None:
    """However answers part and leave: each row holds what was said on its way, beside what a plain list remembers.

    Where enough room was set aside, nothing is ever moved to another place in memory.
    """
    rng = np.random.default_rng(seed)
    layer, seats, said = RoomyLayer(room=room), Seats(4), [[] for _ in range(4)]  # type: ignore[var-annotated]
    places = set()
    for step in range(90):
        n = int(rng.integers(1, 7))
        ways = [
            (int(at), int(token))
            for at, token in zip(rng.integers(0, len(said), n), rng.integers(0, 99, n), strict=True)
        ]
        said = [[*said[at], token] for at, token in ways]
        sources, tokens, row_of = seats.take(ways)
        if step:
            layer.reorder_cache(torch.tensor(sources))
        new = torch.tensor(tokens, dtype=torch.float32)[:, None, None, None]
        keys, values = layer.update(new.expand(-1, 2, 1, 3), -new.expand(-1, 2, 1, 5))
        assert keys.shape == (n, 2, step + 1, 3)
        assert layer.get_seq_length() == step + 1
        places.add(keys.data_ptr())
        for way, row in enumerate(row_of):
            assert keys[row, 1, :, 2].tolist() == said[way]
            assert values[row, 0, :, 4].tolist() == [-token for token in said[way]]
    assert (len(places) == 1) == (room == (6, 90))
