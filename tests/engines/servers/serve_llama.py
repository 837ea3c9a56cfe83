"""llama.cpp's server in a process of its own: `serve_llama.py TEXT VISION PORT [exact]`, until it is killed.

`exact` keeps keys and values in float32 and attention unfused; else all is as llama.cpp has it by default.
"""

from __future__ import annotations

import sys
from threading import Event

import xllamacpp

N_PARALLEL, CONTEXT = 4, 512


def parameters(text: str, vision: str, port: int, exact: bool) -> xllamacpp.CommonParams:
    made = xllamacpp.CommonParams()
    made.model.path, made.mmproj.path, made.port = text, vision, port
    made.n_parallel, made.n_ctx = N_PARALLEL, N_PARALLEL * CONTEXT
    made.warmup = made.fit_params = False
    made.cpuparams.n_threads = made.cpuparams_batch.n_threads = 1
    if exact:
        made.cache_type_k = made.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
        made.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    return made


if __name__ == "__main__":
    server = xllamacpp.Server(parameters(sys.argv[1], sys.argv[2], int(sys.argv[3]), "exact" in sys.argv[4:]))
    Event().wait()
