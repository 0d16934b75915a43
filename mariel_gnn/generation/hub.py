"""Share a trained model as a folder in the layout of the Hugging Face hub, and open such a folder.

    config.json          the model, its options, the window and the markers
    model.safetensors    weights and normalising statistics, with the content of config.json in the header
    README.md            the model card
    summary.json, motion_range.json, prior.safetensors    if the run has them

The layout and the methods are those of `huggingface_hub.ModelHubMixin`. The class itself is not inherited: it
would make that package a requirement of every model, and it records constructor arguments, while the weights
of a run already hold everything that builds the model.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from mariel_gnn.errors import UserError
from mariel_gnn.files import folder_written_aside, write_json, write_text
from mariel_gnn.generation.model_card import CARD, model_card
from mariel_gnn.generation.motion_range import MOTION_RANGE, load_motion_range
from mariel_gnn.mocap.recording import expand_home
from mariel_gnn.models.motion_model import MotionModel
from mariel_gnn.models.weights import (
    BEST,
    PRIOR,
    SHARED,
    SHARED_CONFIG,
    Identity,
    load_weights,
    save_weights,
    weights_file,
)
from mariel_gnn.run_folder import SUMMARY

if TYPE_CHECKING:
    from mariel_gnn.models.prior import FlowPrior  # imports zuko, which takes a second


class Origin(NamedTuple):
    """Where a model was loaded from.

    Attributes:
        folder: the run folder, or a folder of `save_pretrained`.
        identity: what builds the network.
    """

    folder: Path
    identity: Identity


class HubModel:
    """The methods of a model that can be shared.

    Attributes:
        network: the trained network.
        origin: where it was loaded from, if it was.
        prior: the flow fitted to its posteriors, if any.
    """

    network: MotionModel
    origin: Origin | None
    prior: FlowPrior | None

    @classmethod
    def from_pretrained(cls, folder: str | Path) -> Self:
        """Load a model from this machine; nothing is downloaded.

        Args:
            folder: a folder of `save_pretrained`, a run folder, or a `.safetensors` file of either.

        Raises:
            UserError: no such folder or file, or one of its files is damaged.
        """
        network, identity = load_weights(folder)
        weights = weights_file(folder)
        fitted = weights.with_name(PRIOR)
        has_prior = weights.name in (BEST, SHARED) and fitted.exists()
        prior = _load_prior(fitted, network) if has_prior else None
        limits = load_motion_range(weights.parent, identity.skeleton.markers)
        made: Any = cls
        model: Self = made(
            network, identity.skeleton, prior, limits, Origin(weights.parent, identity)
        )
        return model

    def save_pretrained(
        self, folder: str | Path, *, licence: str | None = None, data: str | None = None
    ) -> Path:
        """Write the model and its card to a new folder.

        Args:
            folder: a folder that does not exist or is empty; its name becomes the model's.
            licence: of the weights, an identifier of the hub such as ``"cc-by-4.0"``; None takes
                ``"mit"`` for the synthetic dancer, else ``"unknown"``.
            data: a sentence on the recordings, for the card.

        Returns:
            The folder.

        Raises:
            UserError: the folder has content, or the model was not loaded from a folder.
        """
        folder, origin = expand_home(folder), self._loaded("save_pretrained")
        if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
            raise UserError(f"{folder} exists already: give the name of a new folder")
        identity = _without_paths(origin.identity)
        with folder_written_aside(folder) as aside:
            save_weights(aside / SHARED, self.network, identity)
            write_json(aside / SHARED_CONFIG, _config(self.network, identity))
            for name in (SUMMARY, MOTION_RANGE, *([PRIOR] if self.prior else [])):
                if (origin.folder / name).exists():
                    shutil.copy(origin.folder / name, aside / name)
            card = model_card(folder.name, origin.folder, identity, licence, data)
            write_text(aside / CARD, card)
        return folder

    def push_to_hub(
        self,
        repository: str,
        *,
        private: bool = True,
        licence: str | None = None,
        data: str | None = None,
    ) -> str:
        """Upload the folder of `save_pretrained` to the Hugging Face hub; needs a login (`hf auth login`).

        Args:
            repository: ``"user/name"``, which is made if it does not exist.
            private: whether a new repository is private.
            licence: as of `save_pretrained`.
            data: as of `save_pretrained`.

        Returns:
            The address of the commit.

        Raises:
            UserError: huggingface_hub is not installed, or the hub refuses.
        """
        api = hub_api()
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / repository.rpartition("/")[2]
            self.save_pretrained(folder, licence=licence, data=data)
            try:
                made = api.create_repo(repository, private=private, exist_ok=True)
                commit = api.upload_folder(repo_id=made.repo_id, folder_path=folder)
            except (
                Exception
            ) as error:  # no login, no network, no right: its HTTP client raises its own
                reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
                raise UserError(
                    f"{repository}: the hub refuses ({reason[:200]}): log in with `hf auth login`, and "
                    f"upload the folder of save_pretrained with `hf upload {repository} FOLDER`"
                ) from error
        return str(commit)

    def _loaded(self, method: str) -> Origin:
        """Where the model was loaded from.

        Raises:
            UserError: it was built in memory.
        """
        if self.origin is None:
            raise UserError(f"{method} needs a model of a folder: take mariel_gnn.load(run)")
        return self.origin


def hub_api() -> Any:
    """The client of the hub.

    Raises:
        UserError: huggingface_hub is not installed.
    """
    try:
        from huggingface_hub import HfApi
    except ImportError as error:
        raise UserError(
            "push_to_hub needs huggingface_hub: pip install 'mariel_gnn[hub]', or upload the folder of "
            "save_pretrained by hand"
        ) from error
    return HfApi()


def _config(network: MotionModel, identity: Identity) -> dict[str, Any]:
    """The content of `config.json`: what builds the model, and what the hub reads."""
    return {
        "library_name": "mariel_gnn",
        "library_version": version("mariel_gnn"),
        "architectures": [type(network).__name__],
        **json.loads(identity.to_json()),
    }


def _without_paths(identity: Identity) -> Identity:
    """The identity without the folder of another run, which names a place on this machine."""
    solo = getattr(identity.options, "solo", None)
    if solo is None:
        return identity
    return replace(identity, options=replace(identity.options, solo=Path(solo).name))


def _load_prior(path: Path, network: MotionModel) -> FlowPrior:
    """The fitted flow of a network.

    Raises:
        UserError: the file is damaged, or of a model with other latents.
    """
    from mariel_gnn.models.prior import load_prior  # imports zuko: only for runs with a flow

    prior, size = load_prior(path), getattr(network, "latent_size", None)
    if size is not None and len(prior.active) != size:
        raise UserError(
            f"{path}: is of a model with {len(prior.active)} latents, and this one has {size}: fit it again "
            "with --trainer.resume RUN --prior flow"
        )
    return prior
