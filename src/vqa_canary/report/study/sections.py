"""The sections of the report, in the order of the page: what each says, and its figures and tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from vqa_canary.counting import counted
from vqa_canary.report import accuracy, images, readability, verification
from vqa_canary.report.accounting import accounting
from vqa_canary.report.drawing import Figure
from vqa_canary.report.rendering import Section
from vqa_canary.report.sheet import Sheet
from vqa_canary.report.study.contents import Study, View
from vqa_canary.report.study.figures import (
    blindness,
    breakdown,
    curves,
    foresight,
    overview,
    tracking,
    within,
)
from vqa_canary.report.study.figures import variants as variant_figure
from vqa_canary.report.study.tables import blindness as blindness_table
from vqa_canary.report.study.tables import breakdown as breakdown_table
from vqa_canary.report.study.tables import calibration, claims, data, leaderboard, models, sight, variants
from vqa_canary.report.study.tables import foresight as foresight_table
from vqa_canary.report.study.tables import overview as overview_table
from vqa_canary.report.study.tables import paper as paper_table
from vqa_canary.report.study.tables import tracking as tracking_table
from vqa_canary.report.study.words.confidence import MADE
from vqa_canary.report.study.words.first_screen import TITLES
from vqa_canary.report.study.words.tracking import no_auroc

ANCHORS = {claims.TRACKING: "tracking", claims.BLINDNESS: "nota", claims.FORESIGHT: "foresight"}
"""The section of each claim."""
P_VALUES = (
    "In the tables, p is how often chance alone would give so large a value if there were no effect; an adjusted p "
    "allows for the number of methods that were asked, or of models and methods."
)


def sections_of(study: Study, seen: Sequence[View]) -> list[Section]:
    """All sections of a study's report; `seen` are its views, one for each data set."""
    return [
        _overview(seen),
        _tracking(study, seen),
        _nota(study, seen),
        _foresight(study, seen),
        _leaderboard(study, seen),
        _reliability(study, seen),
        _risk(seen),
        _paper(study, seen),
        _breakdown(study, seen),
        *_swapped(seen),
        *_variants(study, _drawn(seen, variant_figure.forest)),
        *_models(study),
        *verification.section(study.verifications),
        _data(study),
    ]


def _drawn(seen: Sequence[View], *makers: Callable[[View], Figure | None]) -> tuple[Figure, ...]:
    """The figures of all views, without those that nothing could be drawn for."""
    return tuple(figure for view in seen for make in makers if (figure := make(view)))


def _overview(seen: Sequence[View]) -> Section:
    return Section(
        "overview",
        "The result at a glance",
        "What each way of telling uncertainty is worth for each model, one picture a claim. An AUROC says how often, "
        "of a wrong and a right answer, the wrong one has the higher uncertainty: 1 always, 0.5 as often as by chance.",
        _drawn(seen, overview.overview),
        nav="At a glance",
        absent="No figure is drawn: no model has an AUROC of uncertainty, which needs wrong and right answers.",
        folded=tuple(sheet for view in seen for sheet in overview_table.matrices(view)),
    )


def _leaderboard(study: Study, seen: Sequence[View]) -> Section:
    return Section(
        "leaderboard",
        "Leaderboard",
        "AUROC says how well uncertainty ranks wrong answers above right ones; it is never to be read "
        "without the accuracy beside it. “Not distinguishable”: paired with the model's best method by "
        "clean AUROC, adjusted over methods. ECE, the expected calibration error, is the mean gap between confidence "
        "and the share of right answers; one below that of a calibrated model is not distinguishable from "
        f"calibrated. {MADE[study.calibration]}" + _about_ranges(study) + _about_nota(seen),
        sheets=tuple(leaderboard.leaderboard(view) for view in seen),
        folded=(*(models.accuracy(view) for view in seen), *(models.answering(view) for view in seen))
        + _filled(readability.sheet(study.readability))
        + ((models.label_effect(study),) if study.labels else ()),
    )


def _about_nota(seen: Sequence[View]) -> str:
    """Why an AUROC under a NOTA condition does not tell a good method."""
    if not any(view.nota for view in seen):
        return ""
    return (
        " Under a condition that hides the right option, an answer is right where it is “None of the above”. A method "
        "that depends on how long the chosen option is, as a mean over tokens does, can tell that apart however sure "
        "the model is; so no methods are to be compared by the AUROC of that condition."
    )


def _tracking(study: Study, seen: Sequence[View]) -> Section:
    return Section(
        ANCHORS[claims.TRACKING],
        f"1. {TITLES[claims.TRACKING]}",
        "Claim 1, method by method: over models, and inside each model over kinds of question. " + P_VALUES,
        _drawn(seen, tracking.scatter, tracking.correlations, within.scatter, within.correlations),
        _filled(tracking_table.tracking(study), tracking_table.within(study)),
        _filled(tracking_table.tracking_points(study), tracking_table.within_points(study)),
        (*_rules(study, claims.TRACKING), *_rules(study, claims.WITHIN, "Within models")),
        nav="1 Tracks accuracy",
        absent=f"No figure is drawn: {no_auroc(seen)}.",
    )


