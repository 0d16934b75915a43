"""Laws of a run's numbers: every row has what applies to it, and errors match the table."""

import pytest
import torch

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.evaluation.evaluate import Evaluation, evaluate
from mariel_gnn.evaluation.options import EvaluationOptions
from mariel_gnn.generation.phrase_model import PhraseModel
from mariel_gnn.mocap.recording import Recording
from mariel_gnn.mocap.synthetic.dancer import synthesize_recording
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.options import LSTMVAEOptions
from mariel_gnn.models.weights import Identity

RATE_HZ = 35.0
T = 24


class WithPrior(PhraseModel):
    """A model with a fitted prior, which gives the same phrases at half the temperature."""

    def __init__(self, network, skeleton):
        super().__init__(network, skeleton)
        self.prior = "a flow"

    def sample(self, count, temperature=1.0, seed=0, prior=None):
        """Phrases of the given prior."""
        return super().sample(count, temperature / (2 if prior == "flow" else 1), seed, "normal")


def windows(seed: int, stride: int, train: MarielDataset | None = None) -> MarielDataset:
    takes = [
        Recording(f"take{n}", synthesize_recording(n, 12).astype("float32"), RATE_HZ, f"/{n}.npy")
        for n in (seed, seed + 1)
    ]
    normalizer = train.normalizer if train else None
    return MarielDataset(
        takes, seq_len=T, predicted_timesteps=0, stride=stride, normalizer=normalizer
    )


@pytest.fixture(scope="module")
def evaluated() -> tuple[Evaluation, MarielDataset]:
    train = windows(0, stride=3)
    test = windows(5, stride=8, train=train)
    torch.manual_seed(0)
    options = LSTMVAEOptions(hidden_size=8, latent_size=5, pose_size=8)
    identity = Identity("lstm_vae", options, WindowShape(T, 53, RATE_HZ), train.skeleton)
    model = WithPrior(identity.build(train.normalizer), train.skeleton)
    return evaluate("lstm_vae", model, train, test, EvaluationOptions(samples=20)), test


@pytest.fixture(scope="module")
def evaluation(evaluated) -> Evaluation:
    return evaluated[0]


def kinds(numbers: dict[str, float]) -> set[str]:
    return {name.split("/")[0] for name in numbers}


def test_every_row_has_what_applies_to_it(evaluation):
    assert {row: kinds(numbers) for row, numbers in evaluation.rows.items()} == {
        "lstm_vae": {"test", "samples"},
        "lstm_vae (flow)": {"samples"},
        "reconstructions": {"samples"},
        "mean_pose": {"test", "samples"},
        "pca": {"test", "samples"},
        "motion_pca": {"test", "samples"},
        "motion_graph": {"samples"},
        "data": {"samples"},
        "training_data": {"samples"},
    }
    assert "test/path_error_mm" in evaluation.rows["lstm_vae"]
    assert "test/path_error_mm" not in evaluation.rows["pca"]
    own, flow = evaluation.rows["lstm_vae"], evaluation.rows["lstm_vae (flow)"]
    assert {name for name in own if name.startswith("samples/")} == set(flow)
    assert own["samples/diversity_mm"] > flow["samples/diversity_mm"]


def test_the_summary_names_each_number_once(evaluation):
    summary = evaluation.summary()
    rows = evaluation.rows
    parts, groups = evaluation.by_part_mm, evaluation.by_group_mm
    assert len(summary) == sum(map(len, rows.values())) + len(parts) + len(groups)
    assert summary["test/mpjpe_mm"] == rows["lstm_vae"]["test/mpjpe_mm"]
    name = "kernel_distance"
    assert summary[f"samples/{name}"] == rows["lstm_vae"][f"samples/{name}"]
    assert summary[f"samples_flow/{name}"] == rows["lstm_vae (flow)"][f"samples/{name}"]
    assert summary[f"data/{name}"] == rows["data"][f"samples/{name}"]
    assert summary[f"baseline/pca/samples/{name}"] == rows["pca"][f"samples/{name}"]
    assert summary["baseline/mean_pose/mpjpe_mm"] == rows["mean_pose"]["test/mpjpe_mm"]
    assert summary[f"reconstructions/{name}"] == rows["reconstructions"][f"samples/{name}"]
    jerk = "jerk_m_per_s3"
    assert summary[f"training_data/{jerk}"] == rows["training_data"][f"samples/{jerk}"]
    assert summary["test/parts/left_arm_mpjpe_mm"] == evaluation.by_part_mm["left arm"]


def test_saved_errors_match_the_table(evaluated):
    evaluation, test = evaluated
    errors = evaluation.errors
    assert list(errors.rows) == ["lstm_vae", "mean_pose", "pca", "motion_pca"]
    assert errors.model == "lstm_vae"
    for row, saved in errors.rows.items():
        assert saved.frame_mm.shape == (len(test), T)
        assert saved.marker_mm.shape == (len(test), 53)
        expected = pytest.approx(evaluation.rows[row]["test/mpjpe_mm"], rel=1e-4)
        assert errors.window_mm(row).mean().item() == expected
        assert saved.marker_mm.mean().item() == expected
    assert torch.equal(evaluation.by_window_mm, errors.window_mm("lstm_vae"))


def test_the_data_is_closer_to_itself_than_the_mean_pose(evaluation):
    floor, ceiling = (
        evaluation.rows[row]["samples/kernel_distance"] for row in ("data", "mean_pose")
    )
    assert 0 < floor < 0.5 * ceiling
