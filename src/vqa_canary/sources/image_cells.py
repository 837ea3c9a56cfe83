"""What a cell says of an image: the image itself, as bytes or base64, or the path of its file."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from vqa_canary.quoting import quoted
from vqa_canary.sources.cells import Refused, needed_text
from vqa_canary.sources.list_text import NoList, parsed_list

SHORTEST_BASE64 = 64
"""A shorter text is a path: the smallest image file has more characters in base64."""
LONGEST_PATH = 4000
"""A longer text is no path on any file system."""

_ONE = "a question about one image is needed; leave the record out, or join the images into one file"
_URL = re.compile(r"(?:https?|ftp|s3|gs|hf|file)://", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9+/_=-]+")
_PIECE = re.compile("[^=]+={0,2}|=+")
_IMAGES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"RIFF")
"""How files of images begin."""
_MOST_COMMAS = 64
"""In a list of images as text: base64 has none."""


def image_in(value: Any, field: str) -> bytes | str:
    """The bytes of the image in a cell, or the path that the cell gives.

    A cell is bytes, a text (a path, base64, or a data URL), a mapping with `bytes` and `path` as the Hugging Face hub
    stores images, or a list with one of these.

    Raises
    ------
    Refused : several images, an address of the network, broken base64, or nothing of these kinds
    """
    if isinstance(value, (list, tuple)):
        if len(value) > 1:
            raise Refused(f"{field}: {len(value)} images; {_ONE}")
        return image_in(value[0] if value else None, field)
    if isinstance(value, Mapping):
        inside = next((value[name] for name in ("bytes", "path", "url") if value.get(name)), None)
        if inside is None and not {"bytes", "path", "url"} & set(value):
            raise Refused(
                f"{field}: the mapping has neither `bytes` nor `path`; give the image as one of these"
            )
        return image_in(inside, field)
    if isinstance(value, (bytes, bytearray, memoryview)):
        if not value:
            raise Refused(f"{field}: is empty")
        return bytes(value)
    return _of_text(needed_text(value, field), field)


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
        raise Refused(f"{field}: several images one after the other; {_ONE}")
    return b"".join(decoded)


def _decoded_piece(piece: str) -> bytes:
    return base64.b64decode(piece + "=" * (-len(piece) % 4), validate=True)


def _of_text(text: str, field: str) -> bytes | str:
    if text.startswith("data:"):
        return _of_data_url(text, field)
    if _URL.match(text):
        raise Refused(
            f"{field}: {quoted(text)} is an address, and nothing is fetched while a file is read; save the image in "
            "the folder and give its path"
        )
    if text.startswith("[") and text.endswith("]"):
        return image_in(_of_list(text, field), field)
    long = len(text) > LONGEST_PATH
    if long or (len(text) >= SHORTEST_BASE64 and _BASE64.fullmatch("".join(text.split()))):
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
    if text.count(",") > _MOST_COMMAS:
        raise Refused(f"{field}: several images; {_ONE}")
    one = re.fullmatch(r"\[\s*(['\"])([^'\"]*)\1\s*\]", text)
    if one:  # of any length
        return [one[2]]
    try:
        parsed = parsed_list(text)
    except NoList as error:
        if text.count("'") + text.count('"') > 2:
            raise Refused(f"{field}: several images; {_ONE}") from error
        raise Refused(f"{field}: begins like a list and is none; give one path or one image") from error
    return parsed if isinstance(parsed, list) else [parsed]
