"""Prepares a file of one dancer, as the command does."""

from pathlib import Path

from mariel_gnn.mocap.preparation.options import PreparationOptions
from mariel_gnn.mocap.preparation.prepare_file import PreparedRecording
from mariel_gnn.mocap.preparation.prepare_scene import prepare_scene
from mariel_gnn.mocap.preparation.scene import open_scene
from mariel_gnn.mocap.skeletons.skeleton import Skeleton


def prepare_file(
    path: Path, options: PreparationOptions, skeleton: Skeleton | None = None
) -> PreparedRecording:
    (only,) = prepare_scene(open_scene(path, options, skeleton), options, skeleton).values()
    return only
