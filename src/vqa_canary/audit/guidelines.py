"""Which items of reporting guidelines an audit can serve, and what it does not cover.

An audit is no study report: it gives numbers that a report of a validation needs. Numbers of items are
those of the published checklists; topics are in our words. No row claims what is not on the page: each names the
element that shows it, and what an audit does not have is "not reported", with the reason.

References
----------
Collins et al. (2024), TRIPOD+AI statement, BMJ 385:e078378, doi 10.1136/bmj-2023-078378.
Sounderajah et al. (2025), The STARD-AI reporting guideline, Nat Med 31:3283-3289, doi 10.1038/s41591-025-03953-8.
Tejani et al. (2024), Checklist for Artificial Intelligence in Medical Imaging (CLAIM): 2024 Update, Radiol Artif
Intell 6(4):e240300, doi 10.1148/ryai.240300.
"""

from __future__ import annotations

from vqa_canary.audit.guideline_evidence import EVIDENCE
from vqa_canary.audit.record.document import Audit, Guideline

TRIPOD, STARD, CLAIM = "TRIPOD+AI", "STARD-AI", "CLAIM"

Claim = tuple[str, str]
"""What serves an item, in words, and the name of the evidence that shows it."""

ITEMS: tuple[tuple[str, str, str, tuple[Claim, ...]], ...] = (
    (TRIPOD, "7", "data preparation", (("what was asked", "asked"), ("what was refused, and why", "refused"))),
    (
        TRIPOD, "11", "missing data",
        (
            ("failed instances, with their reasons", "failures"),
            ("evidence that the model did not give, with the reasons", "gaps"),
            ("a method without its evidence is null, never imputed", "methods"),
        ),
    ),
    (
        TRIPOD, "12d, 23b", "heterogeneity across clusters",
        (
            ("images are the clusters of every interval", "first"),
            ("performance by named columns, such as a site", "subgroups"),
        ),
    ),
    (
        TRIPOD, "12e", "performance measures and plots, comparison of models",
        (
            ("accuracy and overconfidence", "first"), ("collapse beside its control", "collapse"),
            ("AUROC of uncertainty", "methods"), ("risk against coverage", "curve"),
            ("differences from a baseline", "compared"),
        ),
    ),
    (
        TRIPOD, "12g", "how predictions were calculated",
        (("endpoint or weights", "facts"), ("calls", "calls"), ("settings, and prompts by fingerprint", "repeat")),
    ),
    (
        TRIPOD, "14", "fairness",
        (("accuracy, overconfidence and policy error of named subgroups; nothing is corrected", "subgroups"),),
    ),
    (
        TRIPOD, "15", "model output, and how thresholds were identified",
        (("the threshold of the policy, the split it was found on, its guarantee", "policy"),),
    ),
    (
        TRIPOD, "20a, 21", "flow and numbers in each analysis",
        (
            ("questions and images asked; of questions, not of persons", "asked"), ("refused", "refused"),
            ("answered and failed", "calls"), ("in calibration", "policy"),
        ),
    ),
    (
        TRIPOD, "23a", "performance with confidence intervals, also for subgroups",
        (
            ("estimates with their intervals over images, or why there is none", "first"),
            ("the same of methods", "methods"), ("the same of subgroups", "subgroups"),
        ),
    ),
    (TRIPOD, "26", "limitations", (("what the numbers do not say", "limits"),)),
    (
        STARD, "13", "software",
        (("the version of this package", "repeat"), ("what the model said of itself", "facts")),
    ),
    (STARD, "15a", "index test", (("the model as it was asked", "facts"), ("its settings and prompts", "repeat"))),
    (
        STARD, "15c", "cut-offs of the index test, prespecified or exploratory",
        (
            ("when target, confidence and method were locked, and which attempt this is", "lock"),
            ("the threshold, found on one split and checked on the other", "policy"),
            ("the same against collapses", "fragility"),
        ),
    ),
    (
        STARD, "18", "statistical methods",
        (("the test of a policy, explained below its table", "policy"), ("how methods are compared", "methods")),
    ),
    (
        STARD, "19, 20", "indeterminate and missing results",
        (
            ("answers that name no option", "read"), ("failed calls", "failures"),
            ("missing log-probs and other evidence", "gaps"),
        ),
    ),
    (
        STARD, "21", "variability in accuracy",
        (
            ("subgroups", "subgroups"), ("the same question with its right option hidden", "collapse"),
            ("the same question asked in another way", "robust"),
        ),
    ),
    (
        STARD, "23", "error analysis, algorithmic bias and fairness",
        (("fragile questions by name", "fragile"), ("subgroups, with a warning where there are too few", "subgroups")),
    ),
    (
        STARD, "24", "flow",
        (("numbers for the diagram: of each stage", "flow"), ("answered and failed", "calls")),
    ),
    (
        STARD, "31", "estimates of accuracy and their precision",
        (
            ("share of right answers with its interval; not sensitivity or specificity", "first"),
            ("the same of subgroups", "subgroups"),
        ),
    ),
    (STARD, "33", "limitations", (("what the numbers do not say", "limits"),)),
    (
        STARD, "40b", "outputs stored and auditable",
        (("fingerprints of all evidence that is kept", "repeat"), ("the lock and its hash", "lock")),
    ),
    (
        CLAIM, "12", "missing data",
        (("failures, with their reasons", "failures"), ("evidence that is missing, with the reasons", "gaps")),
    ),
    (
        CLAIM, "19, 20", "partitions, and the level at which they are disjoint",
        (("calibration and held-out split by image; of this audit, not of the model's training", "policy"),),
    ),
    (CLAIM, "22", "description of the model", (("only what the model said of itself", "facts"),)),
    (CLAIM, "23", "software", (("the version of this package", "repeat"),)),
    (CLAIM, "28", "metrics of performance", (("those of the table of methods", "methods"), ("accuracy", "first"))),
    (
        CLAIM, "29", "statistical significance and uncertainty",
        (
            ("intervals over images", "first"),
            ("paired tests of methods, adjusted for their number", "methods"),
        ),
    ),
    (
        CLAIM, "30", "robustness or sensitivity analysis",
        (
            ("the same questions asked in another way", "robust"),
            ("the same questions with the right option hidden", "fragility"),
        ),
    ),
    (
        CLAIM, "33", "testing on external data",
        (("this audit is one, where the model's makers had no part in the questions; it cannot tell", "asked"),),
    ),
    (
        CLAIM, "35", "numbers included and excluded",
        (("questions and images", "asked"), ("what was refused, with reasons", "refused")),
    ),
    (
        CLAIM, "37, 38", "performance and its precision",
        (("estimates with intervals", "first"), ("the same by subgroup", "subgroups")),
    ),
    (CLAIM, "39", "failure analysis", (("fragile and collapsed questions by name", "fragile"),)),
    (CLAIM, "40", "limitations", (("what the numbers do not say", "limits"),)),
)  # fmt: skip
"""Items of the three guidelines that an audit can serve: guideline, item, topic, and what serves it."""


