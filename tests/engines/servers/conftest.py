"""Two real servers with one reference VLM, and real questions about phantoms."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.engines.servers.gguf_files import write_gguf
from tests.engines.servers.processes import free_port, running

from vqa_canary.conditions.gallery import Gallery, Images
from vqa_canary.conditions.presentation import show_all
from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.protocols import ImageOpener
from vqa_canary.engines.registration import make_engine
from vqa_canary.engines.sampling import Sampling
from vqa_canary.rows import Evidence, Instance, Item, ShownImage
from vqa_canary.sources.images import image_opener, write_blank
from vqa_canary.sources.phantom import phantom

SEED = 23
CONDITIONS = ["clean", "nota_replace", "nota_append", "answer_removed", "no_image", "wrong_image"]
Ask = Callable[..., tuple[list[Evidence], dict[str, str]]]


@pytest.fixture(scope="session")
def model_path(root: Path) -> Path:
    """The LLaVA-like reference VLM trained longest."""
    return root / "data/06_models/reference/phantom-llava-1600"


@pytest.fixture(scope="session")
def images_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("phantoms")


@pytest.fixture(scope="session")
def phantom_instances(images_folder: Path) -> list[Instance]:
    """Six questions about two phantoms under six conditions."""
    items = [one for one in phantom(images_folder, SEED, n_images=2) if isinstance(one, Item)]

    def blank(item: Item) -> Images:
        path, digest = write_blank(images_folder, (64, 64))
        return (ShownImage(digest[:16], path.as_posix(), digest),)

    instances, _ = show_all(items[:6], CONDITIONS, SEED, Gallery(items, blank, lambda item, how: item.images))
    assert len(instances) > 30
    assert len({one.image_sha256 for one in instances}) == 3
    return instances


@pytest.fixture(scope="session")
def open_phantom(images_folder: Path) -> ImageOpener:
    return image_opener(images_folder)


@pytest.fixture(scope="session")
def ask(open_phantom: ImageOpener) -> Ask:
    """`ask(instances, n_samples=0, limits=None, **model)`: evidence in the order of the instances, and facts."""

    def answer(
        instances: list[Instance], n_samples: int = 0, limits: Mapping[str, Any] | None = None, **model: Any
    ) -> tuple[list[Evidence], dict[str, str]]:
        sampling = Sampling(n_samples=n_samples, max_new_tokens=12, **limits or {})
        engine = make_engine("m", model, Prompts(), sampling, SEED, Path())
        found = {one.instance_id: one for one in engine.answer(instances, open_phantom)}
        assert len(found) == len(instances)
        return [found[one.instance_id] for one in instances], engine.facts

    return answer


@pytest.fixture(scope="session")
def local(ask: Ask, model_path: Path, phantom_instances: list[Instance]) -> list[Evidence]:
    """What the local engine finds."""
    found, _ = ask(phantom_instances, path=str(model_path), dtype="float32", batch_size=256)
    return found


@pytest.fixture(scope="session")
def transformers_serve(
    model_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    """Options of the reference VLM behind `transformers serve`."""
    with serving(str(model_path), tmp_path_factory.mktemp("transformers_serve")) as options:
        yield options


@pytest.fixture(scope="session")
def gguf(model_path: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The reference VLM as GGUF: its text model and its vision tower."""
    pytest.importorskip("xllamacpp", reason="llama.cpp's server comes in a wheel for Linux only")
    return write_gguf(model_path, tmp_path_factory.mktemp("gguf"))


@pytest.fixture(scope="session")
def llama_server(gguf: tuple[Path, Path]) -> Iterator[dict[str, Any]]:
    """Options of the reference VLM behind llama.cpp's server, in float32 throughout."""
    with _llama(gguf, "exact") as options:
        yield options


@pytest.fixture(scope="session")
def default_llama_server(gguf: tuple[Path, Path]) -> Iterator[dict[str, Any]]:
    """The same as llama.cpp has it by default: keys and values in half precision, attention fused."""
    with _llama(gguf) as options:
        yield options


@contextmanager
def serving(model: str, folder: Path) -> Iterator[dict[str, Any]]:
    """Options of the model behind a `transformers serve` that logs to `folder`."""
    port = free_port()
    arguments = ["serve", model, "--port", str(port), "--host", "127.0.0.1", "--dtype", "float32"]
    with running("serve_transformers.py", arguments, port, folder / "log") as address:
        yield {"engine": "endpoint", "base_url": f"{address}/v1", "model": model}


@contextmanager
def _llama(gguf: tuple[Path, Path], *arguments: str) -> Iterator[dict[str, Any]]:
    port = free_port()
    text, vision = map(str, gguf)
    log = gguf[0].with_name(f"log {port}")
    with running("serve_llama.py", [text, vision, str(port), *arguments], port, log) as address:
        yield {"engine": "endpoint", "base_url": f"{address}/v1", "model": "phantom-llava"}
