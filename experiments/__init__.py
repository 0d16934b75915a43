"""One thin file a command: `python -m experiments.run`."""

import os
import signal
import sys


def stop_loading(*_: object) -> None:
    """What Ctrl-C does while a command is loading, which takes seconds and writes nothing.

    A KeyboardInterrupt in the middle of an import is caught by what is imported, and comes out as
    any other error.
    """
    print("stopped", file=sys.stderr, flush=True)
    os._exit(130)


_AS_A_COMMAND = sys.argv[:1] == ["-m"]  # python -m says so until the module is found
if _AS_A_COMMAND and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, stop_loading)
