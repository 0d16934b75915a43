"""Write the checkpoints of this version: `python -m tests.golden.make`, once for each release.

The weights are random: away from their initial values, so that each has an effect, and rounded, so that the
archive is small although some layers have a fixed size. The statistics are those of a few seconds of the
synthetic dancer. The archive of a version is not overwritten, since it holds what its users have.
"""

import shutil
import sys
import tempfile
from dataclasses import fields, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from experiments.command_line import parse_run
from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.data.duet_dataset import DuetDataset
from mariel_gnn.data.duets import Duet
from mariel_gnn.generation.phrase_model import PhraseModel, load
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.skeletons.pair import pair_skeleton
from mariel_gnn.mocap.synthetic.couple import synthesize_couple
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.prior import FlowPrior, save_prior
from mariel_gnn.models.table import MODELS
from mariel_gnn.models.weights import BEST, PRIOR, Identity, save_weights

FOLDER = Path(__file__).parent
EXPECTED = "expected.safetensors"
WITH_PRIOR = "lstm_vae"
FRAMES, LATENTS = 16, 8
NOISE, STEP = 0.05, 1 / 16  # of the weights
SMALL = {
    "latent_size": LATENTS,
    "hidden_size": 8,
    "layers": 1,
    "heads": 2,
    "pose_size": 8,
    "frequencies": 4,
    "widths": (8, 8, 8),
    "solver_steps": 3,
    "lead_in_frames": 4,
    "between_size": 4,
    "components": 2,
    "knots": 4,
}  # of the options that a model has


def outputs(model: PhraseModel, given: torch.Tensor) -> dict[str, torch.Tensor]:
    """What a later version must compute: a sample, and the reconstruction of a phrase `[1, T, J, C]`."""
    found = {"sample": model.sample(1, seed=0)}
    if model.reconstructs:
        found["reconstructed"] = model.reconstruct(given)
    return {name: tensor.contiguous() for name, tensor in found.items()}


def make(name: str, folder: Path) -> None:
    """Write the checkpoint of a model, and what it computes."""
    options = parse_run(["--model", name]).network
    own = {item.name for item in fields(options)}
    options = replace(options, **{key: value for key, value in SMALL.items() if key in own})
    windows = _windows(options.dancers)
    skeleton = pair_skeleton(windows.skeleton) if options.dancers == 2 else windows.skeleton
    identity = Identity(name, options, WindowShape(FRAMES, len(skeleton)), skeleton)
    torch.manual_seed(0)
    network = identity.build(windows.normalizer)
    network.before_training(windows)
    with torch.no_grad():
        for parameter in network.parameters():
            away = parameter + NOISE * torch.randn_like(parameter)
            parameter.copy_((away / STEP).round() * STEP)
    network.after_training(windows)
    save_weights(folder / BEST, network, identity)
    if name == WITH_PRIOR:
        prior = FlowPrior(torch.ones(LATENTS, dtype=torch.bool))
        prior.set_gaussian(torch.full((LATENTS,), 0.5), 0.25 * torch.eye(LATENTS))
        save_prior(folder / PRIOR, prior)
    given = windows.positions_m([5])
    given = (given.flatten(2, 3) if options.dancers == 2 else given).contiguous()
    save_file({"given": given, **outputs(load(folder), given)}, folder / EXPECTED)


def _windows(dancers: int) -> MarielDataset | DuetDataset:
    """A few seconds of one or two synthetic dancers with 18 markers."""
    both = synthesize_couple("in_contact", 0, seconds=4).positions.astype(np.float32)
    pair = [Recording(name, both[:, n], 35.0, "/takes/pair.npz") for n, name in enumerate("ab")]
    if dancers == 1:
        return MarielDataset(pair[:1], FRAMES, predicted_timesteps=0, reduced_joints=True)
    duet = Duet((pair[0], pair[1]), np.ones(len(both), dtype=np.bool_))
    return DuetDataset([duet], FRAMES, reduced_joints=True)


if __name__ == "__main__":
    archive = FOLDER / f"{version('mariel_gnn')}.tar.xz"
    if archive.exists():
        sys.exit(f"{archive} exists: raise the version first")
    with tempfile.TemporaryDirectory() as place:
        for each in MODELS:
            make(each, Path(place) / each)
        shutil.make_archive(str(archive).removesuffix(".tar.xz"), "xztar", place)
