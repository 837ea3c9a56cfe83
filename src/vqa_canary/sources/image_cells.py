"""What a cell says of images: each is the image itself, as bytes or base64, or the path of its file."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from vqa_canary.quoting import quoted
from vqa_canary.sources.cells import Refused, needed_text, text_of
from vqa_canary.sources.list_text import LONGEST, NoList, looks_like_list, parsed_list
from vqa_canary.tabular.json_records import parse_cell

SHORTEST_BASE64 = 64
"""A shorter text is a path: the smallest image file has more characters in base64."""
LONGEST_PATH = 4000
"""A longer text is no path on any file system."""

MOST_IMAGES = 16
"""Most images that one question may show."""
IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".dcm", ".dicom")

_URL = re.compile(r"(?:https?|ftp|s3|gs|hf|file)://", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/_=-]+")
_PIECE = re.compile("[^=]+={0,2}|=+")
_IMAGES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"RIFF")
"""First bytes of the image files that are read, by which they are told from other contents."""
_PARTS = {"bytes", "path", "url"}
"""Keys under which a mapping may hold an image; the hub writes the first two."""
_QUOTED = re.compile(r"\s*(['\"])([^'\"]*)\1\s*")
_ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([/\\]))")
"""Fits what JSON writes for letters beyond ASCII, and for a slash or a backslash."""
_NEXT_URL = re.compile(r"(?<=[\s;|,])(?=data:[^\s,;|]{0,99}[;,])", re.IGNORECASE)
_BETWEEN_PATHS = re.compile(r"[;|\n]")


def image_members(value: Any, field: str, is_file: Callable[[str], bool]) -> list[Any]:
    """The images in a cell, in order, each as `image_in` takes it; None stands for one that is left empty.

    Several are a list (of texts, bytes or mappings), such a list written as text, paths or base64 between `;`, `|` or
    line ends, paths of image files between commas, or data URLs one after the other.

    Parameters
    ----------
    is_file : whether a text is the path of a file; such a text is one image, whatever is in it

    Raises
    ------
    Refused : more than `MOST_IMAGES`, or a text that begins like a list and is none
    """
    while isinstance(value, (list, tuple)) and len(value) == 1:
        value = value[0]
    if isinstance(value, str) and not is_file(value):
        value = _of_text(value.strip(), field)
    if not isinstance(value, (list, tuple)):
        return [value]
    if len(value) > MOST_IMAGES:
        raise Refused(
            f"{field}: {len(value)} images, and at most {MOST_IMAGES} are shown with one question; leave the record "
            "out, or join images into one file"
        )
    return [None if is_empty(member) else member for member in value] or [None]


def is_empty(member: Any) -> bool:
    """Whether a cell holds no image: a missing value, an empty text, a mapping without bytes and path, or an empty
    list."""
    if isinstance(member, Mapping):
        return bool(_PARTS & set(member)) and not any(member.get(name) for name in _PARTS)
    if isinstance(member, (list, tuple)):
        return all(map(is_empty, member))
    return member is None or member != member or (isinstance(member, str) and not text_of(member, ""))


def image_in(value: Any, field: str) -> bytes | str:
    """The bytes of one image, or the path that the cell gives.

    A cell is bytes, a text (a path, base64, or a data URL), a mapping with `bytes` and `path` as the Hugging Face hub
    stores images, or a list with one of these.

    Raises
    ------
    Refused : several images where one is looked for, an address of the network, broken base64, or nothing of these
        kinds
    """
    if isinstance(value, (list, tuple)):
        if len(value) > 1:
            raise Refused(
                f"{field}: a list of {len(value)} images where one image is looked for; make it one list"
            )
        return image_in(value[0] if value else None, field)
    if isinstance(value, Mapping):
        inside = next((value[name] for name in ("bytes", "path", "url") if value.get(name)), None)
        if inside is None and not _PARTS & set(value):
            raise Refused(
                f"{field}: the mapping has neither `bytes` nor `path`; give the image as one of these"
            )
        return image_in(inside, field)
    if isinstance(value, (bytes, bytearray, memoryview)):
        if not value:
            raise Refused(f"{field}: is empty")
        return bytes(value)
    return _of_one_text(needed_text(value, field), field)


def decoded_base64(text: str, field: str) -> bytes:
    """The bytes of base64, with the usual or the URL's alphabet, in one line or several.

    Base64 that was written in pieces has `=` inside it; its pieces are put together.

    Raises
    ------
    Refused : it is none, or holds several images one after the other
    """
    plain = "".join(text.split()).replace("-", "+").replace("_", "/")
    pieces = _PIECE.findall(plain)
    if len(set(pieces)) == 1:
        pieces = pieces[:1]
    try:
        decoded = [_decoded_piece(piece.rstrip("=")) for piece in pieces]
    except (binascii.Error, ValueError) as error:
        raise Refused(f"{field}: is not base64 ({error}); write the image's bytes anew") from error
    if sum(piece.startswith(_IMAGES) for piece in decoded) > 1:
        raise Refused(
            f"{field}: several images one after the other; write them as a list, or with `;` between them"
        )
    return b"".join(decoded)


def _decoded_piece(piece: str) -> bytes:
    return base64.b64decode(piece + "=" * (-len(piece) % 4), validate=True)


def _of_text(text: str, field: str) -> Any:
    """The path or base64 that a text is, or the list of images that it writes out."""
    if _is_data_url(text):
        urls = _NEXT_URL.split(text)
        return [url.strip(" \t\r\n;|,") for url in urls] if len(urls) > 1 else text
    if text.startswith("[") and text.endswith("]"):
        return _of_list(text, field)
    if looks_like_list(text) and isinstance(found := _parsed(text), (list, dict)):
        return found
    if _is_base64(text):
        return text
    parts = [part.strip() for part in _BETWEEN_PATHS.split(text) if part.strip()]
    if len(parts) > 1:
        return parts
    parts = [part.strip() for part in text.split(",")] if len(text) <= LONGEST_PATH else []
    return parts if len(parts) > 1 and all(map(_names_image, parts)) else text


def _names_image(path: str) -> bool:
    return path.lower().endswith(IMAGE_SUFFIXES)


def _is_base64(text: str) -> bool:
    return len(text) >= SHORTEST_BASE64 and bool(_BASE64.fullmatch("".join(text.split())))


def _is_data_url(text: str) -> bool:
    return text[:5].lower() == "data:"  # a scheme has no case


def _of_one_text(text: str, field: str) -> bytes | str:
    if _is_data_url(text):
        return _of_data_url(text, field)
    if _URL.match(text):
        raise Refused(
            f"{field}: {quoted(text)} is an address, and nothing is fetched while a file is read; save the image in "
            "the folder and give its path"
        )
    if len(text) > LONGEST_PATH or _is_base64(text):
        return decoded_base64(text, field)
    return text


def _of_data_url(text: str, field: str) -> bytes:
    head, comma, body = text.partition(",")
    if not comma:
        raise Refused(
            f"{field}: {quoted(text)} is a data URL without data; write `data:image/png;base64,...`"
        )
    return decoded_base64(body, field) if head.lower().endswith(";base64") else unquote_to_bytes(body)


def _of_list(text: str, field: str) -> list[Any]:
    """The images of a text that writes out a list; the text may be of any length, since base64 is long."""
    if (texts := _quoted_texts(text[1:-1])) is not None:
        return texts
    parsed = _parsed(text)
    if not isinstance(parsed, list):
        raise Refused(f"{field}: begins like a list and is none; give one path or image, or a list of them")
    return parsed


def _parsed(text: str) -> Any:
    """What the text writes out, as JSON or else as Python or numpy do; None where it is anything else."""
    try:
        return parse_cell(text)
    except ValueError:
        try:
            return parsed_list(text) if len(text) <= LONGEST else None
        except NoList:
            return None


def _quoted_texts(inside: str) -> list[str] | None:
    """The texts of a list that a text writes out; None where it is anything else."""
    texts, at = list[str](), 0
    while at < len(inside):
        found = _QUOTED.match(inside, at)
        if not found:
            return None
        texts.append(_ESCAPED.sub(_unescaped, found[2]))
        at = found.end()
        if at < len(inside) and inside[at] not in ",'\"":
            return None
        at += inside[at : at + 1] == ","
    return texts


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else str(found[2])
