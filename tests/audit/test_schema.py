"""The record of an audit is published as a schema that says what each key is, and that is true of what is written."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from tests.audit.schema import PAGE, published
from tests.report import audits

from vqa_canary.audit.record.document import schema


def fields() -> Iterator[tuple[str, str, dict[str, Any]]]:
    whole = schema()
    for kind, part in {"Audit": whole, **whole["$defs"]}.items():
        assert part["required"] == list(part["properties"]), kind
        for name, field in part["properties"].items():
            yield kind, name, field


def test_the_published_schema_is_that_of_the_types() -> None:
    assert PAGE.read_text(encoding="utf-8") == published(), "run python -m tests.audit.schema"


def test_every_key_is_required_and_described_in_a_sentence() -> None:
    told = {(kind, name): field.get("description") or "" for kind, name, field in fields()}
    assert len(told) > 150
    assert [place for place, text in told.items() if len(text.split()) < 3 or not text.endswith(".")] == []


@pytest.mark.parametrize("name", list(audits.ALL))
def test_the_schema_is_true_of_an_audit_and_false_without_a_key(name: str) -> None:
    audit, check = audits.ALL[name](), jsonschema.Draft202012Validator(schema())
    assert [error.message for error in check.iter_errors(audit)] == []
    del audit["headline"][0]["accuracy"]["reason"]
    assert {error.message for error in check.iter_errors(audit)} == {"'reason' is a required property"}


def test_the_types_are_imported_without_what_measures() -> None:
    code = (
        "import sys, vqa_canary.audit.record.document; print(*{name.split('.')[0] for name in sys.modules})"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pandas", "scipy", "sklearn", "kedro", "matplotlib"} & set(found.stdout.split())
