"""What no engine can avoid: reading the shared prefix with its image, and each distinct new token once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from repeated_cache import RepeatedCache, shared_length
from transformers import DynamicCache
from workload import Work


class LowerBound:
    """Passes over ready tensors: no text is rendered, no image prepared, nothing is drawn or written."""

    def __init__(self, rival: RepeatedCache) -> None:
        self._rival = rival

    def prefill(self, work: Work) -> Callable[[], Any]:
        """The tokens that all prompts about the image share, and the image."""
        prompt, length = self._prefix(work)
        return lambda: self._read(prompt, length)

    def packed_pass(self, work: Work) -> Callable[[], Any]:
        """The same, then as many tokens as the trie of all that was read has beyond it, under a causal mask."""
        prompt, length = self._prefix(work)
        nodes = self.new_nodes(work)
        more = torch.randint(10, 200, (1, nodes), device=self._rival.device)
        return lambda: self._read(prompt, length, more)

    def new_nodes(self, work: Work) -> int:
        _, length = self._prefix(work)
        self._rival.read = []
        self._rival.answer(work.instances, work.open_image)
        return n_nodes(self._rival.read) - length

    def _prefix(self, work: Work) -> tuple[dict[str, Any], int]:
        prompts = [self._rival.render(self._rival.question(one), work.image) for one in work.instances]
        return prompts[0], shared_length([prompt["input_ids"][0].tolist() for prompt in prompts])

    def _read(self, prompt: dict[str, Any], length: int, more: torch.Tensor | None = None) -> None:
        cache, model = DynamicCache(), self._rival.model
        pixels, ids = prompt["pixel_values"], prompt["input_ids"][:, :length]
        with torch.inference_mode():
            model(input_ids=ids, pixel_values=pixels, past_key_values=cache, logits_to_keep=1)
            if more is not None:
                model(input_ids=more, past_key_values=cache, logits_to_keep=1)


def n_nodes(sequences: Sequence[Sequence[int]]) -> int:
    """Nodes of the trie of these sequences: their distinct beginnings."""
    nodes: dict[tuple[int, int], int] = {}
    for sequence in sequences:
        parent = 0
        for token in sequence:
            parent = nodes.setdefault((parent, token), len(nodes) + 1)
    return len(nodes)
