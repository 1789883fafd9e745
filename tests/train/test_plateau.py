"""The plateau rule, by table."""

import math

import msgspec
import pytest

from engine.train.plateau import Plateau

NAN = math.nan


@pytest.mark.parametrize(
    ("patience", "min_gain", "losses", "fires_at"),
    [
        (2, 0.01, [5.0, 4.0, 3.0, 2.0], None),
        (2, 0.01, [5.0, 4.0, 3.99, 3.98], 3),
        (2, 0.01, [5.0, 4.0, 4.5, 3.9, 3.9, 3.9], 5),  # a gain starts the count again
        (3, 0.01, [4.0, 3.98, 3.95, 3.93, 3.91], None),  # small gains add up to one that counts
        (1, 0.01, [4.0, 3.96], None),  # exactly enough
        (1, 0.01, [4.0, 3.9601], 1),
        (1, 0.0, [4.0, 4.0], None),
        (0, 0.01, [4.0] * 50, None),
        (2, 0.01, [4.0, NAN, NAN], 2),
        (2, 0.01, [NAN, NAN, 4.0], 1),
        (2, 0.01, [NAN, 4.0, 3.0, NAN, 2.0], None),
    ],
)
def test_when_it_fires(patience, min_gain, losses, fires_at):
    detector = Plateau(patience=patience, min_gain=min_gain)
    fired = [detector.look(loss) for loss in losses]
    assert (fired.index(True) if any(fired) else None) == fires_at


def test_it_goes_on_from_its_saved_state():
    detector = Plateau(patience=2, min_gain=0.01)
    detector.look(3.0), detector.look(3.0)
    again = msgspec.json.decode(msgspec.json.encode(detector), type=Plateau)
    assert again.look(3.0) and again.best == 3.0
