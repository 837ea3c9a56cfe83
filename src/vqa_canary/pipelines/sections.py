"""The sections of the parameters that are types: checked at once, before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from vqa_canary.errors import BadInput, did_you_mean


def check_sections(parameters: Mapping[str, Any]) -> None:
    """Build every section that some node asks for by its type.

    Raises
    ------
    BadInput : with the first setting that does not fit, and the nearest known one where there is none of its name
    """
    from vqa_canary.pipelines.auditing.nodes import Audit
    from vqa_canary.pipelines.reporting.nodes import Report
    from vqa_canary.pipelines.typed import TYPES
    from vqa_canary.pipelines.verification.nodes import Verification

    kinds: dict[str, type[BaseModel]] = dict(TYPES)
    kinds |= {"audit": Audit, "report": Report, "verification": Verification}
    for name, kind in kinds.items():
        if name in parameters:
            _check(name, kind, parameters[name])
    method, methods = (parameters.get("audit") or {}).get("method"), parameters["scoring"]["methods"]
    if method is not None and method not in methods:
        raise BadInput(
            f"parameters: audit.method: {method!r} is not among scoring.methods.{did_you_mean(method, methods)} "
            f"There are: {', '.join(methods)}."
        )


def _check(section: str, kind: type[BaseModel], value: Any) -> None:
    try:
        kind.model_validate(value)
    except ValidationError as error:
        wrong = error.errors(include_url=False)
        first = next((one for one in wrong if one["type"] == "extra_forbidden"), wrong[0])
        place = ".".join([section, *map(str, first["loc"])])
        if first["type"] == "extra_forbidden":
            hint = did_you_mean(first["loc"][-1], kind.model_fields)
            text = f"there is no such setting.{hint} There are: {', '.join(kind.model_fields)}."
        else:
            text = f"{first['input']!r} does not fit. {first['msg']}."
        raise BadInput(f"parameters: {place}: {text}") from error
