"""Codes of dancers and the flow of one dancer from a run on single dancers."""

from __future__ import annotations

from mariel_gnn.errors import UserError
from mariel_gnn.models.flow_motion import FlowMotion
from mariel_gnn.models.options import DuetVAEOptions
from mariel_gnn.models.pose_vae import PoseVAE
from mariel_gnn.models.weights import load_weights


def take_solo(run: str, options: DuetVAEOptions, codes: PoseVAE) -> FlowMotion:
    """Take the codes of dancers of a run, and return its model.

    Args:
        run: a run folder of flow_motion.
        options: of the model of two dancers.
        codes: its model of one dancer, which takes the weights.

    Raises:
        UserError: it is no such run, or of other sizes.
    """
    network, identity = load_weights(run)
    if not isinstance(network, FlowMotion):
        raise UserError(
            f"network.solo {run}: is a run of {identity.model}: give one of flow_motion, on single dancers"
        )
    named = ("latent_size", "pose_size", "frequencies", "pair_bounds", "pose_axes", "widths")
    other = [name for name in named if getattr(identity.options, name) != getattr(options, name)]
    if codes.skeleton.markers != network.skeleton.markers:
        raise UserError(
            f"network.solo {run}: its markers are {network.skeleton.name}'s, these recordings' are "
            f"{codes.skeleton.name}'s: give a run on the same markers"
        )
    if other:
        own, theirs = getattr(options, other[0]), getattr(identity.options, other[0])
        raise UserError(
            f"network.solo {run}: its network.{other[0]} is {theirs}, this model's {own}: take the same"
        )
    if network.shape != codes.shape:
        raise UserError(
            f"network.solo {run}: its windows have {network.shape.frames} frames at "
            f"{network.shape.rate_hz:g} Hz, these {codes.shape.frames} at {codes.shape.rate_hz:g} Hz: take "
            f"--data.seq_len {network.shape.frames} and recordings of its rate"
        )
    theirs = network.state_dict()
    codes.load_state_dict({name: theirs[name] for name in codes.state_dict()})
    return network
