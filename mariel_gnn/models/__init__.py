"""One file a model, one contract, one table of names."""
