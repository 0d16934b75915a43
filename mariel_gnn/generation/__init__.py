"""Generates motion with a trained model: sample, vary, interpolate, continue, join; partners of a dancer."""
