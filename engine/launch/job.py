"""Make a run folder, whole or not at all: its configuration, its journal's first line, and a place in the queue."""

from __future__ import annotations

import time

import msgspec

from engine.config.fingerprint import fingerprint
from engine.config.load import dump
from engine.config.schema import BranchConfig, PretrainConfig, RunConfig
from engine.errors import machine_error
from engine.journal.events import Created, Predicted
from engine.journal.writer import JournalWriter
from engine.launch.queue import Status, write_status
from engine.paths import RunFolder, Workspace, atomic_folder, new_run_id


def create(
    workspace: Workspace, config: RunConfig, *, command: str = "", parents: tuple[str, ...] = (),
    predicted: Predicted | None = None,
) -> RunFolder:  # fmt: skip
    """Queue a resolved configuration. Raises `MachineError` when the disk refuses, and then leaves nothing."""
    kind = str(config.__struct_config__.tag)
    while (final := workspace.run(new_run_id(kind, config.name))).path.exists():
        pass
    created = Created(
        run_id=final.id,
        kind=kind,
        name=config.name,
        config=msgspec.to_builtins(config),
        fingerprint=fingerprint(config),
        parents=parents,
        command=command,
    )
    try:
        with atomic_folder(final.path) as draft:
            folder = RunFolder(draft)
            folder.config.write_text(dump(config), encoding="utf-8")
            with JournalWriter(folder.journal) as journal:
                journal.append(created, sync=True)
                if predicted is not None:
                    journal.append(predicted, sync=True)
            write_status(folder, Status(state="queued", queued_at=time.time(), devices=_devices(config)))
    except OSError as error:
        raise machine_error(error) or error from None
    return final


def _devices(config: RunConfig) -> int:
    """Of the stages that several devices can share."""
    return config.train.devices if isinstance(config, PretrainConfig | BranchConfig) else 1
