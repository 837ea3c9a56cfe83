"""File handles for many connections: each holds one, and systems give a process few unless it asks for more."""

from __future__ import annotations

from contextlib import suppress

from vqa_canary.errors import BadInput

SPARE = 200
"""Handles for all else that a run has open: its tables, MLflow, images, libraries."""


def make_room(concurrency: int, where: str) -> None:
    """See to it that so many connections can be open at one time.

    The limit of this process is raised as far as the system permits; that of others stays. Where the system has no such
    limits, as Windows, nothing happens.

    Parameters
    ----------
    where : name of the parameters of the model, for the message

    Raises
    ------
    BadInput : the system permits fewer files than there are connections
    """
    try:
        import resource
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    wanted = concurrency + SPARE
    if soft == unlimited or soft >= wanted:
        return
    higher = wanted if hard == unlimited else min(wanted, hard)
    if higher > soft:
        with suppress(ValueError, OSError):  # some systems permit less than they say
            resource.setrlimit(resource.RLIMIT_NOFILE, (higher, hard))
            soft = higher
    if soft < concurrency:
        raise BadInput(
            f"parameters: {where}.concurrency: {concurrency} connections want {wanted} open files, and this process "
            f"may have {soft}. Raise the limit (`ulimit -n {wanted}`), or set a lower concurrency."
        )
