"""The vectors of texts against sentence-transformers' own, and that a text's vector is the same in any company."""

from __future__ import annotations

import socket
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from tests.embedding.conftest import DEFAULT, MakeFolder

from vqa_canary.embedding.encoder import SIDE_BY_SIDE, load_encoder
from vqa_canary.embedding.settings import EmbedderSettings
from vqa_canary.errors import BadInput

LONG = "The opacity lies in the left lower lobe, behind the heart. " * 60
"""Of more tokens than the default embedder takes; a second of work, so that few tests embed it."""
TEXTS = [
    *(
        "B) left lung",
        "A) right lung",
        "left lung",
        "Left Lung",
        "?",
        "",
        "The opacity lies in the left lower lobe, behind the heart.",
        "肺",
    ),
    *(f"C) option {number}" for number in range(2 * SIDE_BY_SIDE + 3)),
]


def reference(folder: Path, texts: list[str]) -> Any:
    """What sentence-transformers makes of texts, without a hub."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    return model.encode(texts, normalize_embeddings=True)


UNNORMALISED = [{"path": "", "type": "any.Transformer"}, {"path": "1_Pooling", "type": "any.Pooling"}]
CUT = ("as it is", "cut")
"""Ways that are shown texts of too many tokens, too."""
WAYS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "first token": {"1_Pooling__config": {"pooling_mode_mean_tokens": False, "pooling_mode_cls_token": True}},
    "small letters": {"sentence_bert_config": {"do_lower_case": True}},
    "cut": {"sentence_bert_config": {"max_seq_length": 4}},
}


@pytest.mark.parametrize("way", WAYS)
def test_vectors_are_those_of_sentence_transformers(way: str, folder: MakeFolder) -> None:
    made = folder(**WAYS[way])
    texts = [*TEXTS, LONG, LONG + "It is a tumour."] if way in CUT else TEXTS
    found = load_encoder(EmbedderSettings(path=str(made), device="cpu")).vectors(texts)
    assert found.dtype == np.float32
    assert found.shape == (len(texts), 384)
    assert np.allclose(np.linalg.norm(found.astype(float), axis=1), 1, atol=1e-6)
    assert np.abs(found - reference(made, texts)).max() < 2e-6
    if way in CUT:  # what lies behind the longest text is cut
        assert (found[-1] == found[-2]).all()


@pytest.mark.parametrize(
    "change",
    [{"1_Pooling__config": {"pooling_mode": "mean", "embedding_dimension": 384}}, {"modules": UNNORMALISED}],
)
def test_other_ways_of_saying_the_same_give_the_same(change: dict[str, Any], folder: MakeFolder) -> None:
    """As newer versions of sentence-transformers write it; and without the last step, which is always taken."""
    found = load_encoder(EmbedderSettings(path=str(folder(**change)), device="cpu")).vectors(TEXTS)
    assert found.tobytes() == load_encoder(DEFAULT).vectors(TEXTS).tobytes()


def test_a_text_has_one_vector_in_any_company() -> None:
    """To the last bit: so vectors that were made in different runs, or for different models, can stand together."""
    encoder = load_encoder(DEFAULT)
    together = encoder.vectors(TEXTS)
    alone = np.concatenate([encoder.vectors([text]) for text in TEXTS])
    assert alone.tobytes() == together.tobytes()
    order = Random(5).sample(range(len(TEXTS)), len(TEXTS))
    assert encoder.vectors([TEXTS[at] for at in order]).tobytes() == together[order].tobytes()


def test_no_text_has_no_vector() -> None:
    assert load_encoder(DEFAULT).vectors([]).shape == (0, 384)


def test_a_folder_is_loaded_without_a_network(folder: MakeFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("something was looked up")

    made = folder()
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert load_encoder(EmbedderSettings(path=str(made), device="cpu")).vectors(["B"]).shape == (1, 384)


def test_code_in_an_embedders_folder_is_never_run(folder: MakeFolder, tmp_path: Path) -> None:
    marker = tmp_path / "run"
    planted = {"auto_map": dict.fromkeys(("AutoConfig", "AutoModel", "AutoTokenizer"), "planted.Planted")}
    made = folder(config=planted, tokenizer_config=planted)
    (made / "planted.py").write_text(f"open({str(marker)!r}, 'w').write('run')\nPlanted = None\n")
    assert load_encoder(EmbedderSettings(path=str(made), device="cpu")).vectors(["B"]).shape == (1, 384)
    assert not marker.exists()


def test_weights_of_another_model_are_refused(folder: MakeFolder) -> None:
    made = folder(config={"num_hidden_layers": 7})
    with pytest.raises(BadInput, match=r"parameters: embedder\.path: cannot load .*are missing"):
        load_encoder(EmbedderSettings(path=str(made), device="cpu"))
