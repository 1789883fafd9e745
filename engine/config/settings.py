"""What a user prefers: the app's looks, keys and manners. One struct, two files, the second over the first.

    ~/.config/graftline/settings.toml  (or under $XDG_CONFIG_HOME)     the user's, for every workspace
    <workspace>/settings.toml                                          this workspace's, key by key over the user's

Both are optional. A file with a mistake in it counts as empty, and the mistake is said in one line: nobody is kept from
his runs by his taste in colours. No setting changes what an engine computes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
from msgspec import Meta, Struct

from engine.config.load import convert, read_toml
from engine.errors import InputError

Theme = Literal["auto", "dark", "light", "contrast", "colour-blind", "sixteen", "none"]


def _says(text: str, **bounds: Any) -> Meta:
    return Meta(description=text, **bounds)


class _Table(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class Notify(_Table, frozen=True, kw_only=True):
    """What happens besides a line in the app when a run comes to its end."""

    on: Annotated[
        tuple[Literal["finished", "failed", "stopped", "flattened"], ...],
        _says("Which endings; flattened is held-out loss that has stopped falling."),
    ] = ("finished", "failed", "flattened")
    terminal: Annotated[
        Literal["auto", "always", "never"],
        _says("Tell the terminal (OSC 9 and OSC 777). auto: only while its window is not looked at."),
    ] = "auto"
    command: Annotated[
        tuple[str, ...],
        _says(
            "A program and its arguments, run without a shell. It finds GRAFTLINE_RUN, _NAME, _KIND, _STATE, _WHY "
            "and _HOME in its environment and the same as JSON on stdin."
        ),
    ] = ()


class Settings(_Table, frozen=True, kw_only=True):
    theme: Annotated[
        Theme,
        _says("Colours. auto: dark, or what the terminal can show (none where NO_COLOR is set)."),
    ] = "auto"
    place: Annotated[
        Literal["lineage", "runs", "monitor", "compare", "corpus", "play", "queue", "machine", "logs"],
        _says("Where the app opens."),
    ] = "lineage"
    poll: Annotated[float, _says("Seconds between two looks at the store.", ge=0.2, le=60)] = 1.0
    repaint: Annotated[float, _says("Seconds between two repaints of live curves.", ge=0.1, le=60)] = 0.5
    line: Annotated[
        Literal["auto", "fast", "slow"],
        _says(
            "slow spares the terminal line: repaints every 2 s, no animation. auto: slow over SSH and when it stalls."
        ),
    ] = "auto"
    mouse: Annotated[bool, _says("Whether the app takes the mouse; without, the terminal selects text as usual.")] = (
        True
    )
    x: Annotated[
        Literal["step", "tokens", "time", "flops", "branch"],
        _says("What is along x in the monitor; branch is steps since the branch point."),
    ] = "step"
    log_y: Annotated[bool, _says("Whether the monitor's y axis begins as logarithmic.")] = False
    smoothing: Annotated[
        float, _says("How much the monitor smooths at first; 0 draws what was measured.", ge=0, lt=1)
    ] = 0.0
    price_per_hour: Annotated[
        float, _says("What one device costs an hour, in any currency, for runs that name no price. 0: no money.", ge=0)
    ] = 0.0
    notify: Annotated[Notify, _says("When a run ends.")] = Notify()
    keys: Annotated[
        dict[str, str],
        _says('Keys by the ids in docs/keys.md, several with commas: app.quit = "ctrl+q,f10".'),
    ] = {}


def check_theme(name: str) -> str:
    """`name` if it is a theme, else an `InputError` that says which there are."""
    convert({"theme": name}, Settings, where="--theme")
    return name


class Found(Struct, frozen=True, kw_only=True):
    """The settings in force, and what was wrong with the files they were to come from."""

    settings: Settings
    problems: tuple[InputError, ...] = ()
    key_files: dict[str, Path] = {}
    """Which file gave each key's binding: for an error that names it."""


def settings_files(home: Path, environment: Mapping[str, str] = os.environ) -> tuple[Path, Path]:
    """The user's file and the workspace's. Neither need exist."""
    base = environment.get("XDG_CONFIG_HOME") or ""
    config = Path(base) if Path(base).is_absolute() else Path.home() / ".config"
    return config / "graftline" / "settings.toml", home / "settings.toml"


