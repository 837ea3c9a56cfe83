"""The column `sample_embeddings`: a vector for each sample, looked up when rows are stacked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.errors import BadInput
from vqa_canary.sample_texts import embedded_text, text_hash

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


class EmbeddedSamples:
    """For each sample the number of its text among the distinct ones, and one vector for each of these.

    So the vectors of all samples never lie in memory together, only those of distinct texts.

    Parameters
    ----------
    data : rows of evidence with the `options` that were shown
    embeddings : the table `embeddings`; None, or without a row, where nothing was embedded, and then all is missing

    Raises
    ------
    BadInput : the table lacks the vector of a text
    """

    def __init__(self, data: pd.DataFrame, embeddings: pd.DataFrame | None) -> None:
        self.missing: NDArray[np.bool_] = np.ones(len(data), bool)
        self.lengths = np.zeros(len(data), np.int64)
        self.width = 1
        if embeddings is None or not len(embeddings):
            return
        self.missing = data["samples"].isna().to_numpy(bool, copy=True)
        self._vectors = np.stack(embeddings["vector"].tolist())
        self.width = self._vectors.shape[1]
        places = {known: at for at, known in enumerate(embeddings["text_sha256"])}
        numbers: dict[str, int] = {}
        flat: list[int] = []
        given = data[["samples", "options", "model"]].to_numpy()
        for row in np.flatnonzero(~self.missing):
            samples, options, model = given[row]
            self.lengths[row] = len(samples)
            for sample in samples:
                text = embedded_text(sample, options)
                if text not in numbers:
                    numbers[text] = _place_of(text, places, str(model))
                flat.append(numbers[text])
        self.missing |= self.lengths == 0
        self._numbers = np.array(flat, np.int64)
        self._first = np.cumsum(self.lengths) - self.lengths

    def rows(self, at: NDArray[np.int64]) -> NDArray[np.float64]:
        """Vectors of the samples of the rows `at`, which have equally many: shape (n, n_samples, d)."""
        steps = np.arange(self.lengths[at[0]])
        found = self._vectors[self._numbers[self._first[at][:, None] + steps]]
        return np.asarray(found, np.float64)


def _place_of(text: str, places: dict[str, int], model: str) -> int:
    try:
        return places[text_hash(text)]
    except KeyError as error:
        raise BadInput(
            f"embeddings of {model}: the vector of a sample's text is missing. Run `kedro run --pipeline ue_scoring`, "
            "which makes what is missing."
        ) from error


def in_one_order(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """The vectors of each row in an order that their values decide: so that the order in which samples were drawn
    cannot change the last digit of what is computed of them.

    Parameters
    ----------
    vectors : shape (..., S, d)
    """
    whole = (vectors + 0.0).reshape(
        -1, *vectors.shape[-2:]
    )  # turns -0.0, which has bits of its own, into 0.0
    as_bytes = whole.view(f"V{whole.itemsize * whole.shape[-1]}")[..., 0]
    ordered = whole[np.arange(len(whole))[:, None], as_bytes.argsort(axis=-1)]
    return np.asarray(ordered.reshape(vectors.shape))
