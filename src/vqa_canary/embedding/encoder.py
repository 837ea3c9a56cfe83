"""The embedder itself: loaded by transformers, from safetensors alone, without code of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vqa_canary.embedding.recipe import Recipe, recipe_of
from vqa_canary.engines.local.arithmetic import has_cuda
from vqa_canary.engines.local.devices import threads_of_cpu
from vqa_canary.engines.local.made_up_weights import refuse_no_numbers, refuse_other_keys
from vqa_canary.errors import BadInput

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

    from vqa_canary.embedding.settings import EmbedderSettings

SIDE_BY_SIDE = 16
"""Texts that are embedded at once. Always so many, and all of as many tokens: the shape of a computation decides how it
is summed up, so that the vector of a text would else depend on its company in the last digits."""
_NEEDED_FILES = ["*.json", "*.safetensors", "*.txt", "*.model"]
"""Files of a hub id that are downloaded."""


@dataclass(frozen=True)
class Encoder:
    """A loaded embedder."""

    model: Any
    tokenizer: Any
    recipe: Recipe
    device: torch.device

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of unit length, one for each text: shape (n, d). The same text gives the same vector in any company.

        A text of more tokens than the embedder takes is cut behind them.
        """
        import numpy as np
        import torch

        found: NDArray[np.float32] = np.empty((len(texts), self.model.config.hidden_size), np.float32)
        if not texts:
            return found
        tokens = self._tokens(texts)
        with torch.inference_mode(), threads_of_cpu(1, self.device):
            for at in _groups([len(ids) for ids in tokens["input_ids"]]):
                filled = [*at, *[at[-1]] * (SIDE_BY_SIDE - len(at))]
                batch = {name: torch.tensor([rows[row] for row in filled]) for name, rows in tokens.items()}
                found[at] = self._embedded(batch)[: len(at)]
        return found

    def _tokens(self, texts: Sequence[str]) -> Mapping[str, list[list[int]]]:
        given = [text.lower() for text in texts] if self.recipe.lower_case else list(texts)
        sizes = (self.recipe.most_tokens, self.tokenizer.model_max_length)
        most = min(size for size in (*sizes, self.model.config.max_position_embeddings) if size)
        found: Mapping[str, list[list[int]]] = self.tokenizer(given, truncation=True, max_length=most)
        return found

    def _embedded(self, batch: Mapping[str, torch.Tensor]) -> NDArray[np.float32]:
        """Vectors of texts of equally many tokens, so that none of these is there for its length alone."""
        from torch.nn.functional import normalize

        hidden = self.model(**{name: part.to(self.device) for name, part in batch.items()}).last_hidden_state
        pooled = hidden.mean(dim=1) if self.recipe.pooling == "mean" else hidden[:, 0]
        vectors: NDArray[np.float32] = normalize(pooled.float(), dim=-1).cpu().numpy()
        return vectors


def _groups(lengths: Sequence[int]) -> list[list[int]]:
    """The numbers of the texts that are embedded at once: of equal lengths, and at most `SIDE_BY_SIDE`."""
    of_length: dict[int, list[int]] = {}
    for at, length in enumerate(lengths):
        of_length.setdefault(length, []).append(at)
    return [
        rows[start : start + SIDE_BY_SIDE]
        for _, rows in sorted(of_length.items())
        for start in range(0, len(rows), SIDE_BY_SIDE)
    ]


@lru_cache(maxsize=1)
def load_encoder(settings: EmbedderSettings) -> Encoder:
    """Load the configured embedder, whole or not at all; a hub id is downloaded at its commit.

    Raises
    ------
    BadInput : it cannot be loaded, or the library would make up a part of it
    """
    try:
        return _load(settings.folder or _downloaded(settings), settings.device)
    except Exception as error:  # of any kind: each of the library's classes fails in its own way
        told = " ".join(str(error).split())[:500] or type(error).__name__
        raise BadInput(f"parameters: embedder.path: cannot load {settings.path}: {told}") from error


def _load(folder: Path, device: str) -> Encoder:
    import torch
    from transformers import AutoModel, AutoTokenizer

    recipe = recipe_of(folder)
    place = torch.device(("cuda" if has_cuda() else "cpu") if device == "auto" else device)
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    model, report = AutoModel.from_pretrained(
        folder,
        dtype=torch.float32,
        local_files_only=True,
        use_safetensors=True,
        trust_remote_code=False,
        output_loading_info=True,
        ignore_mismatched_sizes=True,  # so that they are named, and refused below
    )
    refuse_other_keys(report, model)
    refuse_no_numbers(model)
    return Encoder(model.eval().to(place), tokenizer, recipe, place)


def _downloaded(settings: EmbedderSettings) -> Path:
    from huggingface_hub import snapshot_download

    return Path(
        snapshot_download(str(settings.path), revision=settings.revision, allow_patterns=_NEEDED_FILES)
    )
