"""The report: one self-contained page, and its figures and tables as files."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vqa_canary.csv_text import frame_csv
from vqa_canary.frames import image_ids
from vqa_canary.report import endangered
from vqa_canary.report.drawing import Figure
from vqa_canary.report.endangered import Run
from vqa_canary.report.printing import smaller
from vqa_canary.report.refused import refused_line
from vqa_canary.report.rendering import Report, Section, figure_files, parts, rendered, table_files
from vqa_canary.report.study.contents import Study, View, views
from vqa_canary.report.study.explorer import explorer_json
from vqa_canary.report.study.figures import blindness, foresight, tracking
from vqa_canary.report.study.sections import ANCHORS, sections_of
from vqa_canary.report.study.tables import claims, data
from vqa_canary.report.study.words.card import Card, card
from vqa_canary.report.study.words.finding import Finding, joined
from vqa_canary.report.study.words.first_screen import (
    TITLES,
    accuracy_sentence,
    findings,
    hidden_sentence,
    meaning,
    study_sentence,
)
from vqa_canary.report.warning import told

if TYPE_CHECKING:
    import pandas as pd


def make_report(study: Study) -> Report:
    """The page and its files; every text from the data is escaped."""
    seen = views(study)
    first = [(view, _first_screen(view)) for view in seen]
    sections = sections_of(study, seen)
    pictures = [told.picture for _, cards in first for told in cards if told.picture]
    figures = figure_files((*pictures, *parts(sections, Figure)))
    for name, file in list(figures.items()):
        if name.startswith("overview") and name.endswith(".png") and isinstance(file, bytes):
            figures[name.replace(".png", "_small.png")] = smaller(file)
    tables = {"curves.csv": frame_csv(study.curves, "%.6g"), **table_files(sections)}
    return Report(_page(study, seen, first, sections), figures, tables)


def _page(
    study: Study, seen: list[View], first: list[tuple[View, list[_Told]]], sections: list[Section]
) -> str:
    return rendered(
        "page.html",
        "the claims",
        study=study,
        sentences=[
            joined(study_sentence(view), accuracy_sentence(view), hidden_sentence(view)) for view in seen
        ],
        refused=refused_line(data.refused_reasons(study), study.accounting),
        warnings=told(endangered.warnings(_run(study))),
        first=first,
        sections=sections,
        plainest=seen[0].plainest if seen else "",
        explorer=explorer_json(study, seen[0].plainest) if seen else "",
        folder="",
    )


def _run(study: Study) -> Run:
    asked = study.items[study.items["item_id"].isin(study.instances["item_id"])]
    return Run(
        facts={model: study.facts.get(model, {}) for model in study.asked},
        errors={model: data.errors(study, model) for model in study.asked},
        asked=dict.fromkeys(study.asked, len(study.instances)),
        readability=study.readability,
        verifications=study.verifications,
        images={str(name): _images(study, str(name), rows) for name, rows in asked.groupby("dataset")},
        retry=study.retry,
    )


def _images(study: Study, dataset: str, items: pd.DataFrame) -> tuple[int, int]:
    """How many images questions show, and how many clusters these make."""
    n = len({image for row in image_ids(items) for image in row})
    return n, study.clusters.get(dataset, n)


class _Told(NamedTuple):
    """One claim on the first screen."""

    title: str
    anchor: str
    card: Card | None
    meaning: str
    findings: list[Finding]
    picture: Figure | None


def _first_screen(view: View) -> list[_Told]:
    """Each claim that was asked."""
    pictures = {
        claims.TRACKING: tracking.picture,
        claims.BLINDNESS: blindness.picture,
        claims.FORESIGHT: foresight.picture,
    }
    return [
        _Told(
            TITLES[name], ANCHORS[name], card(view, name), meaning(view, name), verdicts, pictures[name](view)
        )
        for name, verdicts in findings(view).items()
    ]
