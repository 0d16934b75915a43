"""One thin file a command: `python -m experiments.run`."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def complain(line: str) -> None:
    """Print a line on stderr, once for all processes of a run (torchrun, Fabric and SLURM number them)."""
    ranks = (os.environ.get(name) for name in ("RANK", "LOCAL_RANK", "SLURM_PROCID"))
    if next(filter(None, ranks), "0") == "0":
        print(line, file=sys.stderr, flush=True)


def stop_loading(*_: object) -> None:
    """Handle Ctrl-C while modules are loading, which takes seconds and writes nothing.

    The imported packages catch a KeyboardInterrupt in the middle of an import and report another error.
    """
    complain("stopped")
    os._exit(130)


_IS_COMMAND = sys.argv[:1] == ["-m"]  # the value under python -m until the module is found
if _IS_COMMAND and sys.getfilesystemencoding() == "ascii":  # names of files may have other letters
    os.execv(sys.executable, [sys.orig_argv[0], "-X", "utf8", *sys.orig_argv[1:]])
if _IS_COMMAND and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, stop_loading)


@contextmanager
def loading() -> Iterator[None]:
    """Handle Ctrl-C by `stop_loading` in a block of imports."""
    handler = signal.getsignal(signal.SIGINT)
    if not (_IS_COMMAND and handler is signal.default_int_handler):
        yield
        return
    signal.signal(signal.SIGINT, stop_loading)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
