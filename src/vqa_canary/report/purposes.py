"""What each condition is asked for, in a few words, to stand beside its cost."""

from __future__ import annotations

from collections.abc import Mapping

PURPOSES: Mapping[str, str] = {
    "clean": "accuracy, every method's uncertainty, the policy and its check, the choice of the method",
    "nota_replace": "whether right answers collapse when the right option is hidden, and the fragility policy",
    "nota_last": "the same as nota_replace, with the right option's stand-in in the last place",
    "nota_control": "how many right answers are lost when a wrong option is replaced, to hold collapse against",
    "nota_append": 'whether "None of the above" as one more option draws answers away',
    "answer_removed": "whether uncertainty rises where no option is right",
    "shuffled": "whether answers depend on the order of the options",
    "asked_again": "how often answers change by themselves, to hold the changes under other conditions against",
    "reworded": "whether answers depend on the words around the question",
    "rephrased": "whether answers depend on the wording of the question",
    "no_image": "what is still right with a blank image, and so was not seen",
    "text_only": "what is right without any image, and so can be guessed from the text",
    "wrong_image": "what is still right with another item's image",
    "image_swap_pair": "whether answers follow the image when another one makes another option right",
    "blurred": "whether answers hold when the image is out of focus",
    "low_contrast": "whether answers hold when the image has little contrast",
}
"""For each condition of this package what its answers are for."""


def purpose_of(condition: str) -> str:
    """What a condition is for; of one that another package brought, what is measured under each."""
    return PURPOSES.get(condition, "accuracy and uncertainty when questions are shown so")
