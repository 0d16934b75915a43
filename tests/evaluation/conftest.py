"""What tests of metrics share: the synthetic dancer cut into phrases of 40 frames."""

import pytest
import torch


@pytest.fixture(scope="module")
def phrases(dance) -> torch.Tensor:
    """`[N, T, J, C]` side by side."""
    return torch.from_numpy(dance).view(-1, 40, 53, 3)
