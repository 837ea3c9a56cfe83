"""The strongest common practice: an item's shared prefix read once, its cache repeated for what follows.

All conditions of an item are the rows of one batch: suffixes are padded on their left, between the prefix
and their first token, so every row ends in the last column. Follow-ups go on from the rows of their
condition. Samples are rows of their own, equal or not. Forks share tensors until rows are repeated.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import torch
from PIL.Image import Image
from rivals import Rival, Written, choose, log_softmax
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from vqa_canary.engines.local.sampler import Draw
from vqa_canary.engines.prompts import Chat
from vqa_canary.engines.protocols import ImageOpener
from vqa_canary.rows import Evidence, Instance


class RepeatedCache(Rival):
    """Asks item by item; the instances of an item stand together.

    With `reserve`, columns for the tokens to come are allocated when rows are repeated; without, the
    library's `DynamicCache` copies itself at every step. `read` keeps the token sequences that it read.
    """

    def __init__(self, *args: Any, reserve: bool = False) -> None:
        super().__init__(*args)
        self._reserve = reserve
        self.read: list[list[int]] = []
        self._image: Image | None = None

    def answer(self, instances: Sequence[Instance], open_image: ImageOpener) -> list[Evidence]:
        items = [[*item] for _, item in groupby(instances, key=lambda one: one.item_id)]
        with torch.inference_mode():
            return [one for item in items for one in self._answer(item, open_image(item[0]))]

    def render(self, chat: Chat, image: Image) -> dict[str, Any]:
        """An image is prepared once for all prompts about it; in the others its token is only repeated."""
        if image is not self._image:
            self._image, self._prepared = image, super().render(chat, image)
            return self._prepared
        mark = self.model.config.image_token_id
        n_marks = int((self._prepared["input_ids"] == mark).sum())
        text = self.processor.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
        ids = self.processor.tokenizer(text)["input_ids"]
        at = ids.index(mark)
        ids[at : at + 1] = [mark] * n_marks
        return self._prepared | {"input_ids": torch.tensor([ids], device=self.device)}

    def _answer(self, item: Sequence[Instance], image: Image) -> list[Evidence]:
        prompts = [self.render(self.question(one), image) for one in item]
        questions = [_tokens(prompt) for prompt in prompts]
        shared = shared_length(questions)
        rows = _Rows.prefill(self.model, prompts[0], shared).fork([0] * len(item))
        after = rows.read([tokens[shared:] for tokens in questions])
        draws: list[list[Draw | None]] = [[None, *self.draws(one)] for one in item]
        answers = self._write(rows, after, draws)
        chats = [self.follow_ups(one, own[0]) for one, own in zip(item, answers, strict=True)]
        asked = [_tokens(self.render(pair[turn], image)) for turn in (0, 1) for pair in chats]
        both = [*zip(questions * 2, asked, strict=True)]
        assert all(tokens[: len(question)] == question for question, tokens in both)
        follow_ups = rows.fork([*range(len(item))] * 2)
        ends = follow_ups.read([tokens[len(question) :] for question, tokens in both])
        confident = follow_ups.fork(range(len(item), 2 * len(item)))
        stated = self._write(confident, ends[len(item) :], [[None]] * len(item))
        for question, own in (
            *zip(questions, answers, strict=True),
            *zip(asked[len(item) :], stated, strict=True),
        ):
            self.read += [[*question, *answer.tokens[:-1]] for answer in own]
        self.read += asked[: len(item)]
        return [
            self.evidence(
                one,
                log_softmax(after[at]),
                answers[at][0],
                answers[at][1:],
                log_softmax(ends[at]),
                stated[at][0],
            )
            for at, one in enumerate(item)
        ]

    def _write(
        self, rows: _Rows, logits: torch.Tensor, draws: Sequence[Sequence[Draw | None]]
    ) -> list[list[Written]]:
        """An answer for each draw of each row; `logits`, shape (rows, vocabulary), are of their first token."""
        answers = [[Written(greedy=draw is None) for draw in own] for own in draws]
        sources = [row for row, own in enumerate(draws) for _ in own]
        flat = [pair for own in zip(answers, draws, strict=True) for pair in zip(*own, strict=True)]
        logits = logits[sources]
        n_tokens = self.sampling.max_new_tokens
        for step in range(n_tokens):
            chosen = choose(logits, [draw for _, draw in flat], step, self.sampling.temperature)
            for (answer, _), choice in zip(flat, chosen, strict=True):
                if answer.tokens[-1:] != [self.end]:
                    answer.take(choice)
            if step == 0:
                rows = rows.fork(sources, reserved=(n_tokens - 1) * self._reserve)
            if step + 1 < n_tokens:
                logits = rows.read([[choice.token] for choice in chosen])
        return answers


class _Rows:
    """A cache of several sequences: `mask`, shape (rows, columns), marks the columns that are no padding."""

    def __init__(self, model: Any, cache: Any, mask: torch.Tensor) -> None:
        self._model, self._cache, self._mask = model, cache, mask

    @classmethod
    def prefill(cls, model: Any, prompt: dict[str, Any], length: int) -> _Rows:
        """One row: the image and the first `length` tokens of a prompt."""
        cache, ids = DynamicCache(), prompt["input_ids"][:, :length]
        pixels = prompt["pixel_values"]
        model(input_ids=ids, pixel_values=pixels, past_key_values=cache, logits_to_keep=1)
        return cls(model, cache, torch.ones_like(ids))

    def fork(self, rows: Sequence[int], reserved: int = 0) -> _Rows:
        """Another cache with these rows, any of them several times; this one stays as it is."""
        index = torch.as_tensor([*rows], device=self._mask.device)
        cache = copy.copy(self._cache)
        if reserved:
            cache.layers = [_Reserved(layer, index, reserved) for layer in cache.layers]
        else:
            cache.layers = [copy.copy(layer) for layer in cache.layers]
            cache.reorder_cache(index)
        return _Rows(self._model, cache, self._mask[index])

    def read(self, suffixes: Sequence[Sequence[int]]) -> torch.Tensor:
        """Logits after one more suffix a row, shape (rows, vocabulary)."""
        width = max(map(len, suffixes))
        padded = [[0] * (width - len(suffix)) + [*suffix] for suffix in suffixes]
        new = [[int(at >= width - len(suffix)) for at in range(width)] for suffix in suffixes]
        self._mask = torch.cat([self._mask, torch.as_tensor(new).to(self._mask)], dim=1)
        output = self._model(
            input_ids=torch.as_tensor(padded, device=self._mask.device),
            attention_mask=self._mask,
            position_ids=(self._mask.cumsum(-1) - 1)[:, -width:],
            past_key_values=self._cache,
            logits_to_keep=1,
        )
        logits: torch.Tensor = output.logits[:, -1]
        return logits


class _Reserved(DynamicLayer):
    """Repeated rows with columns for the tokens to come."""

    def __init__(self, layer: Any, rows: torch.Tensor, columns: int) -> None:
        super().__init__()
        self.dtype, self.device, self.is_initialized = layer.dtype, layer.device, True
        pad = torch.nn.functional.pad
        kept = (layer.keys, layer.values)
        self._all = [pad(one, (0, 0, 0, columns)).index_select(0, rows) for one in kept]
        self.keys, self.values = (one[:, :, :-columns] for one in self._all)

    def update(self, *new: torch.Tensor, **_: Any) -> tuple[torch.Tensor, torch.Tensor]:
        start = self.keys.shape[-2]
        end = start + new[0].shape[-2]
        for columns, one in zip(self._all, new, strict=False):
            columns[:, :, start:end] = one
        self.keys, self.values = (one[:, :, :end] for one in self._all)
        return self.keys, self.values


def shared_length(sequences: Sequence[Sequence[int]]) -> int:
    """Tokens that all sequences begin with, short of the last of the shortest."""
    most = min(map(len, sequences)) - 1
    return next((at for at in range(most) if len({one[at] for one in sequences}) > 1), most)


def _tokens(prompt: dict[str, Any]) -> list[int]:
    tokens: list[int] = prompt["input_ids"][0].tolist()
    return tokens
