"""Whether a server keeps to the settings that restrict from which tokens samples are drawn, found by trying.

`top_p` belongs to the API that all servers share; `top_k`, `min_p` and `repetition_penalty` are additions of some of
them, and others pass over what they do not know without a word. Samples that were drawn otherwise than the study says
would be other evidence under the same name, so a server that refuses or ignores such a setting is not asked at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from vqa_canary.engines.endpoint.failures import CallFailed
from vqa_canary.engines.endpoint.requests import NO_LIMITS, Urls
from vqa_canary.engines.endpoint.sight import Sight
from vqa_canary.engines.sampling import LIMITS, Sampling

TIGHTEST: Mapping[str, float] = {"top_p": 1e-6, "top_k": 1, "min_p": 1.0}
"""For each setting the value that leaves the likeliest token alone, so that all samples must be one text."""
HOTTEST = 2.0
"""Highest temperature that most servers take: samples that are not restricted differ most there."""
DRAWS = 12
"""Samples that are drawn with a setting at its tightest, and as many without any."""
BEGINNING = 24
"""Characters of a sample that are compared: a few tokens. On a server whose numbers depend on what else it computes at
the time, long answers part by near-ties, sooner or later, though one token is left at each position."""
LEVEL = 0.01
"""How probable it may be at most that samples agree so much by chance for a setting to count as kept."""
TIES = 2
"""Most texts that samples may have though one token is left at each position: two tokens may tie in half precision."""
PENALTIES = (100.0, 2.0)
"""Penalties that change most answers; SGLang takes none above 2."""
PENALTY_NAMES: tuple[Literal["repetition_penalty", "repeat_penalty"], ...] = (
    "repetition_penalty",
    "repeat_penalty",
)

KEPT, IGNORED, REFUSED = "kept", "IGNORED", "REFUSED"


def limits_of(sampling: Sampling) -> dict[str, float]:
    """The settings that restrict from which tokens samples are drawn, those that are set."""
    return {name: value for name in LIMITS if (value := getattr(sampling, name)) is not None}


def find_limits(sight: Sight, urls: Urls, n_per_call: int, greedy: Sequence[str]) -> dict[str, str]:
    """For each setting that is set, by its name: `kept`, `cannot tell: `, `IGNORED: ` or `REFUSED: ` and why.

    Parameters
    ----------
    n_per_call : how many samples one request gives
    greedy : texts of the answer at temperature 0 to the same request, asked several times
    """
    limits = limits_of(sight.sampling)
    told = _refused(sight, urls, limits)
    if told:
        return told
    try:
        heat, free = _free(sight, urls, n_per_call) if limits.keys() & TIGHTEST.keys() else (None, [])
        for name in limits:
            if name in TIGHTEST:
                tight = _drawn(sight, urls, n_per_call, name, {name: TIGHTEST[name]}, heat)
                told[name] = _judged(tight, free)
            else:
                told[name] = _find_penalty(sight, urls, set(greedy))
    except CallFailed as error:
        if not error.declines:
            raise
        told |= {name: f"cannot tell: a trial was refused: {error}" for name in limits if name not in told}
    return told


def _refused(sight: Sight, urls: Urls, limits: Mapping[str, float]) -> dict[str, str]:
    """What the server refuses of the settings as they are set; empty where it takes them all at once.

    Raises
    ------
    CallFailed : it is not these settings that it refuses
    """
    try:
        sight.samples(urls, 1, "limits", limits=limits)
        return {}
    except CallFailed as error:
        if not error.declines:
            raise
        refusal = error
    sight.samples(urls, 1, "no limits")
    told = {}
    for name, value in limits.items():
        try:
            sight.samples(urls, 1, f"limit {name}", limits={name: value})
        except CallFailed as error:
            if not error.declines:
                raise
            told[name] = f"{REFUSED}: {error}"
    return told or dict.fromkeys(limits, f"{REFUSED} together with the others: {refusal}")


def _free(sight: Sight, urls: Urls, n_per_call: int) -> tuple[float | None, list[str]]:
    """Samples that nothing restricts, and the temperature at which they were drawn: the configured one, as None, where
    the server does not take the hottest."""
    try:
        return HOTTEST, _drawn(sight, urls, n_per_call, "free", NO_LIMITS, HOTTEST)
    except CallFailed as error:
        if not error.declines:
            raise
    return None, _drawn(sight, urls, n_per_call, "free", NO_LIMITS, None)


def _drawn(
    sight: Sight, urls: Urls, n_per_call: int, purpose: str, limits: Mapping[str, float], heat: float | None
) -> list[str]:
    texts: list[str] = []
    while len(texts) < DRAWS:
        n = min(n_per_call, DRAWS - len(texts))
        found = sight.samples(urls, n, f"{purpose} {len(texts)}", temperature=heat, limits=limits)
        texts += [reply.text for reply in found.replies]
    return texts


def _judged(tight: Sequence[str], free: Sequence[str]) -> str:
    """Whether samples drawn with a setting at its tightest show that it is kept.

    Their beginnings are compared. Kept: they agree more than those without it, by Fisher's exact test. Ignored: they do
    not, and have more texts than ties could give them. Else the model is too sure of its answer to tell.
    """
    import numpy as np
    from scipy.stats import fisher_exact

    tight, free = ([text.strip()[:BEGINNING] for text in texts] for texts in (tight, free))
    text, same = Counter(tight).most_common(1)[0]
    others = free.count(text)
    table = np.array([[same, len(tight) - same], [others, len(free) - others]])
    if fisher_exact(table, alternative="greater").pvalue < LEVEL:
        return KEPT
    n_texts = len(set(tight))
    if n_texts > TIES:
        return f"{IGNORED}: at a value that leaves one token at each position, {len(tight)} samples had {n_texts} texts"
    return f"cannot tell: {len(free)} samples without it agree as much"


def _find_penalty(sight: Sight, urls: Urls, greedy: set[str]) -> str:
    """Whether a penalty changes the answer, and under which name; the client's dialect has that name from then on."""
    dialect = sight.client.dialect
    if len(greedy) > 1 or not dialect.temperature:
        return "cannot tell: answers differ without it, too"
    for name in PENALTY_NAMES:
        sight.client.dialect = replace(dialect, penalty=name)
        text = _penalised(sight, urls)
        if text is not None and text not in greedy:
            return KEPT if name == "repetition_penalty" else f"{KEPT}, as {name}"
    sight.client.dialect = dialect
    return "cannot tell: no trial of it changed the answer"


def _penalised(sight: Sight, urls: Urls) -> str | None:
    for penalty in PENALTIES:
        try:
            return sight.penalised(urls, penalty)
        except CallFailed as error:
            if not error.declines:
                raise
    return None
