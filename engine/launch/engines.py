"""The supervisor's engines: which run, on which device; starting the next, noticing the dead, adopting the living.

    queued --(a device is free)--> running --(its process ends)--> what its journal says
                                                └─ nothing said: died, and the reason is journalled as Failed

Everything is on disk at every instant. A supervisor that is killed loses nothing: the next one reads `status.json`
and the journals, and goes on with engines that are still alive.
"""

from __future__ import annotations

import dataclasses
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from engine.errors import InputError
from engine.journal.events import Cancelled, Created, Failed, Finished, Started, Stopped
from engine.journal.reader import read
from engine.journal.writer import JournalWriter
from engine.launch import local, resources
from engine.launch.queue import State, Status, Statuses, ascending, read_status, write_status
from engine.paths import RunFolder, Workspace, write_atomic
from engine.stage import boot_id
from engine.store.watch import Listing, Rotation

_WAY_OUT_SECONDS = 10.0
_AT_REST = 64  # runs that do not wait, looked at each time the queue is
_ENDINGS: dict[type, State] = {Finished: "finished", Stopped: "stopped", Failed: "failed", Cancelled: "cancelled"}


@dataclass(frozen=True)
class Life:
    """What a journal tells of a run's life."""

    kind: str = ""
    attempts: int = 0
    identity: local.Identity | None = None
    """Of the newest attempt's process."""
    started: float = 0.0
    ending: State | None = None
    """None while the newest attempt has not said how it ended."""
    last: float = 0.0
    """Time of the newest record."""


def life(folder: RunFolder) -> Life:
    """Read a whole journal for it: done when a run starts, ends or is adopted, not in between."""
    found, offset = Life(), 0
    while True:
        chunk = read(folder.journal, offset)
        for record in chunk.records:
            event = record.event
            match event:
                case Created():
                    found = Life(kind=event.kind, last=record.time)
                case Started():
                    identity = local.Identity.started(event)
                    found = Life(found.kind, record.attempt, identity, record.time, None, record.time)
                case Finished() | Stopped() | Failed() | Cancelled():
                    found = dataclasses.replace(found, ending=_ENDINGS[type(event)], last=record.time)
                case _:
                    found = dataclasses.replace(found, last=record.time)
        if chunk.offset == offset:
            return found
        offset = chunk.offset


@dataclass
class Engine:
    """One engine that runs: our own child, or one that an earlier supervisor started."""

    folder: RunFolder
    identity: local.Identity
    places: tuple[int | None, ...]
    """The GPUs it was given, or the processor."""
    child: subprocess.Popen[bytes] | None

    def ended(self) -> tuple[bool, int | None]:
        """Whether it has ended, and the exit code when it was our child."""
        if self.child is not None:
            code = self.child.poll()
            return code is not None, code
        return not local.is_alive(self.identity, self.folder), None


