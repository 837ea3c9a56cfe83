"""Made-up audits in the form of `audit.json`: one that found a policy, and its variants."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

from tests.report.unread import row, rows

from vqa_canary.audit import guidelines
from vqa_canary.audit.record.document import VERSION, read

EVIL = """</script><img src=x onerror="alert(1)">&'<!-- \\input{x} $a_b$ %~^ {{ 7*7 }} {% raw %}"""
METHODS = (
    "margin", "max_probability", "option_entropy", "p_true", "semantic_entropy", "token_perplexity",
    "sample_agreement", "verbalized",
)  # fmt: skip
NEEDS_LOGPROBS = {"margin", "max_probability", "option_entropy", "p_true", "token_perplexity"}
NO_LOGPROBS = "the endpoint gave no log-probs"
FINGERPRINT = "0123456789abcdef"
Audit = dict[str, Any]
Texts = dict[tuple[str, str], tuple[str, tuple[str, ...], str]]


def estimate(value: float | None, half: float = 0.04, n: int = 451, images: int = 203, **rest: Any) -> Audit:
    """An `est`; without a value, with a reason."""
    known = {
        "value": value,
        "ci_low": None if value is None else round(value - half, 4),
        "ci_high": None if value is None else round(value + half, 4),
        "n": n,
        "n_clusters": images,
        "reason": None,
    }
    return known | rest


def null(reason: str) -> Audit:
    """An `est` that does not exist."""
    return estimate(None, n=0, images=0, reason=reason)


def policy(dataset: str, model: str, event: str, method: str, guarantee: str, scope: str) -> Audit:
    """A policy that was found and held."""
    alpha = 0.1 if event == "error" else 0.2
    exact = guarantee == "exact"
    coverage, risk = (0.412, 0.046) if exact else (0.538, 0.071)
    word = "errors" if event == "error" else "collapses"
    return {
        "dataset": dataset, "model": model, "event": event, "method": method, "guarantee": guarantee,
        "scope": scope, "n_methods": 1 if scope.endswith("alone") else len(METHODS), "alpha": alpha,
        "delta": 0.05, "verdict": "policy found", "threshold": 0.314159,
        "sentence": f"Answering when {method} is at most 0.314 covers 41.2 % of questions with at most {alpha:.0%} "
        f"{word} among the answered.".replace("%", " %").replace("  %", " %"),
        "promise": f"At most {100 * alpha:.0f} % {word} among answered, with 95 % confidence.",
        "calibration": calibration(225, 101, coverage, risk, p_accepted=0.031, p_refused=0.082),
        "held_out": {
            "coverage": estimate(coverage - 0.018, 0.06, 226, 102),
            "risk": estimate(risk + 0.013, 0.031, 89, 71),
            "image_risk": estimate(risk + 0.011, 0.031, 89, 71),
            "holds": "holds",
        },
        "needed_images": None, "reason": None, "best": method == "max_probability",
    }  # fmt: skip


def calibration(n: int, images: int, coverage: float | None, risk: float | None, **rest: float) -> Audit:
    """What a search saw on its half of the images."""
    told: Audit = {
        "n": n,
        "images": images,
        "coverage": coverage,
        "risk": risk,
        "images_used": 61,
        "events_used": 2,
    }
    return told | {"p_accepted": None, "p_refused": None, "lower_limit": None} | rest


def without_policy(one: Audit, verdict: str, needed: int | None, reason: str) -> Audit:
    """The same cell where none was found."""
    held = dict.fromkeys(("coverage", "risk", "image_risk"), null("no policy")) | {"holds": None}
    return one | {
        "verdict": verdict, "threshold": None, "sentence": f"{verdict[:1].upper()}{verdict[1:]}.",
        "promise": "",
        "calibration": calibration(225, 101, 0.1, 0.19, p_refused=0.31), "held_out": held,
        "needed_images": needed, "reason": reason, "best": False,
    }  # fmt: skip


