"""Start-up: help and trained models import no package that they do not use."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.table import MODELS, options_class
from mariel_gnn.models.weights import Identity, save_weights

ROOT = Path(__file__).parents[2]
FRAMES = 32
SLOW = {"torch_geometric", "torch._dynamo", "zuko", "lightning_fabric", "matplotlib", "wandb"}


def imported(code):
    """The modules that a fresh process has imported after some code."""
    code = f"import sys\n{code}\nprint('\\n'.join(sys.modules), file=sys.stderr)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT,
                           check=True)  # fmt: skip
    return set(ended.stderr.splitlines())


@pytest.mark.parametrize("model", MODELS)
def test_help_imports_no_torch(model):
    found = imported(
        "from experiments import run\n"
        f"try: run.main(['--model={model}', '--help'])\n"
        "except SystemExit: pass"
    )
    assert not {"torch", "rich", *SLOW} & found


@pytest.mark.parametrize("name", MODELS)
def test_a_trained_model_samples_without_the_packages_of_training(name, dance, tmp_path):
    dataset = MarielDataset([Recording("dance", dance, 35.0, "/takes/dance.npy")], FRAMES, 0)
    torch.manual_seed(0)
    shape = WindowShape(FRAMES, len(dataset.skeleton))
    identity = Identity(name, options_class(name)(), shape, dataset.skeleton)
    save_weights(tmp_path / "best.safetensors", identity.build(dataset.normalizer), identity)
    found = imported(f"import mariel_gnn\nmariel_gnn.load({str(tmp_path)!r}).sample(1)")
    assert "torch" in found
    assert not SLOW & found
