"""The direction that a body faces, and rotations about the vertical."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from mariel_gnn.mocap.skeletons.skeleton import Skeleton


def heading_rad(positions: Float[Tensor, "*N T J 3"], skeleton: Skeleton) -> Float[Tensor, "*N T"]:
    """The direction that the body faces `[..., T]`: radians from x, counter-clockwise from above.

    The heading is perpendicular to the line from the left to the right root markers. A skeleton
    without left and right root markers faces along x in every frame.

    Args:
        positions: `[..., T, J, C]`, z up.
        skeleton: defines the root markers and their sides.
    """
    left = [index for index in skeleton.root if skeleton.side[index] == "left"]
    right = [index for index in skeleton.root if skeleton.side[index] == "right"]
    if not left or not right:
        return torch.zeros_like(positions[..., 0, 0])
    across = positions[..., left, :2].mean(-2) - positions[..., right, :2].mean(-2)
    # `across` points to the left; forward is `across` rotated by -90 degrees.
    return torch.atan2(-across[..., 0], across[..., 1])


def body_local(
    positions: Float[Tensor, "*N T J 3"], skeleton: Skeleton
) -> Float[Tensor, "*N T J 3"]:
    """Positions `[..., T, J, C]` relative to the root, in axes in which the body faces along x."""
    root = positions[..., list(skeleton.root), :].mean(dim=-2, keepdim=True)
    angle = heading_rad(positions, skeleton)[..., None]
    x, y, z = (positions - root).unbind(-1)
    cos, sin = angle.cos(), angle.sin()
    return torch.stack([cos * x + sin * y, cos * y - sin * x, z], dim=-1)


def rotate_about_z(
    vectors: Float[Tensor, "B T J C"], angle: Float[Tensor, " B"]
) -> Float[Tensor, "B T J C"]:
    """Rotate vectors about the vertical, each window by its own angle.

    Args:
        vectors: the first two coordinates are x and y; a third one stays as it is.
        angle: radians, counter-clockwise seen from above.
    """
    cos, sin = angle.cos()[:, None, None], angle.sin()[:, None, None]
    x, y, *others = vectors.unbind(-1)
    return torch.stack([cos * x - sin * y, sin * x + cos * y, *others], dim=-1)


def rotate_frames(
    vectors: Float[Tensor, "B T J C"], angle: Float[Tensor, "B T"]
) -> Float[Tensor, "B T J C"]:
    """Rotate each frame about the vertical by its own angle; see `rotate_about_z`."""
    frames = vectors.flatten(0, 1)[:, None]
    return rotate_about_z(frames, angle.flatten())[:, 0].view_as(vectors)
