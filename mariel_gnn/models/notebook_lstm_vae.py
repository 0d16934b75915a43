"""The LSTM-VAE of the original notebook (choreo-graph), to the letter.

    encoder    x_t -> LSTM -> last hidden state -> mean, log-variance of q(z|x)
    decoder    relu(W z) at every frame -> LSTM of width 3 J -> its hidden states are the frames
    loss       summed squared error + w KL

It has no path, no heading of its own and no representation of motion: positions of each frame go in and out.
configs/notebook_lstm_vae.yaml sets data and training to those of the notebook too. docs/models gives more.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Normal

from mariel_gnn.data.normalizing import Normalizer
from mariel_gnn.data.windows import WindowBatch
from mariel_gnn.losses.elbo import DecoderScale, Prediction
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.fast_products import fast_products
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.options import NotebookLSTMVAEOptions
from mariel_gnn.models.vae import VAE

SQUARED_ERROR = 0.5**0.5  # a Gaussian of this std: -log p is the squared error and a constant


class NotebookLSTMVAE(VAE):
    """LSTM encoder, Gaussian latent of a whole window, LSTM decoder whose hidden states are frames.

    Args:
        options: the model's own options.
        shape: T and J.
        normalizer: statistics of the training windows.
        skeleton: the markers.
    """

    Options = NotebookLSTMVAEOptions

    def __init__(
        self,
        options: NotebookLSTMVAEOptions,
        shape: WindowShape,
        normalizer: Normalizer,
        skeleton: Skeleton,
    ) -> None:
        super().__init__(options, shape, normalizer, skeleton)
        self.options = options
        width, hidden, latent = 3 * shape.markers, options.hidden_size, options.latent_size
        self.encoder = _lstm(options, width, hidden)
        self.posterior_mean = nn.Linear(hidden, latent)
        self.posterior_log_variance = nn.Linear(hidden, latent)
        self.from_latent = nn.Linear(latent, hidden)
        self.decoder = _lstm(options, hidden, width)
        self.position_scale = DecoderScale(SQUARED_ERROR)
        self.apply(_initialize)

    @property
    def travels(self) -> bool:
        """The notebook's model has no path."""
        return False

    def posterior(self, batch: WindowBatch) -> Normal:
        """q(z|x) `[B, Z]`: two linear maps of the last layer's final hidden state."""
        frames = batch.positions.flatten(start_dim=2).transpose(0, 1)  # [T, B, 3J]
        with fast_products(self, frames):
            last = run_lstm(self.encoder, frames)[-1].float()
        std = torch.exp(0.5 * self.posterior_log_variance(last))
        return Normal(self.posterior_mean(last), std, validate_args=False)

    def decode(self, z: Float[Tensor, "B Z"]) -> Prediction:
        """p(x|z) of latents `[B, Z]`: the same input at every frame, hidden states as output."""
        steps = torch.relu(self.from_latent(z)).expand(self.shape.frames, -1, -1)
        with fast_products(self, steps):
            output = run_lstm(self.decoder, steps).float().transpose(0, 1)
        return Prediction(self.position_scale(output.unflatten(-1, (-1, 3))), None)


def run_lstm(lstm: nn.LSTM, steps: Float[Tensor, "T B I"]) -> Float[Tensor, "T B H"]:
    """The hidden states of the last layer; on a CPU layer by layer, with dropout that is drawn faster.

    Args:
        lstm: of one direction.
        steps: the input at each frame.
    """
    if steps.device.type != "cpu":
        whole: Tensor = lstm(steps)[0]
        return whole
    zeros = steps.new_zeros(1, steps.shape[1], lstm.hidden_size)
    for number, weights in enumerate(lstm.all_weights):
        if number and lstm.training and lstm.dropout:
            steps = steps * kept(steps, lstm.dropout)
        steps, _, _ = torch.lstm(
            steps,
            (zeros, zeros),
            tuple(weights),
            has_biases=True,
            num_layers=1,
            dropout=0.0,
            train=lstm.training,
            bidirectional=False,
            batch_first=False,
        )
    return steps


def kept(values: Tensor, dropout: float) -> Tensor:
    """What dropout multiplies `values` with: 0 with probability `dropout`, else 1 / (1 - dropout).

    torch draws a number for each value. Here a draw of 64 bits serves four values, in a quarter of the time
    on a CPU; the probability is met to 1/65,536.
    """
    draws = torch.empty(-(-values.numel() // 4), dtype=torch.int64, device=values.device)
    bits = draws.random_(-(2**63), None).view(torch.int16)[: values.numel()].view(values.shape)
    stays = bits >= round(dropout * 2**16) - 2**15
    return stays.to(values.dtype) / (1 - dropout)


def _lstm(options: NotebookLSTMVAEOptions, input_size: int, hidden_size: int) -> nn.LSTM:
    dropout = options.dropout if options.layers > 1 else 0.0  # torch warns of it for one layer
    return nn.LSTM(input_size, hidden_size, options.layers, dropout=dropout)


def _initialize(module: nn.Module) -> None:
    """Xavier linear maps with zero biases, orthogonal LSTM matrices, standard normal LSTM vectors."""
    if isinstance(module, nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        nn.init.zeros_(module.bias)
    elif isinstance(module, nn.LSTM):
        for parameter in module.parameters():
            if parameter.ndim > 1:
                nn.init.orthogonal_(parameter)
            else:
                nn.init.normal_(parameter)
