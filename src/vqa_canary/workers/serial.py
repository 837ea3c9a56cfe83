"""Pieces computed one after the other, in this process."""

from __future__ import annotations

from collections.abc import Sequence

from vqa_canary.progress import Progress
from vqa_canary.workers.pieces import Found, P
from vqa_canary.workers.telling import Telling


def one_by_one(pieces: Sequence[P], name: str) -> Found[P]:
    """Each wanted piece with its result, in the order given. When another model's turn has come, what was loaded for
    the one before is given up, so that this process holds one.

    Parameters
    ----------
    name : what the display of progress is called
    """
    with Progress(sum(piece.size for piece in pieces), name) as progress, Telling(pieces) as telling:
        done, before = 0, None
        for piece in pieces:
            if wanted := piece.wanted():
                if before is not None and before.model != piece.model:
                    before.put_away()
                before = piece
                telling.begun(piece)
                yield piece, piece.run()
            telling.ended(piece, computed=wanted)
            done += piece.size
            progress.reach(done)
