"""The training loop, checkpoints, exact resume, schedules."""
