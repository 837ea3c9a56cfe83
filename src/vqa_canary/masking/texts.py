"""Secrets in one text: behind their names, or by how they look."""

from __future__ import annotations

import base64
import binascii
import re

from vqa_canary.masking.names import is_secret_name_in_text
from vqa_canary.masking.values import HIDDEN, conceal, remember_secret

_USER = re.compile(
    r"""://(?:
        (?P<user>[^\s/?\#"'<>`]+)                               # me:password, or a token alone
      | [^\s:/?\#@"'<>`]*:(?!\d+[/?\#])[^\s"'<>`@]*             # a password with a slash, which databases take
    )@""",
    re.VERBOSE,
)
_NAME = re.compile(
    r"""(?<![\w.-])(?P<open>\\{0,8}["'`]?)(?P<name>[A-Za-z][\w-]*(?:\.[\w-]+)*)(?P=open)(?P<sign>\s{0,4}(?:=>|[:=])\s{0,4})"""
)
_VALUE = re.compile(
    r"""(?P<quote>\\{0,8}["'])(?P<inner>(?:[^"'\\\n]|\\++(?!["'])|(?!(?P=quote))\\*+["']){0,4000})(?P=quote)
      | (?P<scheme>(?:Bearer|Basic|Token|Digest|ApiKey)[ ]+)(?P<key>[^\s"',;<>]+)
      | (?P<bare>[^\s"'`&,;(){}\[\]<>]+)""",
    re.VERBOSE,
)
_QUOTED = {quote: re.compile(rf"(?P<bare>(?:[^{quote}\\\n]|\\.){{1,4000}})(?={quote})") for quote in "\"'"}
"""In `'name=value'`, the value up to the quotation mark that closes both."""
_LOOKS = re.compile(
    r"""(?<![A-Za-z0-9])(?:
        (?P<bearer>Bearer\s+)(?=[^\s"']{0,200}\d)[A-Za-z0-9._~+/=-]{8,}
      | sk-(?=[\w-]{0,200}\d)[\w-]{12,}                               # OpenAI and others
      | hf_[A-Za-z0-9]{20,} | gh[pousr]_[A-Za-z0-9]{20,} | github_pat_\w{20,} | glpat-[\w-]{16,}
      | xox[abeprs]-[\w-]{10,} | AIza[\w-]{30,} | (?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])
      | eyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]*                         # a JSON Web Token
      | -----BEGIN[ ][A-Z ]*PRIVATE[ ]KEY-----[^-]{0,9999}(?:-----END[ ][A-Z ]*PRIVATE[ ]KEY-----)?
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
        before, text = text, without_secrets(conceal(text))
        if text == before:
            break
    return text


def remember_password(address: str) -> None:
    """Remember what stands between `//user:` and `@`, as it is written, decoded, and with its user."""
    from urllib.parse import unquote

    for found in _USER.finditer(address):
        user, _, password = found[0][3:-1].partition(":")
        for one in {password, unquote(password)} if password else {user}:
            remember_secret(one)


def without_secrets(text: str) -> str:
    """The text without what stands behind the name of a secret, and without what looks like a secret."""
    if "://" in text and "@" in text:
        text = _USER.sub(f"://{HIDDEN}@", text)
    if ":" in text or "=" in text:
        text = _without_values(text)
    text = _LOOKS.sub(lambda found: (found["bearer"] or "") + HIDDEN, text)
    return _BASIC.sub(_without_user_and_password, text)


def _without_values(text: str) -> str:
    """The text without what stands behind the names of secrets."""
    parts, done, at = [], 0, 0
    while found := _NAME.search(text, at):
        at, before = found.end(), text[max(found.start() - 1, 0) : found.start()]
        query = found["sign"] == "=" and before in ("?", "&")
        pattern = _QUOTED.get(before, _VALUE) if not found["open"] else _VALUE
        if is_secret_name_in_text(found["name"], query) and (value := pattern.match(text, at)):
            group = next(name for name in ("inner", "key", "bare") if value.groupdict().get(name) is not None)
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
