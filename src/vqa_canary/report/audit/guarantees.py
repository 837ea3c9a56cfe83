"""What a policy promises, what it does not, and how to read its table."""

from __future__ import annotations

from vqa_canary.numerals import stated

UNSAID = (
    "Nothing about another hospital, other scanners, other patients or other kinds of question; nothing about a later "
    "version of the model or of its prompts; nothing about each subgroup, but for a policy that was sought to hold for "
    "each; nothing about how bad an error is. New questions must be like those asked here."
)
"""What no policy promises."""


def explained(delta: float, claimed: bool = True) -> tuple[tuple[str, str], ...]:
    """Terms of the policies and what they mean.

    Parameters
    ----------
    delta : the doubt that is left
    claimed : whether the confidence may be claimed; else it is told as the level of a test
    """
    sure = stated(1 - delta)
    return (
        (
            "exact",
            "Each image counts with one answered question, taken in an order fixed beforehand, and thresholds "
            "are tried from strict to lenient until one fails a binomial test. The error meant is that of a "
            "random answered question of a random image: an image with many questions counts no more than one "
            "with few. Proven for any finite sample where thresholds are fixed in advance; that they are taken "
            "from the calibration split itself does no harm in simulation.",
        ),
        (
            "cluster",
            "All answered questions count, with images as clusters, so more can be answered. The error meant "
            "is that of a random answered question. Approximate: checked by simulation, not proven. Read it "
            "beside the exact one, never instead of it.",
        ),
        (
            "scope",
            "A policy of one method alone, or of the best of several. Who looks at several methods and takes "
            "the best must pay for the choice: the allowed doubt is then divided by their number. A row of "
            "one method is only for those who chose that method before they saw the numbers.",
        ),
        (
            f"with {sure} confidence" if claimed else f"tested at {sure}",
            "In this audit no confidence is claimed; had its rules been fixed beforehand, it would be meant so. "
            * (not claimed)
            + "Over calibrations: of many audits like this one, each with its own images, at most "
            f"{stated(delta)} would hand out a policy that breaks its promise. It is not a chance for one "
            "patient or one answer. It is said of each policy by itself: errors and collapses, models and data "
            "sets are not adjusted for each other. Where there are several models, a table of its own adjusts for the "
            "choice among them.",
        ),
        (
            "lock and attempt",
            "Target, confidence, method, split, subgroups, conditions, prompts, models and questions are locked before "
            "the first answer, with a hash. Whoever changes one of them afterwards makes a second look: it is kept "
            "with a number of its own, and no confidence is claimed for it, unless the lock had named it beforehand; "
            "then every look is tested at its share of the doubt.",
        ),
        (
            "no safe policy exists",
            f"{'With 95 % confidence' if claimed else 'By their 95 % limits'} even the least uncertain answers that "
            "were tested go wrong more often than the target. Stricter thresholds answer on too few images to be "
            "tested, more lenient ones are not tried after a failure. “No safe policy could be shown”: there may be "
            "one, but these images are too few to show it. “Too little data”: too few even if every answer were right.",
        ),
        (
            "held-out check",
            "The threshold, applied to questions about images that had no part in finding it. It checks the "
            "guarantee; it does not replace it, and its interval is often wide. Which method is recommended was "
            "decided on all images, these too: that can make the check a little kind, not the guarantee, which "
            "allows for the choice.",
        ),
        ("what no guarantee says", UNSAID),
    )
