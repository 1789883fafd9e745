"""The real command line, in this process, on a believable workspace behind a real supervisor."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.cli import main
from tests.support.supervised import supervised
from tests.support.workspace import make_workspace


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    def json(self, kind: Any = Any) -> Any:
        """The one JSON document on stdout, as `kind`."""
        assert self.code == 0, self.err
        return msgspec.json.decode(self.out, type=kind)

    def one_line(self) -> str:
        """The error's only line, without the program's name."""
        lines = self.err.splitlines()
        assert len(lines) == 1 and lines[0].startswith("graftline: "), self.err
        assert "Traceback" not in self.err and not self.out
        return lines[0].removeprefix("graftline: ")


Graftline = Callable[..., Answer]


def ask(*arguments: object, home: Path | None = None) -> Answer:
    """Run one command line; `home` goes before the verb."""
    line = [*(["--home", str(home)] if home else []), *map(str, arguments)]
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
        main(line)
    return Answer(int(ended.value.code or 0), out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A finished workspace with a supervisor that ends with the module's tests."""
    place = tmp_path_factory.mktemp("cli") / "runs"
    make_workspace(place)
    with supervised(place) as client:
        client.notices()  # it took over the run whose engine this process plays; said here, not in a test
        yield place


@pytest.fixture
def graftline(home: Path) -> Graftline:
    return lambda *arguments: ask(*arguments, home=home)
