"""What an answer that was cut at the token limit still says."""

from __future__ import annotations

import re

from vqa_canary.reading import OptionRead, answer_part


def read_cut(read: OptionRead, text: str, begin: int = 0) -> OptionRead:
    """What is left of a reading where the answer was cut at the token limit.

    A last line that is nothing but a letter names an option because it ends there. Where the limit ended it, the line
    may have gone on: `A` to "A is unlikely", "lung" to "lung or liver", "A. Lung" to all the options one by one. So
    such a naming counts only where the answer begins with it, or where it is a statement ("the answer is B").

    Parameters
    ----------
    text : all that was read
    begin : where the model's own words begin in it
    """
    if read.choice is None or read.start is None or read.end is None:
        return read
    before, behind = text[max(begin, answer_part(text)[0]) : read.start], text[read.end :].strip()
    if read.how == "letter and text":  # what is read ends with the letter, and the text stands behind it
        behind = re.sub(r"\A\W+", "", behind)
        at_the_cut = not re.search(r"[!\u3002\n]|\.(?!\d)", behind)
    else:
        at_the_cut = read.how in ("letter", "text") and not behind.strip(")]}*_\"'`")
    return OptionRead(None, "no option") if at_the_cut and re.search(r"\w", before) else read
