"""Why an endpoint cannot be asked at all, with the setting that mends it."""

from __future__ import annotations

from vqa_canary.engines.endpoint.failures import CallFailed
from vqa_canary.engines.endpoint.options import EndpointModel
from vqa_canary.engines.prompts import Prompts


def unusable(name: str, options: EndpointModel, prompts: Prompts, error: CallFailed) -> str:
    """The message about the configured model `name`, whose endpoint gave no answer but an error."""
    where = f"parameters: models.{name}"
    if error.status in (401, 403):
        given = "refuses the key that it got" if options.api_key else "wants a key, and none was given"
        return (
            f"{where}: {options.base_url} {given} ({error}). A key stands in conf/local/credentials.yml "
            f"under the name that models.{name}.credentials gives, or in the environment variable "
            "VQA_CANARY_API_KEY, never in parameters."
        )
    if prompts.answer_prefix and error.refuses:
        return (
            f"{where}.answer_prefix: {options.base_url} refuses a request whose last turn is the assistant's, with "
            f"continue_final_message ({error}). vLLM and SGLang go on with an answer that was begun; for another "
            "server leave `answer_prefix` out."
        )
    if error.status == 404 and not error.told.meaning:
        return (
            f"{where}.model: {options.base_url} knows no model {options.model!r} or has no /chat/completions "
            f"there ({error}). `GET {options.base_url}/models` lists its models."
        )
    if error.status == 413:
        return f"{where}.max_image_side: {options.base_url} cannot be asked: {error}."
    if error.told.meaning:
        return f"{where}: {options.base_url} cannot be asked: {error}."
    if error.refuses:
        return (
            f"{where}: {options.base_url} cannot be asked: {error}. What servers often refuse was left out, in "
            f"vain. A field that it wants besides goes to models.{name}.extra_body; null there takes one out."
        )
    if error.status == 429:
        return (
            f"{where}.requests_per_minute: {options.base_url} cannot be asked: {error}: it limits how much may be "
            "asked. Set requests_per_minute and a lower concurrency, look at the account, or ask later."
        )
    return (
        f"{where}.base_url: {options.base_url} cannot be asked: {error}. Is the server running, and does it "
        "take images?"
    )
