"""A model made of hashes that keeps to the settings that restrict samples."""

from __future__ import annotations

import numpy as np
from tests.engines.endpoint.fake_model import TOKENS, FakeModel
from tests.engines.endpoint.fault_server import Json

from vqa_canary.engines.sampling import LIMITS


class Keeping(FakeModel):
    """Keeps to those of the settings whose names it knows; a penalty is for what the prompt holds."""

    knows: tuple[str, ...] = LIMITS
    scaled = False
    """Whether log-probs are those behind temperature and truncation."""

    def distribution(self, body: Json, said: str = "") -> np.ndarray:
        raw = super().distribution(body, said)
        self.__dict__["raw"] = raw
        p = np.power(raw, 1 / (body.get("temperature") or 1))
        asked = {name: body[name] for name in self.knows if name in body}
        for name in ("repetition_penalty", "repeat_penalty"):
            if asked.get(name, 1) != 1:
                text = body["messages"][0]["content"][-1]["text"]
                p[[bool(word := token.strip(" (\n")) and word in text for token in TOKENS]] /= 1e9
        p /= p.sum()
        order = np.argsort(-p, kind="stable")
        kept = np.ones(len(p), bool)
        kept[order[int(asked.get("top_k") or len(p)) :]] = False
        kept &= p >= asked.get("min_p", 0) * p.max()
        kept[order[1:]] &= np.cumsum(p[order])[:-1] < asked.get("top_p", 1)
        shares: np.ndarray = np.where(kept, p, 0) / p[kept].sum()
        return shares

    def _position(self, body: Json, p: np.ndarray, at: int) -> Json:
        return super()._position(body, p if self.scaled else self.__dict__["raw"], at)


def keeping(*knows: str, scaled: bool = False) -> Keeping:
    model = Keeping()
    model.knows, model.scaled = knows, scaled
    return model
