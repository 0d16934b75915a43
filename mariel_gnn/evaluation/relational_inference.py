"""Neural relational inference between the parts of two dancers, a row of the benchmark of relations.

After Kipf et al., Neural Relational Inference for Interacting Systems, ICML 2018. The encoder gives each
ordered pair (part of one dancer, part of the other) a distribution over edge types, of which the first is
"no edge"; the decoder predicts the next velocities from each body's own past and the messages along edges.
It is trained on the one take that is measured, as there are no thousands of duets with one graph.

Published duet models of this kind have faults that are avoided here. Every edge type is read, and the type
"no edge" sends no message; the score is relative to the prior, so that an edge type cannot differ by its
prior alone. Pairs are formed from parts, not from a mean over the partner. The decoder sees only frames
before the one that it predicts. The score is the mean of the posterior, not a sample.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

WINDOW_STEPS = 16  # predicted steps in a window
TYPES = 5  # "no edge" and four others: relations differ in lag and side
PRIOR_NO_EDGE = 0.98
HIDDEN, MESSAGE = 32, 12
UPDATES, BATCH, LEARNING_RATE, GRAPH_RATE = 600, 8, 5e-3, 5e-2


def infer_edges(
    first: Float[Tensor, "S P 3"], second: Float[Tensor, "S Q 3"], lags: int, seed: int = 0
) -> tuple[Float[Tensor, "2 P Q"], Float[Tensor, "2 P Q"]]:
    """Train the model on one duet and return the posterior of an edge for all pairs.

    Args:
        first: standardized velocities `[S, P, C]` of the first dancer's parts, S steps.
        second: `[S, Q, C]` of the second's.
        lags: past steps that the decoder sees.
        seed: random seed.

    Returns:
        Log odds of an edge minus those of the prior: [0] from the first dancer's part to the second's, [1]
        the reverse; and the lag in steps at which the messages of the likeliest type depend most on their
        sender.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = _Model(first.shape[1], second.shape[1], lags)
        windows = torch.cat([first, second], dim=1).unfold(0, lags + WINDOW_STEPS, 1).mT
        windows = windows.transpose(1, 2).contiguous()  # [N, W, P + Q, C]
        rest = [one for name, one in model.named_parameters() if name != "take"]
        groups: list[dict[str, Any]] = [
            {"params": [model.take], "lr": GRAPH_RATE},
            {"params": rest},
        ]
        optimizer = torch.optim.Adam(groups, lr=LEARNING_RATE)
        for update in range(UPDATES):
            batch = windows[torch.randint(len(windows), (BATCH,))]
            optimizer.zero_grad()
            loss = model.loss(batch, prior_weight=min(1.0, 2 * update / UPDATES))
            loss.backward()
            optimizer.step()
        return model.relations(windows[:: WINDOW_STEPS // 2])


class _Model(nn.Module):
    """Encoder and decoder for P + Q parts."""

    def __init__(self, first: int, second: int, lags: int) -> None:
        super().__init__()
        self.first, self.second, self.lags = first, second, lags
        parts, past = first + second, 3 * lags
        self.embed = nn.Sequential(
            nn.Linear(3 * (lags + WINDOW_STEPS), HIDDEN), nn.ELU(), nn.Linear(HIDDEN, HIDDEN)
        )
        self.edge = nn.Sequential(nn.Linear(3 * HIDDEN, HIDDEN), nn.ELU(), nn.Linear(HIDDEN, TYPES))
        # The graph of a take is constant; the encoder adds what one window shows.
        self.take = nn.Parameter(torch.zeros(2, first, second, TYPES))
        self.message = nn.ModuleList(
            nn.Sequential(nn.Linear(past, HIDDEN), nn.ELU(), nn.Linear(HIDDEN, MESSAGE))
            for _ in range(TYPES - 1)
        )
        self.bodies = nn.ModuleList(nn.Linear(past * count, 3 * count) for count in (first, second))
        self.update = nn.Sequential(
            nn.Linear(past + MESSAGE, HIDDEN), nn.ELU(), nn.Linear(HIDDEN, 3)
        )
        self.log_std = nn.Parameter(torch.zeros(parts, 3))
        rest = (1 - PRIOR_NO_EDGE) / (TYPES - 1)
        prior = torch.tensor([PRIOR_NO_EDGE, *[rest] * (TYPES - 1)])
        self.register_buffer("log_prior", prior.log())
        self.log_prior: Tensor

    def loss(self, windows: Float[Tensor, "B W N 3"], prior_weight: float) -> Tensor:
        """Negative evidence lower bound per window, nats, with a weight of the prior."""
        log_q = self.posterior(windows)
        # Expected edges, not samples: with one take, the samples' noise hides the messages.
        expected = self.predict(windows, log_q.exp())
        error = (windows[:, self.lags :] - expected) / self.log_std.exp()
        likelihood = (0.5 * error.square() + self.log_std).sum(dim=(1, 2, 3)).mean()
        divergence = (log_q.exp() * (log_q - self.log_prior)).sum(dim=(1, 2, 3, 4)).mean()
        bound: Tensor = likelihood + prior_weight * divergence
        return bound

    def posterior(self, windows: Float[Tensor, "B W N 3"]) -> Float[Tensor, "B 2 P Q K"]:
        """Log probabilities of the K edge types."""
        nodes = self.embed(windows.transpose(1, 2).flatten(2))
        one, other = nodes[:, : self.first, None], nodes[:, None, self.first :]
        one, other = torch.broadcast_tensors(one, other)
        both = [torch.cat([a, b, a * b], dim=-1) for a, b in ((one, other), (other, one))]
        logits = self.edge(torch.stack(both, dim=1)) + self.take
        log_probabilities: Tensor = logits.log_softmax(dim=-1)
        return log_probabilities

    def predict(
        self, windows: Float[Tensor, "B W N 3"], edges: Float[Tensor, "B 2 P Q K"]
    ) -> Float[Tensor, "B T N 3"]:
        """Velocities of all steps after the first `lags`, each from the `lags` steps before it."""
        past = windows[:, :-1].unfold(1, self.lags, 1).flatten(3)  # [B, T, N, 3 L]
        sent = torch.stack([message(past) for message in self.message], dim=-1)
        one, other = sent[:, :, : self.first], sent[:, :, self.first :]
        to_second = torch.einsum("bpqk,btpmk->btqm", edges[:, 0, ..., 1:], one)
        to_first = torch.einsum("bpqk,btqmk->btpm", edges[:, 1, ..., 1:], other)
        received = torch.cat([to_first, to_second], dim=2)
        ends = ((0, self.first), (self.first, None))
        own = [
            body(past[:, :, start:stop].flatten(2)).unflatten(-1, (-1, 3))
            for body, (start, stop) in zip(self.bodies, ends, strict=True)
        ]
        change: Tensor = self.update(torch.cat([past, received], dim=-1))
        return torch.cat(own, dim=2) + change

    @torch.no_grad()
    def relations(self, windows: Float[Tensor, "N W M 3"]) -> tuple[Tensor, Tensor]:
        """Log odds of an edge over the prior, and the lag of its type in steps."""
        posterior = self.posterior(windows).exp().mean(dim=0)
        odds = (1 - posterior[..., 0]).clamp(min=1e-9).log() - posterior[..., 0].clamp(
            min=1e-9
        ).log()
        prior = self.log_prior[1:].logsumexp(0) - self.log_prior[0]
        lag_of_type = torch.tensor([self._lag(message[0]) for message in self.message])  # type: ignore[index]
        return odds - prior, lag_of_type[posterior[..., 1:].argmax(dim=-1)]

    def _lag(self, first_layer: nn.Linear) -> float:
        """The lag in steps whose inputs have the largest weights."""
        by_lag = first_layer.weight.square().sum(dim=0).view(3, self.lags).sum(dim=0)
        return float(self.lags - by_lag.argmax())
