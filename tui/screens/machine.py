"""Processors, memory, disk, GPUs, and the processes on them."""

from __future__ import annotations

from tui.screens.place import Place


class MachineScreen(Place):
    """Processors, memory, disk, GPUs, and the processes on them."""

    PLACE = "machine"
