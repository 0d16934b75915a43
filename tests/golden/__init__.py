"""Small checkpoints of each released version, which later versions must load."""
