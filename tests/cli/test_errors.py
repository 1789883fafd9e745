"""Bad input: one line that names the file, the key and the fix; the right exit code; nothing half-written."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.config.load import dump
from tests.cli.conftest import Graftline, ask
from tests.support import tiny
from tests.support.supervised import supervised
from tests.support.workspace import BASE, make_workspace

ROOT = Path(__file__).parents[2]

PRETRAIN = 'kind = "pretrain"\nname = "x"\ncorpus = "python-docs"\n'
BRANCH = 'kind = "branch"\nname = "x"\nmethod = "classify"\nbase = "tiny@1"\n[data]\ntrain = "train.jsonl"\n'
CORPUS = 'kind = "corpus"\nname = "x"\n[[sources]]\npath = "texts"\n'


def folders(home: Path) -> set[str]:
    """All that stands in the workspace, drafts included, but for the supervisor's own files."""
    own = ("graftline.duckdb", "supervisor.log", ".supervisor")
    return {str(p.relative_to(home)) for p in home.rglob("*") if not p.name.startswith(own)}


@pytest.mark.parametrize(
    ("verb", "text", "complaints"),
    [
        ("pretrain", None, ["c.toml: no such file (check the path)"]),
        ("pretrain", PRETRAIN + "stesp = 3\n", ["c.toml: stesp: unknown key"]),
        ("pretrain", PRETRAIN + "[train]\nstepz = 3\n", ["c.toml: train.stepz: unknown key", "did you mean 'steps'?"]),
        ("pretrain", PRETRAIN + '[train]\nsteps = "many"\n', ["c.toml: train.steps: expected `int`, got `str`"]),
        ("pretrain", PRETRAIN.replace("python-docs", "nope"), ["c.toml: corpus: no corpus 'nope'"]),
        ("pretrain", "kind = ", ["c.toml: not valid TOML"]),
        ("pretrain", BRANCH, ["c.toml: kind: is 'branch', not 'pretrain'"]),
        ("branch", BRANCH.replace("tiny@1", "tony@7"), ["c.toml: base: no model 'tony@7' here", "tiny@1"]),
        ("branch", BRANCH, ["c.toml: data.train: no such file", "train.jsonl", "(check the path)"]),
        ("branch", BRANCH.replace("classify", "clasify"), ["c.toml: method: invalid enum value 'clasify'"]),
        ("corpus build", CORPUS, ["c.toml: sources[0].path: no such file or folder", "texts", "(check the path)"]),
        ("corpus build", CORPUS + 'type = "hub"\n', ["c.toml: sources[0].dataset: is missing (an id is ORG/NAME)"]),
        ("corpus build", CORPUS.replace('"x"', '"../x"'), ["c.toml: name: '../x' cannot be a name here"]),
    ],
)
def test_a_bad_configuration_is_one_line(
    graftline: Graftline, home: Path, tmp_path: Path, verb: str, text: str | None, complaints: list[str]
) -> None:
    before = folders(home)
    config = tmp_path / "c.toml"
    if text is not None:
        config.write_text(text)
    answer = graftline(*verb.split(), config)
    assert answer.code == 2
    line = answer.one_line()
    assert line.startswith(str(config))
    assert all(complaint in line for complaint in complaints), line
    assert folders(home) == before


def test_bad_overrides_and_names_on_the_command_line(graftline: Graftline, home: Path, tmp_path: Path) -> None:
    before = folders(home)
    config = tmp_path / "c.toml"
    config.write_text(PRETRAIN)
    cases: dict[tuple[object, ...], tuple[int, str]] = {
        ("pretrain", config, "--set", "train.lr"): (2, "--set: 'train.lr' is not key=value"),
        ("pretrain", config, "--set", "train.lr=fast"): (2, "train.lr: expected `float`, got `str`"),
        ("evaluate", "nobody", "--suite", config): (3, "no model 'nobody' here"),
        ("evaluate", BASE, "--suite", "nope"): (3, "no suite 'nope' here"),
        ("evaluate", BASE, "--suite", "nope.toml"): (2, "nope.toml: no such file"),
        ("freeze", "nobody", "--as", "x"): (3, "nobody"),
        ("freeze", "areas", "--as", "../x"): (2, "--as: '../x' cannot be a name here"),
        ("verify", "nobody@1"): (3, "no model 'nobody@1' here"),
        ("verify", "areas"): (3, "is not frozen"),
        ("generate", "nobody", "hello"): (3, "no model 'nobody' here"),
        ("metrics", "tiny", "--name", "nope"): (3, "has no metric 'nope' (it has: grad_norm, heldout_bits_per_byte"),
        ("corpus", "show", "python-doc"): (3, "did you mean 'python-docs'?"),
        ("show", "tinny"): (3, "did you mean 'tiny'?"),
        ("sql", "SELECT nme FROM runs"): (2, 'Referenced column "nme" not found'),
        ("sql", "DROP TABLE runs"): (2, "DROP is refused"),
        ("sql", "SELECT * FROM read_csv('/etc/passwd')"): (2, "sql"),
    }
    for words, (code, complaint) in cases.items():
        answer = graftline(*words)
        assert answer.code == code, (words, answer.err)
        assert complaint in answer.one_line(), words
    assert folders(home) == before


