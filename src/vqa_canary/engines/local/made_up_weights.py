"""Whether a loaded model holds the weights of its files and no others: what the library fills in is made up."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from traceback import walk_tb
from typing import TYPE_CHECKING, Any

from vqa_canary.engines.local.weight_files import n_numbers, weights_in

if TYPE_CHECKING:
    import torch

MOST_TIMES = 1.5
"""How many times as many numbers as the files hold a model may have for it to be made at all. A configuration without
its sizes gets the library's defaults, which are those of a model of seven billion: making it fills the machine's memory
before the library can say which weights it misses."""


def refuse_another_size(folder: Path, config: Any) -> None:
    """Refuse a configuration that describes a far larger model than the weights are of, before memory is taken for it.

    Raises
    ------
    ValueError
    """
    import torch
    from transformers import AutoModelForImageTextToText

    if getattr(config, "quantization_config", None):
        return  # several weights in one stored number
    stored = n_numbers(weights_in(folder, config.to_dict()))
    with torch.device("meta"):
        model = AutoModelForImageTextToText.from_config(config, trust_remote_code=False)
    described = sum(weight.numel() for weight in model.parameters())
    if described > MOST_TIMES * stored:
        raise ValueError(
            f"{folder / 'config.json'} describes a model of {described:,} weights, but the files hold {stored:,}. "
            "Take the config.json that belongs to these weights; sizes that it leaves out are the library's defaults"
        )


def refuse_other_keys(report: Mapping[str, Any], model: Any) -> None:
    """Refuse a model that has weights which its files lack, or the other way round.

    Parameters
    ----------
    report : as `from_pretrained` returns it with `output_loading_info` and `ignore_mismatched_sizes`: tied weights, and
        buffers that the library knows not to be stored or used any more, are no part

    Raises
    ------
    ValueError
    """
    n_weights = len(model.state_dict())
    shapes = [
        f"{name} {list(stored)} in place of {list(wanted)}"
        for name, stored, wanted in report["mismatched_keys"]
    ]
    faults = [
        (report["missing_keys"], "are missing, which the library fills with random numbers"),
        (shapes, "have another shape, which the library fills with random numbers"),
        (
            report["unexpected_keys"],
            "have no place in the model, so config.json describes a smaller one or another",
        ),
    ]
    words = [f"{_first(names)} {what}" for names, what in faults if names]
    if words:
        raise ValueError(
            f"the weights are not those of {type(model).__name__} as config.json describes it ({n_weights} tensors): "
            f"{'; '.join(words)}. Download or save weights and config.json together again"
        )


@contextmanager
def naming_what_is_incomplete() -> Iterator[None]:
    """Say which weights the library could not put together while it loads a model.

    Some weights are stored in several tensors, such as one for each expert. Where one of them is missing or has another
    shape, the library writes the names to its own log, and raises an error that only points there.

    Raises
    ------
    ValueError
    """
    try:
        yield
    except RuntimeError as error:
        frames = (frame for frame, _ in walk_tb(error.__traceback__))
        reports = (frame.f_locals.get("loading_info") for frame in frames)
        names = {name for report in reports for name in getattr(report, "conversion_errors", ())}
        if not names:
            raise
        raise ValueError(
            f"{_first(names)} cannot be put together from their parts, such as one tensor for each expert, since a "
            "part is missing or has another shape. Download or save weights and config.json together again"
        ) from error


def refuse_no_numbers(model: Any) -> None:
    """Refuse weights that hold NaN, infinity, or in a whole matrix nothing but zeros, as a file does that was reserved
    on disk but not written.

    Weights that `device_map` keeps on disk are not looked at.

    Raises
    ------
    ValueError
    """
    broken, empty = [], []
    for name, weight in _stored(model):
        low, high = (float(one) for one in weight.aminmax())
        if not abs(low) + abs(high) < float("inf"):  # NaN is in no order
            broken.append(name)
        elif low == high == 0 and weight.ndim > 1 and weight.numel() > 1:
            empty.append(name)
    if broken:
        dtype = str(model.dtype).removeprefix("torch.")
        hint = " or, where they are finite in the file, take dtype: float32" if dtype != "float32" else ""
        raise ValueError(
            f"{_first(broken)} hold NaN or infinity in {dtype}. Download or save the weights again{hint}"
        )
    if empty:
        raise ValueError(
            f"{_first(empty)} hold nothing but zeros, as after a download that was cut. Download the weights again"
        )


def _stored(model: Any) -> Iterator[tuple[str, torch.Tensor]]:
    """Parameters and stored buffers of real numbers, each tensor once."""
    seen: set[int] = set()
    for name, weight in model.state_dict(keep_vars=True).items():
        if id(weight) not in seen and weight.is_floating_point() and not weight.is_meta and weight.numel():
            seen.add(id(weight))
            yield name, weight.detach() if weight.itemsize > 1 else weight.detach().float()


def _first(names: Collection[str]) -> str:
    """A text that says how many names there are, and gives the first few."""
    some = sorted(names)[:3]
    more = ", ..." if len(names) > len(some) else ""
    return f"{len(names)} ({', '.join(some)}{more})"
