"""Synthetic recordings: a dancer, and motion with ground-truth relations between markers."""
