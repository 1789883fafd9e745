"""The pictures in the README and in docs/screens, from the real app: `python -m docs.screenshots [NAME ...]`.

    a finished workspace -> the app, driven by keys, at rest -> SVG -> a headless browser -> docs/images/NAME.png

The browser is what places braille right; it and pngquant come from the system (`apt-get install chromium pngquant`).
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from textual.message import Message

from engine.launch.client import Client
from tests.support.machine import StillWatch
from tests.support.screen import at_rest, screen_text, settle, shows
from tests.support.voices import give_voices
from tests.support.workspace import BASE, NOW, RUNS, make_workspace
from tui.app import GraftlineApp
from tui.messages import OpenMonitor, OpenPlay

IMAGES = Path(__file__).parent / "images"
MOST_BYTES = 150_000
FONT = "DejaVu Sans Mono"
"""Has every sign that the app draws with."""


@dataclass(frozen=True)
class Picture:
    keys: tuple[str, ...] = ()
    size: tuple[int, int] = (120, 36)
    opening: Message | None = None
    """Posted before the keys."""
    shown: str = ""
    """What must stand on screen in the end."""


def run_ids(*names: str) -> tuple[str, ...]:
    return tuple(RUNS[name] for name in names)


PICTURES = {
    "lineage": Picture(("j", "j")),
    "runs": Picture(("2", "down", "down")),
    "monitor": Picture(("left",) * 40, opening=OpenMonitor(run_ids("helper", "reference", "helper-long"))),
    "grid": Picture(("number_sign",), (160, 44), OpenMonitor(run_ids("tiny"))),
    "compare": Picture(("4",)),
    "corpus": Picture(("5", "down")),
    "play": Picture(
        (*"What is a graft?", "enter"),
        opening=OpenPlay((BASE, *run_ids("helper", "areas"))),
        shown="rootstock of another",
    ),
    "queue": Picture(("7",)),
    "machine": Picture(("8", "down")),
    "logs": Picture(("9",)),
    "launch": Picture(("j", "b")),
}


async def photograph(home: Path, picture: Picture) -> str:
    """The app's screen as SVG."""
    app = GraftlineApp(home, clock=lambda: NOW, poll=3600)
    app.gateway.watch = StillWatch(gpus=1, cores=4)
    async with app.run_test(size=picture.size) as pilot:
        await settle(pilot)
        if picture.opening is not None:
            app.post_message(picture.opening)
            await settle(pilot)
        await pilot.press(*picture.keys)
        await shows(pilot, lambda: picture.shown in screen_text(pilot))
        await at_rest(pilot)
        return app.export_screenshot(title="graftline")


def render(svg: str, target: Path) -> None:
    """The SVG as a PNG, drawn by the browser, with few colours. Raises RuntimeError when it stays too large."""
    width, height = map(float, re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups())  # type: ignore[union-attr]
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL).replace("Fira Code", FONT)
    with tempfile.TemporaryDirectory() as folder:
        page, raw = Path(folder) / "page.html", Path(folder) / "raw.png"
        page.write_text(f"<style>body {{ margin: 0 }} svg {{ width: {width}px; display: block }}</style>{svg}")
        command = [
            "chromium",
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            f"--screenshot={raw}",
        ]
        command += [f"--window-size={round(width)},{round(height)}", page.as_uri()]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)
        subprocess.run(["pngquant", "--force", "--strip", "--output", target, "64", raw], check=True)
    if target.stat().st_size > MOST_BYTES:
        raise RuntimeError(f"{target}: {target.stat().st_size:,} bytes are too many for a picture in the repository")


def main(names: list[str]) -> int:
    missing = [program for program in ("chromium", "pngquant") if shutil.which(program) is None]
    if missing:
        print(f"{' and '.join(missing)} not found; they draw and shrink the pictures", file=sys.stderr)
        return 2
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as user:
        os.environ.update(HOME=user, XDG_CONFIG_HOME=f"{user}/.config", GRAFTLINE_SAMPLE_SECONDS="0")
        os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
        workspace = make_workspace(Path(user) / "runs")
        give_voices(workspace)
        home = workspace.home
        with Client(home) as client:
            client.sync()
            client.notices()
            for name in names or PICTURES:
                render(asyncio.run(photograph(home, PICTURES[name])), IMAGES / f"{name}.png")
                print(IMAGES / f"{name}.png")
            client.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
