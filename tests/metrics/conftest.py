"""The synthetic dancer, cut into phrases of 40 frames."""

import numpy as np
import pytest
import torch


@pytest.fixture(scope="session")
def phrases(dance: np.ndarray) -> torch.Tensor:
    """`[35, 40, J, C]` metres."""
    return torch.from_numpy(dance).view(-1, 40, 53, 3)
