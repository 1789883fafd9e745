"""Memory that is freed and soon wanted again stays with the process.

A training step frees and takes the same gigabyte every time. By default glibc gives large blocks back to the kernel,
which has to clear and map them anew, page by page: measured with 30 M parameters on two cores, a quarter of a step.
"""

from __future__ import annotations

import ctypes
import platform

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # of glibc's malloc.h
_NEVER = (1 << 31) - 1


def keep_freed() -> bool:
    """Have the allocator keep what is freed, from now on; False where that is not glibc's to do."""
    if platform.libc_ver()[0] != "glibc":
        return False
    libc = ctypes.CDLL(None)
    no_blocks_of_their_own = libc.mallopt(_MMAP_MAX, 0)
    never_shrink = libc.mallopt(_TRIM_THRESHOLD, _NEVER)
    return bool(no_blocks_of_their_own and never_shrink)
