"""What the canary found, held against what a run needs: what is refused, and what is warned of."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from vqa_canary.engines.endpoint.defaults import left_to_server
from vqa_canary.engines.endpoint.legibility import NONE_READ
from vqa_canary.engines.endpoint.options import EndpointModel
from vqa_canary.engines.sampling import Sampling
from vqa_canary.errors import BadInput

log = logging.getLogger(__name__)


def warn_of(
    name: str,
    options: EndpointModel,
    sampling: Sampling,
    facts: Mapping[str, str],
    differences: Mapping[str, str],
) -> None:
    """Log what a user should know before the run.

    Parameters
    ----------
    facts : what the canary found of the configured model `name`
    differences : in what the endpoint is asked otherwise than usual, by setting
    """
    where = f"models.{name}: {options.base_url}"
    if facts["answers"].startswith(NONE_READ):
        log.warning(
            "%s: NO ANSWER COULD BE READ: %s. If all others are like these, the run tells nothing of the model. "
            "See how it answers, and mend that by the prompt, by larger answer_tokens or by switching "
            "its thinking off; Ctrl-C ends this run, and what is answered by then is kept.",
            where,
            facts["answers"],
        )
    for setting, told in differences.items():
        log.warning("%s is asked in another way than usual. %s: %s.", where, setting, told)
    if facts["deterministic"].startswith("no"):
        log.warning("%s is not deterministic at temperature 0: %s.", where, facts["deterministic"])
    if facts["logprobs"].startswith(("refused", "not believed")):
        log.warning("%s: no log-probs: %s.", where, facts["logprobs"])
    if facts["draws"].startswith("cannot tell"):
        log.warning(
            "%s: samples may not be drawn at all; %s. Does the server want another setting, in extra_body?",
            where,
            facts["draws"],
        )
    if "cannot tell" in (told := facts.get("limits", "")) or "alone" in told:
        log.warning("%s: whether samples are restricted as the study says: %s.", where, told)
    if options.price_per_million and not options.image_tokens and "image_tokens" in facts:
        log.info(
            "%s: an image takes %s tokens. Write the number to image_tokens, and the forecast counts images.",
            where,
            facts["image_tokens"],
        )
    if "sample_logprobs" in facts:
        log.warning("%s: log-probs of samples are %s.", where, facts["sample_logprobs"])
    if left := left_to_server(facts["owned_by"], options, sampling):
        log.warning("%s %s.", where, left)


def judge_images(name: str, options: EndpointModel, told: str, what: str) -> None:
    """Refuse an endpoint that does not tell images apart, or warn of it, as its setting `canary` says.

    Parameters
    ----------
    told : how the answers about the images differ, or that they do not
    what : which images these are, in words

    Raises
    ------
    BadInput : they are not told apart, and `canary` is `stop`
    """
    if not told.startswith("NOT"):
        return
    where = f"models.{name}: {options.base_url}"
    message = f"{where}: {what} were {told}. Its answers may be about no image or the wrong one"
    if options.canary == "stop":
        raise BadInput(
            f"parameters: {message}. Mend the server (its image cache, its multimodal projector), or go on "
            f"regardless with models.{name}.canary: warn."
        )
    log.warning("%s.", message)
