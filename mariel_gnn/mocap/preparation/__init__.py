"""Preparation: from a file of capture software to recordings for training."""
