"""Skeletons: one YAML file for each marker set, and the class that checks it."""