def find_settings(home: Path, environment: Mapping[str, str] = os.environ) -> Found:
    """The settings for a workspace. Mistakes are in `problems`; a file with one is left out whole."""
    files = settings_files(home, environment)
    raw: dict[str, Any] = {}
    problems: list[InputError] = []
    key_files: dict[str, Path] = {}
    for path in files:
        if not path.is_file():
            continue
        try:
            mine = _flat_keys(read_toml(path))
            _no_program(convert(mine, Settings, where=path), path, files[0])
        except InputError as error:
            problems.append(error)
            continue
        raw = _over(raw, mine)
        key_files |= dict.fromkeys(mine.get("keys", {}), path)
    return Found(settings=msgspec.convert(raw, Settings), problems=tuple(problems), key_files=key_files)


def _no_program(settings: Settings, path: Path, own: Path) -> None:
    """A workspace may come from anybody, so only the user's own file may name a program to run."""
    if path != own and settings.notify.command:
        fix = f"move it to {own}: a workspace may not choose programs"
        raise InputError("names a program to run", where=path, key="notify.command", fix=fix)


def _flat_keys(raw: dict[str, Any]) -> dict[str, Any]:
    """`app.quit = ...` under [keys] is a table in a table to TOML, and one binding's id to us."""
    keys = raw.get("keys")
    if not isinstance(keys, dict):
        return raw
    flat: dict[str, Any] = {}
    for name, value in keys.items():
        inner = value if isinstance(value, dict) else {"": value}
        flat |= {f"{name}.{last}" if last else name: one for last, one in inner.items()}
    return raw | {"keys": flat}


def _over(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """`over` laid on `under`, table by table."""
    both = {name: _over(under[name], over[name]) for name in under.keys() & over.keys() if isinstance(over[name], dict)}
    return under | over | both


def describe(settings: Settings) -> str:
    """The settings as a TOML file that teaches: each key under what it means, with its choices."""
    lines: list[str] = []
    tables: list[str] = []
    for name, value, field in _fields(settings):
        if isinstance(value, Struct):
            tables += ["", f"# {field.description}", f"[{name}]"]
            tables += [line for key in _fields(value) for line in _entry(*key)]
        elif isinstance(value, dict):
            tables += ["", f"# {field.description}", f"[{name}]"]
            tables += [f"{key} = {_toml(one)}" for key, one in value.items()]
        else:
            lines += _entry(name, value, field)
    return "\n".join([*lines, *tables]) + "\n"


class _Field(Struct, frozen=True):
    description: str
    choices: tuple[str, ...]


def _fields(value: Struct) -> list[tuple[str, Any, _Field]]:
    """Each field's name, value and what is said about it."""
    found = []
    for field in msgspec.structs.fields(value):
        kind, meta = get_args(field.type)
        choices = get_args(kind) if get_origin(kind) is Literal else ()
        found.append((field.name, getattr(value, field.name), _Field(meta.description, choices)))
    return found


def _entry(name: str, value: Any, field: _Field) -> list[str]:
    choices = [f"# One of: {', '.join(field.choices)}."] if field.choices else []
    return [f"# {field.description}", *choices, f"{name} = {_toml(value)}"]


def _toml(value: Any) -> str:
    """One value as TOML. JSON's strings, numbers, booleans and arrays are TOML's too."""
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(one) for one in value)}]"
    return msgspec.json.encode(value).decode()


PAGE = """# Settings

The app reads two files, the second over the first, key by key:

    ~/.config/graftline/settings.toml    yours, for every workspace ($XDG_CONFIG_HOME is heeded)
    <workspace>/settings.toml            this workspace's

Neither need exist. `graftline settings` prints what is in force, `graftline settings --path` where the files are. A
mistake is said in one line, in the app and by `graftline doctor`, and its file then counts as empty. Begin with what
you want to change from what is shipped:

```toml
{shipped}```

A few that people like:

```toml
theme = "light"
place = "runs"

[notify]
command = ["notify-send", "Graftline"]

[keys]
app.quit = "ctrl+q"
```
"""


def page() -> str:
    """docs/settings.md."""
    return PAGE.format(shipped=describe(Settings()))


if __name__ == "__main__":
    print(page(), end="")
