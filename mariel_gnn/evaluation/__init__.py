"""A trained model measured: reconstruction, samples, relations, baselines, table."""
