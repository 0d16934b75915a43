"""A weights file with an edited header or tensors is a model or one line; no size of it is believed."""

import json

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from mariel_gnn.errors import UserError
from mariel_gnn.mocap.skeletons.loading import load_skeleton, skeleton_from_dict
from mariel_gnn.mocap.skeletons.pair import pair_skeleton
from mariel_gnn.models.motion_model import WindowShape
from mariel_gnn.models.options import LSTMVAEOptions
from mariel_gnn.models.prior import load_prior
from mariel_gnn.models.table import MODELS, options_class
from mariel_gnn.models.weights import Identity, load_weights, save_weights

KEY = "mariel_gnn"
EDITS = {
    "layers 10^8": ("options", "layers", 10**8),
    "no layers": ("options", "layers", 0),
    "negative": ("options", "hidden_size", -5),
    "huge": ("options", "hidden_size", 10**9),
    "over 64 bits": ("options", "latent_size", 2**70),
    "text": ("options", "hidden_size", "8"),
    "not a number": ("options", "posterior_std", float("nan")),
    "list": ("options", "pose_size", [1, 2]),
    "unknown": ("options", "payload", 1),
    "frames": ("shape", "frames", 10**9),
    "half a frame": ("shape", "frames", 7.5),
    "markers": ("shape", "markers", 5),
    "rate": ("shape", "rate_hz", 1e30),
    "skeleton": ("skeleton", "edges", [["A", "Z"]]),
    "model": (None, "model", "os:system"),
    "options": (None, "options", [1]),
    "shape": (None, "shape", None),
}


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A file of a small model."""
    names = ["A", "B", "C", "D"]
    skeleton = skeleton_from_dict({"markers": names, "edges": [["A", "B"], ["B", "C"], ["C", "D"]]})
    options = LSTMVAEOptions(latent_size=8, pose_size=4, frequencies=3, hidden_size=4)
    identity = Identity("lstm_vae", options, WindowShape(8, 4), skeleton)
    path = tmp_path_factory.mktemp("weights") / "best.safetensors"
    save_weights(path, identity.build(), identity)
    return path


def parts_of(path):
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return json.loads(file.metadata()[KEY]), tensors


def test_the_file_itself_is_read(weights):
    assert load_weights(weights)[1].options.hidden_size == 4


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_header_is_refused_in_one_line(weights, tmp_path, name):
    group, key, value = EDITS[name]
    header, tensors = parts_of(weights)
    (header[group] if group else header)[key] = value
    path = tmp_path / "edited.safetensors"
    save_file(tensors, path, {KEY: json.dumps(header)})
    with pytest.raises(UserError) as told:
        load_weights(path)
    assert str(told.value).startswith(f"{path}: ")
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("text", ["", "[" * 100_000, "[]", "null", '{"model": 1}'])
def test_a_header_that_is_no_identity_is_refused(weights, tmp_path, text):
    save_file(parts_of(weights)[1], tmp_path / "edited.safetensors", {KEY: text})
    with pytest.raises(UserError, match="is not a weights file"):
        load_weights(tmp_path / "edited.safetensors")


def test_other_tensors_are_refused(weights, tmp_path):
    header, tensors = parts_of(weights)
    for edited in (
        {},
        {name: tensor[..., :1].clone() for name, tensor in tensors.items() if tensor.ndim},
    ):
        save_file(edited, tmp_path / "edited.safetensors", {KEY: json.dumps(header)})
        with pytest.raises(UserError):
            load_weights(tmp_path / "edited.safetensors")


@pytest.mark.parametrize(
    "active",
    [torch.full((3,), 1e9), torch.tensor(5), torch.ones(2, 2).bool(), torch.ones(10**6).bool()],
)
def test_a_prior_of_odd_tensors_is_refused(tmp_path, active):
    path = tmp_path / "prior.safetensors"
    save_file({"active": active}, path, {KEY: json.dumps({"prior": "flow", "scores_nats": {}})})
    with pytest.raises(UserError, match="is not a prior"):
        load_prior(path)


def test_a_prior_does_not_take_memory_for_axes_that_it_lacks(tmp_path):
    path = tmp_path / "prior.safetensors"
    tensors = {"active": torch.ones(100_000, dtype=torch.bool), "axes": torch.eye(3)}
    save_file(tensors, path, {KEY: json.dumps({"scores_nats": {}})})
    with pytest.raises(UserError, match=r"its axes are \[3, 3\] for 100000 active latents"):
        load_prior(path)


def test_weights_that_are_no_numbers_are_refused(weights, tmp_path):
    header, tensors = parts_of(weights)
    tensors["to_latent.weight"][0, 1] = float("nan")
    save_file(tensors, tmp_path / "best.safetensors", {KEY: json.dumps(header)})
    with pytest.raises(UserError, match=r"its to_latent.weight has values that are no numbers"):
        load_weights(tmp_path / "best.safetensors")


def test_an_empty_tensor_of_a_large_side_allows_no_large_model(weights, tmp_path, monkeypatch):
    """Its largest side is 30,000, of a tensor without values: the model would take 14 GB."""
    header, tensors = parts_of(weights)
    header["options"]["hidden_size"] = 30_000
    path = tmp_path / "edited.safetensors"
    save_file({**tensors, "none": torch.zeros(30_000, 0)}, path, {KEY: json.dumps(header)})
    with pytest.raises(UserError, match=r"states a model of [0-9,]{10,} values"):
        load_weights(path)


def test_empty_tensors_allow_no_model_of_many_layers(weights, tmp_path):
    """Each layer is of a usual size; a thousand would take 30 GB."""
    header, tensors = parts_of(weights)
    header["options"] |= {"hidden_size": 1000, "layers": 1000}
    path = tmp_path / "edited.safetensors"
    empty = {f"empty {number}": torch.zeros(1, 0) for number in range(1000)}
    save_file({**tensors, **empty}, path, {KEY: json.dumps(header)})
    with pytest.raises(UserError, match=r"states a model of [0-9,]{10,} values"):
        load_weights(path)


@pytest.mark.parametrize("name", MODELS)
def test_the_size_of_each_model_is_known_without_its_memory(name):
    skeleton = load_skeleton("mariel18")
    if name.startswith("duet"):
        skeleton = pair_skeleton(skeleton)
    identity = Identity(name, options_class(name)(), WindowShape(32, len(skeleton)), skeleton)
    with torch.device("meta"):
        sizes = {key: value.shape for key, value in identity.build().state_dict().items()}
    assert sizes == {key: value.shape for key, value in identity.build().state_dict().items()}
