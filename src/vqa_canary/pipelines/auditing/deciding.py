"""What an audit has to have decided before the first answer, from its settings and its questions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from vqa_canary import __version__
from vqa_canary.pipelines.parameters import typed


def decided(
    parameters: Mapping[str, Any],
    models: Mapping[str, str | None],
    items: Any,
    instances: Any,
    review: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Everything that a policy could be shopped for by, as JSON values.

    The order of methods and of subgroups does not count.

    Parameters
    ----------
    models : fingerprint of each configured model; None where its weights are not here
    items, instances : the tables of these names
    review : what reviewers have changed; one that has changed nothing decides nothing
    """
    from vqa_canary.digests import digest_of_json
    from vqa_canary.tracking.fingerprints import fingerprints

    settings = typed(parameters)
    made = fingerprints(parameters, {})
    scoring = settings["scoring"].model_dump(mode="json")
    evaluation = settings["evaluation"].model_dump(mode="json")
    changes = (review or {}).get("changes")
    return {
        "package": __version__,
        "seed": parameters["seed"],
        "audit": settings["audit"].model_dump(mode="json"),
        "methods": sorted(scoring["methods"], key=_text),
        "label": scoring["label"],
        "evaluation": {**evaluation, "subgroups": sorted(evaluation["subgroups"])},
        "conditions": made["conditions"],
        "prompts": made["prompts"],
        "sampling": settings["sampling"].model_dump(mode="json"),
        "embedder": settings["embedder"].fingerprint,
        "models": {name: models.get(name) for name in parameters["models"]},
        "questions": {
            "items": fingerprint_of_table(items, "items"),
            "instances": fingerprint_of_table(instances, "instances"),
        },
    } | ({"review": digest_of_json(changes)[:16]} if changes else {})


def fingerprint_of_table(data: Any, name: str) -> str:
    """Sixteen hex digits that change with the rows of a table, not with their order."""
    from vqa_canary.digests import digest
    from vqa_canary.frames import from_frame
    from vqa_canary.tables import KEYS

    return digest(from_frame(data.sort_values(list(KEYS[name])), name))[:16]


def _text(entry: Any) -> str:
    return json.dumps(entry, sort_keys=True)
