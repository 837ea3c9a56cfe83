"""Which items of reporting guidelines an audit can serve, and what it does not cover.

An audit is no study report: it gives numbers that a report of a validation needs. Numbers of items are
those of the published checklists; topics are in our words.

References
----------
Collins et al. (2024), TRIPOD+AI statement, BMJ 385:e078378, doi 10.1136/bmj-2023-078378.
Sounderajah et al. (2025), The STARD-AI reporting guideline, Nat Med 31:3283-3289, doi 10.1038/s41591-025-03953-8.
Tejani et al. (2024), Checklist for Artificial Intelligence in Medical Imaging (CLAIM): 2024 Update, Radiol Artif
Intell 6(4):e240300, doi 10.1148/ryai.240300.
"""

from __future__ import annotations

from vqa_canary.audit.record.document import Guideline

TRIPOD, STARD, CLAIM = "TRIPOD+AI", "STARD-AI", "CLAIM"


def _served(guideline: str, item: str, topic: str, serves: str, where: str) -> Guideline:
    return Guideline(guideline=guideline, item=item, topic=topic, serves=serves, where=where)


POLICY, FRAGILITY, SETS = "Escalation policy", "Fragility policy", "Conformal sets"
METHODS, FRAGILE, SUBGROUPS = "Methods", "Fragility list", "Subgroups"
MODEL, DATA, COMPARISON = "The model", "Data", "Comparison with the baseline"
LIMITS, REPEAT, FIRST = "Limits", "Repeat it", "First screen"

SERVED = (
    _served(TRIPOD, "7", "data preparation", "checks of every question; what was refused, and why", DATA),
    _served(
        TRIPOD,
        "11",
        "missing data",
        "failed instances and evidence that the model did not give, counted with their reasons; a method "
        "without its evidence is null, never imputed",
        f"{MODEL}; {METHODS}",
    ),
    _served(
        TRIPOD,
        "12d, 23b",
        "heterogeneity across clusters",
        "images are the clusters of every interval and test; performance by named columns, such as a site",
        SUBGROUPS,
    ),
    _served(
        TRIPOD,
        "12e",
        "performance measures and plots, comparison of models",
        "accuracy, AUROC of uncertainty, overconfidence, risk against coverage, collapse",
        f"{METHODS}; {POLICY}; {COMPARISON}",
    ),
    _served(
        TRIPOD,
        "12g",
        "how predictions were calculated",
        "endpoint or weights, prompts by fingerprint, calls, settings",
        f"{MODEL}; {REPEAT}",
    ),
    _served(
        TRIPOD,
        "14",
        "fairness",
        "accuracy, overconfidence and policy error of the subgroups that were named; nothing is corrected",
        SUBGROUPS,
    ),
    _served(
        TRIPOD,
        "15",
        "model output, and how thresholds were identified",
        "the threshold of the policy, the split it was found on, its guarantee",
        POLICY,
    ),
    _served(
        TRIPOD,
        "20a, 21",
        "flow and numbers in each analysis",
        "questions and images asked, refused, failed, in calibration and held out; of questions, not of persons",
        f"{DATA}; {POLICY}",
    ),
    _served(
        TRIPOD,
        "23a",
        "performance with confidence intervals, also for subgroups",
        "every estimate with its interval over images, or why there is none",
        f"{FIRST}; {METHODS}; {SUBGROUPS}",
    ),
    _served(TRIPOD, "26", "limitations", "what the numbers do not say", LIMITS),
    _served(
        STARD,
        "13",
        "software",
        "the version of this package, and what the model said of itself",
        f"{MODEL}; {REPEAT}",
    ),
    _served(
        STARD,
        "15a",
        "index test",
        "the model as it was asked; its settings and prompts",
        f"{MODEL}; {REPEAT}",
    ),
    _served(
        STARD,
        "15c",
        "cut-offs of the index test, prespecified or exploratory",
        "the policy's threshold: target and confidence are set before, the threshold is found on the "
        "calibration split and checked on the other",
        f"{POLICY}; {FRAGILITY}",
    ),
    _served(
        STARD,
        "18",
        "statistical methods",
        "intervals and tests, named beside each table",
        f"{METHODS}; {POLICY}",
    ),
    _served(
        STARD,
        "19, 20",
        "indeterminate and missing results",
        "answers that name no option, failed calls, missing log-probs",
        MODEL,
    ),
    _served(
        STARD,
        "21",
        "variability in accuracy",
        "subgroups, and conditions under which the same question was asked again",
        f"{SUBGROUPS}; {FRAGILITY}",
    ),
    _served(
        STARD,
        "23",
        "error analysis, algorithmic bias and fairness",
        "fragile questions by name; subgroups with a warning where there are too few",
        f"{FRAGILE}; {SUBGROUPS}",
    ),
    _served(
        STARD, "24", "flow", "numbers for the diagram: usable, refused, answered, failed", f"{DATA}; {MODEL}"
    ),
    _served(
        STARD,
        "31",
        "estimates of accuracy and their precision",
        "share of right answers with its interval; not sensitivity or specificity",
        f"{FIRST}; {SUBGROUPS}",
    ),
    _served(STARD, "33", "limitations", "what the numbers do not say", LIMITS),
    _served(
        STARD,
        "40b",
        "outputs stored and auditable",
        "evidence kept for every instance, with fingerprints",
        REPEAT,
    ),
    _served(CLAIM, "12", "missing data", "failures and gaps, counted with their reasons", MODEL),
    _served(
        CLAIM,
        "19, 20",
        "partitions, and the level at which they are disjoint",
        "calibration and held-out split by image; of this audit, not of the model's training",
        POLICY,
    ),
    _served(CLAIM, "22", "description of the model", "only what the model said of itself", MODEL),
    _served(CLAIM, "23", "software", "the version of this package", REPEAT),
    _served(CLAIM, "28", "metrics of performance", "those of the tables, each explained beside it", METHODS),
    _served(
        CLAIM,
        "29",
        "statistical significance and uncertainty",
        "intervals over images; paired tests of methods, adjusted for their number",
        METHODS,
    ),
    _served(
        CLAIM,
        "30",
        "robustness or sensitivity analysis",
        "the same questions with the right option hidden",
        f"{FRAGILITY}; {FRAGILE}",
    ),
    _served(
        CLAIM,
        "33",
        "testing on external data",
        "this audit is one, where the model's makers had no part in the questions; it cannot tell",
        DATA,
    ),
    _served(CLAIM, "35", "numbers included and excluded", "questions and images, with reasons", DATA),
    _served(
        CLAIM,
        "37, 38",
        "performance and its precision",
        "estimates with intervals, also by subgroup",
        f"{FIRST}; {SUBGROUPS}",
    ),
    _served(CLAIM, "39", "failure analysis", "fragile and collapsed questions by name", FRAGILE),
    _served(CLAIM, "40", "limitations", "what the numbers do not say", LIMITS),
)
"""Items of the three guidelines that an audit serves."""

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