def _curve(dataset: str, model: str, event: str, method: str, split: str) -> Audit:
    points = 60 if split == "calibration" else 45
    shift = 0.01 if split == "held-out" else 0.0
    coverage = [round((k + 1) / points, 4) for k in range(points)]
    risk = [round(0.33 * x**1.7 + shift + 0.02 * math.sin(9 * x) ** 2, 4) for x in coverage]
    return {
        "dataset": dataset, "model": model, "event": event, "method": method, "split": split,
        "coverage": coverage, "risk": risk,
    }  # fmt: skip


def _cell(dataset: str, model: str) -> Audit:
    """All rows about one data set and model."""
    best = "max_probability"
    rows = [
        policy(dataset, model, event, method, guarantee, scope)
        for event in ("error", "collapse")
        for method in METHODS
        for guarantee in ("exact", "cluster")
        for scope in ("this method alone", "best of 8 methods")
    ]
    for one in rows:
        if one["method"] in {"verbalized", "sample_agreement"}:
            verdict = "no safe policy could be shown"
            one |= without_policy(
                one, verdict, 260, "at the first threshold 4 of 61 images are wrong (p = 0.310)"
            )
    main = next(one for one in rows if one["method"] == best and one["scope"].startswith("best"))
    fragile = next(one for one in rows if one["method"] == best and one["event"] == "collapse")
    headline = {
        "dataset": dataset, "model": model, "accuracy": estimate(0.682, 0.043), "missing": _missing(dataset, model),
        "unseen_condition": "no_image", "unseen_accuracy": estimate(0.391, 0.046),
        "nota_condition": "nota_replace", "nota_accuracy": estimate(0.231, 0.05, 288, 160),
        "accuracy_drop": estimate(0.447, 0.058, 288, 160), "collapse_rate": estimate(0.664, 0.06, 201, 140),
        "beside_control": {
            "chance": 0.31, "above_chance": estimate(0.37, 0.043), "p_value": 1e-9, "condition": "nota_control",
            "rate": estimate(0.038, 0.02, 201, 140), "difference": estimate(0.626, 0.06, 201, 140),
        },
        "overconfidence": estimate(0.094, 0.041), "recommended": best, "named": None,
        "recommended_because": "best AUROC, not distinguishable from two others, of which it costs the fewest calls",
        "policy": main, "fragility_policy": fragile,
        "worst_subgroup": {
            "column": "question_type", "value": "abnormality", "error": estimate(0.11, 0.08, 37, 27), "bound": 0.22,
            "n_groups": 7, "holds": "cannot tell", "too_few": ["question_type=counting"],
        },
        "answer": f"{model} may be trusted on the 41.2 % of questions where max_probability is at most 0.314; a "
        "person must answer the rest. Hide the right option, and two of three right answers collapse.",
    }  # fmt: skip
    methods = [
        {
            "dataset": dataset, "model": model, "method": name, "auroc": estimate(round(0.78 - 0.031 * k, 3), 0.045),
            "fragility_auroc": estimate(round(0.66 - 0.025 * k, 3), 0.08, 201, 140),
            "standing": "best" if k == 1 else "not distinguishable from best" if k < 3 else "",
            "calls": (1, 1, 1, 2, 10, 1, 10, 2)[k], "calls_why": ("one answer", "ten samples")[k in (4, 6)],
            "reason": None, "recommended": name == best,
        }
        for k, name in enumerate(METHODS)
    ]  # fmt: skip
    conformal = [
        {
            "dataset": dataset, "model": model, "score": score, "weighting": "images", "target": 0.9,
            "quantile": 0.8731, "calibration": {"n": 225, "images": 101},
            "coverage": estimate(0.911 + 0.004 * k, 0.03, 226, 102),
            "coverage_of_images": estimate(0.918 + 0.004 * k, 0.03, 226, 102), "mean_size": 2.31 + 0.2 * k,
            "single": 0.31, "empty": 0.012, "all": 0.27, "left_out": 3,
            "population": "a random question of a random image",
            "reason": None,
        }
        for k, score in enumerate(("LAC", "APS"))
    ]  # fmt: skip
    fragility = [
        {
            "dataset": dataset, "model": model, "item_id": f"{dataset}-{k:04d}", "method": best,
            "uncertainty": round(0.91 - 0.02 * k, 4), "rank": k + 1,
            "outcomes": {
                "nota_replace": ("collapsed", "collapsed", "held", "not asked")[k % 4],
                "nota_last": ("collapsed", "held")[k % 2],
            },
        }
        for k in range(24)
    ]  # fmt: skip
    groups = [("modality", name) for name in ("CT", "MRI", "X-ray")]
    groups += [
        ("question_type", name) for name in ("presence", "position", "size", "counting", "abnormality")
    ]
    few = "fewer than 20 answered questions: too few to say"
    subgroups = [
        {
            "dataset": dataset, "model": model, "column": column, "value": value, "n": 60 + k, "n_clusters": 40 + k,
            "accuracy": estimate(round(0.55 + 0.05 * k, 3), 0.08, 60 + k, 40 + k, warning=None),
            "overconfidence": estimate(round(0.15 - 0.03 * k, 3), 0.08, 60 + k, 40 + k, warning=None),
            "policy_coverage": estimate(0.42, 0.1, 30 + k, 20 + k, warning=None),
            "policy_error": null("fewer than 20 answered questions") | {"warning": few} if value == "counting"
            else estimate(round(0.03 + 0.012 * k, 3), 0.03, 30 + k, 20 + k, warning=None),
            "warning": few if value == "counting" else None,
        }
        for k, (column, value) in enumerate(groups)
    ]  # fmt: skip
    robustness = [
        {
            "dataset": dataset,
            "model": model,
            "condition": name,
            "changed": estimate(0.03 + 0.05 * k, 0.02),
            "beyond_repeat": estimate(0.01 + 0.05 * k, 0.02),
            "changed_answered": estimate(0.02 + 0.02 * k, 0.02, 180),
            "lost": estimate(0.04 * k, 0.02, 300),
            "gained": estimate(0.05 * k, 0.03, 151),
            "accuracy": estimate(0.68 - 0.02 * k, 0.04),
            "drop": estimate(0.02 * k, 0.02),
        }
        for k, name in enumerate(("asked_again", "reworded", "shuffled", "blurred", "any"))
    ]
    return {
        "headline": [headline], "methods": methods, "policies": rows, "conformal": conformal,
        "curves": [
            _curve(dataset, model, event, method, split)
            for event in ("error", "collapse") for method in METHODS[:3] for split in ("calibration", "held-out")
        ],
        "fragility": fragility, "subgroups": subgroups, "robustness": robustness,
    }  # fmt: skip


