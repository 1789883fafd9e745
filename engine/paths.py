"""The workspace tree: where everything stands, safe names, and writes that are whole or not at all.

graftline.duckdb                 the store (rebuilt from the rest at any time)
graftline.snapshot               what the app draws before the store answers (may be deleted at any time)
workspace.jsonl                  the supervisor's journal: launches, names, notes, tags, machine samples
corpora/<name>/<hash>/           a built corpus
checks/<name>/<hash>/            test items that were looked for in it later
prepared/<key>/                  text that builds read, mended and measured (`corpus prune`)
bases/<name>@<n>/                a frozen model, read-only
suites/<name>.toml               suites known by name in this workspace
<run-id>/                        a run: config.toml journal.jsonl engine.log status.json checkpoints/
"""

from __future__ import annotations

import datetime as dt
import os
import re
import secrets
import shutil
import stat
import tempfile
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from engine.errors import InputError

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_RUN_ID = re.compile(r"\d{8}-\d{6}-[a-z]+-[a-z0-9][a-z0-9-]*-[a-z0-9]{4}")
_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"  # no i, l, o, u: read aloud without mistakes


def default_home() -> Path:
    """`$GRAFTLINE_HOME`, else `runs/` under the current folder."""
    return Path(os.environ.get("GRAFTLINE_HOME") or "runs").absolute()


def user_cache() -> Path:
    """The user's folder for what can be found out again: under `$XDG_CACHE_HOME`, else `~/.cache`."""
    base = os.environ.get("XDG_CACHE_HOME") or ""
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".cache") / "graftline"


def safe_name(name: str, *, where: object = None, key: str = "name") -> str:
    """`name` if it can be one folder's name anywhere, else an `InputError` that says what can."""
    if _SAFE.fullmatch(name):
        return name
    raise InputError(
        f"{name!r} cannot be a name here",
        where=where,
        key=key,
        fix="use 1 to 64 letters, digits, '.', '_' or '-', starting with a letter or digit",
    )


def slug(text: str, limit: int = 24) -> str:
    """A folder-safe shadow of any text, for run ids: lower case letters, digits and single dashes."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:limit].strip("-") or "run"


def new_run_id(kind: str, name: str, now: dt.datetime | None = None) -> str:
    """A run id that sorts by time and reads aloud: `20261123-141502-pretrain-tiny-k3f9`."""
    stamp = (now or dt.datetime.now(dt.UTC)).strftime("%Y%m%d-%H%M%S")
    tail = "".join(secrets.choice(_CROCKFORD) for _ in range(4))
    return f"{stamp}-{kind}-{slug(name)}-{tail}"


def is_run_id(text: str) -> bool:
    return _RUN_ID.fullmatch(text) is not None


@dataclass(frozen=True)
class RunFolder:
    """One run's folder. Nothing here touches the disk except `steps`."""

    path: Path

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def config(self) -> Path:
        return self.path / "config.toml"

    @property
    def journal(self) -> Path:
        return self.path / "journal.jsonl"

    @property
    def log(self) -> Path:
        return self.path / "engine.log"

    @property
    def status(self) -> Path:
        return self.path / "status.json"

    @property
    def tokenizer(self) -> Path:
        return self.path / "tokenizer"

    @property
    def predictions(self) -> Path:
        return self.path / "predictions"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def profile_request(self) -> Path:
        """How many steps somebody wants profiled; gone once the engine has heard it."""
        return self.path / "profile.ask"

    def profile(self, step: int) -> Path:
        """The trace of some steps, by the first of them."""
        return self.path / "profiles" / f"step-{step:08d}.json.gz"

    def checkpoint(self, step: int) -> Path:
        return self.checkpoints / f"step-{step:08d}"

    def steps(self) -> list[int]:
        """The steps whose checkpoints are whole, ascending."""
        if not self.checkpoints.is_dir():
            return []
        names = (entry.name for entry in self.checkpoints.iterdir())
        return sorted(int(name[5:]) for name in names if re.fullmatch(r"step-\d{8,}", name))


@dataclass(frozen=True)
class Workspace:
    """A workspace folder, usually `runs/`."""

    home: Path

    @property
    def database(self) -> Path:
        return self.home / "graftline.duckdb"

    @property
    def snapshot(self) -> Path:
        return self.home / "graftline.snapshot"

    @property
    def journal(self) -> Path:
        return self.home / "workspace.jsonl"

    @property
    def corpora(self) -> Path:
        return self.home / "corpora"

    @property
    def bases(self) -> Path:
        return self.home / "bases"

    @property
    def suites(self) -> Path:
        return self.home / "suites"

    def run(self, run_id: str) -> RunFolder:
        """The folder of a run, which need not exist. A name that is no run id is refused (no `../`)."""
        if not is_run_id(run_id):
            raise InputError(f"{run_id!r} is not a run id", fix="see `graftline runs`")
        return RunFolder(self.home / run_id)

    def runs(self) -> list[RunFolder]:
        """Every run folder here, oldest first."""
        if not self.home.is_dir():
            return []
        return [RunFolder(p) for p in sorted(self.home.iterdir()) if is_run_id(p.name) and p.is_dir()]


def fsync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomic(path: Path, data: bytes | str) -> None:
    """Write a file so that a reader, at any instant, sees the old one whole or the new one whole."""
    content = data.encode() if isinstance(data, str) else data
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    fsync_folder(path.parent)


@contextmanager
def atomic_folder(final: Path) -> Iterator[Path]:
    """Fill a folder beside its final place, then rename it there: whole, or not at all.

    Yields the temporary folder. An existing `final` is an error (frozen things are never replaced).
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=final.parent, prefix=f".{final.name}."))
    try:
        draft.chmod(0o755)
        yield draft
        for file in draft.rglob("*"):
            if file.is_file():
                with file.open("rb") as handle:
                    os.fsync(handle.fileno())
        draft.rename(final)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    fsync_folder(final.parent)


def make_read_only(folder: Path) -> None:
    """Take the write permission off every file of a folder, and off the folder."""
    for entry in [*folder.rglob("*"), folder]:
        entry.chmod(entry.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
