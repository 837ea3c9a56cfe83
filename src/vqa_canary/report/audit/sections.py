"""The audit's sections in their order; one that has nothing to show is left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vqa_canary.audit import guideline_evidence as evidence
from vqa_canary.audit.record.document import Audit
from vqa_canary.audit.record.findings import FragileItem
from vqa_canary.audit.terms import ERROR
from vqa_canary.report import accuracy, images, readability, verification
from vqa_canary.report.accounting import accounting
from vqa_canary.report.audit import (
    asked_sheets,
    attempts,
    choice_sheets,
    comparing,
    figures,
    review_section,
    sheets,
)
from vqa_canary.report.audit.guarantees import explained
from vqa_canary.report.audit.sheets import Texts
from vqa_canary.report.drawing import Figure
from vqa_canary.report.rendering import Section
from vqa_canary.report.sheet import Sheet

_NO_CURVE = (
    "No curve of risk against coverage is drawn: no question has both an uncertainty of the policy's method and a "
    "{}. The table says why for each method."
)
TOP = 15
"""Fragile questions of a data set and model that are shown before the list is unfolded."""


def sections(audit: Audit, texts: Texts | None) -> list[Section]:
    """All that has something to show."""
    return [
        *_models(audit),
        *_policy(audit, error=True),
        *_policy(audit, error=False),
        *_conformal(audit),
        *_methods(audit),
        *_fragile(audit, texts),
        *_robust(audit),
        *_subgroups(audit),
        _model(audit),
        *verification.section([one.model_dump() for one in audit.verifications]),
        _data(audit),
        *review_section.section(audit),
        *_comparison(audit),
        _attempts(audit),
        _guidelines(audit),
    ]


def _models(audit: Audit) -> Iterator[Section]:
    if audit.model_choices:
        yield Section(
            "models",
            "Several models",
            "Who looks at several models and takes the best must pay for the look: what the first screen says of each "
            "is said of it alone. Here every policy is sought anew, and allows for the choice. "
            + " ".join(
                f"{one.dataset}: {one.reason}" if audit.several_datasets else one.reason
                for one in audit.model_choices
            ),
            sheets=(choice_sheets.models(audit),),
        )


def _policy(audit: Audit, error: bool) -> Iterator[Section]:
    if not any((one.event == ERROR) == error for one in audit.policies):
        return
    if error:
        text = (
            "Answer when uncertainty is at most the threshold, else let a person answer. Which share of "
            "questions can be answered so that few of the answers are wrong?"
        )
    else:
        text = (
            "The same against fragility: which share of questions can be answered so that few of the answers "
            "are right now, and wrong once the right option is no longer on the list? A low share of "
            "collapses says nothing of answers that are wrong already."
        )
    title = evidence.POLICY if error else evidence.FRAGILITY
    yield Section(
        "policy" if error else "fragility-policy",
        title,
        text,
        _drawn(figures.risk_coverage(audit, error)),
        (sheets.policies(audit, error),),
        absent=_NO_CURVE.format("judged answer" if error else "right answer that could collapse"),
        notes=explained(max(one.delta for one in audit.policies), audit.protocol.claimed) if error else (),
    )


def _conformal(audit: Audit) -> Iterator[Section]:
    if audit.conformal:
        yield Section(
            "conformal",
            evidence.SETS,
            "A second opinion: for each question the set of options that cannot be ruled out. One option "
            "alone is an answer, several are a doubt, none means that nothing on the list fits. The level "
            "holds on average over calibrations: a single calibration may fall short of it"
            + ", unlike a policy, whose promise is kept with the stated confidence"
            * audit.protocol.claimed
            + ". And it speaks of all questions with option "
            "probabilities, not of those left out for want of them, nor of the answered ones alone: "
            "sets may miss the right option more often where they are small. The population "
            "says for whom the level is meant.",
            sheets=(sheets.conformal(audit),),
        )


def _methods(audit: Audit) -> Iterator[Section]:
    if audit.methods:
        yield Section(
            "methods",
            evidence.METHODS,
            "Which uncertainty is worth what for this model and these questions. “Not distinguishable from "
            "best”: paired on the same questions, images as the unit, adjusted for the number of methods. A "
            "method that is best on these questions looks better than it is.",
            _drawn(figures.methods(audit)),
            (sheets.methods(audit),),
            absent="No figure is drawn: the AUROC of no method is defined. The table says why.",
        )


def _fragile(audit: Audit, texts: Texts | None) -> Iterator[Section]:
    if not audit.fragility:
        return
    ordered = sorted(audit.fragility, key=lambda one: (one.rank is None, one.rank or 0))
    caption = "Right when asked as it stands, most uncertain first"
    shown = [one for pair in figures.pairs(audit) for one in _of(ordered, pair)[:TOP]]
    rest = [one for pair in figures.pairs(audit) for one in _of(ordered, pair)[TOP:]]
    told = "" if texts is not None else " Questions are not shown here: only their ids."
    folded = (
        (sheets.fragile(rest, "fragile_rest", f"{caption}: the rest of the list", texts),) if rest else ()
    )
    yield Section(
        "fragile",
        evidence.FRAGILE,
        "Questions that were answered rightly as they stand, those most likely to collapse first, and what "
        "became of them when "
        "the right option was hidden: collapsed, held, or not asked." + told,
        sheets=(sheets.fragile(shown, "fragile", f"{caption}: the first {TOP}", texts),),
        folded=folded,
    )


def _of(items: Sequence[FragileItem], pair: figures.Pair) -> list[FragileItem]:
    return [one for one in items if (one.dataset, one.model) == pair]


def _subgroups(audit: Audit) -> Iterator[Section]:
    if audit.subgroups:
        yield Section(
            "subgroups",
            evidence.SUBGROUPS,
            "A policy keeps its promise over all questions, not in each subgroup: here is what became of "
            "each. The policy is the one of the first screen."
            + (f" {accuracy.EXPLAINED}" if accuracy.has_ranges(audit.readable) else ""),
            _drawn(figures.subgroups(audit)),
            (sheets.subgroups(audit), *_filled(choice_sheets.group_policies(audit))),
            absent="No figure is drawn: no accuracy is defined, or no column has several values.",
        )


def _robust(audit: Audit) -> Iterator[Section]:
    if audit.robustness:
        yield Section(
            "robustness",
            evidence.ROBUST,
            "The same questions, asked in ways that leave the right answer as it is: other words around them, options "
            "in another order, an image out of focus. Answers are compared by the text of the option. “Beyond asking "
            "again”: what changes more often than when nothing is changed. “any”: an answer has changed if it did in "
            "one of the ways, and is right if it is in all of them.",
            sheets=(choice_sheets.robustness(audit),),
        )


def _model(audit: Audit) -> Section:
    return Section(
        "model",
        evidence.MODEL,
        "What answered, as far as it can be told from outside. A bounded option: the endpoint lists only its "
        "likeliest tokens, an option's letter was not among them, and its probability was set to the most it "
        "can have: at most the smallest one listed, and an equal share of what the list leaves.",
        sheets=(
            *_filled(asked_sheets.facts(audit)),
            asked_sheets.answering(audit),
            *_filled(asked_sheets.missing(audit)),
        ),
        folded=_filled(
            asked_sheets.failures(audit), asked_sheets.gaps(audit), readability.sheet(audit.readable)
        ),
    )


def _data(audit: Audit) -> Section:
    return Section(
        "data",
        evidence.DATA,
        " ".join(
            filter(None, ["What was asked, and what was refused.", images.told(audit.images.model_dump())])
        ),
        sheets=(asked_sheets.asked(audit), *_filled(asked_sheets.refused(audit))),
        folded=_filled(accounting([one.model_dump() for one in audit.accounting])),
    )


def _comparison(audit: Audit) -> Iterator[Section]:
    if audit.comparison is not None:
        yield Section(
            "comparison",
            evidence.COMPARISON,
            comparing.summary(audit.comparison),
            _drawn(comparing.forest(audit)),
            _filled(comparing.differences(audit.comparison)),
            _filled(comparing.changed_items(audit.comparison)),
        )


def _attempts(audit: Audit) -> Section:
    return Section("attempts", evidence.LOCK, audit.protocol.because, sheets=(attempts.sheet(audit),))


def _guidelines(audit: Audit) -> Section:
    return Section(
        "guidelines",
        "Reporting guidelines",
        "An audit is not a study report. It gives numbers that a report after TRIPOD+AI (Collins et al. "
        "2024), STARD-AI (Sounderajah et al. 2025) or CLAIM (Tejani et al. 2024) needs; the rest must come "
        "from elsewhere. That an item is served does not mean that it is met.",
        sheets=_filled(sheets.guidelines(audit)),
    )


def _drawn(figure: Figure | None) -> tuple[Figure, ...]:
    return () if figure is None else (figure,)


def _filled(*found: Sheet) -> tuple[Sheet, ...]:
    return tuple(one for one in found if one.rows)
