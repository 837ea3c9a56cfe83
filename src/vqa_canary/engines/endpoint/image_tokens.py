"""What an image costs in tokens, from what a server counts for a request that holds one."""

from __future__ import annotations

from vqa_canary.engines.prompts import Chat

CHARACTERS_A_TOKEN = 4
"""Characters of English text to a token, by a rule of thumb, since no tokeniser of a server is known here."""


def n_characters(chat: Chat) -> int:
    """Number of characters of all texts of a chat."""
    return sum(len(part["text"]) for turn in chat for part in turn["content"] if part["type"] == "text")


def tokens_an_image(prompt_tokens: int | None, chat: Chat, n_images: int) -> int | None:
    """Tokens of one image, about: those of the prompt that its text does not account for, by the rule of thumb.

    Returns
    -------
    None where the server does not count, where the request holds no image, or where the text alone accounts for all
    """
    if prompt_tokens is None or not n_images:
        return None
    left = prompt_tokens - n_characters(chat) // CHARACTERS_A_TOKEN
    return round(left / n_images) if left >= n_images else None
