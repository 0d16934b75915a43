"""Motion capture without torch: recordings, skeletons, file formats, preparation, cleaning."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from mariel_gnn.mocap.formats.reading import read_recording, read_with_skeleton, skeleton_for
    from mariel_gnn.mocap.formats.writing import write_recording
    from mariel_gnn.mocap.recording import Recording, find_files
    from mariel_gnn.mocap.skeletons.loading import load_skeleton
    from mariel_gnn.mocap.skeletons.skeleton import Skeleton

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "formats.reading": ["read_recording", "read_with_skeleton", "skeleton_for"],
        "formats.writing": ["write_recording"],
        "recording": ["Recording", "find_files"],
        "skeletons.loading": ["load_skeleton"],
        "skeletons.skeleton": ["Skeleton"],
    },
)
__all__ = [
    "Recording",
    "Skeleton",
    "find_files",
    "load_skeleton",
    "read_recording",
    "read_with_skeleton",
    "skeleton_for",
    "write_recording",
]
