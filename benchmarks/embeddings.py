"""Memory and time of the methods that need vectors, over many instances: `python benchmarks/embeddings.py`.

The evidence is made up: rows that share their samples, so that the frame itself stays small. Each set of methods is
scored in a process of its own, and the growth of its memory is told beyond that frame. All vectors of all samples
together would take `instances` x `samples` x `size` x 8 bytes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pandas as pd
from peak import growth, told

from vqa_canary.frames import frame
from vqa_canary.rows import Sample
from vqa_canary.testing import made_up
from vqa_canary.ue.table import scores_table

SETS = {
    "without vectors": ["self_consistency"],
    "with vectors": ["self_consistency", "embedding_eigen", "radial_dispersion"],
}


def evidence_of(n: int, n_samples: int, n_texts: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Evidence and instances: `n` rows whose samples are drawn from `n_texts` texts."""
    rng = np.random.default_rng(0)
    n_different = min(n, max(100, n_texts))
    rows = []
    for number in range(n_different):
        texts = rng.integers(n_texts, size=n_samples)
        texts[0] = number % n_texts  # so that each is said
        samples = tuple(Sample(f"answer {at}", None, (-0.5,)) for at in texts)
        rows.append(replace(made_up.evidence(number), samples=samples))
    few = (
        frame(rows, "evidence"),
        frame([made_up.instance(number) for number in range(n_different)], "instances"),
    )
    made = [data.iloc[np.arange(n) % n_different].reset_index(drop=True) for data in few]
    for data in made:
        data["instance_id"] = np.arange(n).astype(str)
    return made[0], made[1]


def scored(n: int, n_samples: int, n_texts: int, size: int, methods: list[str]) -> dict[str, float | None]:
    """Seconds and growth of memory of scoring by these methods."""
    evidence, instances = evidence_of(n, n_samples, n_texts)
    few = max(100, n_texts)
    embeddings = made_up.embeddings(evidence.iloc[:few], instances.iloc[:few], size)
    scores_table(
        evidence.iloc[:2], instances.iloc[:2], methods, embeddings=embeddings
    )  # imports what it needs
    begun = time.monotonic()
    grown = growth(lambda: scores_table(evidence, instances, methods, embeddings=embeddings))
    return {"seconds": time.monotonic() - begun, "bytes": grown}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--instances", type=int, default=1_000_000)
    parser.add_argument("--samples", type=int, default=10)
    parser.add_argument("--texts", type=int, default=1000, help="distinct texts of all samples")
    parser.add_argument("--size", type=int, default=384, help="numbers of a vector")
    parser.add_argument("--methods", help="score by these alone, in this process")
    parser.add_argument("--quick", action="store_true", help="2,000 instances")
    given = parser.parse_args()
    n = 2000 if given.quick else given.instances
    shape = n, given.samples, given.texts, given.size
    if given.methods:
        print(json.dumps(scored(*shape, given.methods.split(","))))
        return
    found = {}
    for name, methods in SETS.items():
        names = ("--instances", "--samples", "--texts", "--size")
        settings = [part for pair in zip(names, map(str, shape), strict=True) for part in pair]
        command = [sys.executable, __file__, *settings, "--methods", ",".join(methods)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found[name] = json.loads(done.stdout.splitlines()[-1])
        print(f"{name}: {found[name]['seconds']:.1f} s, {told(found[name]['bytes'])} more at the peak")
    all_vectors = n * given.samples * given.size * 8
    print(f"the vectors of all samples together would be {told(all_vectors)}")
    print(json.dumps(found | {"all_vectors": all_vectors}))


if __name__ == "__main__":
    main()
