"""Metrics as pure functions of arrays: no model, no file."""
