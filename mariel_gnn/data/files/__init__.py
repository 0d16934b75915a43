"""Recordings in and out by one door; one file a format behind one table by suffix."""

from mariel_gnn.data.files.door import read_recording, write_recording
from mariel_gnn.data.files.table import FORMATS

__all__ = ["FORMATS", "read_recording", "write_recording"]
