"""A chat server that answers each request after some time, however many are under way.

It takes from half to one and a half times the time that is set, by a hash of the request.

It prints its port, and ends when its standard input does. `POST /v1/delay` with a number sets the time in seconds.
Its answers are made of such a hash, too.
"""

from __future__ import annotations

import asyncio
import json
import math
import sys
import zlib
from itertools import count
from typing import Any

LETTERS = "ABCD"
_numbers = count()


def answer(request: bytes) -> bytes:
    """A response with log-probs, which follow from every byte of the request's messages."""
    body = json.loads(request)
    chat = json.dumps(body["messages"]).encode()
    share = 0.3 + zlib.crc32(chat) / 2**32 / 2
    at = zlib.adler32(chat) % 4
    words = ("True", "False", "yes", "no") if b"True or False" in chat[-400:] else LETTERS
    rest = [word for word in words if word != words[at]]
    top = [{"token": words[at], "logprob": math.log(share)}]
    top += [{"token": word, "logprob": math.log((1 - share) / 3.5)} for word in rest]
    position = {**top[0], "top_logprobs": top[: body.get("top_logprobs", 0)]}
    choices: list[dict[str, Any]] = []
    for index in range(body.get("n", 1)):
        said = words[at] if not body.get("temperature") else words[(at + zlib.crc32(b"%d" % index)) % 4]
        own = position if said == words[at] else next(one for one in top if one["token"] == said)
        logprobs = {"content": [{"top_logprobs": []} | own]} if body.get("logprobs") else None
        message = {"role": "assistant", "content": said}
        choices.append({"index": index, "message": message, "finish_reason": "stop", "logprobs": logprobs})
    usage = {"prompt_tokens": 300, "completion_tokens": len(choices)}
    made = {"id": f"chatcmpl-{next(_numbers)}", "model": body["model"], "choices": choices, "usage": usage}
    return json.dumps(made).encode()


async def serve() -> None:
    """Serve until the standard input ends."""
    seconds = 0.0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal seconds
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().lower().split("\r\n")
                lengths = [line.split(":")[1] for line in lines if line.startswith("content-length:")]
                request = await reader.readexactly(int(lengths[0])) if lengths else b""
                data = b'{"data": []}'
                if "/delay" in lines[0]:
                    seconds = float(request)
                elif request:
                    await asyncio.sleep(seconds * (0.5 + zlib.crc32(request[-2000:]) / 2**32))
                    data = answer(request)
                header = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
                writer.write(header.encode() + data)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, backlog=4096, limit=2**24)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve())
