"""Freed memory stays with the process, so that the next step does not ask the system for it."""

import ctypes
import subprocess
import sys

import pytest

# Of the C library itself: blocks that are mapped one by one, and bytes that it has of the system.
FOUND = """
import ctypes, sys
from mariel_gnn.training.memory import keep_freed_memory

class Info(ctypes.Structure):
    names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in names.split()]

library = ctypes.CDLL(None)
library.mallinfo2.restype = Info
library.malloc.restype, library.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
keep_freed_memory()
keep_freed_memory(sys.argv[1] == "keep")
mapped = library.mallinfo2().hblks
block = library.malloc(80 * 2**20)
mapped = library.mallinfo2().hblks - mapped
library.free(block)
now = library.mallinfo2()
print(mapped, now.arena + now.hblkhd >= 80 * 2**20)
"""


HAS_INFO = sys.platform == "linux" and hasattr(ctypes.CDLL(None), "mallinfo2")


@pytest.mark.skipif(not HAS_INFO, reason="needs glibc 2.33")
@pytest.mark.parametrize(("how", "found"), [("keep", ["0", "True"]), ("return", ["1", "False"])])
def test_a_large_block_stays_after_it_is_freed(how, found):
    command = [sys.executable, "-c", FOUND, how]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split() == found
