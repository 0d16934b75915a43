"""Parts of the GNN-VAE: a motion as few numbers, and back."""
