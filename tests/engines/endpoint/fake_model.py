"""A vision-language model made of hashes: what it says follows from image, prompt and seed alone."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from random import Random
from typing import Any

import numpy as np

LETTER_TOKENS = [form + letter for letter in "ABCDEF" for form in ("", " ", "(", "\n")]
OTHER_TOKENS = ["The", " the", "I", "\n", " ", "(", "Yes", "No", "lung", "It", "</s>", "A.", "AB", ")"]
WORD_TOKENS = ["True", " True", "False", " False", "Maybe", "\n", "T", "F"]


def digest(*parts: object) -> int:
    """64 bits of a hash."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:8], "big")


def shown(body: dict[str, Any]) -> tuple[str, str, str]:
    """Hash of the image, all text, and the last turn's text."""
    images, texts = [], []
    for message in body["messages"]:
        parts = message["content"]
        parts = [{"type": "text", "text": parts}] if isinstance(parts, str) else parts
        images += [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
        texts.append("".join(part["text"] for part in parts if part["type"] == "text"))
    data = base64.b64decode(images[0].split(",", 1)[1]) if images else b""
    return hashlib.sha256(data).hexdigest(), "\n".join(texts), texts[-1]


@dataclass
class FakeModel:
    """What it gives can be cut down, setting by setting."""

    depth: int | None = 20
    """Most tokens listed; None: no log-probs at all."""
    most_choices: int = 100
    """Choices that it gives at most, whatever `n` asks for."""
    sees_images: bool = True
    noise: float = 0.0
    """Standard deviation added to the logits of every request."""
    hides: tuple[str, ...] = ()
    """Tokens that are never listed."""
    requests: int = field(default=0, init=False)

    def distribution(self, body: dict[str, Any]) -> tuple[list[str], np.ndarray]:
        """Tokens and their probabilities at the first position."""
        image, text, last = shown(body)
        tokens = WORD_TOKENS if "True or False" in last else LETTER_TOKENS + OTHER_TOKENS
        generator = np.random.default_rng(digest(image if self.sees_images else "", text))
        logits = 2.5 * generator.standard_normal(len(tokens))
        logits[[token in OTHER_TOKENS for token in tokens]] -= 2
        if self.noise:
            logits += self.noise * np.random.default_rng(self.requests).standard_normal(len(tokens))
        p = np.exp(logits - logits.max())
        return tokens, p / p.sum()

    def choices(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        """`choices` of the response."""
        self.requests += 1
        image, text, last = shown(body)
        n = min(body.get("n", 1), self.most_choices)
        if "0 to 100" in last:
            stated = str(digest(image, text) % 101)
            return [self._choice(0, [stated], body, [stated], np.ones(1))]
        tokens, p = self.distribution(body)
        found = []
        for index in range(n):
            if body["temperature"] == 0:
                at = int(p.argmax())
            else:
                at = Random(digest(image, text, body["seed"], index)).choices(range(len(p)), p)[0]
            found.append(self._choice(index, [tokens[at]], body, tokens, p))
        return found

    def _choice(
        self, index: int, said: list[str], body: dict[str, Any], tokens: list[str], p: np.ndarray
    ) -> dict[str, Any]:
        choice: dict[str, Any] = {"index": index, "finish_reason": "stop"}
        choice["message"] = {"role": "assistant", "content": "".join(said)}
        if self.depth is None or not body.get("logprobs"):
            return choice
        n = min(body.get("top_logprobs", 0), self.depth)
        order = [at for at in np.argsort(-p, kind="stable") if tokens[at] not in self.hides][:n]
        listed = [{"token": tokens[at], "logprob": float(np.log(p[at]))} for at in order]
        own = float(np.log(p[tokens.index(said[0])]))
        first = {"token": said[0], "logprob": own, "top_logprobs": listed}
        end = {"token": "</s>", "logprob": 0.0, "top_logprobs": [{"token": "</s>", "logprob": 0.0}][:n]}
        choice["logprobs"] = {"content": [first, end]}
        return choice

    def respond(self, body: dict[str, Any], number: int) -> dict[str, Any]:
        """The whole response to request `number`."""
        text = json.dumps(body["messages"])
        choices = self.choices(body)
        usage = {"prompt_tokens": 10 + len(text) % 7, "completion_tokens": 2 * len(choices)}
        usage["total_tokens"] = sum(usage.values())
        return {
            "id": f"chatcmpl-{number}",
            "object": "chat.completion",
            "model": body["model"],
            "choices": choices,
            "usage": usage | {"prompt_tokens_details": {"cached_tokens": 3}},
        }
