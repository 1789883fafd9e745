"""What `doctor` looks at. Each check says what it found and what to do; torch is asked in a process of its own."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Literal

from msgspec import Struct

from engine.errors import GraftlineError
from engine.figures import size

_TORCH = """
import json, platform, torch
cuda = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
mps = bool(torch.backends.mps.is_available())
print(json.dumps({"version": torch.__version__, "cuda": cuda, "mps": mps, "threads": torch.get_num_threads()}))
"""
_LOW_DISK = 5 << 30
"""Bytes. A small base with its checkpoints and branches takes about one gigabyte."""


class Check(Struct, frozen=True, kw_only=True):
    name: str
    state: Literal["ok", "note", "bad"]
    found: str
    fix: str = ""


def all_checks(home: Path) -> list[Check]:
    torch, device = _torch_checks()
    return [_python(), torch, device, _memory(), _workspace(home), _disk(home), *_store_checks(home), *_settings(home)]


def _python() -> Check:
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    return Check(name="python", state="ok", found=found)


def _torch_checks() -> tuple[Check, Check]:
    answer = subprocess.run([sys.executable, "-c", _TORCH], capture_output=True, text=True, check=False)
    if answer.returncode:
        why = (answer.stderr.strip().splitlines() or ["no word why"])[-1]
        fix = "pip install torch"
        return (
            Check(name="torch", state="bad", found=why, fix=fix),
            Check(name="device", state="bad", found="unknown without torch", fix=fix),
        )
    found = json.loads(answer.stdout)
    torch = Check(name="torch", state="ok", found=found["version"])
    if found["cuda"]:
        return torch, Check(name="device", state="ok", found=f"CUDA: {', '.join(found['cuda'])}")
    if found["mps"]:
        return torch, Check(name="device", state="ok", found="Apple MPS")
    cpu = f"CPU, {found['threads']} threads (no CUDA or MPS device)"
    return torch, Check(name="device", state="note", found=cpu, fix="fine for small models; a GPU trains large ones")


def _memory() -> Check:
    import psutil

    memory = psutil.virtual_memory()
    found = f"{size(memory.available)} free of {size(memory.total)}"
    low = memory.available < 1 << 30
    return Check(name="memory", state="note" if low else "ok", found=found, fix="close something large" if low else "")


def _workspace(home: Path) -> Check:
    if not home.is_dir():
        return Check(name="workspace", state="note", found=f"{home} is not there yet", fix="the first run makes it")
    if not os.access(home, os.W_OK):
        fix = "check who owns it, or name another with --home"
        return Check(name="workspace", state="bad", found=f"{home} cannot be written to", fix=fix)
    from engine.paths import Workspace

    return Check(name="workspace", state="ok", found=f"{home}: {len(Workspace(home).runs())} runs")


def _disk(home: Path) -> Check:
    there = next(path for path in (home, *home.parents) if path.exists())
    free = shutil.disk_usage(there).free
    if free < _LOW_DISK:
        return Check(name="disk", state="note", found=f"{size(free)} free", fix="free some space before a long run")
    return Check(name="disk", state="ok", found=f"{size(free)} free")


def _store_checks(home: Path) -> list[Check]:
    """The supervisor answers, and the database behind it. A workspace that is not there is left alone."""
    if not home.is_dir():
        return []
    from engine.launch.client import Client

    try:
        with Client(home) as client:
            notices = client.notices()
            rows = client.sql("SELECT count(*) FROM runs").rows[0][0]
    except GraftlineError as error:
        return [Check(name="supervisor", state="bad", found=str(error), fix=f"see {home}/supervisor.log")]
    told = [Check(name="supervisor", state="note", found=notice) for notice in notices]
    return [
        Check(name="supervisor", state="ok", found="answers"),
        *told,
        Check(name="database", state="ok", found=f"opens; {rows} runs"),
    ]


def _settings(home: Path) -> list[Check]:
    """The settings files as the app reads them, in a process of its own: the app's keys are the app's business."""
    from engine.config.settings import settings_files
    from engine.launch.wire import python_command

    files = [str(path) for path in settings_files(home) if path.is_file()]
    if not files:
        return [Check(name="settings", state="ok", found="as shipped")]
    command, environment = python_command("tui", "--home", str(home), "--check-settings")
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if answer.returncode == 0:
        return [Check(name="settings", state="ok", found=", ".join(files))]
    said = (answer.stdout or answer.stderr).strip().splitlines() or ["the app's own check of them failed"]
    return [Check(name="settings", state="bad", found=line, fix="mend that file") for line in said]
