"""Letters that begin a name and choose no option: "C. difficile", "A. Smith et al.", "Dr. B. Liver"."""

from __future__ import annotations

import re

GOES_ON = re.compile(
    r"\. (?:(?!(?:because|since|as|it|its|this|that|the|there|is|which|i|based|given|due)(?!\w))[a-z]|"
    r"[A-Z][a-z]{1,20}(?: et al|,? (?:m\.?d|ph\.?d|radiologist|and colleagues)(?!\w)))"
)
"""What goes on behind a letter, as written, where it abbreviates a name."""
_TITLE = re.compile(r"(?<!\w)(?:dr|prof|mrs?|ms)\.? \Z")


def is_titled(small: str, at: int) -> bool:
    """Whether a title stands before the letter at `at` of a text in small letters."""
    return bool(_TITLE.search(small, max(0, at - 8), at))


def begins_a_name(text: str) -> bool:
    """Whether a text begins with a letter that abbreviates a name: an organism, a person."""
    return bool(re.match(r"\s{0,9}[A-Za-z]", text) and GOES_ON.match(text.lstrip(), 1))
