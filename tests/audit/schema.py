"""The JSON schema of `audit.json`, made from the types of the record; run as a script, it is written to `docs/`."""

from __future__ import annotations

import json
from pathlib import Path

from vqa_canary.audit.record.document import schema

PAGE = Path(__file__).parents[2] / "docs" / "audit.schema.json"


def published() -> str:
    """The file as it has to be."""
    return json.dumps(schema(), indent=2) + "\n"


if __name__ == "__main__":
    PAGE.write_text(published(), encoding="utf-8")
