"""Letters that begin a name and choose no option: "C. difficile", "A. Smith et al.", "Dr. B. Liver"."""

from __future__ import annotations

import re

GOES_ON = re.compile(
    r"\. (?:(?!(?:because|since|as|it|its|this|that|the|there|is|which|i|based|given|due)(?!\w))[a-z]|"
    r"[A-Z][a-z]{1,20}(?: et al|,? (?:m\.?d|ph\.?d|radiologist|and colleagues)(?!\w)))"
)
"""What goes on behind a letter, as written, where it abbreviates a name."""
_PERSON = re.compile(
    r"\.(?: [A-Z]\.){0,3} (?!(?:Correct|Right|True|False|Yes|No|Definitely|Certainly|Clearly|Confirmed|Final|Done|"
    r"Thanks|Thank|Explanation|Reason|Because|Answer|End)(?!\w))([A-Z](?:'[A-Z])?[a-z-]{1,20}(?: [A-Z][a-z]{1,20})?)"
    r"(?:,? (?:M\.?D|Ph\.?D|DO|FRCR)\.?)?\W{0,4}\Z"
)
"""What ends an answer behind its first letter, as written, where that may be a person's initial: "D. J. Smith"."""
_TITLE = re.compile(r"(?<!\w)(?:dr|prof|mrs?|ms)\.? \Z")


def is_a_person(written: str, at: int, own: str) -> bool:
    """Whether the letter before `at` may be the initial of a name that is no word of its option's text `own`."""
    found = _PERSON.match(written, at)
    if found is None:
        return False
    words = found[1].casefold().split()
    return not set(words) & set(re.findall(r"[^\W_]{2,40}", own))


def is_titled(small: str, at: int) -> bool:
    """Whether a title stands before the letter at `at` of a text in small letters."""
    return bool(_TITLE.search(small, max(0, at - 8), at))


def begins_a_name(text: str) -> bool:
    """Whether a text begins with a letter that abbreviates a name: an organism, a person."""
    return bool(re.match(r"\s{0,9}[A-Za-z]", text) and GOES_ON.match(text.lstrip(), 1))
