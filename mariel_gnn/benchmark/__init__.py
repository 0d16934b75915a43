"""Measures the speed and the memory of the project beside the limits of the machine."""
