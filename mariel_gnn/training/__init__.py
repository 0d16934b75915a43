"""The loop, checkpoints, exact resume, schedules."""
