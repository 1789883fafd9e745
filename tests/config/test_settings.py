"""Settings: two files, one over the other; every mistake one line; what is printed can be read back."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from engine.config.settings import Notify, Settings, describe, find_settings, page, settings_files

ROOT = Path(__file__).parents[2]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    environment = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    user, workspace = settings_files(tmp_path / "runs", environment)
    user.parent.mkdir(parents=True)
    workspace.parent.mkdir()
    return {"user": user, "workspace": workspace}


def _find(tmp_path: Path):  # type: ignore[no-untyped-def]
    return find_settings(tmp_path / "runs", {"XDG_CONFIG_HOME": str(tmp_path / "config")})


def test_without_files_all_is_as_shipped(tmp_path: Path, files: dict[str, Path]) -> None:
    found = _find(tmp_path)
    assert found.settings == Settings() and not found.problems


def test_the_workspace_s_file_is_laid_over_the_user_s_key_by_key(tmp_path: Path, files: dict[str, Path]) -> None:
    files["user"].write_text(
        'theme = "light"\npoll = 2\n[notify]\ncommand = ["say"]\nterminal = "never"\n[keys]\napp.quit = "Q"\n'
    )
    files["workspace"].write_text('poll = 5\n[notify]\nterminal = "always"\n[keys]\n"app.help" = "f1"\n')
    found = _find(tmp_path)
    assert found.settings == Settings(
        theme="light",
        poll=5.0,
        notify=Notify(command=("say",), terminal="always"),
        keys={"app.quit": "Q", "app.help": "f1"},
    )
    assert found.key_files == {"app.quit": files["user"], "app.help": files["workspace"]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('theme = "lihgt"', "theme: invalid enum value 'lihgt' (one of: auto, dark, light, contrast, colour-blind, "),
        ("poll = 0.01", "poll: expected `float` >= 0.2 (give it such a value)"),
        ("smooth = 0.5", "smooth: unknown key (did you mean 'smoothing'?)"),
        ('[notify]\non = ["ended"]', "notify.on[0]: invalid enum value 'ended' (one of: finished, failed, stopped,"),
        ('[notify]\ncommand = "say"', "notify.command: expected `array`, got `str` (give it such a value)"),
        ("[keys]\napp.quit = 3", "keys.app.quit: expected `str`, got `int` (give it such a value)"),
        ("theme = ", "not valid TOML:"),
    ],
)
def test_a_mistake_is_one_line_and_its_file_counts_as_empty(
    tmp_path: Path, files: dict[str, Path], text: str, said: str
) -> None:
    files["user"].write_text('place = "runs"\n' + text)
    files["workspace"].write_text("poll = 3")
    found = _find(tmp_path)
    assert found.settings == Settings(poll=3.0)
    (problem,) = found.problems
    assert str(problem).startswith(f"{files['user']}: {said}")
    assert "\n" not in str(problem)


def test_a_workspace_may_not_choose_programs(tmp_path: Path, files: dict[str, Path]) -> None:
    """A workspace may have come by mail."""
    files["workspace"].write_text('theme = "light"\n[notify]\ncommand = ["rm", "-rf", "/"]')
    found = _find(tmp_path)
    assert found.settings == Settings()
    assert "notify.command: names a program to run (move it to " in str(found.problems[0])


def test_what_is_printed_is_a_settings_file(tmp_path: Path, files: dict[str, Path]) -> None:
    wanted = Settings(
        theme="contrast", smoothing=0.5, keys={"app.quit": 'ctrl+q,"'}, notify=Notify(command=("a", "b c"))
    )
    files["user"].write_text(describe(wanted))
    found = _find(tmp_path)
    assert not found.problems and found.settings == wanted
    shipped = describe(Settings())
    tomllib.loads(shipped)
    assert all(line.startswith(("#", "[")) or " = " in line or not line for line in shipped.splitlines())


def test_the_page_is_what_the_code_says() -> None:
    """`python -m engine.config.settings > docs/settings.md` writes it."""
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == page()
