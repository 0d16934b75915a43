"""Recordings in and out, the made-up dancer, cleaning, windows, splits, normalising, the dataset."""

from mariel_gnn.data.dataset import MarielDataset, WindowBatch
from mariel_gnn.data.files import read_recording, write_recording
from mariel_gnn.data.recording import Recording, find_files

__all__ = [
    "MarielDataset",
    "Recording",
    "WindowBatch",
    "find_files",
    "read_recording",
    "write_recording",
]
