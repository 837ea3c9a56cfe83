"""The types of the parameters: one for each section of `conf/*/parameters*.yml` that has a fixed layout.

A node names the type of a section in its signature, and Kedro hands it an object of that type instead of a dictionary.
This module imports no node and no pipeline, so that all of them can import it. The types that belong to another part of
the package are imported here, and nodes take those from here, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_serializer, model_validator

from vqa_canary.audit.planning.settings import Planning
from vqa_canary.audit.settings import AuditSettings
from vqa_canary.embedding.settings import EmbedderSettings
from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.sampling import Sampling
from vqa_canary.engines.shards import INSTANCES_PER_SHARD
from vqa_canary.images.settings import ImageSettings
from vqa_canary.monitoring.settings import MonitorSettings
from vqa_canary.reference_models.architecture import Architecture
from vqa_canary.reference_models.training import Training
from vqa_canary.statistics.bins import N_BINS, Binning
from vqa_canary.strict import LARGEST
from vqa_canary.workers.settings import MOST, Ray

__all__ = [
    "SETTINGS",
    "TYPES",
    "AuditSettings",
    "Ece",
    "EmbedderSettings",
    "Evaluation",
    "ImageSettings",
    "MonitorSettings",
    "Planning",
    "Prompts",
    "Ray",
    "ReferenceModel",
    "ReportSettings",
    "Sampling",
    "Scoring",
    "Selection",
    "Shapes",
    "Tracking",
    "Verification",
    "typed",
]


class Selection(BaseModel):
    """`params:selection`: which items a study asks about."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    split: str = "test"
    """The split of the datasets whose items are asked about."""
    max_images: int | None = Field(None, ge=1)
    """At most this many images of each dataset are drawn, by (seed, image_id), and all questions about them are asked.
    Images that are shown together count as one."""
    per: str | None = None
    """A column of `items` or an attribute, such as `modality`: for each of its values at most `at_most` questions of
    each dataset are drawn, by (seed, image). Questions that share an image are asked together or not at all."""
    at_most: int | None = Field(None, ge=1)
    """Most questions for each value of `per`; where there are fewer, all are asked, and the log says so."""

    @model_validator(mode="after")
    def _in_one_way(self) -> Selection:
        if (self.per is None) != (self.at_most is None):
            raise ValueError(
                "give `per` and `at_most` together: by which column, and how many of each of its values"
            )
        if self.per is not None and self.max_images is not None:
            raise ValueError("give `max_images`, or `per` with `at_most`, not both")
        return self


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


class Ece(BaseModel):
    """`params:evaluation.ece`: how confidences are cut into bins for the expected calibration error."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bins: Literal["equal_mass", "equal_width", "equal_width_open"] = "equal_mass"
    """Bins of equally many answers, or of equal width. `equal_width_open` is what code of the paper's authors does: the
    last bin is open as well, and a confidence of exactly 1 falls in no bin; `ece_lost` says what that loses."""
    n_bins: int = Field(N_BINS, ge=1, le=1000)
    """The number of bins."""

    @property
    def binning(self) -> Binning:
        """The same as an object that bins."""
        return Binning(self.bins, self.n_bins)


class Evaluation(BaseModel):
    """`params:evaluation`: whose verdicts are the headline, which subgroups get metrics of their own, which conditions
    hide the answer, and how uncertainty becomes confidence."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    primary: str | None = None
    """The UE method whose verdicts are the headline, named before the run: its p-values over models are not adjusted
    for the other methods. Without one, all methods are judged alike, with Holm over them."""
    subgroups: tuple[str, ...] = ("question_type", "modality", "body_region", "answer_type")
    """Each value of these columns of `items` is a subgroup that gets metrics of its own."""
    tracking_over: str | None = "modality"
    """The column of `items`, or attribute, over whose values claim 1 is asked inside each model; null: it is not."""
    nota_conditions: tuple[str, ...] = ("nota_replace", "nota_last")
    """The conditions that hide the right answer; claims 2 and 3 are about them."""
    calibration: Literal["none", "minmax", "isotonic", "platt"] = "isotonic"
    """How an uncertainty becomes a confidence, so that every method has an ECE and a Brier score. `isotonic` and
    `platt` are fitted to clean answers about other images; `minmax` stretches the uncertainties of the evaluated set
    to 0 to 1, and so depends on that set; `none` leaves methods that are no probabilities without a confidence."""
    ece: Ece = Ece()
    """The bins of the expected calibration error."""


