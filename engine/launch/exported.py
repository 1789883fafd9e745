"""Have a model exported, by a process of its own: torch is loaded there and not here."""

from __future__ import annotations

import subprocess
from pathlib import Path

import msgspec

from engine.errors import GraftlineError, InputError, MachineError, NotFoundError
from engine.freeze.exported import Exported, Refused
from engine.launch.wire import python_command

_ERRORS: dict[int, type[GraftlineError]] = {2: InputError, 3: NotFoundError}


def export_model(home: Path, model: str, folder: Path, form: str = "keep") -> Exported:
    """Write `model` to `folder`, which must not exist yet. `form`: keep, fp32, bf16 or fp16; adapter: what a
    LoRA variant adds to its base, for `peft`.

    Raises `InputError` for a model that fits no published family, `NotFoundError` for one that is not here, and
    `MachineError` when the process dies.
    """
    command, environment = python_command("engine.exchange.export", str(home), model, str(folder), form)
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True)
    try:
        said = msgspec.json.decode(done.stdout.splitlines()[-1], type=Exported | Refused)
    except (IndexError, msgspec.DecodeError):
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
        raise MachineError(f"the export died: {last[0]}") from None
    if isinstance(said, Refused):
        raise _ERRORS.get(said.exit_code, MachineError)(said.error)
    return said
