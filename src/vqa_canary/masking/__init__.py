"""Hides secrets in everything that is written or shown: by their names, by how they look, and by their values.

`mask` is for one text, `masked` for nested settings. They know three things: names such as `api_key` before a value,
texts that only secrets look like (`sk-...`, a user before the `@` of an address), and the values that this process has
read as secrets (`remember_secret`). `conceal` and `concealed`, for whole files and for what a server says, know the
values alone, so they take no harmless text for a secret.
"""

from vqa_canary.masking.nested import exposed, masked, remember_secrets
from vqa_canary.masking.texts import mask, remember_password
from vqa_canary.masking.values import HIDDEN, conceal, concealed, known_secrets, remember_secret

__all__ = [
    "HIDDEN",
    "conceal",
    "concealed",
    "exposed",
    "known_secrets",
    "mask",
    "masked",
    "remember_password",
    "remember_secret",
    "remember_secrets",
]