class ReportSettings(BaseModel):
    """`params:report`: what the page may hold besides numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    show_questions: tuple[str, ...] = ()
    """Datasets whose questions and options may be shown, in the item explorer and in reasons for refusals."""
    show_images: tuple[str, ...] = ()
    """Datasets of whose images the item explorer may show small copies."""

    @staticmethod
    def allows(named: tuple[str, ...], shown: Any) -> bool:
        """Whether every dataset of `shown` is named: what is private must not come along with the rest."""
        return set(shown["dataset"]) <= set(named)


class Verification(BaseModel):
    """`params:verification`: how much is asked anew to verify a model's evidence."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    images: int = Field(5, ge=1)
    """The number of images that are drawn from each dataset; the image is the unit of every interval."""
    items_per_image: int = Field(1, ge=1)
    """The number of items that are drawn for each of these images, and asked under all their conditions."""
    endpoint_agreement: float = Field(0.9, ge=0, le=1)
    """The share of an endpoint's choices, at least, that must be the same when it is asked again."""


class ReferenceModel(BaseModel):
    """`params:reference_models.<name>`: one training run, which leaves one reference VLM for each training length."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    learns_from: Literal["phantoms", "items"] = "phantoms"
    """`phantoms` are drawn anew at every step; `items` are those of the study's train split."""
    architecture: Architecture = Architecture()
    training: Training = Training()
    n_held_out: int = Field(64, ge=1)
    """The number of images on which the learning curves are measured; the model never learns from them."""


class Tracking(BaseModel):
    """`params:tracking`; what else stands there is for the hooks."""

    model_config = ConfigDict(extra="allow", strict=True)

    enabled: bool = True
    """Whether runs are recorded in MLflow."""


def _folder_name(name: str | int) -> str | int:
    text = str(name)
    if text in (".", "..") or any(mark in text for mark in "/\\\0") or not 0 < len(text) <= 100:
        raise ValueError("it names a folder below data/: 1 to 100 characters without / and \\")
    return name


def _entries(entries: object) -> object:
    if not isinstance(entries, list | Mapping):
        raise ValueError("give a list of names, such as `[clean, nota_replace]`")
    return entries


def _number_of_workers(number: object) -> object:
    is_number = isinstance(number, int) and not isinstance(number, bool) and 1 <= number <= MOST
    if number != "auto" and not is_number:
        raise ValueError(f"give `auto`, or a whole number from 1 to {MOST}")
    return number


Names = list[str]
Section = dict[str, Any]


class Shapes(BaseModel):
    """What each setting at the top level is, such as a number, a list of names or a section, whatever stands inside."""

    model_config = ConfigDict(extra="ignore", strict=True)

    study: Annotated[str | int, AfterValidator(_folder_name)]
    store: str = "data"
    seed: int = Field(ge=0, le=LARGEST)
    default_pipelines: Names
    datasets: Section
    conditions: Annotated[Any, AfterValidator(_entries)]
    models: Section
    scoring: Section
    embedder: Section = {}
    selection: Section = {}
    prompts: Section = {}
    sampling: Section = {}
    evaluation: Section = {}
    report: Section = {}
    audit: Section = {}
    planning: Section = {}
    monitor: Section = {}
    tracking: Tracking = Tracking()
    reference_models: Section = {}
    images: Section = {}
    blank_images: str = ""
    converted_images: str = ""
    shown_images: int = Field(0, ge=0, le=LARGEST)
    baseline: str | int | None = None
    review: str | Names = ""
    audited: Annotated[str | int, AfterValidator(_folder_name)] = "audit"
    watch: Annotated[str | int, AfterValidator(_folder_name)] = "monitor"
    retry_failed: bool = False
    workers: Annotated[Any, AfterValidator(_number_of_workers)] = "auto"
    ray: Section = {}
    instances_per_shard: int = Field(INSTANCES_PER_SHARD, ge=1, le=LARGEST)


SETTINGS = (*Shapes.model_fields, "verification", "wait_for_lock", "worker")
"""Names of all settings at the top level. Those that `Shapes` leaves out are checked elsewhere: `verification` by its
type alone, `wait_for_lock` where the lock is taken, and `worker` where it is known which pipelines run."""

TYPES: Mapping[str, type[BaseModel]] = {
    "selection": Selection,
    "images": ImageSettings,
    "prompts": Prompts,
    "sampling": Sampling,
    "scoring": Scoring,
    "embedder": EmbedderSettings,
    "evaluation": Evaluation,
    "report": ReportSettings,
    "audit": AuditSettings,
    "planning": Planning,
    "monitor": MonitorSettings,
    "verification": Verification,
    "ray": Ray,
}
"""The type of each section that has one, by the section's name in `params:`."""


def typed(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """`parameters` with every section of `TYPES` as an object of its type, with defaults filled in.

    Kedro builds only the sections that some node of the run names the type of; here they are built whichever
    pipelines run.
    """
    built = {
        name: value
        if isinstance(value := parameters.get(name, {}), BaseModel)
        else kind.model_validate(value)
        for name, kind in TYPES.items()
    }
    return {**parameters, **built}
