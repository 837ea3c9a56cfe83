"""Hides secrets in everything that is written or shown: by their names, by how they look, and by their values.

`mask` is for one text, `masked` for nested settings, `conceal` for whole files and for what a server says. The first
two know three things: names such as `api_key` before a value, texts that only secrets look like (`sk-...`, a user
before the `@` of an address), and the values that this process has read as secrets (`remember_secret`). `conceal` knows the
values alone, so it takes no harmless text for a secret.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping, Set
from typing import Any

from vqa_canary.secret_names import is_secret_name, is_secret_name_in_text
from vqa_canary.secret_values import HIDDEN, conceal, concealed, remember_secret

__all__ = [
    "HIDDEN",
    "conceal",
    "concealed",
    "exposed",
    "mask",
    "masked",
    "remember_password",
    "remember_secret",
    "remember_secrets",
]

_USER = re.compile(
    r"""://(?:
        (?P<user>[^\s/?\#"'<>`]+)                               # me:password, or a token alone
      | [^\s:/?\#@"'<>`]*:(?!\d+[/?\#])[^\s"'<>`@]*             # a password with a slash, which databases take
    )@""",
    re.VERBOSE,
)
_NAME = re.compile(
    r"""(?<![\w.-])(?P<open>\\*["'`]?)(?P<name>[A-Za-z][\w-]*(?:\.[\w-]+)*)(?P=open)(?P<sign>\s{0,4}(?:=>|[:=])\s{0,4})"""
)
_VALUE = re.compile(
    r"""(?P<quote>\\*["'])(?P<inner>(?:[^"'\\\n]|\\+[^"'\n]|(?!(?P=quote))\\*["']){0,4000})(?P=quote)
      | (?P<scheme>(?:Bearer|Basic|Token|Digest|ApiKey)[ ]+)(?P<key>[^\s"',;<>]+)
      | (?P<bare>[^\s"'`&,;(){}\[\]<>]+)""",
    re.VERBOSE,
)
_LOOKS = re.compile(
    r"""(?<![A-Za-z0-9])(?:
        (?P<bearer>Bearer\s+)(?=[^\s"']*\d)[A-Za-z0-9._~+/=-]{8,}
      | sk-(?=[\w-]*\d)[\w-]{12,}                               # OpenAI and others
      | hf_[A-Za-z0-9]{20,} | gh[pousr]_[A-Za-z0-9]{20,} | github_pat_\w{20,} | glpat-[\w-]{16,}
      | xox[abeprs]-[\w-]{10,} | AIza[\w-]{30,} | (?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])
      | eyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*                         # a JSON Web Token
      | -----BEGIN[ ][A-Z ]*PRIVATE[ ]KEY-----[^-]*(?:-----END[ ][A-Z ]*PRIVATE[ ]KEY-----)?
    )""",
    re.VERBOSE,
)
_BASIC = re.compile(r"(?<![A-Za-z0-9])(Basic\s+)([A-Za-z0-9+/_-]{8,}={0,2})")
_MOST_TURNS = 10
_NO_VALUE = re.compile(rf"[\W_]*|{HIDDEN}|none|null|true|false", re.IGNORECASE)
_CREDENTIAL_LIKE = re.compile(r"(?=\S*\d)\S{8,}|\S{20,}|\S+=\S+")


def mask(text: str) -> str:
    """The text without its secrets; `hidden` stands where one was. Masking again changes nothing."""
    for _ in range(_MOST_TURNS):  # what is left beside a secret may be part of another
        before, text = text, _by_rule(conceal(text))
        if text == before:
            break
    return text


def masked(settings: Any, name: str = "") -> Any:
    """Settings of any nesting, of the same shape, with every secret replaced by `hidden`.

    Mappings, lists, tuples, sets and pydantic models are gone through. All that stands below a name such as `api_key`,
    `auth` or `headers` is hidden, except None and booleans. Below `columns` names are those of somebody's table.

    Parameters
    ----------
    settings : a value, or values by name
    name : of the setting, where it has one
    """
    return _masked(settings, is_secret_name(name), by_name=name != "columns")


def remember_secrets(settings: Mapping[str, Any]) -> None:
    """Remember each value whose name says that it is a secret, and passwords inside addresses."""
    for path, value in _leaves(settings):
        secret = any(is_secret_name(name) and "session" not in name.lower() for name in path)
        if secret and not isinstance(value, bool):
            remember_secret(value)
        elif isinstance(value, str):
            remember_password(value)


def remember_password(address: str) -> None:
    """Remember what stands between `//user:` and `@`, as it is written, decoded, and with its user."""
    from urllib.parse import unquote

    for found in _USER.finditer(address):
        user, _, password = found[0][3:-1].partition(":")
        for one in {password, unquote(password)} if password else {user}:
            remember_secret(one)


def exposed(settings: Mapping[str, Any]) -> Iterator[str]:
    """Dotted names of settings that hold what only a secret is called, or only a secret looks like."""
    for path, value in _leaves(settings):
        if value is None or isinstance(value, bool):
            continue
        named = any(is_secret_name(name) for name in path) and "columns" not in path
        if named or (isinstance(value, str) and _by_rule(value) != value):
            yield ".".join(path)


def _masked(value: Any, secret: bool, by_name: bool) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if hasattr(value, "get_secret_value"):
        return HIDDEN
    if hasattr(value, "model_dump"):
        value = value.model_dump()
    if isinstance(value, Mapping):
        found: dict[Any, Any] = {}
        for key, part in value.items():
            hidden = secret or (by_name and is_secret_name(str(key)))
            shown = _unused(mask(key) if isinstance(key, str) else key, found)
            found[shown] = _masked(part, hidden, by_name and key != "columns")
        return found
    if isinstance(value, list | tuple | Set):
        parts = [_masked(part, secret, by_name) for part in value]
        return tuple(parts) if isinstance(value, tuple) else set(parts) if isinstance(value, Set) else parts
    if secret:
        return HIDDEN
    if isinstance(value, str):
        return mask(value)
    return value if isinstance(value, int | float) or mask(str(value)) == str(value) else mask(str(value))


def _unused(key: Any, taken: Mapping[Any, Any]) -> Any:
    """Two secrets that were keys stay two entries."""
    number, free = 2, key
    while free in taken:
        number, free = number + 1, f"{key} {number}"
    return free


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if hasattr(value, "model_dump"):
        value = value.model_dump()
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _leaves(part, (*path, str(key)))
    elif isinstance(value, list | tuple | Set):
        for part in value:
            yield from _leaves(part, path)
    else:
        yield path, value


def _by_rule(text: str) -> str:
    """Without what stands behind a secret's name, and what looks like a secret."""
    if "://" in text and "@" in text:
        text = _USER.sub(f"://{HIDDEN}@", text)
    if ":" in text or "=" in text:
        text = _without_values(text)
    text = _LOOKS.sub(lambda found: (found["bearer"] or "") + HIDDEN, text)
    return _BASIC.sub(_without_user_and_password, text)


def _without_values(text: str) -> str:
    """Without what stands behind the names of secrets."""
    parts, done, at = [], 0, 0
    while found := _NAME.search(text, at):
        at = found.end()
        query = found["sign"] == "=" and text[max(found.start() - 1, 0) : found.start()] in ("?", "&")
        if is_secret_name_in_text(found["name"], query) and (value := _VALUE.match(text, at)):
            group = next(name for name in ("inner", "key", "bare") if value[name] is not None)
            if _is_value(value[group], bare=group == "bare" and "=" not in found["sign"]):
                parts += [text[done : value.start(group)], HIDDEN]
                done = value.end(group)
            at = value.end()
    return "".join([*parts, text[done:]])


def _is_value(text: str, bare: bool) -> bool:
    """Whether a text is what its name says; `models.m.api_key: parameters are logged` is only a sentence."""
    return not _NO_VALUE.fullmatch(text) and not (bare and not _CREDENTIAL_LIKE.fullmatch(text))


def _without_user_and_password(found: re.Match[str]) -> str:
    try:
        text = base64.b64decode(found[2] + "=" * (-len(found[2]) % 4), altchars=b"-_", validate=False)
    except (binascii.Error, ValueError):
        return found[0]
    return found[1] + HIDDEN if b":" in text and text.isascii() else found[0]
