"""The table of models: names, classes and options, resolved on use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from mariel_gnn.errors import UserError, nearest_match

if TYPE_CHECKING:
    from mariel_gnn.models.motion_model import MotionModel
    from mariel_gnn.models.options import ModelOptions


class Row(NamedTuple):
    """A row of the table; both entries are `module:Class`.

    Attributes:
        model: a `MotionModel`.
        options: its options, importable without torch so that `--help` starts quickly.
    """

    model: str
    options: str


_OPTIONS = "mariel_gnn.models.options"
MODELS = {
    "pose_vae": Row("mariel_gnn.models.pose_vae:PoseVAE", f"{_OPTIONS}:PoseVAEOptions"),
    "lstm_vae": Row("mariel_gnn.models.lstm_vae:LSTMVAE", f"{_OPTIONS}:LSTMVAEOptions"),
    "transformer_vae": Row(
        "mariel_gnn.models.transformer_vae:TransformerVAE", f"{_OPTIONS}:TransformerVAEOptions"
    ),
    "gnn_vae": Row("mariel_gnn.models.gnn_vae:GNNVAE", f"{_OPTIONS}:GNNVAEOptions"),
    "flow_motion": Row("mariel_gnn.models.flow_motion:FlowMotion", f"{_OPTIONS}:FlowMotionOptions"),
    "duet_lstm_vae": Row(
        "mariel_gnn.models.duet_lstm_vae:DuetLSTMVAE", f"{_OPTIONS}:DuetLSTMVAEOptions"
    ),
    "duet_gnn_vae": Row(
        "mariel_gnn.models.duet_gnn_vae:DuetGNNVAE", f"{_OPTIONS}:DuetGNNVAEOptions"
    ),
    "duet_token_vae": Row(
        "mariel_gnn.models.duet_token_vae:DuetTokenVAE", f"{_OPTIONS}:DuetTokenVAEOptions"
    ),
    "notebook_lstm_vae": Row(
        "mariel_gnn.models.notebook_lstm_vae:NotebookLSTMVAE", f"{_OPTIONS}:NotebookLSTMVAEOptions"
    ),
    "mdn_rnn": Row("mariel_gnn.models.mdn_rnn:MDNRNN", f"{_OPTIONS}:MDNRNNOptions"),
}
"""Model name -> row; the name is also that of its file, its YAML file and its docs page."""


def model_class(name: str) -> type[MotionModel]:
    """The class of a model.

    Args:
        name: a name of `MODELS`, or `package.module:Class` of any importable `MotionModel`.

    Raises:
        UserError: no such model, or not a `MotionModel`.
    """
    from mariel_gnn.models.motion_model import MotionModel

    found = _resolve(_row(name).model if _is_listed(name) else name)
    if not (isinstance(found, type) and issubclass(found, MotionModel)):
        raise UserError(
            f"--model {name}: is not a MotionModel: inherit mariel_gnn.models.motion_model.MotionModel"
        )
    return found


def options_class(name: str) -> type[ModelOptions]:
    """The options of a model; for a listed model this imports no torch.

    Args:
        name: as of `model_class`.

    Raises:
        UserError: no such model, or a class without `Options`.
    """
    if _is_listed(name):
        listed: type[ModelOptions] = _resolve(_row(name).options)
        return listed
    return model_class(name).Options


def short_name(name: str) -> str:
    """A model's name for folders: its name in the table, or its class."""
    return name.rpartition(":")[2]


def _is_listed(name: str) -> bool:
    return ":" not in name


def _row(name: str) -> Row:
    if name not in MODELS:
        raise UserError(
            f"no model '{name}'.{nearest_match(name, MODELS)} There are {', '.join(MODELS)}; "
            "a model of your own is package.module:Class"
        )
    return MODELS[name]


def _resolve(path: str) -> Any:
    """The class that `module:Class` names."""
    module_name, _, name = path.partition(":")
    try:
        module = import_module(module_name)
    except (ImportError, ValueError) as error:
        raise UserError(
            f"--model {path}: {error}: the module must be importable from this folder"
        ) from error
    if not hasattr(module, name):
        raise UserError(
            f"--model {path}: {module_name} has no class '{name}'.{nearest_match(name, dir(module))}"
        )
    return getattr(module, name)
