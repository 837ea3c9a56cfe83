"""Quantised weights: which they are, what they hold, and that answers move by a plausible amount."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from vqa_canary.engines.local.loading import TransformersModel, load
from vqa_canary.engines.local.quantisation import _unpack, quantise, quantised

REFERENCE = ("phantom-llava-1600", "phantom-idefics3-nota-1000")
BITS = {"int8": 8, "int4": 4, "float8": 8}


@pytest.fixture(scope="module", params=REFERENCE)
def folder(request: pytest.FixtureRequest, root: Path) -> str:
    return str(root / "data/06_models/reference" / request.param)


def model_of(folder: str, **options: Any) -> Any:
    return load("m", TransformersModel(path=folder, device="cpu", **options)).model


def logits(folder: str, **options: Any) -> np.ndarray:
    """What follows a question about noise: of a lone prompt."""
    import torch

    found = load("m", TransformersModel(path=folder, device="cpu", **options))
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    content = [{"type": "image"}, {"type": "text", "text": "Which organ is shown?"}]
    text = found.processor.apply_chat_template([{"role": "user", "content": content}], tokenize=False)
    inputs = found.processor(text=text, images=[[image]], return_tensors="pt")
    inputs = {k: v.to(found.model.dtype) if v.is_floating_point() else v for k, v in inputs.items()}
    with torch.no_grad():
        last: np.ndarray = found.model(**inputs).logits[0, -1].float().numpy()
    return last


@pytest.mark.parametrize("kind", BITS)
def test_only_linear_layers_of_the_language_model_are_quantised(folder: str, kind: str) -> None:
    from optimum.quanto import QTensor

    whole, model = model_of(folder), model_of(folder, quantization=kind)
    names = {name for name, one in model.named_parameters() if isinstance(one, QTensor)}
    # by name, where the product goes by structure: seven matrices in each of the decoder's layers
    expected = {
        name
        for name, one in whole.named_parameters()
        if one.ndim == 2 and any(part in name for part in ("self_attn", "mlp"))
        and any(part in name for part in ("language_model", "text_model"))
    }  # fmt: skip
    assert names == expected
    assert len(names) == 7 * len(whole.get_decoder().layers)
    sizes = {name: one.numel() for name, one in whole.named_parameters()}
    found = quantised(model)
    assert found.kind == kind
    assert found.share == pytest.approx(sum(sizes[name] for name in names) / sum(sizes.values()))
    assert 0.5 < found.share < 0.8
    assert quantised(whole) == ("none", 0.0)


@pytest.mark.parametrize("kind", BITS)
def test_weights_are_within_half_a_step(folder: str, kind: str) -> None:
    """Integers: each row (int8) or group (int4) keeps a grid of 2^bits levels over its range."""
    from optimum.quanto import QTensor

    whole, model = model_of(folder), model_of(folder, quantization=kind)
    before = dict(whole.named_parameters())
    for name, weight in model.named_parameters():
        if not isinstance(weight, QTensor):
            continue
        exact, kept = before[name].detach().numpy(), weight.dequantize().detach().numpy()
        reach = np.abs(exact).max(axis=1, keepdims=True)
        step = 2 * reach / (2 ** BITS[kind] - 1) if kind != "float8" else reach / 2**3
        assert (np.abs(exact - kept) <= 0.55 * step).all()
        assert (exact != kept).any()
        if kind != "float8":
            assert max(len(np.unique(row)) for row in kept[:, :32]) <= 2 ** BITS[kind]


def test_answers_move_by_a_plausible_amount(folder: str) -> None:
    exact = logits(folder)
    moved = {kind: np.abs(logits(folder, quantization=kind) - exact).max() / exact.std() for kind in BITS}
    assert 1e-4 < moved["int8"] < 0.2
    assert moved["int8"] < moved["int4"] < 2
    assert moved["int8"] < moved["float8"] < moved["int4"]


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
@pytest.mark.parametrize("kind", BITS)
def test_half_precision_works_too(folder: str, kind: str, dtype: str) -> None:
    full, half = logits(folder, quantization=kind), logits(folder, quantization=kind, dtype=dtype)
    assert (full != half).any()
    assert np.corrcoef(full, half)[0, 1] > 0.98


def test_unpacking_is_the_inverse_of_packing() -> None:
    import torch
    from optimum.quanto.tensor.packed import pack_weights

    for bits in (2, 4):
        numbers = torch.randint(
            0, 2**bits, (64, 12), dtype=torch.uint8, generator=torch.Generator().manual_seed(1)
        )
        assert torch.equal(_unpack(pack_weights(numbers, bits), bits), numbers)


def test_no_compiler_is_needed(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """quanto would build its own unpacking on first use."""
    from optimum.quanto.library.extensions import extension

    monkeypatch.setattr(extension, "load", None)
    monkeypatch.setattr(extension.get_extension("quanto_cpp"), "_lib", None)
    assert np.isfinite(logits(folder, quantization="int4")).all()


def test_a_model_that_hides_its_language_model_is_refused() -> None:
    import torch

    class Flat(torch.nn.Module):
        def get_decoder(self) -> Any:
            return self

        def get_output_embeddings(self) -> None:
            return None

    with pytest.raises(ValueError, match="Flat does not tell its language model"):
        quantise(Flat(), "int8")
