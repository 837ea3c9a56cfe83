"""Whether the canary's own answers can be read, told without what they say."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from vqa_canary.reading import read_option

NONE_READ = "NONE"
"""The word with which the canary's fact begins where not one of its answers names an option."""
SHAPES = 3
"""Most different shapes of unread answers that a message tells."""
LONGEST = 24
"""Most characters of one shape; a longer one is cut."""


def told_of(texts: Sequence[str], options: tuple[str, ...]) -> str:
    """How many of some answers name an option, and the commonest shapes of those that do not."""
    unread = [text for text in texts if read_option(text, options).choice is None]
    if not unread:
        return f"all {len(texts)} name an option"
    found = Counter(map(shape_of, unread)).most_common()
    shapes = ", ".join(shape for shape, _ in sorted(found, key=lambda pair: (-pair[1], pair[0]))[:SHAPES])
    read = len(texts) - len(unread)
    share = f"{read} of" if read else f"{NONE_READ} of"
    return f"{share} {len(texts)} name an option; the others look like {shapes}"


def shape_of(text: str) -> str:
    """What a text looks like: `a` for a word, `9` for a number, marks as they stand; nothing of what it says.

    Tags such as `<think>` keep their place as `<a>`.
    """
    if not text.strip():
        return "nothing at all"
    words = re.sub(r"[^\W\d_]+", "a", text)
    numbers = re.sub(r"\d+", "9", words)
    line = " ".join(numbers.split())
    return f"`{line}`" if len(line) <= LONGEST else f"`{line[:LONGEST]}...` ({len(text.split())} words)"
