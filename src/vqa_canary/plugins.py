"""Everything that a UE method, a condition, a source or an engine of another package imports from this one.

These names stay; what else the package holds may move. Importing them loads neither torch nor pandas. `docs/extend.md`
shows a whole file for each kind, and `vqa_canary.testing` holds the checks that each has to pass.
"""

from __future__ import annotations

from vqa_canary.conditions.registration import (
    ImageChange,
    NotApplicable,
    Shown,
    condition,
    refuse_own_nota,
)
from vqa_canary.engines.asking import Asking
from vqa_canary.engines.prompts import LETTERS, Prompts
from vqa_canary.engines.protocols import (
    CannotBeAsked,
    CountsCalls,
    Engine,
    Expecting,
    ImageOpener,
    Loads,
    Movable,
    RunsHere,
    Sends,
    open_images,
)
from vqa_canary.engines.registration import engine
from vqa_canary.engines.sampling import Sampling
from vqa_canary.engines.stopping import Breaker, Stopping
from vqa_canary.errors import BadInput
from vqa_canary.images.files import ImageRefused
from vqa_canary.planned_shard import Needs
from vqa_canary.reading import OptionRead, read_confidence, read_option
from vqa_canary.rows import (
    NOTA,
    Attribute,
    Evidence,
    Gap,
    Instance,
    Item,
    Refusal,
    Sample,
    ShownImage,
    content_id,
)
from vqa_canary.seeding import generator_for, random_for
from vqa_canary.sources.images import CheckedImage, read_image
from vqa_canary.sources.registration import SourceError, source
from vqa_canary.ue.option_distribution import option_distribution
from vqa_canary.ue.registration import Undefined, ue_method
from vqa_canary.ue.samples import NO_OPTION, choices, several

__all__ = [
    "LETTERS",
    "NOTA",
    "NO_OPTION",
    "Asking",
    "Attribute",
    "BadInput",
    "Breaker",
    "CannotBeAsked",
    "CheckedImage",
    "CountsCalls",
    "Engine",
    "Evidence",
    "Expecting",
    "Gap",
    "ImageChange",
    "ImageOpener",
    "ImageRefused",
    "Instance",
    "Item",
    "Loads",
    "Movable",
    "Needs",
    "NotApplicable",
    "OptionRead",
    "Prompts",
    "Refusal",
    "RunsHere",
    "Sample",
    "Sampling",
    "Sends",
    "Shown",
    "ShownImage",
    "SourceError",
    "Stopping",
    "Undefined",
    "choices",
    "condition",
    "content_id",
    "engine",
    "generator_for",
    "open_images",
    "option_distribution",
    "random_for",
    "read_confidence",
    "read_image",
    "read_option",
    "refuse_own_nota",
    "several",
    "source",
    "ue_method",
]
