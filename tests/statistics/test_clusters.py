"""Questions that share an image, directly or through others, are one cluster."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from vqa_canary.statistics.clusters import joined_by_images

questions = st.lists(st.lists(st.sampled_from("abcdefghij"), min_size=1, max_size=3), min_size=1, max_size=12)


def reaches(shown: list[list[str]]) -> list[list[bool]]:
    """Whether one question leads to another: those that share an image, then those in turn, until nothing is new."""
    found = [[bool(set(one) & set(other)) for other in shown] for one in shown]
    for _ in shown:
        found = [
            [any(row[k] and found[k][j] for k in range(len(shown))) for j in range(len(shown))]
            for row in found
        ]
    return found


@given(questions)
def test_clusters_are_what_shared_images_reach(shown: list[list[str]]) -> None:
    clusters = joined_by_images(shown)
    together = [[one == other for other in clusters] for one in clusters]
    assert together == reaches(shown)
    edges = [(at, ord(image)) for at, own in enumerate(shown) for image in own]
    rows, columns = np.array(edges).T
    graph = coo_array((np.ones(len(edges)), (rows, columns + len(shown))), shape=(len(shown) + 200,) * 2)
    _, labels = connected_components(graph, directed=False)  # a second opinion
    assert together == [
        [bool(one == other) for other in labels[: len(shown)]] for one in labels[: len(shown)]
    ]
    assert joined_by_images(shown[::-1]) == clusters[::-1]
    for cluster, own in product(clusters, shown):
        if cluster in own:
            assert cluster == min(cluster, *own)
