"""One tree for each question about an image: every prompt and every follow-up is a path in it.

Answers go on from the ends of paths, as rows of their own or as further nodes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from vqa_canary.engines.local.cascade import Cascade
from vqa_canary.engines.local.decoding import Branches, Continuation, Request, Way, answer
from vqa_canary.engines.local.families import image_batch
from vqa_canary.engines.local.packing import PAD, ROOT, PackedRows, Prefix
from vqa_canary.engines.local.race import Race
from vqa_canary.engines.local.rendering import Renderer
from vqa_canary.engines.local.sampler import Distributions

if TYPE_CHECKING:
    from vqa_canary.engines.local.features import FeatureStore
    from vqa_canary.engines.local.loading import Loaded


@dataclass
class Trie:
    """The token paths of one row. A node is a number, and parents have smaller ones than their children."""

    children: dict[tuple[int, int], int] = field(default_factory=dict)
    """The node of each pair of a parent and a token."""
    nodes: list[tuple[int, int]] = field(default_factory=list)
    """Parent and token of each node; nodes that begin a path have the parent `ROOT`."""

    def add(self, parent: int, token: int) -> int:
        """The node of `token` behind `parent`, made where there is none."""
        node = self.children.get((parent, token))
        if node is None:
            node = self.children[parent, token] = self.add_twin(parent, token)
        return node

    def add_twin(self, parent: int, token: int) -> int:
        """A node that no path finds, for reading once more what was read before."""
        self.nodes.append((parent, token))
        return len(self.nodes) - 1

    def add_path(self, tokens: Sequence[int]) -> int:
        """The last node of a path from the root."""
        node = ROOT
        for token in tokens:
            node = self.add(node, token)
        return node


CASCADED, PACKED = "tree", "packed tree"
"""Names of the two ways to read trees: with answers in rows of their own, and with answers as nodes."""
Leaf = tuple[int, int]
"""A row, and the node of that row after which a distribution is wanted."""


class Trees:
    """Rows that grow together, since their images have one shape.

    Answers go on from their leaves, as a `Cascade` or as `PackedAnswers`.
    """

    def __init__(self, packed: PackedRows, n_rows: int) -> None:
        self._packed = packed
        self._tries = [Trie() for _ in range(n_rows)]
        self._columns: list[dict[int, int]] = [{} for _ in range(n_rows)]

    def add(self, row: int, tokens: Sequence[int]) -> tuple[Leaf, int]:
        """The end of a path, and how many of its nodes are new."""
        trie = self._tries[row]
        before = len(trie.nodes)
        return (row, trie.add_path(tokens)), len(trie.nodes) - before

    def add_after(self, leaf: Leaf, token: int) -> Leaf:
        """The node of one more token behind a leaf."""
        row, node = leaf
        return row, self._tries[row].add(node, token)

    def cascade(self, leaves: Sequence[Leaf], room: tuple[int, int] = (0, 0)) -> Cascade:
        """Answers that go on from leaves which were read, each in columns of its own; `room` as `Cascade` has it."""
        return Cascade(self._packed, [(row, self._columns[row][node]) for row, node in leaves], room)

    def read(self, leaves: Sequence[Leaf]) -> Distributions:
        """Read all new nodes; what may follow each leaf."""
        # Logits are as wide as the vocabulary, so only those of wanted nodes are ever computed, and each node goes
        # through the model once.
        wanted = {leaf: self._unread(leaf) for leaf in leaves}
        order = [
            self._order(row, {node for (at, _), node in wanted.items() if at == row}) for row in self._rows
        ]
        start, width = self._packed.n_columns, max(map(len, order))
        tokens = np.zeros((len(order), width), dtype=np.int64)
        # Rows are filled up to the longest with PAD: every row gets the same columns, since one pass reads all.
        parents = np.full(tokens.shape, PAD, dtype=np.int64)
        for row, nodes in enumerate(order):
            # Columns are given out before parents are looked up: a parent may be one of the new nodes.
            self._columns[row] |= {node: start + at for at, node in enumerate(nodes)}
            for at, node in enumerate(nodes):
                parent, tokens[row, at] = self._tries[row].nodes[node]
                parents[row, at] = ROOT if parent == ROOT else self._columns[row][parent]
        places = {leaf: self._columns[leaf[0]][node] - start for leaf, node in wanted.items()}
        logits = self._packed.read(tokens, parents, 1 + max(places.values()))
        # Two leaves may be one node (equal prompts), so places are kept by leaf and not by order.
        return Distributions(logits[[row for row, _ in leaves], [places[leaf] for leaf in leaves]])

    @property
    def _rows(self) -> range:
        return range(len(self._tries))

    def _unread(self, leaf: Leaf) -> int:
        """The node of `leaf`; if it was read before, a twin of it, since its log-probs were not kept."""
        row, node = leaf
        if node not in self._columns[row]:
            return node
        return self._tries[row].add_twin(*self._tries[row].nodes[node])

    def _order(self, row: int, wanted: set[int]) -> list[int]:
        """New nodes of a row, those wanted first, so that few places need logits."""
        known = len(self._columns[row])
        new = list(range(known, len(self._tries[row].nodes)))
        return [node for node in new if node in wanted] + [node for node in new if node not in wanted]


class PackedAnswers:
    """Answers as further nodes of the trees: for models whose attention is not to be had in two parts."""

    def __init__(self, trees: Trees, leaves: Sequence[Leaf]) -> None:
        self._trees, self._leaves = trees, list(leaves)

    def extend(self, ways: Sequence[Way]) -> Distributions:
        """Read one more token along each way."""
        self._leaves = [self._trees.add_after(self._leaves[at], token) for at, token in ways]
        return self._trees.read(self._leaves)


class TreeReading:
    """Reads the part up to the image once for all questions about it, then trees of prompts in packed passes.

    `packed` makes the rows; a check of the check puts a broken one in its place. Where `cascades` is false, answers are
    nodes of the trees like prompts.
    """

    whole_shards = False

    def __init__(
        self,
        loaded: Loaded,
        renderer: Renderer,
        race: Race,
        features: FeatureStore,
        packed: type[PackedRows] = PackedRows,
        cascades: bool = True,
        beyond: int = 0,
    ) -> None:
        self.loaded, self.renderer, self.race = loaded, renderer, race
        self.features, self._packed, self._cascades = features, packed, cascades
        self._beyond = beyond
        self.name = CASCADED if cascades else PACKED
        self._places: dict[Any, tuple[Trees, int]] = {}

    def session(self) -> TreeReading:
        """A reading of the same model that has read nothing yet."""
        return self.telling(self._beyond)

    def telling(self, beyond: int) -> TreeReading:
        """A reading that has read nothing yet, and tells the model of so many columns more than there are."""
        return TreeReading(
            self.loaded, self.renderer, self.race, self.features, self._packed, self._cascades, beyond
        )

    def read(self, requests: Sequence[Request]) -> list[Continuation]:
        """What follows each prompt, in order."""
        prompts = [request.prompt for request in requests]
        ids = self.renderer.tokenise(prompts)
        cuts = self.renderer.image_ends(ids, prompts)
        # The whole beginning is part of the key: prompts share what is read of them only as far as they are equal, and
        # prompts about one image may differ before it, by a system turn.
        keys = [
            (tuple(tokens[:cut]), request.prompt.key, request.row)
            for request, tokens, cut in zip(requests, ids, cuts, strict=True)
        ]
        paid = self._plant(dict(zip(keys, requests, strict=True)), Counter(keys))
        groups: dict[int, list[int]] = defaultdict(list)
        for at, key in enumerate(keys):
            groups[id(self._places[key][0])].append(at)
        found: dict[int, Continuation] = {}
        for group in groups.values():
            trees = self._places[keys[group[0]]][0]
            suffixes = [(self._places[keys[at]][1], ids[at][cuts[at] :]) for at in group]
            own = self._read_group(trees, [requests[at] for at in group], suffixes)
            found |= zip(group, own, strict=True)
        for at, key in enumerate(keys):
            # Reading the beginning of an image's prompts is charged to the first request that needs it, and to no
            # other: the `tokens_read` of all requests then add up to what went through the model, but for what opens
            # an answer and for nodes that are read once more.
            n_read = found[at].tokens_read + (cuts[at] if key in paid else 0)
            found[at] = replace(found[at], prompt_tokens=len(ids[at]), tokens_read=n_read)
            paid.discard(key)
        return [found[at] for at in range(len(requests))]

    def _plant(self, asked: dict[Any, Request], sizes: Counter[Any]) -> set[Any]:
        """Read the prefix of every image that is new, and return the first row of each.

        Rows with about as many prompts grow together, since the shorter ones are filled up.
        """
        groups: dict[Any, list[Any]] = defaultdict(list)
        for key, request in asked.items():
            if key not in self._places:
                # Images of one shape make one batch without padding; some families cannot batch images at all
                # (`apart`).
                apart = image_batch(self.loaded, key[1])
                groups[key[0], (apart, *request.prompt.image_shapes)].append(key)
        firsts: set[Any] = set()
        for (prefix, _), keys in groups.items():
            # Questions in different rows may show the same image, and then their rows share one reading of it. The
            # reversed order leaves the first row of each image, which is the one that is charged.
            first = {key[1]: key for key in reversed(keys)}
            images = list(first)
            inputs = [asked[first[image]].prompt.cut(len(prefix)) for image in images]
            read = Prefix(self.loaded, self.features, inputs, images, len(prefix))
            for alike in _by_magnitude(keys, sizes):
                packed = self._packed(read, [images.index(key[1]) for key in alike], self._beyond)
                trees = Trees(packed, len(alike))
                self._places |= {key: (trees, row) for row, key in enumerate(alike)}
            firsts |= set(first.values())
        return firsts

    def _read_group(
        self, trees: Trees, requests: Sequence[Request], suffixes: Sequence[tuple[int, list[int]]]
    ) -> list[Continuation]:
        ends = [trees.add(row, tokens) for row, tokens in suffixes]
        leaves = [leaf for leaf, _ in ends]
        # What may open an answer, such as `(`, is read in the same pass as the prompts: one pass of many nodes is
        # cheaper than two.
        openings = [(at, token) for at, request in enumerate(requests) for token in request.openings]
        after = [trees.add_after(leaves[at], token) for at, token in openings]
        both = trees.read([*leaves, *after])
        first = Distributions(both.logits[: len(leaves)])
        opened = both.numpy[len(leaves) :]
        starts = [
            Continuation(
                both.numpy[at],
                {token: opened[n] for n, (one, token) in enumerate(openings) if one == at},
                tokens_read=n_new,
            )
            for at, (_, n_new) in enumerate(ends)
        ]
        # The first token of an answer needs no branch, only those behind it.
        longer = [request for request in requests if request.max_new_tokens > 1]
        branches: Branches = PackedAnswers(trees, leaves)
        if self._cascades and longer:
            n_answers = sum(len(request.wanted) for request in longer)
            room = n_answers, max(request.max_new_tokens for request in longer) - 1
            branches = trees.cascade(leaves, room)
        return answer(branches, first, starts, requests, self.loaded.end_ids, self.race)


def _by_magnitude(keys: Sequence[Any], sizes: Counter[Any]) -> Iterable[list[Any]]:
    alike: dict[int, list[Any]] = defaultdict(list)
    for key in keys:
        # The same number of binary digits: the largest row of a group has less than twice as many prompts as the
        # smallest, so filling never doubles the work.
        alike[sizes[key].bit_length()].append(key)
    return alike.values()