def served(audit: Audit) -> tuple[Guideline, ...]:
    """Each item, with what of this audit serves it; what the audit does not have is named as not reported."""
    return tuple(_served(audit, *item) for item in ITEMS)


def _served(audit: Audit, guideline: str, item: str, topic: str, claims: tuple[Claim, ...]) -> Guideline:
    shown = [(words, EVIDENCE[name]) for words, name in claims if EVIDENCE[name].holds(audit)]
    lost = [f"{words} ({EVIDENCE[name].absent})" for words, name in claims if not EVIDENCE[name].holds(audit)]
    told = ["; ".join(words for words, _ in shown)] * bool(shown)
    told += [f"not reported: {'; '.join(lost)}"] * bool(lost)
    return Guideline(
        guideline=guideline,
        item=item,
        topic=topic,
        serves="; ".join(told),
        where="; ".join(dict.fromkeys(evidence.where for _, evidence in shown)),
        shown_by=tuple(dict.fromkeys(evidence.element for _, evidence in shown)),
    )


NOT_COVERED = (
    "Clinical outcome: whether patients fare better, worse or the same.",
    "Readers: no comparison with clinicians, alone or together with the model.",
    "Human factors: whether people escalate when told to, or trust what they should not.",
    "Where the questions, images and reference answers come from, how good the answers are, and consent.",
    "Participants: who they were, where and when they were recruited, how severe their disease was.",
    "Sample size: what these numbers could have shown is stated; that they suffice for a purpose is not argued.",
    "How the model was built or trained, and whether it has seen these questions before.",
    "Sensitivity, specificity and prevalence of any condition: questions are not a screened population.",
    "Fairness beyond the subgroups that were named, and groups that no column names.",
    "Deployment: other hospitals, other images, drift, load, security, cost of errors.",
    "Ethics approval, registration, protocol, funding, interests, patient and public involvement.",
)
"""What a reader of an audit must find elsewhere."""
