"""An audit of phantoms as somebody would hand them over: a CSV of questions with lettered options, and images."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from vqa_canary.sources.phantom_file import LETTERS, write_phantom_csv

N_IMAGES = 40


def set_up(project: Path, edit_yaml: Callable[..., None], n_images: int = N_IMAGES, **model: Any) -> None:
    """Questions about drawn images and one model; errors are allowed more often, since images are few."""
    folder = project / "data/01_raw/audit"
    write_phantom_csv(folder, n_images)
    conf = project / "conf/audit"
    columns = {"options": list(LETTERS), "attributes": ["site"]}
    edit_yaml(
        conf / "parameters_data_engineering.yml",
        lambda p: p["datasets"]["questions"].update(folder="data/01_raw/audit", columns=columns),
    )
    chosen = model or {"path": "data/06_models/reference/phantom-llava-1600", "batch_size": 256}
    sampling = {"n_samples": 3, "temperature": 1.0, "max_new_tokens": 4}
    edit_yaml(
        conf / "parameters_inference.yml",
        lambda p: p.update(models={"my-model": chosen}, prompts={}, sampling=sampling),
    )
    edit_yaml(conf / "parameters_auditing.yml", lambda p: p["audit"].update(largest_error=0.3, method=None))
    # Few images can carry no policy, and an endpoint is asked all the same:
    edit_yaml(conf / "parameters_planning.yml", lambda p: p["planning"].update(without_policy=True))
    edit_yaml(
        conf / "parameters_reporting.yml", lambda p: p["evaluation"].update(subgroups=["modality", "site"])
    )
