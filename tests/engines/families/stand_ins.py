"""What stands in for torchvision and num2words, which are not installed here.

A few processors cannot be imported, made or loaded without them, though a question about an image
needs neither: those that also take videos, Pixtral's, and those whose images are resized by torchvision.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType, SimpleNamespace
from typing import Any

_WITH_VIDEOS = (
    "LlavaOnevisionConfig",
    "Qwen2VLConfig",
    "Qwen2_5_VLConfig",
    "Qwen3VLConfig",
    "Qwen3_5Config",
    "SmolVLMConfig",
    "InternVLConfig",
    "Gemma4Config",
    "Glm4vConfig",
    "Molmo2Config",
    "Ernie4_5_VLMoeConfig",
    "PerceptionLMConfig",
    "VideoLlavaConfig",
    "Glm46VConfig",
    "Qwen3VLMoeConfig",
    "MiniCPMV4_6Config",
)


@cache
def register() -> SimpleNamespace:
    """The stand-ins, known to the Auto classes from now on.

    `NoVideos` and those that end in `Images` are classes of ours, `PixtralProcessor` is the library's.
    """
    import torch
    import transformers
    from transformers import AutoImageProcessor, processing_utils
    from transformers.models import pixtral
    from transformers.models.auto.video_processing_auto import AutoVideoProcessor
    from transformers.models.molmo2.image_processing_molmo2 import Molmo2ImageProcessor
    from transformers.models.smolvlm import processing_smolvlm
    from transformers.video_processing_utils import VideoProcessorMixin

    with _importable("torchvision.transforms.v2.functional"):
        from transformers.image_processing_backends import TorchvisionBackend
        from transformers.models.cohere2_vision.image_processing_cohere2_vision import (
            Cohere2VisionImageProcessor,
        )
        from transformers.models.lfm2_vl.image_processing_lfm2_vl import Lfm2VlImageProcessor
        from transformers.models.llama4.image_processing_llama4 import Llama4ImageProcessor
        from transformers.models.perception_lm.image_processing_perception_lm import (
            PerceptionLMImageProcessor,
        )
        from transformers.models.pixtral.processing_pixtral import PixtralProcessor

    class NoVideos(VideoProcessorMixin):
        """Takes the place of a video processor and is never called."""

        num_frames = fps = None  # SmolVLM's processor reads them for every chat
        font = ""  # Ernie's copies it when it is saved
        slice_mode, downsample_mode, use_image_id = (
            False,
            "16x",
            False,
        )  # MiniCPM-V's reads them when it is made

    class ResizedByTorch:
        """The two steps in which the library's own image processors call torchvision."""

        def resize(self, image: Any, size: Any, **_: Any) -> Any:
            return torch.nn.functional.interpolate(image.float(), (size.height, size.width), mode="bilinear")

        def normalize(self, image: Any, mean: Any, std: Any, **_: Any) -> Any:
            shift, scale = (torch.as_tensor(one).reshape(-1, 1, 1) for one in (mean, std))
            return (image - shift) / scale

    class Cohere2Images(ResizedByTorch, Cohere2VisionImageProcessor):
        pass

    class Molmo2Images(ResizedByTorch, Molmo2ImageProcessor):
        pass

    class Backend(ResizedByTorch, TorchvisionBackend):
        """Stands behind image processors that have more to do when they resize, and call their parent's."""

    class Llama4Images(Llama4ImageProcessor, Backend):
        pass

    class PerceptionLMImages(PerceptionLMImageProcessor, Backend):
        pass

    class Lfm2VlImages(Lfm2VlImageProcessor, Backend):
        pass

    def pad(images: Any, padding: list[int], fill: Any) -> Any:
        left, top, right, bottom = padding
        return torch.nn.functional.pad(images, (left, right, top, bottom), value=fill[0])

    vars(sys.modules[Llama4ImageProcessor.__module__])["tvF"].pad = pad
    # FastVLM's tower: the library says of no convolution that it may stand beside attention of a fast kind.
    transformers.ResNetPreTrainedModel._supports_sdpa = True
    pixtral.PixtralProcessor = PixtralProcessor
    processing_utils.transformers_module.VideoProcessorMixin = VideoProcessorMixin  # where it looks a base up
    processing_smolvlm.num2words = processing_smolvlm.num2words or str  # it writes a video's length in words
    for name in _WITH_VIDEOS:
        AutoVideoProcessor.register(getattr(transformers, name), NoVideos, exist_ok=True)
    resized = {
        "Cohere2VisionConfig": Cohere2Images,
        "Molmo2Config": Molmo2Images,
        "Llama4Config": Llama4Images,
        "PerceptionLMConfig": PerceptionLMImages,
        "Lfm2VlConfig": Lfm2VlImages,
    }
    for name, images in resized.items():
        backends = {"torchvision": images, "pil": images}
        AutoImageProcessor.register(
            getattr(transformers, name), image_processor_classes=backends, exist_ok=True
        )
    return SimpleNamespace(
        NoVideos=NoVideos,
        Cohere2Images=Cohere2Images,
        Molmo2Images=Molmo2Images,
        Llama4Images=Llama4Images,
        PerceptionLMImages=PerceptionLMImages,
        Lfm2VlImages=Lfm2VlImages,
        PixtralProcessor=PixtralProcessor,
    )


@contextmanager
def _importable(path: str) -> Iterator[None]:
    """Let empty modules stand for a package that is only imported, not called, and take them away again."""
    names = path.split(".")
    paths = [".".join(names[: end + 1]) for end in range(len(names))]
    made = [one for one in paths if one not in sys.modules]
    for one in made:
        sys.modules[one] = ModuleType(one)
        parent, _, name = one.rpartition(".")
        if parent:
            setattr(sys.modules[parent], name, sys.modules[one])
    try:
        yield
    finally:
        for one in made:
            del sys.modules[one]
