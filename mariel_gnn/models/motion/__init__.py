"""Parts of the GNN-VAE: the code of a motion, and its decoder."""
