"""What stretches of text end with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.corpus.measure.words import Indices


def ends_in(data: NDArray[np.uint8], ends: Indices, marks: str) -> NDArray[np.bool_]:
    """Whether the bytes before each end are one of these characters, which take one byte in UTF-8 or three."""
    single = np.zeros(256, dtype=np.bool_)
    single[[ord(mark) for mark in marks if mark.isascii()]] = True
    last = data[np.maximum(ends - 1, 0)]
    found: NDArray[np.bool_] = single[last]
    beyond = np.flatnonzero((last >= 0x80) & (ends >= 3))
    if len(beyond):
        at = ends[beyond]
        spelled = data[at - 3].astype(np.int32) << 16 | data[at - 2].astype(np.int32) << 8 | data[at - 1]
        wanted = [int.from_bytes(mark.encode(), "big") for mark in marks if not mark.isascii()]
        found[beyond] = np.isin(spelled, wanted)
    return found


def ends_in_dots(data: NDArray[np.uint8], ends: Indices) -> NDArray[np.bool_]:
    """Whether three dots stand before each end."""
    return ends_in(data, ends, ".") & ends_in(data, ends - 1, ".") & ends_in(data, ends - 2, ".")
