"""How many columns the trees of a study may come to have: the trial of a tree tells the model of as many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from vqa_canary.engines.local.asked import Asked
from vqa_canary.engines.local.memory import ends_everything
from vqa_canary.engines.local.rendering import Renderer
from vqa_canary.engines.local.tree import PACKED
from vqa_canary.engines.prompts import Chat, Prompts
from vqa_canary.engines.sampling import Sampling

_FEWEST = 4096
"""A tree is checked up to at least so many columns, so that a few longer prompts ask for no new check."""
_OPENINGS = 8
"""Columns for what may open an answer, such as `(`, at one place."""
_PLACES = 4
"""Places of an instance behind which openings are read: the question, both follow-ups, and where a letter stands."""


@dataclass(frozen=True)
class Columns:
    """Bounds on the columns of a tree, rounded up to powers of two."""

    of_prompts: int = 0
    """Where answers are rows of their own, which add no column to the tree."""
    with_answers: int = 0
    """Where answers are nodes of it."""

    def of(self, rung: str) -> int:
        """The bound that holds for a way of reading trees."""
        return self.with_answers if rung == PACKED else self.of_prompts


def columns_of(
    asked: Sequence[Asked], prompts: Prompts, renderer: Renderer, n_tokens: int, sampling: Sampling
) -> Columns:
    """Bounds on the columns of any tree with these instances, the prefix counted.

    Rows of a tree grow together, each pass by as many columns as the row with the most new nodes needs. So what counts
    are the most words and the most instances that any row has, not what one of them has in total.

    Parameters
    ----------
    n_tokens : most tokens of any answer
    sampling : where its samples see the options in other orders, each has a prompt of its own, of the same words
    """
    known = _cut(asked, renderer)
    words: dict[object, int] = defaultdict(int)
    members: dict[object, int] = defaultdict(int)
    for one, tokens, cut in known:
        words[one.row] += len(tokens) - cut
        members[one.row] += 1
    prefix = max((cut for _, _, cut in known), default=0)
    most_words, most = (max(counts.values(), default=0) for counts in (words, members))
    # The answer stands in both follow-ups, and may be read once more up to its letter, as may the reply to P(True).
    own = _PLACES * (_OPENINGS + n_tokens) + _of_follow_ups(known, prompts, renderer)
    prompts_of_one = 1 + (sampling.n_samples if sampling.reshuffled else 0)
    tree = prefix + prompts_of_one * most_words + most * own
    # Every sample, the greedy answer and the replies to both follow-ups.
    return Columns(_rounded(tree), _rounded(tree + most * (sampling.n_samples + 3) * n_tokens))


def _rounded(columns: int) -> int:
    return max(_FEWEST, 1 << columns.bit_length())


Cut = tuple[Asked, list[int], int]
"""An instance, the tokens of its prompt, and how many of them belong to its images."""


def _cut(asked: Sequence[Asked], renderer: Renderer) -> list[Cut]:
    """The instances whose prompts can be cut behind their images; the others stand in no tree."""
    prompts = [one.prompt for one in asked]
    try:
        ids = renderer.tokenise(prompts)
        return list(zip(asked, ids, renderer.image_ends(ids, prompts), strict=True))
    except Exception as error:  # each family's processor fails in its own ways
        if ends_everything(error):
            raise
        # One of them may be to blame.
        return [found for one in asked for found in _cut([one], renderer)] if len(asked) > 1 else []


def _of_follow_ups(known: Sequence[Cut], prompts: Prompts, renderer: Renderer) -> int:
    """Nodes that both follow-ups add to what was read for their question, beside the answer that they quote; measured
    on the longest prompt, and on the one with the longest option, which one of them names."""
    if not known:
        return 0
    longest = max(known, key=lambda one: len(one[1]))
    wordiest = max(known, key=lambda one: max(map(len, one[0].instance.options), default=0))
    options = wordiest[0].instance.options
    choice = max(range(len(options)), key=lambda at: len(options[at]), default=0)
    try:
        sure = prompts.verbalized_chat(longest[0].chat, "")
        judged = prompts.p_true_chat(wordiest[0].chat, "", choice, options)
        return _new(longest, sure, renderer) + _new(wordiest, judged, renderer)
    except Exception as error:  # of a template, which may fail in any way: then every instance fails there
        if ends_everything(error):
            raise
        return 0


def _new(known: Cut, chat: Chat, renderer: Renderer) -> int:
    """How many tokens of a chat stand behind what it has in common with the prompt that was asked before."""
    one, before, _ = known
    [tokens] = renderer.tokenise([renderer.render(chat, one.prompt.images)])
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(tokens, before, strict=False))
    return len(tokens) - sum(1 for _ in alike)
