"""How large the pages of a Parquet column become when unpacked, by their headers, before one is unpacked.

A page is what Arrow unpacks in one piece, whatever the footer says of its size: a few bytes may become gigabytes.
Headers are Thrift structs in the compact protocol (https://github.com/apache/parquet-format, `PageHeader`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

_DICTIONARY_PAGE = 2
_LONGEST_HEADER = 2**20
_DATA_HEADERS = (5, 8)
"""Fields of Parquet's `PageHeader` that hold how many values a data page has, for pages of version 1 and 2."""

Struct = dict[int, "int | Struct"]


class Page(NamedTuple):
    """What the header of one page says of it."""

    n_bytes: int
    """Size of the page in bytes when it is unpacked."""
    n_values: int
    """Number of values, with nulls and members of lists; 0 for a dictionary."""
    is_dictionary: bool
    """Whether the page holds values that other pages point to, as often as they like."""


def pages(file: BinaryIO, start: int, length: int, n_values: int) -> Iterator[Page]:
    """The pages of a column chunk, from its first one on.

    Parameters
    ----------
    start, length : of the chunk in the file, in bytes
    n_values : how many the chunk has; what follows them is never unpacked

    Raises
    ------
    ValueError : a header that cannot be read
    """
    at, seen = start, 0
    while at < start + length and seen < n_values:
        file.seek(at)
        header = _Header(file.read(min(_LONGEST_HEADER, start + length - at)))
        fields = header.struct()
        unpacked, packed = fields.get(2), fields.get(3)
        if not isinstance(unpacked, int) or not isinstance(packed, int) or min(unpacked, packed) < 0:
            raise ValueError("a page header without sizes")
        counts = [inner.get(1) for name in _DATA_HEADERS if isinstance(inner := fields.get(name), dict)]
        values = sum(count for count in counts if isinstance(count, int))
        seen += values
        yield Page(unpacked, values, fields.get(1) == _DICTIONARY_PAGE)
        at += header.at + packed


class _Header:
    """Reads one Thrift struct; integers and inner structs are kept, all else is passed over."""

    def __init__(self, data: bytes) -> None:
        self._data, self.at = data, 0

    def struct(self, depth: int = 0) -> Struct:
        """The fields of a struct, by number."""
        if depth > 4:
            raise ValueError("a page header with structs too deep")
        fields: Struct = {}
        number = 0
        while head := self._byte():
            step, kind = head >> 4, head & 15
            number = number + step if step else self._signed()
            if kind in (4, 5, 6):  # integers of 16, 32 and 64 bits
                fields[number] = self._signed()
            elif kind == 12:
                fields[number] = self.struct(depth + 1)
            elif kind == 8:  # bytes, such as the least and largest value
                self._pass(self._unsigned())
            elif kind == 3:
                self._pass(1)
            elif kind not in (1, 2):  # true and false have no further byte
                raise ValueError(f"a page header with a field of kind {kind}")
        return fields

    def _byte(self) -> int:
        self._pass(1)
        return self._data[self.at - 1]

    def _pass(self, n: int) -> None:
        self.at += n
        if self.at > len(self._data):
            raise ValueError("a page header that is cut off")

    def _unsigned(self) -> int:
        number = shift = 0
        while True:
            byte = self._byte()
            number |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return number
            if shift > 63:
                raise ValueError("a page header with a number too long")

    def _signed(self) -> int:
        zigzag = self._unsigned()
        return (zigzag >> 1) ^ -(zigzag & 1)
