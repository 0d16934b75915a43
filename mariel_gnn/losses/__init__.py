"""What is minimized: pure functions, one value per example."""
