"""Nodes of `ue_scoring`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, field_serializer


class Scoring(BaseModel):
    """`params:scoring`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    methods: tuple[str | dict[str, Any], ...]
    """UE methods, each by its name alone or by its name with settings: `margin`, or `{renyi_entropy: {alpha: 0.4}}`."""
    label: Literal["choice", "native"] = "choice"
    """Whose answer `correct` is about: the model's choice for all methods, or each method's own."""

    @property
    def names(self) -> tuple[str, ...]:
        """What the rows of each method are called in `scores`."""
        from vqa_canary.ue.configured import methods_of

        return tuple(method.name for method in methods_of(self.methods))

    @field_serializer("methods")
    def _with_every_setting(self, methods: tuple[str | dict[str, Any], ...]) -> list[Any]:
        """What scores rest on: a default that changes with a new version of a method is another setting, too."""
        from vqa_canary.ue.configured import resolved

        return resolved(methods)


def score(evidence: Any, instances: Any, scoring: Scoring) -> Any:
    """Rows of `scores` for one model's evidence."""
    from vqa_canary.ue.coverage import refuse_unasked
    from vqa_canary.ue.table import scores_table

    refuse_unasked(evidence, instances)
    return scores_table(evidence, instances, scoring.methods, scoring.label)


def gather(*scores: Any) -> Any:
    """The scores of all models as one table."""
    import pandas as pd

    from vqa_canary.tables import KEYS

    return pd.concat(scores, ignore_index=True).sort_values(list(KEYS["scores"]), ignore_index=True)
