"""One thin file a command: `python -m experiments.run`."""
