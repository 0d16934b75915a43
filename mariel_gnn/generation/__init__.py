"""What a trained model generates: sample, vary, interpolate, continue, join."""