def _missing(dataset: str, model: str, asked: int = 451, failed: int = 0) -> Audit:
    """No answer is missing, or all those of yes/no questions."""
    kind = {"asked": failed, "failed": failed, "share": estimate(1.0, 0.0, failed, 30), "elsewhere": 0.0}
    kinds = [{"column": "options", "value": "yes or no", "p_value": 0.0004, **kind}] * (0 < failed < asked)
    told = f"It answered {asked - failed} of {asked} questions; the missing ones are all yes/no questions."
    return {
        "dataset": dataset, "model": model, "asked": asked, "failed": failed, "kinds": kinds,
        "sentence": told if failed else "", "tied": bool(kinds), "many": failed > 0,
        "all_wrong": estimate(0.6, 0.04, asked), "all_right": estimate(0.8, 0.04, asked),
    }  # fmt: skip


def _model(model: str) -> Audit:
    return {
        "model": model,
        "facts": {
            "source": "http://127.0.0.1:8080/v1", "model": model, "reported_model": model, "images": "told apart",
            "deterministic": "yes", "logprobs": "top 20", "n": "10 a call", "follow_ups": "taken",
        },
        "instances": 2255, "answered": 2255, "failed": 0, "failures": [], "uncounted": 0,
        "uncounted_failed": 0, "calls": 6765, "prompt_tokens": 1871300,
        "completion_tokens": 20295, "bounded": estimate(0.083, 0.012, 2255), "gaps": [], "cost": None, "currency": "",
    }  # fmt: skip


