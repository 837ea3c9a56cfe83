"""What the page speaks of: the tables of a study, and one data set of it as the sections see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from vqa_canary.estimate import Estimate
from vqa_canary.nota import ALL, offering
from vqa_canary.report.accuracy import Shown, accuracy_of, shown
from vqa_canary.report.method_names import in_order
from vqa_canary.report.numbers import Numbers, Range, is_measured
from vqa_canary.report.styles import Style, styles
from vqa_canary.rows import CLEAN, CONTROL, UNSEEN

if TYPE_CHECKING:
    import pandas as pd

PLAINEST = "label_nll"
"""The method that the pictures of the first screen show in a study without a primary method: they have room for one."""

LONGEST_BESIDE = 26
"""Letters of a model's name that fit beside a row of a figure."""

Claims = Sequence[Mapping[str, Any]]


def no_probabilities() -> pd.DataFrame:
    """The table of option probabilities of a study that has none."""
    import pandas as pd

    return pd.DataFrame({"model": [], "instance_id": [], "probabilities": []})


@dataclass(frozen=True)
class Study:
    """Everything that the report is made from."""

    name: str
    items: pd.DataFrame
    instances: pd.DataFrame
    scores: pd.DataFrame
    quarantine: pd.DataFrame
    metrics: pd.DataFrame
    curves: pd.DataFrame
    """Points of the curves: dataset, curve, condition, model, method, x, y, y_low, y_high, n."""
    claims: Claims
    labels: Sequence[Mapping[str, Any]]
    """How much `label: native` moves each model's ranking of methods."""
    label: str
    """Whose answer `correct` is about: `choice` or `native`."""
    settings: Mapping[str, Any]
    """How to repeat it: label to text."""
    readability: Sequence[Mapping[str, Any]] = ()
    """What could be read of each model's answers: rows of `readability`."""
    accounting: Sequence[Mapping[str, Any]] = ()
    """Where the rows of each stage went."""
    facts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """What answered: facts by model."""
    calibration: str = "none"
    """How uncertainties became confidences: the setting `evaluation.calibration`."""
    bins: str = "equal_mass"
    """How confidences were cut into bins: the setting `evaluation.ece.bins`."""
    baselines: Mapping[str, str] = field(default_factory=dict)
    """Each variant's baseline."""
    comparison: Sequence[Mapping[str, Any]] = ()
    """Every pair of methods on clean input, model by model and over all models: rows of `comparison`."""
    variants: Sequence[Mapping[str, Any]] = ()
    """Variants minus their baselines: rows of `variants`."""
    verifications: Sequence[Mapping[str, Any]] = ()
    """What each model's parity certificate is worth: rows of `verifications`."""
    variant_rule: str = ""
    """The rule by which the differences in `variants` were judged, in words."""
    groups: Mapping[str, str] = field(default_factory=dict)
    families: Mapping[str, str] = field(default_factory=dict)
    nota_conditions: tuple[str, ...] = ("nota_replace", "nota_last")
    primary: str | None = None
    """The method whose verdicts are the headline; None: all are told alike."""
    margins: Mapping[str, float] = field(default_factory=dict)
    """Fixed numbers of the verdict rules: `drop`, `shift`, `weak`; what is absent is not drawn."""
    show_questions: bool = False
    """Whether the page may hold what the items say."""
    retry: str = ""
    """The command that asks for failed instances again."""
    images: Mapping[str, Any] = field(default_factory=dict)
    """What was done to images that are no plain pictures: see `report.images`."""
    clusters: Mapping[str, int] = field(default_factory=dict)
    """Clusters that the images make, by data set; an image that no question shares is one."""
    probabilities: pd.DataFrame = field(default_factory=no_probabilities)
    """What the explorer draws as bars: see `explorer.option_probabilities`; without rows there are none."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """What each method is and needs, in a sentence, by method."""
    thumbnails: Mapping[str, str] | None = None
    """Image id to a small image as a data URI; None: images are not to be shown."""

    @cached_property
    def asked(self) -> list[str]:
        """Everyone who was asked, the least accurate first, as everywhere; variants behind their baselines."""
        accuracy = clean_accuracies(self.metrics)

        def place(name: str) -> tuple[bool, float, tuple[str, int, str], bool, str]:
            base = self.baselines.get(name, name)
            return base not in accuracy, accuracy.get(base, 0.0), _by_number(base), name != base, name

        return sorted(self.metrics["model"].unique(), key=place)

    @cached_property
    def models(self) -> list[str]:
        """Those that figures and findings are about: without variants."""
        return [name for name in self.asked if name not in self.baselines]

    @cached_property
    def short(self) -> dict[str, str]:
        """Names for where space is short: without the beginning that all share, `llava-600` of `phantom-llava-600`."""
        names = [str(name) for name in self.asked]
        shared = [letters[0] for letters in takewhile(_are_alike, zip(*names, strict=False))]
        cut = 1 + max("".join(shared).rfind(mark) for mark in "-/") if len(names) > 1 else 0
        return {name: name[cut:] or name for name in self.asked}

    @cached_property
    def beside(self) -> dict[str, str]:
        """The short names as they stand beside a row of a figure: of long ones the beginning."""
        return {
            model: name if len(name) <= LONGEST_BESIDE else f"{name[: LONGEST_BESIDE - 1]}…"
            for model, name in self.short.items()
        }

    @cached_property
    def methods(self) -> list[str]:
        """In the order in which every figure and table has them: see `method_names`."""
        return in_order(set(self.metrics["method"]) - {""})

    @cached_property
    def stated(self) -> list[str]:
        """Methods that state a probability of being right themselves."""
        curves = self.curves
        return sorted(curves.loc[curves["curve"] == "stated_reliability", "method"].unique())

    @cached_property
    def conditions(self) -> list[str]:
        """`clean` first, then the NOTA conditions, then the others."""
        order = {CLEAN: 0, **{name: 1 + at for at, name in enumerate(self.nota_conditions)}, CONTROL: 50}
        names = self.instances["condition"].unique()
        return sorted(names, key=lambda name: (order.get(name, 99), name))


@dataclass(frozen=True)
class View:
    """One data set of a study."""

    study: Study
    dataset: str
    numbers: Numbers

    def get(
        self, model: str, condition: str, metric: str, method: str = "", subset: str | None = None
    ) -> Estimate:
        """The number of a cell, on the condition's headline subset unless another is named."""
        return self.numbers.get(model, self.dataset, condition, metric, method, subset)

    def accuracy(self, model: str, condition: str, method: str, subset: str | None = None) -> Estimate:
        """A method's own where methods are judged on answers of their own, else the model's."""
        own = self.get(model, condition, "accuracy", "", subset)
        return own if is_measured(own) else self.get(model, condition, "accuracy", method, subset)

    def shown_accuracy(
        self, model: str, condition: str, method: str, subset: str | None = None
    ) -> Estimate | Range:
        """As tables show it: a range where too little of the model's answers could be read, or why there is none."""
        place = self.dataset, model, condition
        number = self.accuracy(model, condition, method, subset)
        return accuracy_of(self._shown, place, subset or self.numbers.headline(condition), method, number)

    def accuracy_drop(self, model: str, condition: str) -> Estimate:
        """The model's, or by the plainest method where methods are judged on answers of their own."""
        own = self.get(model, condition, "accuracy_drop")
        return own if is_measured(own) else self.get(model, condition, "accuracy_drop", self.plainest)

    @cached_property
    def _shown(self) -> Shown:
        return shown(self.study.readability)

    def claims(self, name: str, level: str, condition: str | None = None) -> list[Mapping[str, Any]]:
        """Claims about this data set."""
        return [
            claim
            for claim in self.study.claims
            if claim["claim"] == name
            and claim["level"] == level
            and claim["dataset"] == self.dataset
            and condition in (None, claim["condition"])
        ]

    @cached_property
    def looks(self) -> dict[str, Style]:
        """Each model's look, the same in every figure."""
        by_name = sorted(self.study.models, key=_by_number)  # so that a longer training has the fuller mark
        looks = styles(by_name, self.study.groups, self.study.families)
        return {name: looks[name] for name in self.study.models}

    @cached_property
    def best(self) -> dict[str, str]:
        """Each model's method of the highest clean AUROC; none for a model without any."""
        best = {}
        for model in self.study.asked:
            known = {
                method: value
                for method in self.study.methods
                if (value := self.get(model, CLEAN, "auroc", method).value) is not None
            }
            if known:
                best[model] = max(known, key=lambda method: known[method])
        return best

    @cached_property
    def curves(self) -> pd.DataFrame:
        """Points of this data set's curves, without variants, found by (curve, condition, model, method)."""
        all_curves = self.study.curves
        own = all_curves[
            (all_curves["dataset"] == self.dataset) & ~all_curves["model"].isin(list(self.study.baselines))
        ]
        return own.set_index(["curve", "condition", "model", "method"]).sort_index(kind="stable")

    @property
    def nota(self) -> str | None:
        """The NOTA condition that the first screen is about."""
        return next(
            (condition for condition in self.study.nota_conditions if condition in self.study.conditions),
            None,
        )

    @cached_property
    def unseen(self) -> str | None:
        """The condition under which models were asked about this data set without the image; None where none was."""
        instances = self.study.instances
        asked = set(instances.loc[instances["dataset"] == self.dataset, "condition"])
        return next((condition for condition in UNSEEN if condition in asked), None)

    @cached_property
    def plainest(self) -> str:
        """The method that a picture shows where it has room for one: the primary one, if there is one."""
        methods, wanted = self.study.methods, (self.study.primary, PLAINEST)
        return next((name for name in wanted if name in methods), methods[0])

    def name(self, figure: str) -> str:
        """A file name: the data set is part of it where there are several."""
        several = self.study.metrics["dataset"].nunique() > 1
        return f"{figure}_{self.dataset}" if several else figure


def views(study: Study) -> list[View]:
    """One for each data set, in order of its name."""
    numbers = Numbers(study.metrics, offering(study.instances))
    return [View(study, str(name), numbers) for name in sorted(study.metrics["dataset"].unique())]


def clean_accuracies(metrics: pd.DataFrame) -> dict[str, float]:
    """Mean accuracy of each model on clean questions, over data sets, and over methods with answers of their own."""
    rows = metrics[
        (metrics["metric"] == "accuracy") & (metrics["condition"] == CLEAN) & (metrics["subset"] == ALL)
    ]
    means = rows.dropna(subset=["value"]).groupby("model", observed=True)["value"].mean()
    return {str(name): float(value) for name, value in means.items()}


def _are_alike(letters: tuple[str, ...]) -> bool:
    return len(set(letters)) == 1


def _by_number(name: str) -> tuple[str, int, str]:
    stem = name.rstrip("0123456789")
    return stem, int(name[len(stem) :] or 0), name
