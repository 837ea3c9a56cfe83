"""The secrets that this process knows by value, and hiding them in whatever form they come back.

A secret may return as it is, in an address (`%2B`), in JSON or HTML (`\\"`, `&quot;`), or inside Base64, as in the
header of Basic authentication. How readily a value is hidden depends on how sure it is that no other text holds it
by chance:

- 8 characters or more that are not letters alone or digits alone, or 16 of any kind: wherever they stand;
- 6 characters or more: where no letter or digit stands beside them, and digits alone not at all;
- fewer, and what people write who have no key, such as `EMPTY`: not by value, only by name.
"""

from __future__ import annotations

import base64
import html
import json
import re
from functools import cache
from threading import Lock
from typing import Any
from urllib.parse import quote, quote_plus

HIDDEN = "hidden"
"""The word that replaces a secret."""
LEAST, SURE, LONG = 6, 8, 16
"""From how many characters on a secret is hidden: as a word by itself; anywhere; anywhere though it is all letters."""
_NO_KEY = """changeme dummy empty hidden lm-studio no-key no-key-required none not-needed null ollama password secret
sk-no-key-required token"""
_PLACEHOLDERS = frozenset(_NO_KEY.split())
_BASE64_LEAST = 8

_lock = Lock()
_known: dict[str, None] = {}


def remember_secret(value: object) -> None:
    """Hide `value` (a text, bytes or pydantic secret) in every form from now on. None is no secret."""
    if reveal := getattr(value, "get_secret_value", None):
        value = reveal()
    text = value.decode(errors="replace") if isinstance(value, bytes) else str("" if value is None else value)
    text = text.strip()
    if len(text) < LEAST or text.lower() in _PLACEHOLDERS or text in HIDDEN:
        return
    if text.isdecimal() and len(text) < LONG:
        return
    with _lock:
        _known[text] = None
        _forms.cache_clear()


def known_secrets() -> tuple[str, ...]:
    """The secrets that this process knows, for a process that it starts: to be remembered there, and nothing else."""
    with _lock:
        return tuple(_known)


def conceal(text: str) -> str:
    """The text with every known secret, in any of its forms, replaced by `hidden`."""
    for form, anywhere in _forms():
        if form in text:
            text = text.replace(form, HIDDEN) if anywhere else _as_word(form).sub(HIDDEN, text)
    return text


def concealed(content: Any) -> Any:
    """The JSON value with `conceal` applied to every text in it, names included."""
    if not _forms():
        return content
    if isinstance(content, str):
        return conceal(content)
    if isinstance(content, list | tuple):
        return [concealed(part) for part in content]
    if isinstance(content, dict):
        return {concealed(name): concealed(part) for name, part in content.items()}
    return content


@cache
def _forms() -> tuple[tuple[str, bool], ...]:
    """Each form with whether it is hidden wherever it stands; the longest first, so that none is left in part."""
    forms: dict[str, bool] = {}
    for value in list(_known):
        anywhere = len(value) >= LONG or (len(value) >= SURE and not value.isalpha())
        for form in _written(value):
            forms[form] = anywhere
        if anywhere or len(value) >= SURE:
            forms |= dict.fromkeys(_encoded(value.encode()), True)
    return tuple(sorted(forms.items(), key=lambda pair: (-len(pair[0]), pair[0])))


def _written(value: str) -> set[str]:
    """The text as it is, and as addresses, JSON, Python and HTML write it, also one within another."""
    json_forms = {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    forms = {value, repr(value)[1:-1], *json_forms, *(form.replace("/", "\\/") for form in json_forms)}
    forms |= {json.dumps(form)[1:-1] for form in forms}
    forms |= {quote(value), quote(value, safe=""), quote_plus(value)}
    forms |= {re.sub("%..", lambda match: match[0].lower(), form) for form in forms if "%" in form}
    for form in list(forms):
        escaped = html.escape(form)
        forms |= {escaped, escaped.replace("&quot;", "&#34;").replace("&#x27;", "&#39;")}
        forms |= {html.escape(form, quote=False)}
    return forms


def _encoded(data: bytes) -> set[str]:
    """The letters of Base64 that `data` alone decides, for each of the three places where it may begin."""
    forms = set[str]()
    for at in range(3):
        start, end = -(-at * 8 // 6), (at + len(data)) * 8 // 6
        for letters in (base64.b64encode, base64.urlsafe_b64encode):
            core = letters(b"\0" * at + data).decode()[start:end]
            if len(core) >= _BASE64_LEAST:
                forms |= {core, quote(core, safe=""), core.replace("/", "\\/")}
    return forms


def _as_word(form: str) -> re.Pattern[str]:
    return re.compile(rf"(?:(?<![^\W_])|(?<=%[0-9A-Fa-f]{{2}})){re.escape(form)}(?![^\W_])")