def found(datasets: tuple[str, ...] = ("vqa_rad",), models: tuple[str, ...] = ("radiology-vlm-7b",)) -> Audit:
    """Policies found, and confirmed."""
    cells = [_cell(dataset, model) for dataset in datasets for model in models]
    choices = [_choice(dataset, models, cells) for dataset in datasets if len(models) > 1]
    joined = {name: [row for cell in cells for row in cell[name]] for name in cells[0]}
    made: Audit = {
        "version": VERSION, "study": "audit", "env": "audit", "runtime_params": {}, "package": "0.1.0", "seed": 7,
        "fingerprints": {
            "items": FINGERPRINT, "instances": "1123456789abcdef", "prompts": "2123456789abcdef",
            "evidence": {model: f"{k}fedcba987654321" for k, model in enumerate(models)},
            "scores": "3123456789abcdef",
        },
        "settings": {
            "questions": "csv: data/01_raw/audit/questions.csv; question: Frage; answer: Antwort",
            "target": "at most 10 % errors among the answered, with 95 % confidence",
        },
        "questions": {
            "datasets": [
                {
                    "dataset": name, "items": 451, "images": 203, "open": 200, "closed": 251, "nota_valid": 288,
                    "instances": 2255, "joined": None,
                }
                for name in datasets
            ],
            "refused": [
                {"dataset": datasets[0], "stage": "sources", "reason": "the answer is empty", "n": 3},
                {"dataset": datasets[0], "stage": "conditions", "reason": "fewer than two options", "n": 11},
            ],
        },
        "models": [_model(name) for name in models], **joined, "model_choices": choices,
        "guidelines": [], "not_covered": list(guidelines.NOT_COVERED),
        "target": {"alpha": 0.1, "delta": 0.05, "conformal": 0.9, "share": 0.5, "method": None, "hold_for": []},
        "review": None, "comparison": None, "group_policies": [],
        "protocol": {
            "attempt": 1, "locked_at": "2026-11-30 01:02:03 UTC", "file": "attempts/1/protocol.lock",
            "hash": 4 * FINGERPRINT, "standing": "first look", "claimed": True, "looks": 1, "completed": 0,
            "because": "Target, method and split were locked before the first answer.", "earlier": [],
        },
        "accounting": [], "verifications": [], "readability": [],
        "images": {"plain": 203, "converted": 0, "steps": {}, "may_show_identity": 0},
    }  # fmt: skip
    return with_guidelines(made)


def with_guidelines(audit: Audit) -> Audit:
    """The same audit, whose rows of guidelines are those of what it now holds."""
    return audit | {"guidelines": [one.model_dump(mode="json") for one in guidelines.served(read(audit))]}


def _choice(dataset: str, models: tuple[str, ...], cells: list[Audit]) -> Audit:
    policies = {one["headline"][0]["model"]: one["headline"][0]["policy"] for one in cells}
    return {
        "dataset": dataset, "n_choices": len(models) * len(METHODS), "recommended": models[0],
        "reason": f"{models[0]} is recommended: it answers most.",
        "models": [
            {
                "model": model, "policy": policies[model] | {"scope": "best of models"},
                "behind": estimate(0.02 * k, 0.03), "maybe_most_accurate": k == 0,
            }
            for k, model in enumerate(models)
        ],
    }  # fmt: skip


def no_safe_policy() -> Audit:
    """A model that is wrong even where it is sure."""
    audit = found()
    reason = "at coverage 10.0 % the error is 19.0 %, lower limit 12.0 %"
    for one in audit["policies"]:
        one |= without_policy(one, "no safe policy exists at this target", None, reason)
    [headline] = audit["headline"]
    headline["worst_subgroup"] = None
    headline["answer"] = (
        "radiology-vlm-7b may not be trusted on any share of these questions: no safe policy exists."
    )
    headline["overconfidence"] = estimate(-0.01, 0.03)
    return audit


