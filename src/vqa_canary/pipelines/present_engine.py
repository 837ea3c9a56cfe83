"""What a model would be asked by now, and its fingerprint, before anything is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from vqa_canary.errors import BadInput

if TYPE_CHECKING:
    from vqa_canary.engines.protocols import Engine


def present_engine(
    name: str, model: Mapping[str, Any], prompts: Any, sampling: Any, seed: int
) -> tuple[Engine | None, str | None]:
    """What would be asked now, and its fingerprint; None where that is not here."""
    from vqa_canary.engines.answered_rows import fingerprint_of
    from vqa_canary.engines.registration import make_engine
    from vqa_canary.project import project_root

    try:
        engine = make_engine(name, model, prompts, sampling, seed, project_root())
        return engine, fingerprint_of(name, engine)
    except (BadInput, OSError):
        return None, None
