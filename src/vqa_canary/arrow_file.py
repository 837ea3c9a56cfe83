"""How the bytes of a file are given to Arrow.

Arrow's threads may drop the last reference to what they read from after a read has returned. If that is a Python
object (a file, or bytes in a `pyarrow.BufferReader`), they need the interpreter for it; while the interpreter ends, the
process aborts instead: "terminate called without an active exception", exit status 134. So Arrow gets a path, or
memory of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def arrow_file(content: bytes) -> pa.BufferReader:
    """A file for `pyarrow.parquet.read_table` and the like, with a copy of `content` in memory that Arrow owns."""
    import pyarrow as pa

    memory = pa.allocate_buffer(len(content))
    memoryview(memory).cast("B")[:] = content
    return pa.BufferReader(memory)