def too_little_data() -> Audit:
    """Some twenty images: no policy can be found, and much is undefined."""
    audit = found()
    audit["questions"]["datasets"][0] |= {"items": 41, "images": 23, "nota_valid": 0, "instances": 41}
    verdict = "too little data: 29 images with an answer are needed even if all are right"
    for one in audit["policies"]:
        one |= without_policy(one, verdict, 29, "11 calibration images have an answer")
        one["calibration"] = calibration(20, 11, None, None)
    [headline] = audit["headline"]
    nothing = null("no NOTA condition was asked")
    headline |= {
        "nota_condition": None, "nota_accuracy": nothing, "accuracy_drop": nothing, "collapse_rate": nothing,
        "beside_control": None,
        "fragility_policy": None, "recommended": None, "worst_subgroup": None,
        "recommended_because": "no method can be told from chance on 23 images",
        "answer": "Nobody can say yet: 23 images are too few.",
    }  # fmt: skip
    for one in audit["methods"]:
        one |= {"fragility_auroc": nothing, "standing": "not compared: one class only", "recommended": False}
    audit |= {"curves": [], "conformal": [], "fragility": []}
    return audit


def no_logprobs() -> Audit:
    """An endpoint that ignores log-probs, mixes up images, answers as another model, and fails at times."""
    audit = found()
    [model] = audit["models"]
    model["facts"] |= {
        "images": "NOT told apart: equal log-probs to the last digit", "deterministic": "no: texts differ",
        "logprobs": "ignored by the server", "reported_model": "small-vlm", "n": "ignored",
    }  # fmt: skip
    model |= {
        "answered": 2105, "failed": 150, "calls": None, "prompt_tokens": None, "completion_tokens": None,
        "failures": [
            {"error": "429 Too Many Requests", "n": 120}, {"error": "the answer was cut short", "n": 30},
        ],
        "gaps": [{"field": "option_logprobs", "reason": NO_LOGPROBS, "n": 2105}], "bounded": null(NO_LOGPROBS),
    }  # fmt: skip
    for one in audit["methods"]:
        if one["method"] in NEEDS_LOGPROBS:
            one |= {
                "auroc": null(NO_LOGPROBS), "fragility_auroc": null(NO_LOGPROBS), "reason": NO_LOGPROBS,
                "standing": f"not compared: {NO_LOGPROBS}", "recommended": False,
            }  # fmt: skip
    audit["policies"] = [one for one in audit["policies"] if one["method"] not in NEEDS_LOGPROBS]
    [headline] = audit["headline"]
    best = next(
        one for one in audit["policies"] if one["method"] == "semantic_entropy" and one["scope"][0] == "b"
    )
    best["held_out"]["holds"] = "exceeds"
    headline["missing"] = _missing("vqa_rad", "radiology-vlm-7b", failed=30)
    headline |= {
        "recommended": "semantic_entropy", "policy": best, "fragility_policy": None,
        "answer": "Not before the endpoint is understood: it does not tell images apart, and the policy that was found "
        "does not hold on the held-out questions.",
    }  # fmt: skip
    return audit


