"""In which encoding a text file is: UTF-8, what its byte-order mark says, or what the user says; never a guess."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from vqa_canary.quoting import quoted
from vqa_canary.tabular.table import TableError

UTF8 = "utf-8-sig"
"""Python's name of UTF-8 that may begin with a byte-order mark."""

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # begins with the mark of UTF-16 and comes first
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OF_WINDOWS = {
    "iso8859-1": "cp1252", "iso8859-15": "cp1252", "iso8859-2": "cp1250", "iso8859-5": "cp1251", "iso8859-7": "cp1253",
    "iso8859-9": "cp1254", "iso8859-8": "cp1255", "iso8859-6": "cp1256", "iso8859-13": "cp1257",
}  # fmt: skip
"""For encodings, by Python's names, the encodings of Windows that have the same letters and more."""
_CONTROL = re.compile("[\x80-\x9f]")
_SAMPLE, _CHUNK = 2**12, 2**20


def encoding_of(path: Path, named: str | None, can_be_named: bool) -> str:
    """The encoding in which a file is to be read.

    Parameters
    ----------
    named : what the user says; None for UTF-8, or UTF-16 and UTF-32 with their byte-order mark
    can_be_named : whether the user has a setting `encoding`, so that a message may advise it

    Raises
    ------
    TableError : there is no such encoding, the file is UTF-8 although another is named, or it is UTF-16 without a mark
    """
    with path.open("rb") as file:
        start = file.read(_SAMPLE)
    marked = next((name for mark, name in _MARKS if start.startswith(mark)), None)
    if named is None:
        if marked is None and b"\0" in start:
            advice = "set `encoding: utf-16-le`, or save" if can_be_named else "save"
            raise TableError(
                f"{path}: holds NUL bytes, so it is no UTF-8; it may be UTF-16 without a byte-order mark: {advice} it "
                "as UTF-8"
            )
        return marked or UTF8
    try:
        text = codecs.lookup(named)
        "a".encode(named)
    except (LookupError, ValueError, TypeError) as error:  # no such name, or one of bytes to bytes
        raise TableError(
            f"{path}: `encoding: {quoted(named)[1:-1]}` is no text encoding that Python knows; "
            "names are such as utf-8, utf-16-le, cp1252 and gb18030"
        ) from error
    name = text.name.replace("_", "-")
    if name in ("utf-8", "utf-8-sig"):
        return UTF8
    if marked and not name.startswith(marked):
        raise TableError(
            f"{path}: its byte-order mark says {marked}, not `encoding: {name}`; leave `encoding` out"
        )
    if not name.startswith(("utf-", "ascii")) and _is_utf8(path):
        raise TableError(
            f"{path}: is sound UTF-8, so that read as {name} its letters would come out wrong; leave `encoding` out"
        )
    return name


def not_utf8(cell: str, can_be_named: bool) -> str:
    """Why a cell with bytes that are no UTF-8 (decoded with `surrogateescape`) cannot be read, and the remedy."""
    escaped = re.search("[\udc80-\udcff]", cell)
    byte = f" (byte 0x{ord(escaped[0]) - 0xDC00:02X})" if escaped else ""
    advice = (
        "; or name what it is, such as `encoding: cp1252` for files of older Windows programs"
        if can_be_named
        else ""
    )
    return f"not UTF-8{byte}; save the file as UTF-8 (in Excel: CSV UTF-8){advice}"


def control_character(cell: str, encoding: str) -> str | None:
    """Why a cell with control characters was read in the wrong encoding, and the remedy; None where it has none.

    Where Windows has dashes, quotation marks and letters, ISO 8859 has control characters that no text holds.
    """
    found = _CONTROL.search(cell)
    if found is None or encoding.startswith("utf-"):
        return None
    likely = _OF_WINDOWS.get(encoding)
    remedy = (
        f"it is probably that of Windows: set `encoding: {likely}`" if likely else "set another `encoding`"
    )
    return f"byte 0x{ord(found[0]):02X} is no letter in {encoding}, as which the file is read; {remedy}"


def _is_utf8(path: Path) -> bool:
    """Whether the file decodes as UTF-8 and holds more than ASCII."""
    decoder, beyond_ascii = codecs.getincrementaldecoder("utf-8")(), False
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                beyond_ascii = beyond_ascii or not chunk.isascii()
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return beyond_ascii
