"""A vision-language model made of hashes: what it says follows from image, prompt and seed alone."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, field
from random import Random
from typing import Any

import numpy as np

LETTERS = [form + letter for letter in "ABCDEF" for form in ("", " ", "(", "\n")]
OPENINGS = ["(", " ", "\n"]
TRUTHS = ["True", " True", "False", " False"]
OTHERS = ["The", "It", "lung", "A.", "AB", ")", "T", "f", "Maybe", "42", "7", "100"]
TOKENS = [*LETTERS, *OPENINGS, *TRUTHS, *OTHERS]
END = "</s>"


def digest(*parts: object) -> int:
    """64 bits of a hash."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:8], "big")


def shown(body: dict[str, Any]) -> tuple[str, str, str]:
    """Hash of the images, all text, and the last turn's text."""
    images, texts = [], []
    for message in body["messages"]:
        parts = message["content"]
        parts = [{"type": "text", "text": parts}] if isinstance(parts, str) else parts
        images += [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
        texts.append("".join(part["text"] for part in parts if part["type"] == "text"))
    data = b"".join(base64.b64decode(image.split(",", 1)[1]) for image in images)
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

    def distribution(self, body: dict[str, Any], said: str = "") -> np.ndarray:
        """Probabilities of `TOKENS` after the prompt and what was said so far."""
        image, text, last = shown(body)
        generator = np.random.default_rng(digest(image if self.sees_images else "", text, said))
        logits = 2 * generator.standard_normal(len(TOKENS))
        likely = TRUTHS if "True or False" in last else ["42", "7", "100"] if "0 to 100" in last else LETTERS
        if said:
            likely = [token for token in likely if token.isalpha()]
        logits[[token not in likely for token in TOKENS]] -= 2.5
        if self.noise:
            logits += self.noise * np.random.default_rng(self.requests).standard_normal(len(TOKENS))
        p = np.exp(logits - logits.max())
        shares: np.ndarray = p / p.sum()
        return shares

    def choices(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        """`choices` of the response."""
        self.requests += 1
        return [self._choice(index, body) for index in range(min(body.get("n", 1), self.most_choices))]

    def _choice(self, index: int, body: dict[str, Any]) -> dict[str, Any]:
        image, text, _ = shown(body)
        random = Random(digest(image if self.sees_images else "", text, body.get("seed", 0), index))
        said, positions = "", []
        while not said.strip(" \n("):  # one token, or an opening and more
            p = self.distribution(body, said)
            greedy = body.get("temperature", 1) == 0
            at = int(p.argmax()) if greedy else random.choices(range(len(p)), p.tolist())[0]
            said += TOKENS[at]
            positions.append(self._position(body, p, at))
        top = [{"token": END, "logprob": 0.0}][: body.get("top_logprobs", 0)]
        positions.append({"token": END, "logprob": 0.0, "top_logprobs": top})
        choice: dict[str, Any] = {"index": index, "finish_reason": "stop"}
        choice["message"] = {"role": "assistant", "content": said}
        if self.depth is not None and body.get("logprobs"):
            choice["logprobs"] = {"content": positions}
        return choice

    def _position(self, body: dict[str, Any], p: np.ndarray, at: int) -> dict[str, Any]:
        n = min(body.get("top_logprobs", 0), self.depth or 0)
        order = [one for one in np.argsort(-p, kind="stable") if TOKENS[one] not in self.hides][:n]
        listed = [{"token": TOKENS[one], "logprob": float(np.log(p[one]))} for one in order]
        return {"token": TOKENS[at], "logprob": float(np.log(p[at])), "top_logprobs": listed}

    def respond(self, body: dict[str, Any], number: int) -> dict[str, Any]:
        """The whole response to request `number`."""
        choices = self.choices(body)
        usage: dict[str, Any] = {"prompt_tokens": 10 + len(json.dumps(body["messages"])) % 7}
        usage |= {"completion_tokens": 2 * len(choices), "prompt_tokens_details": {"cached_tokens": 3}}
        return {
            "id": f"chatcmpl-{number}",
            "object": "chat.completion",
            "model": body["model"],
            "choices": choices,
            "usage": usage,
        }
