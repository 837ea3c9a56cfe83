"""Families of vision-language models by name, and what writes a small random one of each to a folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.engines.families import (
    deepseek,
    discrete,
    experts,
    further,
    gemma,
    idefics,
    llava,
    others,
    qwen,
    small,
)

FAMILIES: dict[str, Callable[[Path], None]] = {
    "llava": llava.llava,
    "llava_mistral": llava.llava_mistral,
    "llava_next": llava.llava_next,
    "llava_onevision": llava.llava_onevision,
    "qwen2_vl": qwen.qwen2_vl,
    "qwen2_5_vl": qwen.qwen2_5_vl,
    "qwen2_5_vl_sliding": qwen.qwen2_5_vl_sliding,
    "qwen3_vl": qwen.qwen3_vl,
    "qwen3_5": qwen.qwen3_5,
    "glm4v": qwen.glm4v,
    "idefics2": idefics.idefics2,
    "idefics3": idefics.idefics3,
    "smolvlm": idefics.smolvlm,
    "gemma3": gemma.gemma3,
    "gemma4": gemma.gemma4,
    "paligemma": gemma.paligemma,
    "internvl": others.internvl,
    "mistral3": others.mistral3,
    "mllama": others.mllama,
    "molmo2": others.molmo2,
    "cohere2_vision": others.cohere2_vision,
    "aya_vision": others.aya_vision,
    "llama4": experts.llama4,
    "aria": experts.aria,
    "ernie4_5_vl": experts.ernie4_5_vl,
    "janus": deepseek.janus,
    "deepseek_vl": deepseek.deepseek_vl,
    "deepseek_vl_hybrid": deepseek.deepseek_vl_hybrid,
    "chameleon": discrete.chameleon,
    "emu3": discrete.emu3,
    "fast_vlm": small.fast_vlm,
    "perception_lm": small.perception_lm,
    "granite4_vision": small.granite4_vision,
    "ovis2": small.ovis2,
    "lfm2_vl": small.lfm2_vl,
    "vipllava": llava.vipllava,
    "video_llava": llava.video_llava,
    "glm46v": qwen.glm46v,
    "qwen3_vl_moe": qwen.qwen3_vl_moe,
    "minicpmv4_6": further.minicpmv4_6,
    "hunyuan_vl": further.hunyuan_vl,
    "kosmos2_5": further.kosmos2_5,
}
RARE = frozenset(
    {"vipllava", "video_llava", "glm46v", "qwen3_vl_moe", "minicpmv4_6", "hunyuan_vl", "kosmos2_5"}
)
"""Families that are asked in the slow tests alone."""
ALIKE = {
    "llava": (
        "llava_next",
        "idefics3",
        "smolvlm",
        "perception_lm",
        "janus",
        "deepseek_vl",
        "deepseek_vl_hybrid",
    ),
    "llava_onevision": ("internvl", "ovis2", "fast_vlm"),
    "mistral3": ("idefics2",),
    "cohere2_vision": ("aya_vision",),
}
"""Families and others whose text model is the same, in class and settings: they differ where they read an image."""
LIKE_ANOTHER = frozenset(family for others in ALIKE.values() for family in others)
"""Families whose long answers are asked for in the slow tests alone: only the text grows with an answer."""
