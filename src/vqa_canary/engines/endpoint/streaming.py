"""An answer that a server sends piece by piece, put together to what it would have sent at once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from vqa_canary.engines.endpoint.failures import CallFailed
from vqa_canary.engines.endpoint.parts import spoken, text_of

Json = dict[str, Any]

DONE = "[DONE]"
_BYTE_ORDER = "\ufeff"
"""The byte-order mark, which may stand before the first event and is no part of it."""
_TEXTS = ("content", "reasoning_content", "reasoning", "refusal")


def is_stream(content_type: str | None, data: bytes) -> bool:
    """Whether a body holds server-sent events."""
    begun = data.removeprefix(_BYTE_ORDER.encode()).lstrip()
    return (content_type or "").startswith("text/event-stream") or begun[:5] == b"data:"


def assembled(data: bytes) -> Any:
    """The response that the events of a whole stream add up to; an error among them as it stands.

    Raises
    ------
    CallFailed : the stream breaks off before each choice has ended, or an event is no JSON object
    """
    whole: Json = {"choices": []}
    choices: dict[int, Json] = {}
    by_delta = set[int]()
    ended = False
    for event in _events(data):
        if event == DONE:
            ended = True
            break
        chunk = _parsed(event)
        if chunk.get("error"):
            return {"error": chunk["error"]}
        for name in ("id", "model", "usage"):
            if chunk.get(name) is not None:
                whole[name] = chunk[name]
        pieces = chunk.get("choices") or []
        if not isinstance(pieces, list):
            raise CallFailed("bad response: a streamed piece is not as expected")
        for piece in pieces:
            _add(choices, by_delta, piece)
    # Servers that give no [DONE] are believed if each choice says why it ended; otherwise the stream broke off, and
    # half an answer must not be read as a whole one.
    if not ended and not (choices and all(choice["finish_reason"] for choice in choices.values())):
        raise CallFailed("connection cut: the answer was streamed and has no end")
    return whole | {"choices": [choices[index] for index in sorted(choices)]}


def _events(data: bytes) -> Iterator[str]:
    """The data of each event; comments and other fields are left out."""
    lines: list[str] = []
    text = data.decode("utf-8", "replace").removeprefix(_BYTE_ORDER)
    # One event may have several lines of data, and a blank line ends it; the last one need not be followed by any.
    for line in [*text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), ""]:
        if line.startswith("data:"):
            lines.append(line.removeprefix("data:").removeprefix(" "))
        elif not line and lines:
            yield "\n".join(lines).strip()
            lines = []


def _parsed(event: str) -> Json:
    try:
        chunk = json.loads(event)
    except (ValueError, RecursionError):
        raise CallFailed("bad response: a streamed piece is no JSON") from None
    if not isinstance(chunk, dict):
        raise CallFailed("bad response: a streamed piece is no object")
    return chunk


def _texts(delta: Json) -> dict[str, str]:
    """What a piece adds to each text of its message; thinking and refusals among the parts of a content stand apart."""
    found = {name: text_of(given) for name in _TEXTS if isinstance(given := delta.get(name), str | list)}
    if isinstance(parts := delta.get("content"), list):
        said = spoken([part for part in parts if isinstance(part, dict)])
        found["content"] = said.text
        if said.thought is not None:
            found["reasoning_content"] = found.get("reasoning_content", "") + said.thought
        if said.refusal is not None:
            found["refusal"] = found.get("refusal", "") + said.refusal
    return found


def _add(choices: dict[int, Json], by_delta: set[int], piece: Any) -> None:
    """Append one piece to its choice.

    A message behind pieces of it says all of them again, as MiniMax ends a stream: it stands in their place.

    Parameters
    ----------
    by_delta : indices of the choices of which pieces with text have come
    """
    delta = piece.get("delta") or piece.get("message") or {} if isinstance(piece, dict) else None
    index = piece.get("index", 0) if isinstance(piece, dict) else None
    if not isinstance(delta, dict) or not isinstance(index, int):
        raise CallFailed("bad response: a streamed piece is not as expected")
    # A message after pieces is the whole text once more, not a further piece.
    again = bool(piece.get("message")) and not piece.get("delta") and index in by_delta
    texts = _texts(delta)
    if piece.get("delta") and any(texts.values()):
        by_delta.add(index)
    new: Json = {"index": index, "message": {}, "finish_reason": None, "logprobs": None, "error": None}
    choice = choices.setdefault(index, new)
    for name, said in texts.items():
        choice["message"][name] = said if again and said else choice["message"].get(name, "") + said
    listed = piece.get("logprobs")
    listed = listed.get("content") if isinstance(listed, dict) else None
    if isinstance(listed, list):
        known = [] if again and listed else (choice["logprobs"] or {"content": []})["content"]
        choice["logprobs"] = {"content": [*known, *listed]}
    for name in ("finish_reason", "error"):
        choice[name] = piece.get(name) or choice[name]
