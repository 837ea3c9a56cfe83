"""The words that a page begins with: what was done, and each claim with its verdicts."""

from __future__ import annotations

from vqa_canary.counting import counted
from vqa_canary.frames import image_ids
from vqa_canary.report.accuracy import has_ranges
from vqa_canary.report.numbers import prose
from vqa_canary.report.study.contents import Study, View
from vqa_canary.report.study.tables.claims import BLINDNESS, FORESIGHT, TRACKING, WITHIN
from vqa_canary.report.study.words.blindness import blindness
from vqa_canary.report.study.words.finding import Finding
from vqa_canary.report.study.words.foresight import foresight
from vqa_canary.report.study.words.sight import accuracy_words
from vqa_canary.report.study.words.tracking import tracking

TITLES = {
    TRACKING: "Uncertainty tracks accuracy",
    BLINDNESS: "Uncertainty is blind to a hidden answer",
    FORESIGHT: "Collapse is foreseeable",
}
MEANINGS = {
    TRACKING: "Over models, a method's AUROC rises with accuracy.",
    BLINDNESS: "When the right option is hidden, accuracy collapses while uncertainty does not rise (blind). Beside it "
    "what the paper says: uncertainty hardly moves, up or down.",
    FORESIGHT: "Among answers right when clean, clean uncertainty ranks those that will collapse above "
    "those that hold. An answer collapses that is right, and wrong once the right option is hidden.",
}

OF_UNREAD = (
    " Answers that could not be read count as wrong for the lower end and are left out for the upper one; figures and "
    "verdicts take their likeliest letter or, where there are no log-probs, count them as wrong."
)


def findings(view: View) -> dict[str, list[Finding]]:
    """For each claim that was asked of this data set, its verdicts in words."""
    by_claim = {TRACKING: tracking(view), BLINDNESS: blindness(view), FORESIGHT: foresight(view)}
    return {name: each for name, each in by_claim.items() if each}


def meaning(view: View, name: str) -> str:
    """What the claim says, with the margin of its rule, and of what it is asked."""
    margin = view.study.margins.get("shift")
    if name == TRACKING and view.claims(WITHIN, "headline"):
        return f"{MEANINGS[name][:-1]}; and inside a model, over kinds of question."
    if name != BLINDNESS or not margin:
        return MEANINGS[name]
    told = MEANINGS[name].replace("(blind)", f"(by {prose(margin)} or more: blind)")
    told = told.replace("up or down", f"within ±{prose(margin)}")
    return f"{told} Shifts are in standard deviations of clean uncertainty."


def study_sentence(view: View) -> str:
    """What was done, in one sentence."""
    study = view.study
    asked = study.items[
        (study.items["dataset"] == view.dataset) & study.items["item_id"].isin(study.instances["item_id"])
    ]
    n_images = len({image for row in image_ids(asked) for image in row})
    return (
        f"{counted(len(study.models), 'model')}{_and_variants(study)} answered "
        f"{counted(asked['item_id'].nunique(), 'question')} about "
        f"{counted(n_images, 'image')} of {view.dataset}, shown in "
        f"{counted(len(study.conditions), 'way')}; {counted(len(study.methods), 'method')} said how uncertain "
        "each answer was."
    )


def hidden_sentence(view: View) -> str:
    """What hiding the right option is, where the study does it; else nothing."""
    if view.nota is None:
        return ""
    return (
        "Questions were also asked with the right option replaced by “None of the above” (NOTA): an answer that was "
        "right and is wrong then has collapsed."
    )


def accuracy_sentence(view: View) -> str:
    """How right the models are, and how right they are without the image; empty where no accuracy is defined."""
    words = accuracy_words(view, view.study.models)
    if not words:
        return ""
    return f"{words[:1].upper()}{words[1:]}." + (OF_UNREAD if has_ranges(view.study.readability) else "")


def _and_variants(study: Study) -> str:
    return f" and {counted(len(study.baselines), 'variant')} of them" if study.baselines else ""
