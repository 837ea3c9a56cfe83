"""Which arguments go by tokens, told by two prompts of unequal length; and features in place of pixels."""

from __future__ import annotations

from typing import Any

import pytest

from vqa_canary.engines.local import features
from vqa_canary.engines.local.features import FeatureStore
from vqa_canary.engines.local.token_arguments import TokenArguments, marked, shapes_of


def prompt(n: int) -> dict[str, Any]:
    """A prompt of `n` tokens about an image with as many patches as the shorter of two prompts has tokens."""
    import torch

    return {
        "input_ids": torch.arange(n)[None],
        "attention_mask": torch.ones(1, n, dtype=torch.long),
        "moe_mm_token_type_ids": torch.tensor([[1, 1] + [0] * (n - 2)]),
        "position_ids": torch.arange(n).expand(3, 1, n),
        "cross_attention_mask": torch.ones(1, n, 1, 4, dtype=torch.long),
        "pixel_values": torch.ones(1, 6, 3),
        "pixel_attention_mask": torch.ones(1, 6, dtype=torch.long),
        "image_sizes": [(4, 8)],
        "patches": [torch.ones(2, 3)],
    }


def test_arguments_of_tokens_are_those_that_grow_with_the_text() -> None:
    import torch

    found = TokenArguments.compare(prompt(6), prompt(9))
    assert dict(found.axes) == {
        "input_ids": 1,
        "attention_mask": 1,
        "moe_mm_token_type_ids": 1,
        "position_ids": 2,
        "cross_attention_mask": 1,
    }
    assert found.read_with_image == ()
    part, whole = found.cut(prompt(6), 4), prompt(4)
    assert shapes_of(part) == shapes_of(whole)
    assert all(part[name].equal(whole[name]) for name in found.axes)
    longer = found.lengthen(prompt(6), [6, 7, 8])
    assert all(longer[name].equal(prompt(9)[name]) for name in found.axes)
    # What stands behind an image at the very end is text all the same.
    marks = [
        one | {"moe_mm_token_type_ids": torch.tensor([[0] * 4 + [1, 1] + [0] * n])}
        for n, one in ((0, prompt(6)), (3, prompt(9)))
    ]
    longer = TokenArguments.compare(*marks).lengthen(marks[0], [6, 7, 8])
    assert all(longer[name].equal(marks[1][name]) for name in found.axes)
    # Images of one shape make a batch, however long their prompts are.
    assert shapes_of(prompt(6), found.axes) == shapes_of(prompt(9), found.axes)
    assert ("patches", ((2, 3),)) in shapes_of(prompt(6))
    assert marked(prompt(6)) == {0, 1}


def test_what_else_changes_with_the_text_is_read_with_the_image() -> None:
    import torch

    some = [prompt(n) | {"qformer_input_ids": torch.arange(n - 3)[None]} for n in (6, 9)]
    assert TokenArguments.compare(*some).read_with_image == ("qformer_input_ids",)
    with pytest.raises(ValueError, match="cuts prompts at 6 tokens"):
        TokenArguments.compare(prompt(6), prompt(6))


class Output(dict[str, Any]):
    """As the library's outputs are: items that are attributes, and attributes put on it later."""

    def __init__(self, **items: Any) -> None:
        super().__init__(items)
        vars(self).update(items)


class Model:
    """Makes `outputs` of images, one after the other, and takes features."""

    def __init__(self, *outputs: Any) -> None:
        self._outputs = list(outputs)
        self.model = self.base_model = self

    def forward(self, input_ids: Any, mm_encoder_outputs: Any = None) -> None: ...

    def get_image_features(self, pixel_values: Any, high_res: Any = None, grid: Any = None, **_: Any) -> Any:
        return self._outputs.pop(0)


def shown(model: Any, n: int = 2) -> dict[str, Any]:
    import torch

    row = {"input_ids": torch.ones(1, 4), "grid": torch.tensor([[1]])}
    rows = [row | {name: torch.ones(1, 2) for name in ("pixel_values", "high_res")} for _ in range(n)]
    batch = {name: torch.cat([row[name] for row in rows]) for name in rows[0]}
    read: list[dict[str, Any]] = []
    FeatureStore(model).show(read.append, batch, rows, [str(at) for at in range(n)])
    return read[-1]


def test_features_keep_whatever_a_text_model_may_read_and_take_the_place_of_all_pixels() -> None:
    import torch

    one, two = torch.ones(1, 3, 2), torch.zeros(1, 3, 2)
    parts = [
        Output(
            last_hidden_state=value,
            hidden_states=(value, value),
            attentions=None,
            loss=torch.tensor(1.0),
            pooler_output=[value[0]],
            deepstack_features=[(7, [value[0]]), (9, [value[0]])],
        )
        for value in (one, two)
    ]
    for part in parts:
        # On the output, but none of its items.
        vars(part)["visual_indicator_features"] = torch.full((2, 2), 5.0)
    found = shown(Model(*parts))
    assert found.keys() == {"input_ids", "grid", "mm_encoder_outputs"}
    image = found["mm_encoder_outputs"]["image"]
    assert image.last_hidden_state.equal(torch.cat([one, two]))
    assert [part.mean() for part in image.pooler_output] == [1, 0]
    assert [(layer, [float(part.mean()) for part in own]) for layer, own in image.deepstack_features] == [
        (7, [1, 0]),
        (9, [1, 0]),
    ]
    assert image.visual_indicator_features.shape == (4, 2)
    assert not {"hidden_states", "attentions", "loss"} & vars(image).keys()


def test_features_that_cannot_be_made_are_left_for_pixels() -> None:
    import torch

    layers = [Output(deepstack_features=[(at, [torch.ones(1, 2)])]) for at in (7, 9)]
    for model in (Model(Output(pooler_output=None)), Model((torch.ones(1), 2)), Model(*layers), Model()):
        assert "pixel_values" in shown(model)
    with pytest.raises(MemoryError):  # which is asked again in halves, and no fault of the features
        shown(Full())


class Full(Model):
    """Has no room for an image."""

    def get_image_features(self, pixel_values: Any, high_res: Any = None, grid: Any = None, **_: Any) -> Any:
        raise MemoryError


def test_features_larger_than_the_store_are_used_once(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(features, "FEATURE_BYTES", 1)
    assert "mm_encoder_outputs" in shown(Model(Output(pooler_output=torch.ones(1, 3, 2))), n=1)
