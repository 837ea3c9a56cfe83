"""Which texts are embedded: each distinct one, once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from tests.embedding.conftest import DEFAULT

from vqa_canary.embedding.plan import distinct_texts, plan_embeddings
from vqa_canary.embedding.settings import EmbedderSettings
from vqa_canary.frames import frame
from vqa_canary.rows import Evidence, Sample
from vqa_canary.sample_texts import text_hash
from vqa_canary.testing import made_up


def samples(*said: tuple[str, int | None]) -> tuple[Sample, ...]:
    return tuple(Sample(text, choice, (-0.1,)) for text, choice in said)


def study() -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = [made_up.evidence(number) for number in range(5)]
    rows[0] = replace(rows[0], samples=samples(("A", 0), ("A) lung", 0), ("a", 0), ("?", None)))
    rows[1] = replace(rows[1], samples=samples(("B", 1), ("B", None), (" ? ", None)))
    rows[2] = replace(rows[2], samples=None)
    rows[3] = Evidence("made_up", rows[3].instance_id, status="failed", error="out of memory")
    rows[4] = replace(rows[4], samples=())
    return frame(rows, "evidence"), frame([made_up.instance(number) for number in range(5)], "instances")


def test_each_distinct_text_stands_there_once_by_its_hash() -> None:
    found = distinct_texts(*study())
    assert set(found.values()) == {"A) lung", "?", "B) heart", "B"}
    assert list(found) == sorted(found)
    assert all(key == text_hash(text) for key, text in found.items())


def test_neither_the_order_of_rows_nor_repeats_count() -> None:
    evidence, instances = study()
    again = pd.concat([evidence.sample(frac=1, random_state=1)] * 2, ignore_index=True)
    assert list(distinct_texts(again, instances.sample(frac=1, random_state=2)).items()) == list(
        distinct_texts(evidence, instances).items()
    )


def test_nothing_is_planned_where_nothing_is_needed_or_there_is_no_embedder() -> None:
    assert plan_embeddings(*study(), DEFAULT, needed=False).texts == {}
    assert plan_embeddings(*study(), EmbedderSettings(), needed=True).texts == {}


def test_a_plan_embeds_with_the_embedder_that_it_names() -> None:
    plan = plan_embeddings(*study(), DEFAULT, needed=True)
    assert plan.embedder == DEFAULT.fingerprint
    vectors: NDArray[np.float32] = plan.compute(list(plan.texts.values()))
    assert vectors.shape == (4, 384)
