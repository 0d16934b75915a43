"""Weights as safetensors with the model's identity in the header."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor

from mariel_gnn.data.normalizing import Normalizer
from mariel_gnn.errors import UserError, nearest_match
from mariel_gnn.files import check_plain, read_text, written_aside
from mariel_gnn.mocap.plausibility import RATES_HZ, check_range
from mariel_gnn.mocap.skeletons.loading import skeleton_from_dict
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.motion_model import MotionModel, WindowShape
from mariel_gnn.models.table import model_class, options_class
from mariel_gnn.parsing import load_json
from mariel_gnn.ranges import check_ranges

BEST, LAST, PRIOR = "best.safetensors", "last.safetensors", "prior.safetensors"
# Of a folder in the layout of the Hugging Face hub.
SHARED, SHARED_CONFIG = "model.safetensors", "config.json"
_KEY = "mariel_gnn"
MAX_FRAMES = 10_000  # of a window
MAX_SIZE = 1024  # that a header may state whatever the tensors are
MAX_LAYERS, USUAL_LAYERS = 1000, 8
MAX_EXCESS = 2  # of a model's values over those in its file; loading tells exact differences
_NO_SIZES = ("_steps", "_frames")  # ends of options that no tensor has as a dimension


@dataclass(frozen=True)
class Identity:
    """Everything beside the weights that is needed to build the model.

    Attributes:
        model: its name in `MODELS`, or `package.module:Class`.
        options: its own options.
        shape: T, J and the rate.
        skeleton: its markers.
    """

    model: str
    options: Any
    shape: WindowShape
    skeleton: Skeleton

    def build(self, normalizer: Normalizer | None = None) -> MotionModel:
        """A new model; without `normalizer` its statistics are those of the weights to be loaded."""
        network = model_class(self.model)
        return network(self.options, self.shape, normalizer or Normalizer(), self.skeleton)

    def to_json(self) -> str:
        """The identity as text, for the header of the weights."""
        return json.dumps(
            {
                "model": self.model,
                "options": asdict(self.options),
                "shape": asdict(self.shape),
                "skeleton": self.skeleton.to_dict(),
            }
        )

    @staticmethod
    def from_json(text: str) -> Identity:
        """The identity from the header of the weights."""
        content = load_json(text)
        options = options_class(content["model"])
        values = content["options"].items()
        return Identity(
            content["model"],
            options(**{name: tuple(v) if isinstance(v, list) else v for name, v in values}),
            WindowShape(**content["shape"]),
            skeleton_from_dict(content["skeleton"]),
        )


def save_weights(path: str | Path, model: MotionModel, identity: Identity) -> None:
    """Write a model's weights and buffers, with its identity in the header, by a temporary file."""
    tensors = {name: tensor.contiguous().cpu() for name, tensor in model.state_dict().items()}
    with written_aside(path) as aside:
        aside.write_bytes(save(tensors, {_KEY: identity.to_json()}))


def load_weights(path: str | Path) -> tuple[MotionModel, Identity]:
    """Build the model of a weights file.

    A header that names `package.module:Class` imports that module.

    Args:
        path: a run folder (its best weights), a folder of `save_pretrained`, or a `.safetensors` file.

    Raises:
        UserError: no such folder or file, or a model that cannot be imported.
    """
    path = weights_file(path)
    try:
        header, tensors = _read(path)
        identity = Identity.from_json(header.get(_KEY) or _config_beside(path))
        _check_numbers(tensors)
        _check_sizes(identity, tensors)
        _check_total(identity, tensors)
        model = identity.build()
        model.load_state_dict(tensors)
    except FileNotFoundError as error:
        raise UserError(_missing(path)) from error
    except UserError as error:
        raise UserError(f"{path}: {error}") from error
    except Exception as error:  # a header may hold anything, and a model may raise anything for it
        raise UserError(
            f"{path}: is not a weights file of mariel_gnn ({' '.join(str(error).split())[:120]})"
        ) from error
    return model.eval(), identity


