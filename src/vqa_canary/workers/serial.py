"""Pieces computed one after the other, in this process."""

from __future__ import annotations

from collections.abc import Sequence

from vqa_canary.progress import Progress
from vqa_canary.workers.pieces import Found, P


def one_by_one(pieces: Sequence[P], name: str) -> Found[P]:
    """Each wanted piece with its result, in the order given. When another model's turn has come, what was loaded for
    the one before is given up, so that this process holds one.

    Parameters
    ----------
    name : what the display of progress is called
    """
    with Progress(sum(piece.size for piece in pieces), name) as progress:
        done, before = 0, None
        for piece in pieces:
            if piece.wanted():
                if before is not None and before.model != piece.model:
                    before.put_away()
                before = piece
                yield piece, piece.run()
            done += piece.size
            progress.reach(done)
