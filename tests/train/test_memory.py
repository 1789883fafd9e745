"""The allocator keeps what is freed."""

import platform
import subprocess
import sys

import pytest

# Each block is larger than what glibc would otherwise map by itself and give back at once.
CODE = """
import resource
from engine.memory import keep_freed
assert keep_freed()
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    block = bytearray(64 << 20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults()
print(faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another allocator")
def test_freed_memory_is_taken_again_without_the_kernel():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 100  # of 16,384 pages
