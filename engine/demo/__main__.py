"""`python -m engine.demo HOME`: the demo as a process of its own, beside the app that shows it."""

import sys
from pathlib import Path

from engine.demo.run import Demo

if __name__ == "__main__":
    Demo(Path(sys.argv[1])).play()
