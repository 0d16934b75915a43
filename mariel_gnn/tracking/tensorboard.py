"""Write the numbers and pictures of a run for TensorBoard, as an option (extra `tensorboard`)."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mariel_gnn.errors import UserError
from mariel_gnn.run_folder import PICTURES

FOLDER = "tensorboard"


def check_tensorboard() -> None:
    """Check that TensorBoard is installed.

    Raises:
        UserError: it is not.
    """
    if find_spec("tensorboard") is None:
        raise UserError(
            "tracking.tensorboard needs TensorBoard: pip install 'mariel_gnn[tensorboard]', or leave it out"
        )


class TensorBoard:
    """Writes event files to the folder `tensorboard` of a run.

    The first failure gives one warning and ends the writing; it never stops the run.

    Args:
        run: the run folder.
        warn: called with a message if the files cannot be written.
    """

    def __init__(self, run: Path, warn: Callable[[str], None]) -> None:
        self.folder, self._warn = run / FOLDER, warn
        self._writer: Any = None
        self._epoch, self._failed = 0, False

    def restore(self, rows: Sequence[Mapping[str, float]]) -> None:
        """Write the rows of an earlier session in place of those in the folder."""
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        for row in rows:
            self.log(row)

    def log(self, row: Mapping[str, float]) -> None:
        """Add the numbers of one epoch."""
        self._epoch = int(row["epoch"])
        self._write(self._scalars, row)

    def finish(self, summary: Mapping[str, float], pictures: Sequence[Path]) -> None:
        """Add the final numbers at the last epoch, and the PNG files."""
        self._write(self._scalars, summary)
        for path in pictures:
            if path.suffix == ".png":
                self._write(self._picture, path)
        self.close()

    def close(self) -> None:
        """Finish the event file; the next number opens another."""
        if self._writer is not None:
            self._write(lambda writer: writer.close())
        self._writer = None

    def _scalars(self, writer: Any, numbers: Mapping[str, float]) -> None:
        for name, value in numbers.items():
            if name != "epoch" and math.isfinite(value):
                writer.add_scalar(name, value, self._epoch)

    def _picture(self, writer: Any, path: Path) -> None:
        import numpy as np
        from PIL import Image

        with Image.open(path) as picture:
            pixels = np.asarray(picture.convert("RGB"))
        writer.add_image(f"{PICTURES}/{path.stem}", pixels, self._epoch, dataformats="HWC")

    def _write(self, action: Callable[..., object], *given: object) -> None:
        if self._failed:
            return
        try:
            if self._writer is None:
                from torch.utils.tensorboard import SummaryWriter  # takes a second to import

                self._writer = SummaryWriter(str(self.folder))
            action(self._writer, *given)
        except Exception as error:  # no failure of TensorBoard may stop the run
            self._failed, self._writer = True, None
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            self._warn(f"TensorBoard failed and is disabled from here on: {reason[:200]}")
