"""What training sees: windows, splits, normalization, augmentation, `MarielDataset`, `DuetDataset`."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from mariel_gnn.data.dataset import MarielDataset
    from mariel_gnn.data.duet_dataset import DuetDataset
    from mariel_gnn.data.windows import DuetBatch, WindowBatch

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "dataset": ["MarielDataset"],
        "duet_dataset": ["DuetDataset"],
        "windows": ["DuetBatch", "WindowBatch"],
    },
)
__all__ = ["DuetBatch", "DuetDataset", "MarielDataset", "WindowBatch"]
