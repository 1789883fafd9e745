"""What holds for every test: one thread for the arithmetic of each process, since there are as many workers as cores.

Two workers with two threads each, and engines beside them, spend most of their time waiting for one another.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.support.fork_server import ForkServer

os.environ["OMP_NUM_THREADS"] = "1"


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    """Starts engines in 50 ms, in a process that has loaded torch once."""
    with ForkServer() as server:
        yield server
