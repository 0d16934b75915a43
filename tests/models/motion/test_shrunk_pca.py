import torch

from mariel_gnn.models.motion.decoder import shrunk_pca


def test_components_are_those_of_pca_where_shrinkage_has_no_effect():
    torch.manual_seed(0)
    code = torch.randn(4000, 6) * torch.tensor([5.0, 4, 3, 2, 1, 0.5]) + 2
    mean, map_in, map_out = shrunk_pca(code, torch.ones(6), torch.zeros(6, dtype=torch.long), 3)
    latents = (code - mean) @ map_in.T
    torch.testing.assert_close(latents.std(0), torch.ones(3), atol=0.05, rtol=0)
    decoded = latents @ map_out.T + mean
    torch.testing.assert_close(decoded[:, :3], code[:, :3], atol=0.5, rtol=0)
    assert decoded[:, 3:].std(0).max() < 0.2
