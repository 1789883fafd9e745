"""Python's garbage collector while a program starts: it would look again and again through what is there to stay.

    spare(seconds)  ->  nothing is looked through  ->  after that, all that there is by then is left alone for good

Modules, classes and a workspace's rows are no garbage. Looking for some among them took 40 of the 550 ms of processor
that the app's first frame takes, and 50 ms each time later on, in between keys. What dies without cycles, which is
nearly all, is freed at once as ever.
"""

from __future__ import annotations

import gc
import threading


def spare(seconds: float) -> None:
    """Collect nothing for so long, and then nothing of what was made until then."""
    gc.disable()
    timer = threading.Timer(seconds, _resume)
    timer.daemon = True
    timer.start()


def _resume() -> None:
    gc.freeze()
    gc.enable()
