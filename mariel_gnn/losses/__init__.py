"""Loss terms: pure functions, one value per example."""