def weights_file(path: str | Path) -> Path:
    """The weights of a run folder or of a folder of `save_pretrained`; a file is returned as it is."""
    path = Path(path)
    if not path.is_dir():
        return path
    return path / (SHARED if (path / SHARED).exists() and not (path / BEST).exists() else BEST)


def _config_beside(path: Path) -> str:
    """The identity beside weights without one, as other programs write them.

    Raises:
        KeyError: there is none.
    """
    config = path.with_name(SHARED_CONFIG)
    if not config.exists():
        raise KeyError(_KEY)
    return read_text(config)


def _check_numbers(tensors: Mapping[str, Tensor]) -> None:
    """Check that no weight is NaN, with which every result would be NaN. A bound may be infinite.

    Raises:
        UserError: one is.
    """
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and bool(tensor.isnan().any()):
            raise UserError(f"its {name} has values that are no numbers (NaN): train again")


def _check_sizes(identity: Identity, tensors: Mapping[str, Tensor]) -> None:
    """Check the sizes in a header before a model of these sizes is built.

    The tensors of a model have its sizes as dimensions, so no large size is above the largest dimension.

    Raises:
        UserError: a size is out of range, or the file has no tensor of such a size.
    """
    shape = identity.shape
    check_ranges(identity.options, "network.")
    if not 2 <= shape.frames <= MAX_FRAMES or shape.markers != len(identity.skeleton):
        raise UserError(
            f"its header states {shape.frames} frames and {shape.markers} markers, and has a skeleton of "
            f"{len(identity.skeleton)}: the file is damaged, train again"
        )
    check_range("rate_hz", shape.rate_hz, *RATES_HZ)
    largest = max((side for tensor in tensors.values() for side in tensor.shape), default=0)
    for item in fields(identity.options):
        value = getattr(identity.options, item.name)
        most = min(len(tensors), MAX_LAYERS) if "layers" in item.name else max(largest, MAX_SIZE)
        if isinstance(value, int) and value > most and not item.name.endswith(_NO_SIZES):
            raise UserError(
                f"its header states network.{item.name} {value}, and its {len(tensors)} tensors have at most "
                f"{largest} values along an axis: the file is damaged, train again"
            )


def _check_total(identity: Identity, tensors: Mapping[str, Tensor]) -> None:
    """Check that a file has the values of the model in its header, before memory is taken for that model.

    A model of usual sizes takes little memory, and is not checked: counting without memory makes torch
    import its compiler, which takes a second.

    Raises:
        UserError: the model has several times as many.
    """
    if _is_usual(identity):
        return
    try:
        with torch.device("meta"):  # sizes without memory
            stated = sum(value.numel() for value in identity.build().state_dict().values())
    except Exception:  # a model from outside may not be built without memory
        return
    held = sum(tensor.numel() for tensor in tensors.values())
    if stated > MAX_EXCESS * max(held, 1):
        raise UserError(
            f"its header states a model of {stated:,} values, and its {len(tensors)} tensors have {held:,}: "
            "the file is damaged, train again"
        )


def _is_usual(identity: Identity) -> bool:
    """Whether a model of the sizes in a header takes less than some hundred megabytes."""
    options = {"frames": identity.shape.frames} | asdict(identity.options)
    return all(
        value <= (USUAL_LAYERS if "layers" in name else MAX_SIZE)
        for name, value in options.items()
        if isinstance(value, int) and not name.endswith(_NO_SIZES)
    )


def _read(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    """The header and the tensors of a file."""
    check_plain(path)
    with safe_open(path, framework="pt") as file:
        header = file.metadata() or {}
        return header, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


def _missing(path: Path) -> str:
    """The message for a missing file, with the nearest run folder."""
    is_folder = path.suffix == ""
    run = path if is_folder else path.parent
    runs = [found.parent.name for found in run.parent.glob(f"*/{BEST}")]
    hint = nearest_match(run.name, runs)
    return (
        f"{path}: no such file.{hint} Give a run folder (runs/NAME) or a .safetensors file of one"
    )
