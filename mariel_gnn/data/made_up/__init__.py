"""The made-up dancer: seeded recordings of dance that need no data."""

from mariel_gnn.data.made_up.body import Body
from mariel_gnn.data.made_up.dancer import make_up_recording, write_made_up_recordings

__all__ = ["Body", "make_up_recording", "write_made_up_recordings"]
