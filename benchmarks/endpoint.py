"""How many answers a second a server can be asked for, by how many requests are under way at one time.

    python benchmarks/endpoint.py                                # some minutes on two cores
    python benchmarks/endpoint.py --concurrency 64 1024 --seconds 2 --side 1024

The server is one of this machine that takes the same time for every request, however many are under way, as a GPU
does that has room for more. So what is lost against `concurrency` requests in that time is what the client takes.
Images are noise, which no PNG makes smaller; several questions are about each, as
conditions are. Beside requests a second are printed the processor time of this process for each request, and the most
memory that it has had so far.

The last line is a JSON object: requests a second by concurrency, and the share of what the server could have given.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
from PIL import Image

from vqa_canary.engines.endpoint.engine import EndpointEngine
from vqa_canary.engines.endpoint.options import EndpointModel
from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.sampling import Sampling
from vqa_canary.rows import Instance, content_id


@contextmanager
def slow_server() -> Iterator[str]:
    """The address of a server in a process of its own."""
    command = [sys.executable, str(Path(__file__).with_name("slow_server.py"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
        process.communicate()


def questions(n: int, per_image: int) -> list[Instance]:
    """Questions with four options, so many about each image."""
    return [
        Instance(
            instance_id=content_id(at),
            dataset="made up",
            item_id=str(at),
            condition="clean",
            question="Which organ is shown?",
            options=("lung", "liver", "heart", "kidney"),
            image_id=str(at // per_image),
            image_path=f"{at // per_image}.png",
            image_sha256=f"{at // per_image:064x}",
            answer_index=0,
        )
        for at in range(n)
    ]


def drawn(side: int, instance: Instance) -> Image.Image:
    noise = np.random.default_rng(int(str(instance.image_id))).integers(
        0, 256, (side, side, 3), dtype=np.uint8
    )
    return Image.fromarray(noise)


def main() -> None:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("--concurrency", type=int, nargs="+", default=[4, 64, 256, 1024])
    parser.add_argument("--seconds", type=float, default=5.0, help="time that the server takes for an answer")
    parser.add_argument("--side", type=int, default=256, help="width and height of each image in pixels")
    parser.add_argument("--rounds", type=float, default=2.0, help="questions for each request under way")
    parser.add_argument("--questions", type=int, default=6, help="questions about each image")
    args = parser.parse_args()
    found: dict[str, dict[str, float]] = {}
    print(f"{'under way':>10} {'requests/s':>11} {'of possible':>12} {'CPU ms each':>12} {'peak MiB':>9}")
    with slow_server() as address:
        for concurrency in args.concurrency:
            found[str(concurrency)] = _timed(address, concurrency, args)
    print(json.dumps(found))


def _timed(address: str, concurrency: int, args: Namespace) -> dict[str, float]:
    seconds, side, rounds = args.seconds, args.side, args.rounds
    asked = questions(int(rounds * concurrency) + 2, args.questions)
    options = EndpointModel(base_url=address, model="m", concurrency=concurrency, timeout=600)
    engine = EndpointEngine("m", options, Prompts(), Sampling(n_samples=10), seed=1)
    # The canary asks one request after the other: that is over before the server becomes slow.
    httpx.post(f"{address}/delay", content="0")
    list(engine.answer(asked[:2], lambda one: drawn(side, one)))
    httpx.post(f"{address}/delay", content=str(seconds))
    start, busy = time.monotonic(), time.process_time()
    rows = list(engine.answer(asked[2:], lambda one: drawn(side, one)))
    wall, busy = time.monotonic() - start, time.process_time() - busy
    failed = [row.error for row in rows if row.status != "ok"]
    if failed:
        raise RuntimeError(f"{len(failed)} of {len(rows)} questions failed, the first one: {failed[0]}")
    n_calls = sum(row.calls or 0 for row in rows)
    rate = n_calls / wall
    share, each = rate * seconds / concurrency, 1000 * busy / n_calls
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{concurrency:>10} {rate:>11.1f} {share:>11.0%} {each:>12.2f} {peak:>9.0f}", flush=True)
    return {"requests_per_second": rate, "share": share, "cpu_ms": each}


if __name__ == "__main__":
    main()
