"""The audit's page: when may this model be trusted, and what stands behind the answer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from vqa_canary.audit.record.document import Audit, read
from vqa_canary.report.audit import attempts, sheets, words
from vqa_canary.report.audit.sections import sections
from vqa_canary.report.audit.sheets import Texts
from vqa_canary.report.audit.shown import command
from vqa_canary.report.audit.warnings import warnings
from vqa_canary.report.drawing import Figure
from vqa_canary.report.refused import refused_line
from vqa_canary.report.rendering import Report, Section, figure_files, parts, rendered, table_files
from vqa_canary.report.warning import told

FOLDER = "audit_"
"""How the names of the folders of figures and tables beside the page begin."""


def make_audit_report(audit: Mapping[str, Any], texts: Texts | None = None) -> Report:
    """The page of an audit and its files; every text of the audit is escaped.

    Parameters
    ----------
    audit : what `audit.json` holds
    texts : question, options and right answer by (data set, item id); None: ids only are shown

    Raises
    ------
    BadInput : it is of another version of the record; a key is missing, or holds what it cannot
    """
    record = read(audit)
    made = sections(record, texts)
    tables = {"curves.csv": sheets.curves(record), **table_files(made)}
    return Report(_page(record, made), figure_files(parts(made, Figure)), tables)


def _page(audit: Audit, made: list[Section]) -> str:
    return rendered(
        "audit.html",
        "the answer",
        "audit.css",
        audit=audit,
        command=partial(command, audit),
        sentences=words.audited(audit),
        attempt=attempts.sentence(audit.protocol, audit.package),
        refused=refused_line(
            ((one.stage, one.reason, one.n) for one in audit.questions.refused),
            [one.model_dump() for one in audit.accounting],
        ),
        warnings=told(warnings(audit)),
        answers=[
            (
                audit.name(one.dataset, one.model),
                words.headline_tone(audit, one),
                one,
                words.cards(audit, one),
            )
            for one in audit.headline
        ],
        sections=made,
        fingerprints=_flat(audit.fingerprints),
        folder=FOLDER,
    )


def _flat(fingerprints: Mapping[str, str | Mapping[str, str]]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in fingerprints.items():
        if isinstance(value, str):
            found.append((name, value))
        else:
            found += [(f"{name}, {of}", text) for of, text in value.items()]
    return found
