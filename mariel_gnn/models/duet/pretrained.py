"""Codes of dancers and the flow of one dancer from a run on single dancers."""

from __future__ import annotations

from mariel_gnn.errors import UserError
from mariel_gnn.models.flow_motion import FlowMotion
from mariel_gnn.models.options import DuetVAEOptions
from mariel_gnn.models.pose_vae import PoseVAE
from mariel_gnn.models.weights import load_weights


def load_solo(run: str, options: DuetVAEOptions, codes: PoseVAE) -> FlowMotion:
    """Return the model of a run whose parts fit a model of two dancers.

    Args:
        run: a run folder of flow_motion.
        options: of the model of two dancers.
        codes: its model of one dancer.

    Raises:
        UserError: it is no such run, or of other sizes.
    """
    network, identity = load_weights(run)
    if not isinstance(network, FlowMotion):
        raise UserError(
            f"network.solo {run}: is a run of {identity.model}: give one of flow_motion, on single dancers"
        )
    theirs = network.state_dict()
    wrong = [name for name, own in codes.state_dict().items() if theirs[name].shape != own.shape]
    named = ("latent_size", "pose_size", "frequencies", "pair_bounds", "pose_axes", "widths")
    other = [name for name in named if getattr(identity.options, name) != getattr(options, name)]
    if codes.skeleton.markers != network.skeleton.markers:
        raise UserError(
            f"network.solo {run}: its markers are {network.skeleton.name}'s, not these recordings'"
        )
    if other or wrong:
        what = f"network.{other[0]}" if other else "window (data.seq_len)"
        raise UserError(
            f"network.solo {run}: its {what} differs from this model's: take the same network options and "
            f"--data.seq_len {network.shape.frames}"
        )
    return network
