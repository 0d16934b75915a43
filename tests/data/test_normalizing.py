"""Laws of normalization; the notebook's numbers are checked against a reference implementation."""

from pathlib import Path

import numpy as np
import pytest
import torch

from mariel_gnn.data.dataset import MarielDataset
from mariel_gnn.data.normalizing import (
    Normalizer,
    center_horizontally,
    fit_train_normalizer,
    velocities,
)
from mariel_gnn.data.notebook import fit_notebook_normalizer

RATE_HZ = 35.0


# ------------------------------------------------------------------ reference implementation of the notebook


def words(text: str) -> list[str]:
    return text.split()


MARKERS = words(
    """ARIEL C7 CLAV LANK LBHD LBSH LBWT LELB LFHD LFRM LFSH LFWT LHEL LIEL LIHAND LIWR LKNE LKNI
LMT1 LMT5 LOHAND LOWR LSHN LTHI LTOE LUPA MBWT MFWT RANK RBHD RBSH RBWT RELB RFHD RFRM RFSH RFWT
RHEL RIEL RIHAND RIWR RKNE RKNI RMT1 RMT5 ROHAND ROWR RSHN RTHI RTOE RUPA STRN T10"""
)
REDUCED = words(
    """ARIEL CLAV RFSH LFSH RIEL LIEL RIWR LIWR RKNE LKNE RTOE LTOE LHEL RHEL RFWT LFWT LBWT
RBWT"""
)
LISTED = words(
    """LHEL-LTOE RHEL-RTOE LMT1-LMT5 RMT1-RMT5 LHEL-LMT1 LHEL-LMT5 RHEL-RMT1 RHEL-RMT5 LTOE-LMT1
LTOE-LMT5 RTOE-RMT1 RTOE-RMT5 LKNE-LHEL RKNE-RHEL LFWT-RBWT RFWT-LBWT LFWT-RFWT LBWT-RBWT LFWT-LBWT
RFWT-RBWT LFWT-LTHI RFWT-RTHI LBWT-LTHI RBWT-RTHI LKNE-LTHI RKNE-RTHI CLAV-LFSH CLAV-RFSH STRN-LFSH
STRN-RFSH T10-LFSH T10-RFSH C7-LBSH C7-RBSH LFSH-LBSH RFSH-RBSH LFSH-RBSH RFSH-LBSH LFSH-LUPA
RFSH-RUPA LBSH-LUPA RBSH-RUPA LIWR-LIHAND RIWR-RIHAND LOWR-LOHAND ROWR-ROHAND LIWR-LOWR RIWR-ROWR
LIHAND-LOHAND RIHAND-ROHAND LFHD-LBHD LBHD-RBHD RBHD-RFHD RFHD-LFHD LFHD-ARIEL LBHD-ARIEL RBHD-ARIEL
RFHD-ARIEL"""
)


def min_max(values: np.ndarray) -> np.ndarray:
    """Scale all values together to [-1, 1]."""
    low, high = values.min(), values.max()
    return 2 * (values - low) / (high - low) - 1


def notebook_nodes(
    paths: list[Path], xy_centering: bool = True, reduced: bool = False, trim: int = 0
) -> np.ndarray:
    """The notebook's position and velocity of each frame, `[frames, J, 6]`, in double precision."""
    takes = []
    for path in sorted(paths):
        take = np.delete(np.load(path).astype(np.float64).transpose(1, 0, 2), [26, 53], axis=1)
        takes.append(take[trim : len(take) - trim])
    data = np.concatenate(takes)
    data[:, :, 2] *= -1
    low, high = np.quantile(data, [0.01, 0.99], axis=(0, 1))
    lowest, highest = min(low[0], low[1]), max(high[0], high[1])
    data *= 2 / (highest - lowest)
    data[:, :, :2] -= lowest * 2 / (highest - lowest) + 1
    velocity = np.zeros_like(data)
    velocity[1:] = 35 * (data[1:] - data[:-1])
    if xy_centering:
        data[:, :, :2] -= data[:, :, :2].mean(axis=1, keepdims=True)
    both = np.concatenate([min_max(data), min_max(velocity)], axis=2)
    return both[:, [MARKERS.index(name) for name in REDUCED]] if reduced else both


