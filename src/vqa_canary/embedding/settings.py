"""Which embedder a study uses."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

from pydantic import BaseModel, ConfigDict, model_validator

from vqa_canary.embedding.recipe import recipe_of
from vqa_canary.engines.local.model_files import folder_digest
from vqa_canary.rows import content_id

_COMMIT = re.compile(r"[0-9a-f]{40}")
_VERSION = 1
"""Of how vectors are made here; another one makes all vectors anew."""


class EmbedderSettings(BaseModel):
    """`params:embedder`: what turns the text of a sampled answer into a vector."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str | None = None
    """A folder of a sentence-transformers model, or an id of the Hugging Face hub; None: nothing is embedded."""
    package: str | None = None
    """An installed Python package that carries the folder `path` in it. None of its code is run."""
    revision: str | None = None
    """The commit of a hub id, as 40 hex digits: a branch's name is refused, since a branch may move."""
    device: str = "auto"
    """The device that computes, such as `cpu`; `auto` takes a GPU where there is one. No result counts on it beyond its
    last digits."""

    @model_validator(mode="after")
    def _place(self) -> EmbedderSettings:
        if self.package is not None and self.path is None:
            raise ValueError("`package` needs `path`: the folder in it. To embed nothing, set both to null")
        if self.package is not None:
            _folder_in(self.package, str(self.path))
        elif (
            self.path is not None
            and not Path(self.path).is_dir()
            and not _COMMIT.fullmatch(self.revision or "")
        ):
            raise ValueError(
                f"{self.path!r} is no folder, so it is taken for a hub id, and a hub id needs `revision`: the 40 hex "
                f"digits of a commit (given: {self.revision!r}). Where it is a folder of an installed package, name "
                "the package as `package`"
            )
        if (folder := self.folder) is not None:
            try:
                recipe_of(folder)
            except OSError as error:
                raise ValueError(f"{folder} cannot be read: {error}") from error
        return self

    @property
    def folder(self) -> Path | None:
        """Where the embedder lies; None for a hub id, and where there is no embedder."""
        if self.package is not None:
            return _folder_in(self.package, str(self.path))
        return Path(self.path) if self.path is not None and Path(self.path).is_dir() else None

    @property
    def fingerprint(self) -> str:
        """Digest of the embedder's files, or of hub id and commit; empty where there is no embedder."""
        if self.path is None:
            return ""
        folder = self.folder
        source = folder_digest(folder) if folder is not None else [self.path, self.revision]
        return content_id("embedder", _VERSION, source)


def _folder_in(package: str, path: str) -> Path:
    """The folder `path` of an installed package, found without importing the package.

    Raises
    ------
    ValueError : there is no such package, or no such folder in it
    """
    spec = find_spec(package) if package.isidentifier() else None
    roots = list(spec.submodule_search_locations or ()) if spec is not None else []
    if not roots:
        raise ValueError(
            f"the package {package!r} is not installed. Run `pip install {package.replace('_', '-')}`, name another "
            "embedder, or set both `package` and `path` to null: then methods that need vectors have no value"
        )
    folder = (Path(roots[0]) / path).resolve()
    if not folder.is_dir() or not folder.is_relative_to(Path(roots[0]).resolve()):
        raise ValueError(f"the package {package!r} holds no folder {path!r}")
    return folder
