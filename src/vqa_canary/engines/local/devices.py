"""What a process computes on: a fixed number of threads of the CPU, or a GPU."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

VISIBLE = "CUDA_VISIBLE_DEVICES"
"""Environment variable that names the GPUs which a process may use."""


@contextmanager
def threads_of_cpu(n: int, device: torch.device) -> Iterator[None]:
    """A block in which a model on the CPU computes with `n` threads; a model on another device is left alone.

    How a sum is cut among threads changes its last digit. So the number is a setting of the model and not that of the
    machine's cores, and it is the same in every process, however many there are.
    """
    import torch

    before = torch.get_num_threads()
    if device.type != "cpu" or before == n:
        yield
        return
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def visible_gpus() -> list[str]:
    """The GPUs that this process may use, by the names that `CUDA_VISIBLE_DEVICES` takes."""
    if not Path("/dev/nvidiactl").exists():  # torch takes seconds to say so
        return []
    import torch

    n = torch.cuda.device_count()
    named = [name.strip() for name in os.environ.get(VISIBLE, "").split(",") if name.strip()]
    return named[:n] if named else [str(at) for at in range(n)]