def check_against_the_notebook(
    paths: list[Path], seq_len: int, predicted: int = 1, reduced: bool = False,
    xy_centering: bool = True, no_overlap: bool = False, trim: int = 0,
) -> None:  # fmt: skip
    dataset = MarielDataset(
        [str(path) for path in paths[::-1]],  # the order given does not count
        seq_len, predicted, reduced, xy_centering, no_overlap, trim=trim, normalization="notebook",
    )  # fmt: skip
    nodes = notebook_nodes(paths, xy_centering, reduced, trim)
    frames, markers = nodes.shape[:2]
    assert len(dataset) == (frames // seq_len if no_overlap else frames - seq_len)

    step = seq_len if no_overlap else 1
    joins = [n // step for n in (*range(0, frames - seq_len, 97), frames - seq_len - 1)]
    for index in (*joins, len(dataset) - 1):
        item, start = dataset[index], index * step
        x = nodes[start : start + seq_len]
        y = nodes[start : start + seq_len + predicted]  # shorter at the end, as in the notebook
        expected_x = x.transpose(1, 0, 2).reshape(markers, seq_len * 6)
        expected_y = y.transpose(1, 0, 2).reshape(markers, -1)
        np.testing.assert_allclose(item.x, expected_x, rtol=0, atol=1e-5)
        np.testing.assert_allclose(item.y, expected_y, rtol=0, atol=1e-5)

    names = REDUCED if reduced else MARKERS
    pairs = [(i, j) for i in range(markers) for j in range(markers) if i != j]
    assert item.edge_index.T.tolist() == [list(pair) for pair in pairs]
    flags = [float(f"{names[i]}-{names[j]}" in LISTED) for i, j in pairs]
    assert sum(flags) == (12 if reduced else 58)
    assert torch.equal(item.edge_attr, torch.tensor(flags)[:, None].repeat(1, seq_len))


VARIANTS = {
    "as it is": {},
    "without centring": {"xy_centering": False},
    "reduced": {"reduced": True},
    "reduced without centring": {"reduced": True, "xy_centering": False},
    "side by side": {"no_overlap": True},
    "trimmed": {"trim": 11},
    "nothing predicted": {"predicted": 0},
    "three frames predicted, reduced, trimmed, side by side": {
        "predicted": 3, "reduced": True, "trim": 5, "no_overlap": True,
    },
}  # fmt: skip


@pytest.mark.parametrize("variant", VARIANTS)
def test_notebook_mode_equals_the_notebooks_algorithm_on_synthetic_files(
    smooth, write_field, variant
):
    takes = {"mariel_b.npy": 90, "mariel_a10.npy": 120, "mariel_a2.npy": 71}
    paths = [write_field(name, smooth(frames, frames)) for name, frames in takes.items()]
    check_against_the_notebook(paths, 24, **VARIANTS[variant])


@pytest.mark.parametrize("variant", VARIANTS)
def test_notebook_mode_equals_the_notebooks_algorithm_on_real_files(real_recordings, variant):
    check_against_the_notebook(real_recordings[:3], 64, **VARIANTS[variant])


def test_the_reference_without_the_notebooks_quirks_differs(smooth, write_field):
    """A control: the tests above can detect the notebook's quirks."""
    paths = [write_field("a.npy", smooth(60, 1)), write_field("b.npy", smooth(60, 2)[:, ::-1])]
    nodes = notebook_nodes(paths)
    assert (
        np.abs(nodes[60, :, 3:]).max() > 3 * np.abs(np.delete(nodes[1:, :, 3:], 59, axis=0)).max()
    )
    assert np.abs(nodes - notebook_nodes(paths, xy_centering=False)).max() > 0.1
    np.testing.assert_allclose([nodes[..., :3].min(), nodes[..., :3].max()], [-1, 1])
    np.testing.assert_allclose([nodes[..., 3:].min(), nodes[..., 3:].max()], [-1, 1])


# ------------------------------------------------------------------ both normalisers


@pytest.fixture(params=["train", "notebook"])
def fit(request):
    return {"train": fit_train_normalizer, "notebook": fit_notebook_normalizer}[request.param]


@pytest.mark.parametrize("xy_centering", [True, False])
def test_normalizing_and_back_is_the_identity(fit, smooth, xy_centering):
    normalizer = fit([smooth(60, 1), smooth(40, 2)], RATE_HZ, xy_centering)
    metres = torch.from_numpy(smooth(30, 3))
    there = normalizer.positions_from_metres(metres)
    torch.testing.assert_close(normalizer.positions_to_metres(there), metres, rtol=0, atol=1e-5)
    there = normalizer.velocities_from_metres(metres)
    torch.testing.assert_close(normalizer.velocities_to_metres(there), metres, rtol=0, atol=1e-4)


def test_the_statistics_are_saved_with_the_weights(fit, smooth):
    fitted = fit([smooth(60, 1)], RATE_HZ, xy_centering=False)
    other = Normalizer()
    other.load_state_dict(fitted.state_dict())
    metres = torch.from_numpy(smooth(30, 3))
    assert torch.equal(other.positions_from_metres(metres), fitted.positions_from_metres(metres))
    assert not other.xy_centering
    assert not list(fitted.parameters())


def test_train_statistics_give_unit_standard_deviation_and_treat_headings_alike(smooth):
    takes = [smooth(150, 1), smooth(60, 2)]
    normalizer = fit_train_normalizer(takes, RATE_HZ)
    positions = [torch.from_numpy(center_horizontally(take)[0]) for take in takes]
    speeds = [
        torch.from_numpy(velocities(center_horizontally(take)[0], RATE_HZ))[1:] for take in takes
    ]
    scaled = torch.cat([normalizer.positions_from_metres(take) for take in positions])
    assert scaled.square().mean().sqrt() == pytest.approx(1, abs=1e-4)
    assert scaled.mean(dim=(0, 1)).abs().max() < 1e-4
    scaled = torch.cat([normalizer.velocities_from_metres(take) for take in speeds])
    assert scaled.square().mean().sqrt() == pytest.approx(1, abs=1e-4)
    assert len(set(normalizer.position_scale.tolist())) == 1
    assert len(set(normalizer.velocity_scale.tolist())) == 1
    assert normalizer.position_offset[:2].tolist() == [0, 0]
    assert not normalizer.velocity_offset.any()


def test_train_statistics_do_not_depend_on_position_or_order(smooth):
    takes = [smooth(150, 1), smooth(60, 2)]
    moved = [takes[1] + np.float32([4, -2, 0]), takes[0] + np.float32([-1, 5, 0])]
    before, after = fit_train_normalizer(takes, RATE_HZ), fit_train_normalizer(moved, RATE_HZ)
    for name, value in before.state_dict().items():
        torch.testing.assert_close(after.state_dict()[name], value, rtol=1e-4, atol=1e-5)


def test_a_constant_coordinate_is_not_amplified(smooth):
    still = np.repeat(smooth(1, 1), 50, axis=0)
    normalizer = fit_train_normalizer([still], RATE_HZ)
    assert torch.isfinite(normalizer.velocity_scale).all()
    assert normalizer.velocity_scale.max() <= 1000


def test_centered_positions_plus_path_are_the_positions(smooth):
    positions = smooth(50, 1)
    without, path = center_horizontally(positions)
    assert np.abs(without[..., :2].mean(axis=1)).max() < 1e-6
    np.testing.assert_array_equal(without[..., 2], positions[..., 2])
    np.testing.assert_allclose(without[..., :2] + path[:, None], positions[..., :2], atol=1e-6)
    np.testing.assert_array_equal(positions, smooth(50, 1))  # what was given is not changed


def test_velocities_are_backward_differences_in_metres_per_second(smooth):
    positions = smooth(50, 1)
    found = velocities(positions, RATE_HZ)
    np.testing.assert_allclose(found[1:], (positions[1:] - positions[:-1]) * RATE_HZ, atol=1e-5)
    np.testing.assert_array_equal(found[0], found[1])
