"""The LSTM-VAE, the baseline of the field: one class with two settings.

    encoder   x_t -> LSTM -> last hidden state -> mean, log-variance of q(z|x)
    decoder   [W z, time t] -> LSTM (initial state from z) -> linear head + anchor pose(z) -> x_t

`configs/lstm_vae_notebook.yaml` sets every option to that of the original notebook (choreo-graph): hidden
states of width 3 J that *are* the output, zero initial state, the same input at every frame, no anchor,
and the notebook's initialisation.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Normal

from mariel_gnn.data.augmentation import rotate_batch
from mariel_gnn.data.heading import heading_rad, rotate_about_z
from mariel_gnn.data.normalizing import Normalizer
from mariel_gnn.data.windows import WindowBatch
from mariel_gnn.losses.elbo import DecoderScale, Prediction
from mariel_gnn.mocap.skeletons.skeleton import Skeleton
from mariel_gnn.models.heading import HeadingLatents
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.options import LSTMVAEOptions
from mariel_gnn.models.vae import VAE

TIME_FEATURES = 16  # cosines over the window, up to 15 half turns in T frames


class LSTMVAE(VAE):
    """LSTM encoder, Gaussian latent of a whole window, LSTM decoder.

    Args:
        options: the model's own options.
        shape: T and J.
        normalizer: statistics of the training windows.
        skeleton: the markers.
    """

    Options = LSTMVAEOptions

    def __init__(
        self,
        options: LSTMVAEOptions,
        shape: WindowShape,
        normalizer: Normalizer,
        skeleton: Skeleton,
    ) -> None:
        super().__init__(options, shape, normalizer, skeleton)
        self.options = options
        self.steps = shape.frames // options.frames_per_step
        self.heading = HeadingLatents() if options.heading == "separate" else None
        phrase_size = options.latent_size - (HeadingLatents.SIZE if self.heading else 0)
        width = frame_width(options, shape) * options.frames_per_step

        self.encoder = _lstm(options, width, options.hidden_size)
        self.posterior_mean = nn.Linear(options.hidden_size, phrase_size)
        self.posterior_log_variance = nn.Linear(options.hidden_size, phrase_size)
        self.decoder = LSTMDecoder(options, shape, phrase_size)
        self.position_scale = DecoderScale(options.decoder_scale)
        self.path_scale = DecoderScale(options.decoder_scale) if options.path else None
        if options.initialization == "notebook":
            self.apply(_initialize_as_notebook)
        else:
            _initialize_memory(self.encoder, self.steps)

    @property
    def travels(self) -> bool:
        """Whether the path is an option of the run."""
        return self.options.path

    def posterior(self, batch: WindowBatch) -> Normal:
        """q(z|x) `[B, Z]`: two linear maps of the last layer's final hidden state."""
        if self.heading is None:
            return self._encode_phrase(batch)
        angle = heading_rad(batch.positions, self.skeleton)[:, self.shape.frames // 2]
        return self.heading.join(angle, self._encode_phrase(rotate_batch(batch, -angle)))

    def decode(self, z: Float[Tensor, "B Z"]) -> Prediction:
        """p(x|z) of latents `[B, Z]`."""
        if self.heading is None:
            positions, path = self.decoder(z)
        else:
            angle, phrase = self.heading.split(z)
            positions, path = self.decoder(phrase)
            positions = rotate_about_z(positions, angle)
            path = rotate_about_z(path[:, :, None], angle)[:, :, 0] if self.options.path else path
        return Prediction(
            self.position_scale(positions),
            None if self.path_scale is None else self.path_scale(path),
        )

    def _encode_phrase(self, batch: WindowBatch) -> Normal:
        frames = batch.positions.flatten(start_dim=2)  # [B, T, 3J]
        if self.options.path:
            frames = torch.cat([frames, batch.path], dim=-1)
        _, (hidden, _) = self.encoder(frames.reshape(len(frames), self.steps, -1))
        std = torch.exp(0.5 * self.posterior_log_variance(hidden[-1]))
        return Normal(self.posterior_mean(hidden[-1]), std, validate_args=False)


class LSTMDecoder(nn.Module):
    """From latents to frames: an LSTM whose input at each step is z and the time.

    Args:
        options: of the decoder.
        shape: T and J.
        latent_size: P, latents without the heading.
    """

    time_features: Tensor

    def __init__(self, options: LSTMVAEOptions, shape: WindowShape, latent_size: int) -> None:
        super().__init__()
        self.options, self.shape = options, shape
        steps = shape.frames // options.frames_per_step
        self.width = frame_width(options, shape)
        step_width = self.width * options.frames_per_step
        size = step_width if options.head == "hidden_state" else options.hidden_size
        cosines = _cosines(steps + options.lead_in_steps, TIME_FEATURES)
        self.register_buffer("time_features", cosines)
        self.from_latent = nn.Linear(latent_size, options.hidden_size)
        self.from_time = (
            nn.Linear(TIME_FEATURES, options.hidden_size, bias=False)
            if options.step_input == "latent_and_time"
            else None
        )
        self.lstm = _lstm(options, options.hidden_size, size)
        self.to_state = (
            nn.Linear(latent_size, 2 * options.layers * size)
            if options.initial_state == "latent"
            else None
        )
        self.head = nn.Linear(size, step_width) if options.head == "linear" else None
        self.anchor = nn.Linear(latent_size, self.width) if options.anchor == "latent" else None
        if options.initialization == "chrono":
            _initialize_memory(self.lstm, steps)

    def forward(
        self, z: Float[Tensor, "B P"]
    ) -> tuple[Float[Tensor, "B T J 3"], Float[Tensor, "B T P2"]]:
        """Positions and path, normalised; without the path option it has no columns."""
        steps = torch.relu(self.from_latent(z))[:, None].expand(-1, len(self.time_features), -1)
        if self.from_time is not None:
            steps = steps + self.from_time(self.time_features)
        output, _ = self.lstm(steps.contiguous(), self._initial_state(z))
        output = output[:, self.options.lead_in_steps :]
        if self.head is not None:
            output = self.head(output)
        frames: Tensor = output.reshape(len(z), self.shape.frames, self.width)
        if self.anchor is not None:
            frames = frames + self.anchor(z)[:, None]
        markers = self.shape.markers
        return frames[..., : 3 * markers].unflatten(-1, (markers, 3)), frames[..., 3 * markers :]

    def _initial_state(
        self, z: Float[Tensor, "B Z"]
    ) -> tuple[Float[Tensor, "layers B H"], Float[Tensor, "layers B H"]] | None:
        """The hidden and cell state `[layers, B, H]` from z; None stands for zeros."""
        if self.to_state is None:
            return None
        state = self.to_state(z).unflatten(-1, (2, self.options.layers, -1))
        hidden, cell = state.permute(1, 2, 0, 3)
        return torch.tanh(hidden).contiguous(), cell.contiguous()


def frame_width(options: LSTMVAEOptions, shape: WindowShape) -> int:
    """Numbers of a frame: 3 J positions, and two of the path if it is used."""
    return 3 * shape.markers + (2 if options.path else 0)


def _lstm(options: LSTMVAEOptions, input_size: int, hidden_size: int) -> nn.LSTM:
    dropout = options.dropout if options.layers > 1 else 0.0  # torch warns of it for one layer
    return nn.LSTM(input_size, hidden_size, options.layers, batch_first=True, dropout=dropout)


def _cosines(steps: int, count: int) -> Float[Tensor, "{steps} {count}"]:
    """The first cosines of the DCT-II over the window, `[steps, count]`."""
    place = (torch.arange(steps) + 0.5) / steps
    return torch.cos(math.pi * place[:, None] * torch.arange(count))


def _initialize_as_notebook(module: nn.Module) -> None:
    """The notebook's initialisation: Xavier linear maps, orthogonal LSTM matrices, normal LSTM vectors."""
    if isinstance(module, nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        nn.init.zeros_(module.bias)
    elif isinstance(module, nn.LSTM):
        for parameter in module.parameters():
            if parameter.ndim > 1:
                nn.init.orthogonal_(parameter)
            else:
                nn.init.normal_(parameter)


def _initialize_memory(lstm: nn.LSTM, steps: int) -> None:
    """Set gate biases so that the time constants of cells are uniform up to `steps`.

    With the library's defaults a cell keeps about half of its state at each step, so the last hidden
    state depends on the last few frames only. Source: Tallec and Ollivier, "Can recurrent neural
    networks warp time?", ICLR 2018 (forget bias log U(1, T - 1), input bias its negative).
    """
    size = lstm.hidden_size
    with torch.no_grad():
        for layer in range(lstm.num_layers):
            bias, other = getattr(lstm, f"bias_ih_l{layer}"), getattr(lstm, f"bias_hh_l{layer}")
            forget = torch.log(1 + torch.rand(size) * max(steps - 2, 1))
            bias[:size], bias[size : 2 * size] = -forget, forget
            other[: 2 * size] = 0
