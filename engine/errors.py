"""Every error that a user can cause, with the exit code it ends a command with.

Anything that is not one of these is a bug: it is not caught, and its traceback is the report.
A message is one line: where it is (a file), which key, and what to do about it.
"""

from __future__ import annotations

import errno


class GraftlineError(Exception):
    """The root of what can go wrong without anybody having made a programming mistake."""

    exit_code = 1


class InputError(GraftlineError):
    """What the user gave is wrong. Shown as ``where: key: problem (fix)`` on one line."""

    exit_code = 2

    def __init__(self, problem: str, *, where: object = None, key: str | None = None, fix: str | None = None):
        self.problem, self.where, self.key, self.fix = problem, where, key, fix
        place = [str(part) for part in (where, key) if part is not None]
        text = ": ".join([*place, problem])
        super().__init__(f"{text} ({fix})" if fix else text)


class NotFoundError(InputError):
    """The user named a run, model, corpus or suite that this workspace does not have."""

    exit_code = 3


class FrozenError(InputError):
    """A frozen file is not what its manifest says, or somebody tried to change one."""


class RunFailedError(GraftlineError):
    """A run that was waited for ended as failed."""

    exit_code = 1


class MachineError(GraftlineError):
    """The machine, not the user's input, refused: a full disk, no permission, no memory, no device."""

    exit_code = 1


_DISK_PROBLEMS = {
    errno.ENOSPC: "the disk is full (free some space, or choose another workspace with --home)",
    errno.EDQUOT: "the disk quota is used up (free some space, or choose another workspace with --home)",
    errno.EROFS: "the disk is mounted read-only (choose another workspace with --home)",
    errno.EACCES: "permission denied (check who owns it, or choose another workspace with --home)",
}


def machine_error(error: OSError) -> MachineError | None:
    """The one-line error for an `OSError` that is the machine's doing, or None when it is not."""
    problem = _DISK_PROBLEMS.get(error.errno or 0)
    if problem is None:
        return None
    where = f"{error.filename}: " if error.filename else ""
    return MachineError(f"{where}{problem}")