class Engines:
    """All engines of one workspace. Not thread-safe: the supervisor's lock is held around every call."""

    def __init__(self, workspace: Workspace):
        self.workspace = workspace
        self.running: dict[str, Engine] = {}
        self.slots = resources.slots()
        self._statuses = Statuses()
        self._listing, self._rotation = Listing(workspace), Rotation(_AT_REST)
        self._known: set[str] = set()
        self._queued: set[str] = set()
        """Runs that waited when last looked at, or were queued since: looked at every time."""
        self.said: list[str] = []
        """What people should hear of: engines adopted, engines that died while nobody watched."""

    def adopt(self) -> None:
        """At the supervisor's start: take over living engines, and settle the runs whose engine is gone."""
        for folder in self.workspace.runs():
            status = self._statuses.of(folder)
            if status is None:
                self._without_status(folder)
            elif status.state == "running":
                self._take_over(folder, status)

    def tick(self) -> bool:
        """Settle what ended and start what can be started. True when something changed."""
        ended = [engine for engine in self.running.values() if engine.ended()[0]]
        for engine in ended:
            self._let_go(engine)
        return self._start_next() or bool(ended)

    def waiting(self) -> list[tuple[RunFolder, Status]]:
        """Queued runs, the longest waiting first.

        A run that is new, or was queued here, is seen at once; one that somebody else queued again, in its turn.
        """
        folders = self._listing.folders
        if self._listing.refresh():
            folders = self._listing.folders
            self._queued |= folders.keys() - self._known
            self._known = set(folders)
        found = {}
        for run_id in self._queued | set(self._rotation.next(list(folders))):
            status = self._statuses.of(folders[run_id]) if run_id in folders else None
            if status is not None and status.state == "queued":
                found[run_id] = status
        self._queued = set(found)
        return sorted(
            ((folders[run_id], status) for run_id, status in found.items()),
            key=lambda pair: (pair[1].queued_at, pair[0].id),
        )

    def _queue(self, folder: RunFolder, status: Status) -> None:
        """Note that a run waits, and look at it from now on."""
        write_status(folder, replace(status, state="queued"))
        self._queued.add(folder.id)

    # --- adopting ---------------------------------------------------------------------------------

    def _without_status(self, folder: RunFolder) -> None:
        """A run folder from elsewhere, or one whose status was lost: the journal says where it stands."""
        found = life(folder)
        if found.ending is None and found.attempts and found.identity:
            self._take_over(folder, Status(state="running", queued_at=found.started, attempts=found.attempts - 1))
        elif found.ending is not None:
            write_status(folder, Status(state=found.ending, queued_at=found.last))

    def _take_over(self, folder: RunFolder, status: Status) -> None:
        found = life(folder)
        identity = self._identity(folder, status, found)
        if identity is not None and local.is_alive(identity, folder):
            self.running[folder.id] = Engine(folder, identity, status.gpus or (None,), None)
            known = replace(status, pid=identity.pid, start_ticks=identity.start_ticks, boot_id=identity.boot_id)
            write_status(folder, known)
            self.said.append(f"took over {folder.id}, whose engine is still running (pid {identity.pid})")
        elif found.attempts <= status.attempts and status.pid is None:
            self._queue(folder, status)  # the supervisor died before it started this engine
        else:
            self._settle(folder, None)

    @staticmethod
    def _identity(folder: RunFolder, status: Status, found: Life) -> local.Identity | None:
        """The newest attempt's process: from the journal, else as the launcher noted it, else by looking for it."""
        if found.attempts > status.attempts:
            return found.identity
        if status.pid is not None and status.start_ticks is not None and status.boot_id is not None:
            return local.Identity(status.pid, status.start_ticks, status.boot_id)
        return local.find(folder)

    # --- starting ---------------------------------------------------------------------------------

    def _start_next(self) -> bool:
        """In order: a run for which too few devices are free keeps its place, and those behind it wait with it."""
        taken = [place for engine in self.running.values() for place in engine.places]
        free = [slot for slot in self.slots if slot not in taken]
        started = False
        for folder, status in self.waiting() if free else []:
            wanted = min(status.devices, len(self.slots))  # of more than there are, the engine says so
            if wanted > len(free):
                break
            self._start(folder, status, tuple(free[:wanted]))
            free, started = free[wanted:], True
        return started

    def _start(self, folder: RunFolder, status: Status, places: tuple[int | None, ...]) -> None:
        """Note first that it is being started, then start it, then who it is: readable after a kill at any point."""
        found = life(folder)
        if local.is_locked(folder):
            return  # somebody runs `python -m engine` there by hand; wait until that is over
        gpus = tuple(place for place in places if place is not None)
        status = replace(
            status, state="running", gpus=gpus, pid=None, start_ticks=None, boot_id=None, stop_asked=False,
            attempts=found.attempts, oom_kills=local.oom_kills(),
        )  # fmt: skip
        write_status(folder, status)
        try:
            child = local.spawn(folder, found.kind, gpus)
        except OSError:
            self._queue(folder, status)
            raise
        identity = local.identify(child.pid)
        if identity is None:  # died at once; its exit code tells
            identity = local.Identity(child.pid, 0.0, boot_id())
        self.running[folder.id] = Engine(folder, identity, places, child)
        write_status(
            folder,
            replace(status, pid=identity.pid, start_ticks=identity.start_ticks, boot_id=identity.boot_id),
        )

    # --- ending -----------------------------------------------------------------------------------

    def _let_go(self, engine: Engine) -> None:
        self._settle(engine.folder, engine.ended()[1])
        del self.running[engine.folder.id]

    def finish(self, folder: RunFolder) -> None:
        """If the journal says that this run has ended while its process is still on its way out, wait for that."""
        engine = self.running.get(folder.id)
        if engine is None or life(folder).ending is None:
            return
        deadline = time.monotonic() + _WAY_OUT_SECONDS
        while not engine.ended()[0] and time.monotonic() < deadline:
            time.sleep(0.02)
        if engine.ended()[0]:
            self._let_go(engine)

    def _settle(self, folder: RunFolder, code: int | None) -> None:
        """An engine has ended: note what its journal says, or journal why it died."""
        found = life(folder)
        status = read_status(folder) or Status(state="running", queued_at=found.last)
        ending = found.ending if found.attempts > status.attempts else None
        if ending is None:
            ending = self._died(folder, found, status, code)
        write_status(folder, replace(status, state=ending, stop_asked=False))

    def _died(self, folder: RunFolder, found: Life, status: Status, code: int | None) -> State:
        """Journal an end of which the engine could not tell: it died, or was stopped before it could listen."""
        came_up = found.attempts > status.attempts
        seconds = max(0.0, found.last - found.started) if came_up else 0.0
        asked = status.stop_asked and (code == -signal.SIGTERM or (code is None and not came_up))
        why = local.why_died(code, status.oom_kills, folder.log)
        with JournalWriter(folder.journal) as journal:
            if asked:
                journal.append(Stopped(seconds=seconds, reason="asked to stop before it had begun"), sync=True)
                return "stopped"
            journal.append(Failed(error=why, seconds=seconds), sync=True)
        self.said.append(f"{folder.id}: {why}")
        return "failed"

    # --- what people ask for ----------------------------------------------------------------------

    def stop(self, folder: RunFolder) -> None:
        """Ask a running engine to stop; take a waiting run out of the queue."""
        self.finish(folder)
        status = read_status(folder)
        engine = self.running.get(folder.id)
        if engine is None and status is not None and status.state == "queued":
            self.cancel(folder)
            return
        if engine is None:
            raise _refusal(folder, status, "is not running", "only a running or queued run can be stopped")
        if status is not None:
            write_status(folder, replace(status, stop_asked=True))
        local.ask_to_stop(engine.identity, folder)

    def profile(self, folder: RunFolder, steps: int) -> None:
        """Have a running engine trace its next steps."""
        self.finish(folder)
        if folder.id not in self.running:
            raise _refusal(folder, read_status(folder), "is not running", "only a running run can be profiled")
        if life(folder).kind not in ("pretrain", "branch"):
            raise InputError("has no steps", where=folder.id, fix="profile a run that trains")
        write_atomic(folder.profile_request, f"{steps}")

    def resume(self, folder: RunFolder) -> None:
        """Queue a run again that stopped, failed or was cancelled; it goes on from its last checkpoint."""
        self.finish(folder)
        status = read_status(folder)
        if status is None or status.state not in ("stopped", "failed", "cancelled"):
            raise _refusal(folder, status, "cannot be resumed", "only a stopped, failed or cancelled run can")
        self._queue(folder, replace(status, queued_at=time.time(), pid=None, stop_asked=False))

    def reorder(self, run_ids: Sequence[str]) -> list[str]:
        """Let waiting runs start in this order, before any that is not named. The ids that do not wait, any more
        or at all: they are left as they are."""
        waiting = {folder.id: (folder, status) for folder, status in self.waiting()}
        named = [run_id for run_id in dict.fromkeys(run_ids) if run_id in waiting]
        times = ascending([status.queued_at for _, status in waiting.values()])
        for run_id, queued_at in zip([*named, *(i for i in waiting if i not in named)], times, strict=True):
            folder, status = waiting[run_id]
            if status.queued_at != queued_at:
                write_status(folder, replace(status, queued_at=queued_at))
        return [run_id for run_id in dict.fromkeys(run_ids) if run_id not in waiting]

    def cancel(self, folder: RunFolder) -> None:
        status = read_status(folder)
        if status is None or status.state != "queued":
            raise _refusal(folder, status, "is not waiting", "stop a running run with `graftline stop`")
        with JournalWriter(folder.journal) as journal:
            journal.append(Cancelled(reason="taken out of the queue"), sync=True)
        write_status(folder, replace(status, state="cancelled"))


def _refusal(folder: RunFolder, status: Status | None, problem: str, fix: str) -> InputError:
    state = status.state if status else "unknown"
    return InputError(f"{problem} (it is {state})", where=folder.id, fix=fix)
