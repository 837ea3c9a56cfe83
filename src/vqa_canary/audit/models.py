"""What was asked and how the models answered: counts, failures, gaps and cost."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from vqa_canary.audit.record.asked import AskedDataset, AskedModel, FailureCount, GapCount
from vqa_canary.counting import counted
from vqa_canary.evaluation.image_clusters import image_clusters
from vqa_canary.frames import image_ids
from vqa_canary.statistics.clusters import count
from vqa_canary.statistics.proportions import proportion

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd


def questions_of(items: pd.DataFrame, instances: pd.DataFrame) -> list[AskedDataset]:
    """What was shown of each data set.

    Where questions share some of several images, `joined` says how many clusters of images there are.
    """
    found = []
    for dataset, shown in instances.groupby("dataset", sort=True):
        every = items[items["dataset"] == dataset]
        chosen = every["item_id"].isin(shown["item_id"]).to_numpy(bool)
        asked, n_clusters = every[chosen], count(image_clusters(every)[chosen])
        n_images = len({image for row in image_ids(asked) for image in row})
        kinds = asked["answer_type"].value_counts()
        found.append(
            AskedDataset(
                dataset=str(dataset),
                items=len(asked),
                images=n_images,
                joined=n_clusters if n_clusters < n_images else None,
                open=int(kinds.get("open", 0)),
                closed=int(kinds.get("closed", 0)),
                nota_valid=int(asked["nota_valid"].sum()),
                instances=len(shown),
            )
        )
    return found


def models_of(
    evidence: pd.DataFrame,
    items: pd.DataFrame,
    instances: pd.DataFrame,
    facts: Mapping[str, Mapping[str, str]],
) -> list[AskedModel]:
    """What answered, by name of the model; what it cost in money is not known here.

    Parameters
    ----------
    facts : what is known of each model
    """
    own = items[["dataset", "item_id"]].assign(cluster=image_clusters(items))
    clusters = instances[["instance_id", "dataset", "item_id"]].merge(own, on=["dataset", "item_id"])
    shown = evidence.merge(clusters[["instance_id", "cluster"]], on="instance_id")
    return [_model(str(name), rows, facts.get(str(name), {})) for name, rows in shown.groupby("model")]


def _model(name: str, rows: pd.DataFrame, facts: Mapping[str, str]) -> AskedModel:
    answered = rows[rows["status"] == "ok"]
    read = answered[answered["option_logprobs"].notna()]
    bounded = read["bounded"].map(lambda words: any(word not in ("True", "False") for word in _listed(words)))
    gaps = Counter((gap["field"], gap["reason"]) for row in answered["gaps"] for gap in _listed(row))
    failures = Counter(rows.loc[rows["status"] == "failed", "error"])
    return AskedModel(
        model=name,
        facts=settled(facts, answered.get("samples", ())),
        instances=len(rows),
        answered=len(answered),
        failed=len(rows) - len(answered),
        failures=tuple(FailureCount(error=error, n=n) for error, n in _ordered(failures)),
        uncounted=_uncounted(rows),
        uncounted_failed=_uncounted(rows[rows["status"] == "failed"]),
        calls=_calls(rows["calls"], facts),
        prompt_tokens=_sum(rows["prompt_tokens"]),
        completion_tokens=_sum(rows["completion_tokens"]),
        bounded=proportion(bounded.to_numpy(bool), read["cluster"].to_numpy(str)),
        gaps=tuple(GapCount(field=field, reason=reason, n=n) for (field, reason), n in _ordered(gaps)),
        cost=None,
        currency="",
    )


def settled(facts: Mapping[str, str], samples: Iterable[Any]) -> dict[str, str]:
    """Facts of which the answers themselves say more than a few questions before the first one could.

    Where the canary could not tell whether samples are drawn, the samples of the run do: two of one instance that
    differ were drawn. Where none differ, drawn or not, they say nothing.

    Parameters
    ----------
    samples : of each answered instance
    """
    known = dict(facts)
    if known.get("draws", "").startswith("cannot tell"):
        several = [texts for each in samples if len(texts := [one["text"] for one in _listed(each)]) > 1]
        varied = sum(len(set(texts)) > 1 for texts in several)
        if varied:
            known["draws"] = f"yes: samples differ in {varied:,} of {counted(len(several), 'instance')}"
        elif several:
            known["draws"] = (
                f"NOT seen to be: in all of {counted(len(several), 'instance')} every sample is alike"
            )
    return known


def _calls(told: pd.Series, facts: Mapping[str, str]) -> int | None:
    """All requests, those of canaries and of attempts that were repeated later among them; None where nobody counted.

    Evidence of older versions tells of its canaries alone.
    """
    if "calls" in facts:
        return int(facts["calls"])
    of_rows = _sum(told)
    return None if of_rows is None else of_rows + sum(map(int, facts.get("canary_calls", "0").split("; ")))


def _sum(counts: pd.Series) -> int | None:
    """Sum of the counts that are known; None where none is."""
    return int(counts.sum()) if counts.notna().any() else None


def _uncounted(rows: pd.DataFrame) -> int:
    """Instances that took requests of which not all tokens are known."""
    import pandas as pd

    asked = pd.to_numeric(rows["calls"]).fillna(0) > 0
    return int((asked & rows[["prompt_tokens", "completion_tokens"]].isna().any(axis=1)).sum())


def _listed(value: Any) -> Any:
    """The members of a list column's cell; a missing cell has none."""
    return value if hasattr(value, "__len__") else ()


def _ordered(counts: Counter[Any]) -> list[tuple[Any, int]]:
    """The commonest first, then by name."""
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
