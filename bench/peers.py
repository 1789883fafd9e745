"""The peers' environments: each made once from PyPI below a folder, around the torch that is here already.

torch is linked rather than installed: everybody runs the same build, and nothing of a gigabyte is fetched again.
"""

from __future__ import annotations

import json
import subprocess
import venv
from importlib.metadata import distribution
from pathlib import Path

PACKAGES = {"hf": "transformers", "litgpt": "litgpt", "nanogpt": "numpy"}
"""What each peer's plain loop needs, by the peer's short name; nanoGPT's model is a checkout's."""
TRAINER = ("transformers", "accelerate")


def environment(peers: Path, name: str, wanted: tuple[str, ...]) -> tuple[str, str]:
    """The interpreter of a peer's environment, made when it is not there, and the version of its first package."""
    folder = peers / name
    python = folder / "bin" / "python"
    if not (folder / "done").exists():
        venv.create(folder, with_pip=True, clear=True)
        _link_torch(next(folder.glob("lib/python*/site-packages")))
        command = [str(python), "-m", "pip", "install", "--quiet", "torch", "numpy", *wanted]
        subprocess.run(command, check=True)
        (folder / "done").touch()
    code = f"from importlib.metadata import version; print(version({wanted[0]!r}))"
    told = subprocess.run([str(python), "-c", code], check=True, capture_output=True, text=True)
    return str(python), told.stdout.strip()


def _link_torch(target: Path) -> None:
    """Make this environment's torch the other's, so that pip finds it there."""
    torch = distribution("torch")
    source = Path(str(torch.locate_file("")))
    for name in {file.parts[0] for file in torch.files or () if file.parts[0] != ".."}:
        (target / name).symlink_to(source / name)


def loop(python: str, model: str, tokens: Path, shape: dict[str, int], *options: str) -> list[str]:
    """The command of a peer's plain loop (see `bench/peer_loop.py`)."""
    script = Path(__file__).with_name("peer_loop.py")
    return [python, "-P", str(script), model, str(tokens), "--shape", json.dumps(shape), *options]
