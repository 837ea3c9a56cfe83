"""How questions are read, proven once for all of a study and again only where it has to be."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vqa_canary.engines.local.asked import Asked
from vqa_canary.engines.local.columns import Columns, columns_of
from vqa_canary.engines.local.ladder import ProvenReading, find_reading
from vqa_canary.engines.local.loading import Loaded, TransformersModel
from vqa_canary.engines.local.race import Race
from vqa_canary.engines.local.rendering import Renderer
from vqa_canary.engines.local.rungs import TREES
from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.sampling import Sampling


class Proofs:
    """The ways of reading that have proven right for a loaded model.

    Parameters
    ----------
    limit : most tokens of an answer or of a reply
    """

    def __init__(
        self,
        loaded: Loaded,
        renderer: Renderer,
        options: TransformersModel,
        prompts: Prompts,
        sampling: Sampling,
        race: Race,
        limit: int,
    ) -> None:
        self._loaded, self._renderer, self._options = loaded, renderer, options
        self._prompts, self._sampling, self._race, self._limit = prompts, sampling, race, limit
        self._proven: dict[tuple[int, Columns], ProvenReading] = {}
        """For each number of images that a question shows, and bounds on the columns of a tree, how such questions are
        read unless longer ones come."""

    def find(
        self, asked: Sequence[Asked], n_images: int, expected: Callable[[], Sequence[Asked]] | None
    ) -> ProvenReading:
        """How instances are read: as is proven once for all of the study, or anew where they are longer.

        A tree of more columns has a proof of its own, made with the same instances whoever asks for it first.

        Parameters
        ----------
        asked : instances that show `n_images` each
        expected : makes the instances with which the study's proof is made, whichever are asked about first; None where
            nobody has said what is to be asked

        Raises
        ------
        BadInput : see `find_reading`
        """
        columns = Columns()
        if self._options.reading in TREES:
            columns = columns_of(asked, self._prompts, self._renderer, self._limit, self._sampling)
        rest = self._loaded, self._renderer, self._prompts, self._options, self._race, self._limit, columns
        key = n_images, columns if expected else Columns()
        if expected and key not in self._proven and (trial := expected()):
            self._proven[key] = find_reading(None, trial, *rest)
        found = find_reading(self._proven.get(key), asked, *rest)
        if not expected:
            self._proven[key] = found
        return found