def compared() -> Audit:
    """A new version of the model against the old one."""
    audit = found()
    verdicts = ("worse", "better", "cannot tell", "identical")
    cells = [("accuracy", "clean", "", "all"), ("accuracy", "nota_replace", "", "all")]
    cells += [("accuracy", "clean", "", f"modality={name}") for name in ("CT", "MRI", "X-ray")]
    cells += [("auroc", "clean", name, "all") for name in METHODS[:4]]
    cells += [
        ("policy_error", "clean", "max_probability", "all"),
        ("auroc", "nota_last", "verbalized", "all"),
    ]
    rows = [
        {
            "dataset": "vqa_rad", "model": "radiology-vlm-7b", "quantity": quantity, "condition": condition,
            "method": method, "subset": subset, "baseline": 0.641, "current": round(0.641 + 0.02 * (k - 4), 3),
            "difference": estimate(round(0.02 * (k - 4), 3), 0.03), "p_value": 0.01 * (k + 1),
            "verdict": verdicts[k % 4], "smallest_difference": 0.052, "warning": None,
        }
        for k, (quantity, condition, method, subset) in enumerate(cells)
    ]  # fmt: skip
    rows[-1] |= {"current": None, "difference": null("one class only"), "p_value": None, "verdict": None}
    rows[-2] |= {"warning": "fewer than 50 images"}
    audit["comparison"] = {
        "baseline": "audit-spring", "rule": "better or worse: not 0",
        "models": [["radiology-vlm-7b", "radiology-vlm-7b-old"]],
        "joined": {"instances": 2200, "changed": 311, "only_new": 11, "only_old": 4},
        "differences": rows,
        "items": {
            "gained": ["vqa_rad/vqa_rad-0003"], "lost": ["vqa_rad/vqa_rad-0007", "vqa_rad/vqa_rad-0011"],
            "newly_collapsed": ["vqa_rad/vqa_rad-0013, nota_replace"], "no_longer_collapsed": [],
        },
    }  # fmt: skip
    return audit


def held_for_groups() -> Audit:
    """A policy that had to hold for each modality."""
    audit = found()
    groups = [("", "all"), ("modality", "CT"), ("modality", "MRI"), ("modality", "X-ray")]
    audit["target"]["hold_for"] = ["modality"]
    audit["group_policies"] = [
        {
            "dataset": "vqa_rad", "model": "radiology-vlm-7b", "method": "max_probability", "columns": ["modality"],
            "n_methods": 8, "verdict": "policy found", "threshold": 0.271828, "coverage": 0.31,
            "sentence": "Of 100 questions it answers 31 and hands 69 to a person, by their max_probability.",
            "held_out": estimate(0.3, 0.06, 226, 102),
            "groups": [
                {
                    "column": column, "value": value, "images": 40, "errors": 0, "p_value": 0.006,
                    "coverage": estimate(0.3, 0.1, 70, 40), "error": estimate(0.04, 0.04, 21, 15),
                }
                for column, value in groups
            ],
        }
    ]  # fmt: skip
    return audit


def unread() -> Audit:
    """A model whose answers mostly name no option."""
    audit = found()
    audit["readability"] = rows("radiology-vlm-7b", "another", "vqa_rad")
    return audit


def all_failed() -> Audit:
    """A file of recorded answers that holds none of those asked for; its one curve has a single point."""
    audit = too_little_data()
    [model] = audit["models"]
    [about] = audit["questions"]["datasets"]
    n = about["instances"]
    model |= {"instances": n, "answered": 0, "failed": n, "failures": [{"error": "not recorded", "n": n}]}
    model |= {"bounded": null("no items"), "calls": None, "prompt_tokens": None, "completion_tokens": None}
    failed: Audit = {"answered": 0, "failed": n, "answers": 0, "instances": n, "shapes": [], "warnings": []}
    audit["readability"] = [
        row("radiology-vlm-7b", name, 0, dataset="vqa_rad", accuracy=[], **failed) for name in ("", "clean")
    ]
    [headline] = audit["headline"]
    headline |= dict.fromkeys(("accuracy", "overconfidence"), null("not measured"))
    headline["missing"] = _missing("vqa_rad", "radiology-vlm-7b", n, n)
    for one in audit["subgroups"]:
        one |= {"accuracy": null("not measured") | {"warning": None}}
        one |= {"policy_error": null("no policy") | {"warning": None}}
    audit["curves"] = [
        {
            "dataset": "vqa_rad", "model": "radiology-vlm-7b", "event": event, "method": "margin",
            "split": "calibration", "coverage": points, "risk": points,
        }
        for event, points in (("error", [1.0]), ("collapse", []))
    ]  # fmt: skip
    audit["accounting"] = [
        {"stage": "items", "about": "", "what": "records", "n": 44, "parts": {"usable": 41, "refused": 3}}
    ]
    return audit


