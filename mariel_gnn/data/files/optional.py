"""Readers that are not installed with the program."""

from __future__ import annotations

import importlib
from typing import Any

from mariel_gnn.errors import UserError


def needed(module: str, extra: str) -> Any:
    """The module that reads and writes files of one kind.

    Args:
        module: its name.
        extra: the extra of the package that brings it, which is the files' suffix too.

    Raises:
        UserError: it is not installed; the text has the line that installs it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UserError(
            f".{extra} files need {module}, which is not installed: pip install -e '.[{extra}]' in the "
            "program's folder"
        ) from error
