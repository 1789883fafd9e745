"""`graftline settings`, and what `doctor` and the app's own start say of settings that are wrong."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from tests.cli.conftest import ask


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    file = tmp_path / "graftline" / "settings.toml"
    file.parent.mkdir()
    return file


def test_settings_prints_what_is_in_force_as_a_settings_file(config: Path, tmp_path: Path) -> None:
    config.write_text('theme = "light"\n[keys]\napp.quit = "ctrl+q"\n')
    shown = ask("settings", "--home", str(tmp_path / "runs"))
    assert shown.code == 0
    found = tomllib.loads(shown.out)
    assert found["theme"] == "light" and found["keys"] == {"app": {"quit": "ctrl+q"}}
    document = json.loads(ask("settings", "--json", "--home", str(tmp_path / "runs")).out)
    assert document["theme"] == "light" and document["poll"] == 1.0


def test_settings_says_where_the_files_are(config: Path, tmp_path: Path) -> None:
    home = tmp_path / "runs"
    assert ask("settings", "--path", "--home", str(home)).out.splitlines() == [str(config), str(home / "settings.toml")]


def test_a_mistake_is_one_line_and_exit_code_2(config: Path, tmp_path: Path) -> None:
    config.write_text("smooth = 0.5\n")
    wrong = ask("settings", "--home", str(tmp_path / "runs"))
    assert wrong.code == 2 and not wrong.out
    assert wrong.err == f"graftline: {config}: smooth: unknown key (did you mean 'smoothing'?)\n"


def test_doctor_names_settings_that_are_wrong(config: Path, tmp_path: Path) -> None:
    config.write_text('[keys]\napp.qit = "x"\n')
    checks = json.loads(ask("doctor", "--json", "--home", str(tmp_path / "runs")).out)
    (found,) = [check for check in checks if check["name"] == "settings"]
    assert found["state"] == "bad"
    assert found["found"] == f"{config}: keys.app.qit: there is no such key binding (did you mean app.quit?)"
    config.write_text('[keys]\napp.quit = "x"\n')
    checks = json.loads(ask("doctor", "--json", "--home", str(tmp_path / "runs")).out)
    assert [check["state"] for check in checks if check["name"] == "settings"] == ["ok"]


def test_a_theme_that_is_none_is_refused_before_the_app_starts() -> None:
    wrong = ask("--theme", "lihgt")
    assert wrong.code == 2
    assert wrong.err.startswith("graftline: --theme: theme: invalid enum value 'lihgt' (one of: auto, dark, light,")