def test_a_changed_byte_in_a_frozen_file_is_refused_by_name(tmp_path: Path) -> None:
    make_workspace(tmp_path / "w")
    weights = tmp_path / "w" / "bases" / BASE / "model.safetensors"
    weights.chmod(0o644)
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    for words in (["verify", BASE], ["generate", BASE, "hello"]):
        answer = ask(*words, home=tmp_path / "w")
        assert answer.code == 2 and BASE in answer.one_line()
    report = ask("verify", BASE, "--json", home=tmp_path / "w")
    assert report.code == 2 and f"{weights}: changed since it was frozen" in report.out


def test_a_workspace_that_is_not_there_is_not_made_by_looking(tmp_path: Path) -> None:
    for verb in (["runs"], ["lineage"], ["sql", "SELECT 1"], ["corpus", "list"], ["compare"]):
        answer = ask(*verb, home=tmp_path / "nowhere")
        assert answer.code == 3 and "no workspace here" in answer.one_line()
    assert not (tmp_path / "nowhere").exists()
    file = tmp_path / "file"
    file.touch()
    answer = ask("runs", "--home", file)
    assert answer.code == 2 and "--home: is a file" in answer.one_line()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Path]:
    """A workspace that a first run is about to make."""
    with supervised(tmp_path / "runs") as client:
        client.workspace.home.mkdir()
        yield client.workspace.home


def test_a_corpus_with_no_text_left_fails_and_leaves_none(empty: Path, tmp_path: Path) -> None:
    source = tiny.write_text(tmp_path / "text.jsonl", 20)
    config = tmp_path / "c.toml"
    config.write_text(dump(tiny.corpus(source)))
    answer = ask("corpus", "build", config, "--set", "clean.rules.words=100000", home=empty)
    assert answer.code == 2, answer.err
    last = answer.err.splitlines()[-1]
    assert last.startswith("graftline: ") and "clean.rules.words" in last, last
    assert not [p for p in (empty / "corpora").rglob("*") if p.is_file()]
    assert ask("corpus", "list", "--json", home=empty).json() == []


def test_a_damaged_source_is_named_with_its_line(empty: Path, tmp_path: Path) -> None:
    source = tiny.write_text(tmp_path / "text.jsonl", 20)
    source.write_text(source.read_text() + '{"text": broken\n')
    config = tmp_path / "c.toml"
    config.write_text(dump(tiny.corpus(source)))
    answer = ask("corpus", "build", config, home=empty)
    last = answer.err.splitlines()[-1]
    assert answer.code == 2 and "text.jsonl" in last and "21" in last, last


FULL_DISK = """
mount -t tmpfs -o size=6m tmpfs "$1" || exit 77
graftline() { "$PYTHON" -m engine.cli --home "$1/runs" "${@:2}"; }
graftline "$1" corpus build "$2"; echo "build $?"
ls -A "$1/runs/corpora" 2>/dev/null
graftline "$1" runs --json
head -c 20M /dev/zero > "$1/filler" 2>/dev/null
graftline "$1" corpus build --no-wait "$3"; echo "submit $?"
ls "$1/runs" | grep -c later
"""


@pytest.mark.skipif(sys.platform != "linux" or not shutil.which("unshare"), reason="needs Linux namespaces")
def test_a_full_disk_ends_a_real_build_with_one_line_and_code_1(tmp_path: Path) -> None:
    """A tmpfs of 6 MB in a mount namespace of our own; the corpus would need about 9."""
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode:
        pytest.skip("this machine does not permit a mount namespace (unshare -rm)")
    disk = tmp_path / "disk"
    disk.mkdir()
    source = tiny.write_text(tmp_path / "text.jsonl", 20_000)
    config, later = tmp_path / "c.toml", tmp_path / "p.toml"
    config.write_text(dump(tiny.corpus(source)))
    later.write_text('kind = "corpus"\nname = "later"\n[[sources]]\npath = "text.jsonl"\n')
    done = subprocess.run(
        ["unshare", "-rm", "bash", "-c", FULL_DISK, "bash", str(disk), str(config), str(later)],
        cwd=ROOT,
        env=os.environ | {"PYTHON": sys.executable, "GRAFTLINE_IDLE_SECONDS": "1", "GRAFTLINE_SAMPLE_SECONDS": "0"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    if done.returncode == 77:
        pytest.skip(f"this machine does not permit mounting a tmpfs: {done.stderr.strip()}")
    assert "build 1\n" in done.stdout and "submit 1\n" in done.stdout, (done.stdout, done.stderr)
    complaints = [line for line in done.stderr.splitlines() if line.startswith("graftline: ")]
    assert len(complaints) == 2 and all("the disk is full (free some space" in line for line in complaints), done.stderr
    assert "Traceback" not in done.stderr
    assert '"state": "failed"' in done.stdout and "tiny-text/" not in done.stdout
    assert done.stdout.splitlines()[-1] == "0", "no folder of the run that could not be queued"


@pytest.mark.parametrize("verb", [[], ["demo"]])
def test_without_a_terminal_the_app_is_refused_and_nothing_is_started(tmp_path: Path, verb: list[str]) -> None:
    home = tmp_path / "runs"
    done = subprocess.run(
        [sys.executable, "-m", "engine.cli", *verb, "--home", str(home)],
        cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("graftline: the app needs a terminal")
    assert not home.exists()
