"""Settings of a model that is asked over HTTP: `params:models.<name>` of the engine `endpoint`."""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    Secret,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)

from vqa_canary.engines.asking import Asking
from vqa_canary.engines.credentials import NOTHING
from vqa_canary.engines.endpoint.addresses import is_public, is_this_machine
from vqa_canary.engines.stopping import Stopping
from vqa_canary.errors import UnfitSetting
from vqa_canary.rows import content_id

OURS = frozenset({"model", "messages", "n", "stream", "temperature", "logprobs", "top_logprobs"})
"""Fields of a request that the engine sets itself, so that `extra_body` cannot change them."""


TEMPLATE_FIELD = "chat_template_kwargs"
"""The field of a request whose content servers hand to the model's chat template."""


class Price(BaseModel):
    """What a million tokens cost at the server."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: float = Field(ge=0, allow_inf_nan=False)
    """Price of a million tokens that the model reads, those of images among them."""
    output: float = Field(ge=0, allow_inf_nan=False)
    """Price of a million tokens that the model writes, those of its thinking among them."""
    currency: str = Field("", max_length=10, pattern=r"^(?:[A-Za-z]*|[$€£¥])$")
    """The currency as a word or a sign, to be shown behind a sum."""

    def of(self, prompt_tokens: float, completion_tokens: float) -> float:
        """What so many tokens that are read and written cost together."""
        return (self.input * prompt_tokens + self.output * completion_tokens) / 1e6

    @property
    def told(self) -> str:
        """The prices as a text for reports."""
        return (
            f"{self.input:g} for input, {self.output:g} for output {self.currency}".rstrip()
            + " per million tokens"
        )


class EndpointModel(Stopping, Asking):
    """A model behind an OpenAI-compatible `/chat/completions`."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    base_url: str
    """Address of the server, up to and without `/chat/completions`, such as `http://127.0.0.1:8000/v1`."""
    model: str = Field(min_length=1)
    """Name under which the server knows the model."""
    api_key: SecretStr | None = None
    """The server's key, from Kedro credentials or the environment, never from parameters; it is no part of fingerprint,
    facts or messages."""
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    """HTTP headers that are sent with every request; they are secret like `api_key`."""
    secret_body: Secret[dict[str, Any]] = NOTHING
    """Fields that are added to the body of every request; they are secret like `api_key`."""
    weights: str | None = Field(None, pattern=r"^sha256:[0-9a-f]{64}$")
    """What the user says of the weights behind the address: the digest that `kedro digest FOLDER` prints. It belongs to
    what identifies answers. Nobody can check it from here."""
    data_leave_the_site: bool | None = None
    """Whether what is asked leaves the site: `true` where it does and whoever answers for the data has agreed, `false`
    where the address is the site's own. Null is enough for an address of this machine; for any other one, nothing is
    sent before somebody has said which it is."""
    identity_checked: bool = False
    """Whether somebody has looked at the images whose DICOM header lets one fear that they show who the patient is.
    Unless it is true, such images are refused where data leave the site."""
    concurrency: int = Field(4, ge=1, le=1024)
    """Most requests that are under way at one time."""
    requests_per_minute: float | None = Field(None, gt=0)
    timeout: float = Field(120.0, gt=0)
    """Most seconds that one request may take, from the first byte sent to the last one received."""
    retries: int = Field(5, ge=0)
    """Most attempts at one request after the first one failed."""
    min_wait: float = Field(0.5, ge=0)
    """Seconds to wait before the first retry; each further wait is up to twice as long."""
    max_wait: float = Field(60.0, ge=0)
    """Longest wait in seconds, whatever the server's `Retry-After` asks for."""
    max_calls: int | None = Field(None, ge=1)
    """Most requests of one run, the canary's and failed ones included; an instance that is not answered by then
    fails."""
    max_tokens: int | None = Field(None, ge=1)
    """Most tokens of one run, read and written: once the server has counted so many, no further request is sent."""
    stop_after_outage: float | None = Field(15.0, ge=0)
    """Seconds in which no request has a sound answer, though several questions were asked about and as many requests
    failed as `stop_after_failures` says: then the run stops before all retries are used up; null: never."""
    top_logprobs: int = Field(20, ge=1)
    """How many of the likeliest tokens are asked for at each position of an answer."""
    logprobs: Literal["auto", "off"] = "auto"
    """Whether log-probs are asked for: `auto` takes them where the server gives them."""
    n_per_call: int | Literal["auto"] = "auto"
    """Most samples asked for in one request; `auto` asks for all of them. Where the server gives fewer, as many are
    asked for as it gives."""
    extra_body: dict[str, Any] = Field(default_factory=dict)
    """Fields that are sent with every request, for settings of one server such as `top_k: 0`; null takes a field
    out."""
    max_image_side: int | None = Field(None, ge=1)
    """Longest side of an image in pixels; an image with a longer one is shrunk to it."""
    price_per_million: Price | None = None
    """The server's prices, which turn tokens into money in the forecast and in the audit."""
    max_cost: float | None = Field(None, gt=0, allow_inf_nan=False)
    """Most that one run may cost, in the currency of `price_per_million`: once the tokens that the server has counted
    come to so much, no further request is sent."""
    image_tokens: int | None = Field(None, ge=1)
    """Tokens that the server counts for an image, for the forecast alone. The canary measures them, and the fact
    `image_tokens` says what it found."""
    canary: Literal["stop", "warn"] = "stop"
    """What happens where the server does not tell two images apart: the run stops, or it warns and goes on."""

    @field_validator("base_url")
    @classmethod
    def _plain_address(cls, value: str) -> str:
        address = urlsplit(value)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise ValueError("give an address that starts with http:// or https://")
        if "@" in address.netloc or address.query or address.fragment:
            raise ValueError(
                "an address holds no user, password or query here: parameters are logged. Give the key as "
                "a Kedro credential"
            )
        return value.rstrip("/").removesuffix("/chat/completions")

    @field_validator("n_per_call")
    @classmethod
    def _at_least_one(cls, value: int | Literal["auto"]) -> int | Literal["auto"]:
        if isinstance(value, int) and value < 1:
            raise ValueError("give `auto`, or 1 or more")
        return value

    @field_validator("secret_body")
    @classmethod
    def _leaves_ours_alone_too(cls, value: Secret[dict[str, Any]]) -> Secret[dict[str, Any]]:
        cls._leaves_ours_alone(value.get_secret_value())
        return value

    @field_validator("extra_body")
    @classmethod
    def _leaves_ours_alone(cls, value: dict[str, Any]) -> dict[str, Any]:
        taken = sorted(OURS & value.keys())
        if taken:
            raise ValueError(f"{taken[0]!r} is set by the engine itself; leave it out")
        if value.get("seed") is not None:
            raise ValueError("'seed' is set by the engine itself; it can only be taken out, by null")
        return value

    @field_validator("max_cost")
    @classmethod
    def _has_a_price(cls, value: float | None, info: ValidationInfo) -> float | None:
        if value is not None and info.data.get("price_per_million", ...) is None:
            raise ValueError(
                "it needs price_per_million, too: without prices tokens cannot be turned into money"
            )
        return value

    @model_validator(mode="after")
    def _may_be_inside(self) -> EndpointModel:
        if self.data_leave_the_site is False and is_public(self.base_url):
            raise UnfitSetting(
                "data_leave_the_site",
                "it cannot be false: the address is one of the public internet. Set it to true when whoever answers "
                "for the data has agreed",
            )
        return self

    @model_validator(mode="after")
    def _told_once(self) -> EndpointModel:
        if self.chat_template_kwargs and TEMPLATE_FIELD in self.extra_body:
            raise ValueError(f"give {TEMPLATE_FIELD!r} of the model or in `extra_body`, not both")
        return self

    @property
    def leaves(self) -> bool:
        """Whether what is asked leaves the site, as far as anybody has said; else whether it leaves this machine."""
        if self.data_leave_the_site is None:
            return not is_this_machine(self.base_url)
        return self.data_leave_the_site

    @property
    def sent_with_all(self) -> dict[str, Any]:
        """Fields of the body of every request: `extra_body`, and the settings of the chat template."""
        return (
            {TEMPLATE_FIELD: self.chat_template_kwargs} if self.chat_template_kwargs else {}
        ) | self.extra_body

    @property
    def fingerprint(self) -> str:
        """Digest of all settings that may change an answer; neither the key nor how fast or how long is asked is part
        of it."""
        return content_id(
            "endpoint",
            self.base_url,
            self.model,
            self.top_logprobs,
            self.logprobs,
            self.n_per_call,
            sorted(self.extra_body.items()),
            self.max_image_side,
            *self.asked_otherwise,
            *([self.weights] if self.weights else []),
        )
