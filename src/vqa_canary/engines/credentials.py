"""What a server must be told and nobody else: an entry of `conf/local/credentials.yml`."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, Secret, SecretStr, field_validator

from vqa_canary.masking import remember_secret

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[!-~](?:[ -~]*[!-~])?")
NOTHING: Secret[dict[str, Any]] = Secret({})


class Credentials(BaseModel):
    """One entry of the file, `my-endpoint: {api_key: ...}`; `headers` and `extra_body` are for gateways that want more
    than a key.

    Whatever it holds is remembered, so that it is hidden wherever it might come back.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    api_key: SecretStr | None = None
    """The key of the server's user; it is sent as `Authorization: Bearer ...`."""
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    """HTTP headers that are sent with every request, such as `api-key`; one named `Authorization` takes the key's
    place."""
    extra_body: Secret[dict[str, Any]] = NOTHING
    """Fields that are added to the body of every request."""

    @field_validator("api_key")
    @classmethod
    def _fits_a_header(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _HEADER_VALUE.fullmatch(value.get_secret_value()):
            raise ValueError(
                "no HTTP header can carry it: give one line of plain letters, digits and signs, with no space around it"
            )
        return value

    @field_validator("headers")
    @classmethod
    def _are_headers(cls, value: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for name, text in value.items():
            if not _HEADER_NAME.fullmatch(name):
                raise ValueError("a header's name is letters, digits and hyphens")
            cls._fits_a_header(text)
        return value

    def model_post_init(self, _: Any) -> None:
        for value in (self.api_key, *self.headers.values(), *_texts(self.extra_body.get_secret_value())):
            remember_secret(value)


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for part in value.values() for text in _texts(part)]
    if isinstance(value, list):
        return [text for part in value for text in _texts(part)]
    return [value] if isinstance(value, str) else []
