"""The report: one self-contained page, and its figures and tables as files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from vqa_canary.csv_text import frame_csv
from vqa_canary.report import accuracy, endangered, images, readability, verification
from vqa_canary.report.accounting import accounting
from vqa_canary.report.drawing import Figure
from vqa_canary.report.endangered import Run
from vqa_canary.report.refused import refused_line
from vqa_canary.report.rendering import Report, Section, environment, parts, script_hash, source
from vqa_canary.report.sheet import Sheet
from vqa_canary.report.study import words
from vqa_canary.report.study.contents import Study, View, views
from vqa_canary.report.study.explorer import explorer_json
from vqa_canary.report.study.figures import blindness, breakdown, curves, foresight, tracking
from vqa_canary.report.study.figures import variants as variant_figure
from vqa_canary.report.study.tables import breakdown as breakdown_table
from vqa_canary.report.study.tables import claims, data, leaderboard, models, variants
from vqa_canary.report.warning import told
from vqa_canary.tables import image_ids

if TYPE_CHECKING:
    import pandas as pd


def make_report(study: Study) -> Report:
    """The page and its files; every text from the data is escaped."""
    seen = views(study)
    first = [(view, _first_screen(view)) for view in seen]
    sections = _sections(study, seen)
    pictures = [picture for _, cards in first for *_, picture in cards if picture]
    figures = {f"{figure.name}.svg": figure.file for figure in (*pictures, *parts(sections, Figure))}
    tables = {"curves.csv": frame_csv(study.curves, "%.6g")}
    for sheet in parts(sections, Sheet):
        tables |= {f"{sheet.name}.csv": sheet.csv, f"{sheet.name}.tex": sheet.latex}
    return Report(_page(study, seen, first, sections), figures, tables)


def _page(study: Study, seen: list[View], first: Any, sections: list[Section]) -> str:
    templates = environment()
    script = source(templates, "page.js")
    return templates.get_template("page.html").render(
        study=study,
        sentences=[words.study_sentence(view) for view in seen],
        refused=refused_line(data.refused_reasons(study), study.accounting),
        warnings=told(endangered.warnings(_run(study))),
        first=first,
        sections=sections,
        plainest=seen[0].plainest if seen else "",
        explorer=explorer_json(study, seen[0].plainest) if seen else "",
        script=script,
        script_hash=script_hash(script),
        folder="",
        style=source(templates, "page.css"),
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


def _first_screen(view: View) -> list[tuple[str, str, list[words.Finding], Figure | None]]:
    """Title, meaning, findings and picture of each claim that was asked."""
    pictures = {
        claims.TRACKING: tracking.picture,
        claims.BLINDNESS: blindness.picture,
        claims.FORESIGHT: foresight.picture,
    }
    return [
        (words.TITLES[name], words.meaning(view, name), findings, pictures[name](view))
        for name, findings in words.findings(view).items()
    ]


def _sections(study: Study, seen: Sequence[View]) -> list[Section]:
    def drawn(*makers: Any) -> tuple[Figure, ...]:
        return tuple(figure for view in seen for make in makers if (figure := make(view)))

    diagrams = [
        [diagram for view in seen if (diagram := curves.reliability(view, method))]
        for method in sorted(study.stated, key=lambda name: name != seen[0].plainest)
    ]
    several = [claims.blindness_cells(study), claims.foresight_cells(study, seen)]
    return [
        Section(
            "leaderboard",
            "Leaderboard",
            "AUROC says how well uncertainty ranks wrong answers above right ones; it is never to be read "
            "without the accuracy beside it. “Not distinguishable”: paired with the model's best method by "
            "clean AUROC, adjusted over methods. An ECE below that of a calibrated model is not "
            "distinguishable from calibrated." + _about_ranges(study),
            sheets=tuple(leaderboard.leaderboard(view) for view in seen),
            folded=(*(models.accuracy(view) for view in seen), *(models.answering(view) for view in seen))
            + _filled(readability.sheet(study.readability))
            + ((models.label_effect(study),) if study.labels else ()),
        ),
        Section(
            "tracking",
            "AUROC and accuracy",
            "Claim 1, method by method.",
            drawn(tracking.scatter, tracking.correlations),
            _filled(claims.tracking(study)),
            _filled(claims.tracking_points(study)),
            _rules(study, claims.TRACKING),
            absent=f"No figure is drawn: {words.no_auroc(seen)}.",
        ),
        Section(
            "nota",
            "Clean against NOTA",
            "Claim 2: what hiding the right option does to accuracy and to uncertainty.",
            drawn(blindness.slopes),
            _filled(claims.blindness(study)),
            _filled(several[0]),
            _rules(study, claims.BLINDNESS),
            absent="No figure is drawn: no model has an accuracy both clean and with the right option hidden.",
        ),
        Section(
            "reliability",
            "Reliability",
            "Methods that state a probability of being right: does .8 mean right in 80 of 100?",
            tuple(diagrams[0]) if diagrams else (),
            absent="No diagram is drawn: no method gives a probability for an answer that was judged.",
            folded=tuple(diagram for each in diagrams[1:] for diagram in each),
        ),
        Section(
            "risk",
            "Risk and coverage",
            "Which share of the answers is wrong if only the least uncertain are given?",
            drawn(curves.risk_coverage),
            absent=f"No curve is drawn: {words.no_auroc(seen)}.",
        ),
        Section(
            "foresight",
            "Fragility",
            "Claim 3: does clean uncertainty rank the answers that will collapse above those that hold?",
            drawn(curves.fragility_roc, foresight.intervals),
            _filled(claims.foresight(study)),
            _filled(several[1]),
            _rules(study, claims.FORESIGHT),
            absent="No figure is drawn: no model has a fragility AUROC, which needs right answers that collapse and "
            "right ones that hold.",
        ),
        Section(
            "breakdown",
            "Breakdown",
            "By kind of question, modality and body region." + _about_ranges(study),
            drawn(breakdown.breakdown),
            absent="No figure is drawn: the items have no column to break results down by.",
            folded=tuple(breakdown_table.breakdown(view) for view in seen),
        ),
        *_variants(study, drawn(variant_figure.forest)),
        *_models(study),
        *verification.section(study.verifications),
        Section(
            "data",
            "Data",
            " ".join(filter(None, ["What was asked, and what was refused.", images.told(study.images)])),
            sheets=(data.counts(study), data.quarantine(study)),
            folded=_filled(data.undefined(study), accounting(study.accounting)),
        ),
    ]


def _variants(study: Study, figures: tuple[Figure, ...]) -> Iterator[Section]:
    """Only of a study that has variants."""
    if study.variants:
        yield Section(
            "variants",
            "Variants against their baselines",
            "What a change of the model, such as fewer bits a weight, does to its answers and to their "
            "uncertainty: the same items, paired, with images as the unit. A variant is no model of its own, so the "
            "three claims and the figures above leave variants out. AUROC: each by its own errors, on the items "
            "that both answered. Fragility AUROC: each on the items that it answered rightly itself when clean, "
            "so the two may be about different items of the same images. The smallest difference is what this "
            "study would find with 80 % power at the first step of Holm.",
            figures,
            (variants.over_models(study),),
            (variants.by_model(study),),
            (study.variant_rule,),
        )


def _models(study: Study) -> Iterator[Section]:
    """Only where models have said what they are."""
    if any(study.facts.values()):
        yield Section(
            "models",
            "Models",
            "What each model was when it answered. Quantised are the linear layers of the language model, without "
            "its head. Two values in one cell: parts of its evidence were computed in two ways.",
            sheets=(models.facts(study),),
        )


def _about_ranges(study: Study) -> str:
    """What a range means; nothing where there is none."""
    return f" {accuracy.EXPLAINED}" if accuracy.has_ranges(study.readability) else ""


def _filled(*sheets: Sheet) -> tuple[Sheet, ...]:
    return tuple(sheet for sheet in sheets if sheet.rows)


def _rules(study: Study, name: str) -> tuple[str, ...]:
    """The rules of a claim's verdicts, as they were written down."""
    rules = {
        f"{_LEVELS[claim['level']]}: {claim['rule']}" for claim in study.claims if claim["claim"] == name
    }
    return tuple(sorted(rules, reverse=True))


_LEVELS = {"headline": "Over models", "cell": "Model by model"}
