"""What training sees: windows, splits, normalization, augmentation, `MarielDataset`."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from mariel_gnn.data.dataset import MarielDataset
    from mariel_gnn.data.windows import WindowBatch

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__, submod_attrs={"dataset": ["MarielDataset"], "windows": ["WindowBatch"]}
)
__all__ = ["MarielDataset", "WindowBatch"]
