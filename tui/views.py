"""How the table of runs is looked at: a query, columns, an order, groups. Saved under names in the workspace.

    <workspace>/views.toml     [now] the one in use, remembered from day to day; [saved.<name>] the named ones

The file is small, written whole and atomically, and belongs to the user: what cannot be read is said, never
overwritten without another choice of the user's.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from engine.errors import InputError
from engine.paths import write_atomic
from tui.run_columns import DEFAULT


class View(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One way to look at the runs."""

    query: str = ""
    columns: tuple[str, ...] = DEFAULT
    """Keys, from left to right."""
    sort: str = "age"
    turned: bool = False
    """The other way round."""
    group: str = ""
    """A key; empty: no groups."""

    def says(self) -> str:
        """In words, for a list of views."""
        columns = "" if self.columns == DEFAULT else f"{len(self.columns)} columns"
        parts = [
            self.query or "everything",
            f"by {self.sort}{' reversed' if self.turned else ''}",
            f"grouped by {self.group}" if self.group else "",
            columns,
        ]
        return ", ".join(part for part in parts if part)


class Views(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    now: View = View()
    pinned: tuple[str, ...] = ()
    """Run ids."""
    saved: dict[str, View] = {}


def load(path: Path) -> Views:
    """The views of a workspace; none when there is no such file yet. Raises `InputError` for one that is damaged."""
    try:
        return msgspec.toml.decode(path.read_bytes(), type=Views)
    except FileNotFoundError:
        return Views()
    except msgspec.DecodeError as error:
        raise InputError(f"{error}", where=path, fix="mend it, or delete it to begin anew") from None


def save(path: Path, views: Views) -> None:
    """Write them. Raises `OSError`."""
    write_atomic(path, msgspec.toml.encode(views))