def several() -> Audit:
    """Two data sets, two models."""
    return found(("slake", "vqa_rad"), ("radiology-vlm-7b", "general-vlm-3b"))


def hostile() -> Audit:
    """Every text of an audit, and every key that is a name, tries to be more than a text."""
    kept = {"event", "split", "version", "guarantee", "verdict", "warnings"}

    def poison(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            named = key in {"facts", "settings", "outcomes", "evidence"}
            return {(f"{name} {EVIL}" if named else name): poison(one, name) for name, one in value.items()}
        if isinstance(value, list):
            return [poison(one, key) for one in value]
        return f"{value} {EVIL}" if isinstance(value, str) and key not in kept else value

    poisoned: Audit = poison(compared() | {"readability": unread()["readability"]})
    for name in ("version", "study"):
        poisoned[name] = VERSION if name == "version" else EVIL
    for one in poisoned["policies"]:
        one["verdict"] = f"{one['verdict']} {EVIL}"
    return poisoned


def texts(audit: Audit, evil: bool = False) -> Texts:
    """What the fragile questions say."""
    return {
        (one["dataset"], one["item_id"]): (
            EVIL if evil else f"Is there a lesion in {one['item_id']}?",
            ("yes", "no", EVIL if evil else "cannot be seen"),
            EVIL if evil else "yes",
        )
        for one in audit["fragility"]
    }


def reviewed() -> Audit:
    """One key, one judgement and one question were corrected."""
    audit = found()
    [headline] = audit["headline"]
    policy = {
        "outcome": "policy found",
        "threshold": 0.314159,
        "coverage": estimate(0.4),
        "risk": estimate(0.05),
    }
    none = {
        "outcome": "too little data",
        "threshold": None,
        "coverage": null("no policy"),
        "risk": null("no policy"),
    }
    rows = [("vqa_rad-0001", 1, 0, True, True, False), ("vqa_rad-0002", 0, 0, True, False, False)]
    rows += [("vqa_rad-0003", 2, 2, False, False, True)]
    names = (
        "item_id",
        "answer_before",
        "answer_after",
        "nota_valid_before",
        "nota_valid_after",
        "unanswerable",
    )
    audit["review"] = {
        "files": [{"file": "data/01_raw/audit/review.csv", "attempt": 1, "rows": 143, "filled": 3}],
        "filled": 3,
        "asked": 451, "listed": 143, "keys": 1, "nota_valid": 1, "unanswerable": 1,
        "items": [{"dataset": headline["dataset"], **dict(zip(names, row, strict=True))} for row in rows],
        "effects": [
            {
                "dataset": headline["dataset"], "model": headline["model"],
                "accuracy_before": dict(headline["accuracy"]), "accuracy_after": estimate(0.685, n=450),
                "difference": estimate(0.0022, 0.004, n=450), "became_right": 1, "became_wrong": 0,
                "collapse_before": dict(headline["collapse_rate"]), "collapse_after": estimate(0.66),
                "policy_before": none, "policy_after": policy,
            }
        ],
        "caution": "A reviewer was shown 143 of 451 questions.",
    }  # fmt: skip
    return audit


ALL: dict[str, Callable[[], Audit]] = {
    "found": found, "no_safe_policy": no_safe_policy, "too_little_data": too_little_data,
    "no_logprobs": no_logprobs, "unread": unread, "all_failed": all_failed,
    "compared": compared, "several": several, "held_for_groups": held_for_groups, "hostile": hostile,
    "reviewed": reviewed,
}  # fmt: skip


def with_held_out(audit: Audit, holds: str) -> Audit:
    """The same audit, where the held-out check of the first policy says otherwise."""
    changed = copy.deepcopy(audit)
    changed["headline"][0]["policy"]["held_out"]["holds"] = holds
    return changed
