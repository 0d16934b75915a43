"""A learned prior p(z): a small normalising flow over the latents that encode something.

    z_active = mean + V (std * f⁻¹(noise)),    z_rest = noise,    noise ~ N(0, I)

V and std are the principal axes and standard deviations of a Gaussian fitted to the posteriors. f is a flow
of affine coupling layers (Dinh et al., "Density estimation using Real NVP", ICLR 2017; library zuko) that
is initialised to the identity, so an untrained prior is that Gaussian. Latents whose posterior equals the
prior stay N(0, 1) exactly.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import torch
from jaxtyping import Bool, Float
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from zuko.flows import NICE
from zuko.transforms import MonotonicAffineTransform

from mariel_gnn.errors import UserError
from mariel_gnn.files import check_plain, written_aside
from mariel_gnn.parsing import load_json

LAYERS, HIDDEN = 4, 64  # larger flows had no better held-out likelihood on eleven minutes of dance
# A layer scales by 0.2 to 5 at most. With a wider bound, or with an autoregressive flow (each latent given
# all before it), noise of twice the standard deviation was mapped to 1e3 to 1e13.
LEAST_SCALE = 0.2
_KEY = "mariel_gnn"


class FlowPrior(nn.Module):
    """p(z) of latents `[N, Z]`.

    Args:
        active: `[Z]` the latents that the flow models, at least two.
        scores_nats: mean log-likelihood of held-out posteriors under each candidate prior.
    """

    active: Tensor
    mean: Tensor
    axes: Tensor
    std: Tensor

    def __init__(
        self, active: Bool[Tensor, " Z"], scores_nats: Mapping[str, float] | None = None
    ) -> None:
        super().__init__()
        size = int(active.sum())
        self.scores_nats = dict(scores_nats or {})
        self.register_buffer("active", active)
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("axes", torch.eye(size))
        self.register_buffer("std", torch.ones(size))
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(0)
            self.flow = _coupling_flow(size)

    def extra_repr(self) -> str:
        """The number of active latents, for `print(prior)`."""
        return f"active={len(self.mean)} of {len(self.active)}"

    def summary(self) -> dict[str, float]:
        """The scores under the names of `summary.json`."""
        return {f"prior/validation_{name}_nats": score for name, score in self.scores_nats.items()}

    def set_gaussian(self, mean: Float[Tensor, " A"], covariance: Float[Tensor, "A A"]) -> None:
        """Make N(mean, covariance) the prior of the active latents before the flow."""
        variances, axes = torch.linalg.eigh(covariance)
        # In descending order: a coupling layer predicts every other latent from those between.
        self.mean.copy_(mean)
        self.axes.copy_(axes.flip(-1))
        self.std.copy_(variances.flip(-1).sqrt())

    def log_prob(self, z: Float[Tensor, "N Z"]) -> Float[Tensor, " N"]:
        """log p(z) of latents `[N, Z]`, nats, `[N]`."""
        white = (z[:, self.active] - self.mean) @ self.axes / self.std
        of_active: Tensor = self.flow().log_prob(white) - self.std.log().sum()
        rest = z[:, ~self.active]
        return of_active - 0.5 * (rest.square() + math.log(2 * math.pi)).sum(dim=-1)

    def from_noise(self, noise: Float[Tensor, "N Z"]) -> Float[Tensor, "N Z"]:
        """Latents `[N, Z]` from noise `[N, Z]`: N(0, I) times a temperature."""
        white = self.flow().transform.inv(noise[:, self.active])
        z = noise.clone()
        z[:, self.active] = (white * self.std) @ self.axes.T + self.mean
        return z


def save_prior(path: str | Path, prior: FlowPrior) -> None:
    """Write a prior with its kind in the header, by a temporary file."""
    tensors = {name: tensor.contiguous().cpu() for name, tensor in prior.state_dict().items()}
    header = json.dumps({"prior": "flow", "scores_nats": prior.scores_nats})
    with written_aside(path) as aside:
        aside.write_bytes(save(tensors, {_KEY: header}))


def load_prior(path: str | Path) -> FlowPrior:
    """Read a file of `save_prior`.

    Args:
        path: a `prior.safetensors`.

    Raises:
        UserError: no such file, or another kind of file.
    """
    try:
        check_plain(path)
        with safe_open(path, framework="pt") as file:
            header = load_json((file.metadata() or {})[_KEY])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if tensors["active"].dtype != torch.bool or not isinstance(header["scores_nats"], dict):
            raise TypeError("its active latents are no truth values, or its scores no mapping")
        size = int(tensors["active"].sum())
        axes = list(tensors["axes"].shape)
        if axes != [size, size]:  # before memory is taken for the square of the size
            raise ValueError(f"its axes are {axes} for {size} active latents")
        prior = FlowPrior(tensors["active"], header["scores_nats"])
        prior.load_state_dict(tensors)
    except (SafetensorError, KeyError, TypeError, RuntimeError, OSError, ValueError) as error:
        raise UserError(
            f"{path}: is not a prior of mariel_gnn ({' '.join(str(error).split())[:120]}): "
            "fit it again with --trainer.resume RUN --prior flow"
        ) from error
    return prior.eval()


def _coupling_flow(size: int) -> NICE:
    """A flow over `size` numbers, initialised to the identity by last layers of zeros."""
    scaling = partial(MonotonicAffineTransform, slope=LEAST_SCALE)
    flow = NICE(size, transforms=LAYERS, hidden_features=[HIDDEN], univariate=scaling)
    for layer in flow.transform.transforms:
        nn.init.zeros_(layer.hyper[-1].weight)
        nn.init.zeros_(layer.hyper[-1].bias)
    return flow
