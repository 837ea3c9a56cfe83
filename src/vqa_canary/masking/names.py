"""Recognises names whose value is a secret: `api_key`, `X-Amz-Signature` and `authToken`, but not `max_tokens`."""

from __future__ import annotations

import re
from itertools import pairwise

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def _words_in(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ANYWHERE = _words_in(
    "secret secrets passwd password passwords passphrase passwort pwd credential credentials authorization "
    "authorisation cookie cookies apikey apikeys bearer jwt"
)
"""Words that mark a name as that of a secret, wherever they stand in it."""
_AT_THE_END = _words_in("key token auth sig sas signature session sessionid pass header headers")
"""Words that mark a name as that of a secret if they stand last."""
_PAIRS = frozenset(
    {("api", "key"), ("api", "keys"), ("access", "key"), ("access", "token"), ("access", "tokens"), ("auth", "token"),
     ("auth", "tokens"), ("session", "id"), ("private", "key")}
)  # fmt: skip
"""Pairs of words that mark a name as that of a secret if they stand side by side."""
_NO_SECRET = {
    "key": _words_in(
        "cache column dictionary foreign group image index instance item join key metric partition primary public "
        "record row shard sort"
    ),
    "token": _words_in(
        "begin bos cls end eos first image last mask max min n new next pad per prefix sep special start stop suffix "
        "unk video word"
    ),
    "pass": _words_in("backward first forward n one second"),
    "signature": _words_in("function model"),
}
"""Words before the last one that give it another meaning, such as `eos_token`."""
_WEAK = _words_in("session sessionid header headers credential credentials")
"""Words with so many other meanings that what follows them in a sentence is shown; in the query of an address they
count."""


def is_secret_name(name: str) -> bool:
    """Whether a setting, header or field of this name holds a secret."""
    return _is_secret(_words(name))


def is_secret_name_in_text(name: str, query: bool = False) -> bool:
    """Whether what follows `name` in a text is a secret, though nothing says that `name` is one of a setting.

    Parameters
    ----------
    query : whether it stands in the query of an address: `?key=...`
    """
    words = _words(name.rpartition(".")[2])
    if query:
        return _is_secret(words)
    return words != ["key"] and _is_secret([word for word in words if word not in _WEAK])


def _is_secret(words: list[str]) -> bool:
    if not words:
        return False
    if _ANYWHERE & set(words) or any(pair in _PAIRS for pair in pairwise(words)):
        return True
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    return last in _AT_THE_END and before not in _NO_SECRET.get(last, frozenset())


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)]
