"""What is embedded of a sampled answer, and how a text is known: by its hash."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from string import ascii_uppercase
from typing import Any

_BARE = re.compile(r"[\W_]*([A-Za-z])[\W_]*")
"""One letter with nothing but marks around it."""
_LONGEST_BARE = 16
"""Most characters of a text that is looked at for a bare letter: a letter has no more marks around it."""


def embedded_text(sample: Mapping[str, Any], options: Sequence[str]) -> str:
    """The text of a sample as it is embedded: without outer space, and a bare letter with the text of its option.

    Vectors of letters say nothing of what the letters stand for, so `B`, `(b)` and `**B**` become `B) left lung`,
    where the sample's choice is that option. Any other text stays as the model wrote it.

    Parameters
    ----------
    sample : a sample struct, with `text` and `choice`
    options : texts of the options that the instance shows
    """
    text = str(sample["text"]).strip()
    bare = _BARE.fullmatch(text) if len(text) <= _LONGEST_BARE else None
    at = ascii_uppercase.index(bare[1].upper()) if bare else len(options)
    if at >= len(options) or sample["choice"] != at:
        return text
    return f"{ascii_uppercase[at]}) {str(options[at]).strip()}"


def text_hash(text: str) -> str:
    """SHA-256 of a text in UTF-8, in hex."""
    return sha256(text.encode()).hexdigest()
