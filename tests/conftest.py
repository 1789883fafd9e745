"""What holds for every test: one thread for the arithmetic of each process, since there are as many workers as cores.

Two workers with two threads each, and engines beside them, spend most of their time waiting for one another.
"""

from __future__ import annotations

import os

os.environ["OMP_NUM_THREADS"] = "1"