def _nota(study: Study, seen: Sequence[View]) -> Section:
    return Section(
        ANCHORS[claims.BLINDNESS],
        f"2. {TITLES[claims.BLINDNESS]}",
        "Claim 2: what hiding the right option does to accuracy and to uncertainty. Two lines are judged. Blind is "
        "that uncertainty does not rise: a model whose answers go wrong gives no warning, and a fall is worse still. "
        "Hardly moves is the paper's word: neither a rise nor a fall.",
        _drawn(seen, blindness.changes),
        _filled(blindness_table.blindness(study)),
        _filled(blindness_table.blindness_cells(study)),
        (
            *_rules(study, claims.BLINDNESS, "Blind, over models", "Blind, model by model"),
            *_rules(study, claims.STILLNESS, "Hardly moves, over models", "Hardly moves, model by model"),
        ),
        nav="2 Blind",
        absent="No figure is drawn: no model has an accuracy both clean and with the right option hidden.",
    )


def _reliability(study: Study, seen: Sequence[View]) -> Section:
    diagrams = [
        diagram
        for method in sorted(study.stated, key=lambda name: name != seen[0].plainest)
        for view in seen
        if (diagram := curves.stated_reliability(view, method))
    ]
    return Section(
        "reliability",
        "Reliability",
        f"Does a confidence of 0.8 mean right in 80 of 100? {MADE[study.calibration]}",
        _drawn(seen, curves.reliability),
        absent="No diagram is drawn: no method has a confidence in an answer that was judged.",
        folded=(*_filled(*(calibration.calibration(view) for view in seen)), *diagrams),
    )


def _risk(seen: Sequence[View]) -> Section:
    return Section(
        "risk",
        "Risk and coverage",
        "Which share of the answers is wrong if only the least uncertain are given?",
        _drawn(seen, curves.risk_coverage),
        nav="Risk",
        absent=f"No curve is drawn: {no_auroc(seen)}.",
    )


def _foresight(study: Study, seen: Sequence[View]) -> Section:
    return Section(
        ANCHORS[claims.FORESIGHT],
        f"3. {TITLES[claims.FORESIGHT]}",
        "Claim 3: does clean uncertainty rank the answers that will collapse above those that hold?",
        _drawn(seen, foresight.by_method, foresight.intervals, curves.fragility_roc),
        _filled(foresight_table.foresight(study)),
        _filled(foresight_table.foresight_cells(study, seen)),
        _rules(study, claims.FORESIGHT),
        nav="3 Collapse foreseen",
        absent="No figure is drawn: no model has a fragility AUROC, which needs right answers that collapse and "
        "right ones that hold.",
    )


def _paper(study: Study, seen: Sequence[View]) -> Section:
    items = study.items[study.items["item_id"].isin(study.instances["item_id"])]
    asked = ", ".join(
        f"{counted(int((items['dataset'] == view.dataset).sum()), 'question')} of {view.dataset}"
        for view in seen
    )
    return Section(
        "paper",
        "The paper and this study",
        "What the paper found, as reported by a digest of its first version, beside the numbers of this study. The "
        "paper asked twelve models, public and proprietary and not named in the digest, 1,680 questions of "
        "GMAI-MMBench from eight modalities, by eight methods. This study: "
        f"{counted(len(study.models), 'model')}, {asked}, {counted(len(study.methods), 'method')} "
        f"({', '.join(study.methods)}).",
        sheets=(paper_table.paper(seen),),
        nav="Paper",
    )


def _breakdown(study: Study, seen: Sequence[View]) -> Section:
    return Section(
        "breakdown",
        "Breakdown",
        "By kind of question, modality and body region." + _about_ranges(study),
        _drawn(seen, breakdown.breakdown),
        absent="No figure is drawn: the items have no column to break results down by.",
        folded=tuple(breakdown_table.breakdown(view) for view in seen),
    )


def _data(study: Study) -> Section:
    return Section(
        "data",
        "Data",
        " ".join(filter(None, ["What was asked, and what was refused.", images.told(study.images)])),
        sheets=(data.counts(study), data.quarantine(study)),
        folded=_filled(data.undefined(study), accounting(study.accounting)),
    )


def _swapped(seen: Sequence[View]) -> Iterator[Section]:
    """Only of a study that shows images of one question with another right answer."""
    sheets = _filled(*(make(view) for view in seen for make in (sight.swap_answers, sight.swap_sensitivity)))
    if sheets:
        yield Section(
            "sight",
            "With another image",
            "Each of these questions is asked again about the image of another item, of which another of its options "
            "is right. A model that looks goes with the image. One that stays with its answer is wrong now: is it less "
            "sure, at least? Questions of two images that are swapped with one another count as one cluster.",
            sheets=sheets,
        )


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
            nav="Variants",
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


def _rules(
    study: Study, name: str, of_headlines: str = "Over models", of_cells: str = "Model by model"
) -> tuple[str, ...]:
    """The rules of a claim's verdicts, as they were written down: of its headlines, then of its cells."""
    called = {"headline": of_headlines, "cell": of_cells}
    rules = {(claim["level"], claim["rule"]) for claim in study.claims if claim["claim"] == name}
    return tuple(f"{called[level]}: {rule}" for level, rule in sorted(rules, reverse=True))
