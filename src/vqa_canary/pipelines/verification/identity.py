"""What a certificate is about, and whether that is still what the study holds."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import vqa_canary
from vqa_canary.digests import digest
from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.sampling import Sampling
from vqa_canary.frames import from_frame
from vqa_canary.rows import content_id
from vqa_canary.tables import KEYS

ANSWERING = ("engines", "images", "reading", "seeding.py", "spelling.py", "rows.py", "tables.py", "frames.py")
"""Parts of the package on which a model's answers depend: what asks a model, what opens its images, and what reads the
option, the confidence and the judgement out of its words."""

WORDS = {
    "fingerprint": "the model's weights, processor or settings",
    "asked": "prompts, sampling or seed",
    "package": "the version of this package",
    "code": "the code of the engines",
    "torch": "the version of torch",
    "transformers": "the version of transformers",
    "evidence": "the stored evidence",
}
"""Each part of an identity, in words: what has changed where it differs."""


def identity(
    fingerprint: str, prompts: Prompts, sampling: Sampling, seed: int, evidence: Any
) -> dict[str, str]:
    """Everything that has to be the same for a certificate to hold.

    Parameters
    ----------
    fingerprint : of the model's engine: weights, processor, dtype, quantisation, way of reading
    evidence : the stored evidence of the model
    """
    rows = evidence.sort_values(list(KEYS["evidence"]), ignore_index=True)
    return {
        "fingerprint": fingerprint,
        "asked": content_id(prompts.fingerprint, sampling.model_dump(), seed),
        "package": vqa_canary.__version__,
        "code": engine_code(),
        "torch": version("torch"),
        "transformers": version("transformers"),
        "evidence": digest(from_frame(rows, "evidence"))[:16],
    }


@cache
def engine_code() -> str:
    """Digest of the sources that make answers: it changes with the code, whatever the version says."""
    root = Path(vqa_canary.__file__).parent
    files = [
        path for part in ANSWERING for path in (root / part, *(root / part).rglob("*.py")) if path.is_file()
    ]
    return content_id(
        *([path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")] for path in sorted(files))
    )


def differences(certified: Mapping[str, str], present: Mapping[str, str]) -> list[str]:
    """What is no longer as it was certified, in words."""
    return [words for name, words in WORDS.items() if certified.get(name) != present.get(name)]
