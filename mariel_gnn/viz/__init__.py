"""Pictures of recordings, runs and comparisons."""
