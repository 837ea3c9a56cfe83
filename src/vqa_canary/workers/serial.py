"""Pieces computed one after the other, in this process."""

from __future__ import annotations

from collections.abc import Sequence

from vqa_canary.progress import Progress
from vqa_canary.workers.pieces import Found, P


def one_by_one(pieces: Sequence[P], name: str) -> Found[P]:
    """Each wanted piece with its result, in the order given.

    Parameters
    ----------
    name : what the display of progress is called
    """
    with Progress(sum(piece.size for piece in pieces), name) as progress:
        done = 0
        for piece in pieces:
            if piece.wanted():
                yield piece, piece.run()
            done += piece.size
            progress.reach(done)
