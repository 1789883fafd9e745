"""No verb that looks, asks or steers loads torch, and a reader that leaves early hears no complaint."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.workspace import RUNS

ROOT = Path(__file__).parents[2]

VERBS = [
    ["runs"], ["runs", "--json"], ["lineage"], ["show", "tiny@1"], ["show", "areas"], ["show", "python-docs"],
    ["logs", "tiny"], ["watch", "tiny"], ["metrics", "tiny"], ["compare", "--suite", "areas"], ["corpus", "list"],
    ["corpus", "show", "python-docs"], ["sql", "SELECT 1"], ["note", "tiny@1", "x"], ["tag", "tiny@1", "x"],
    ["reindex"], ["verify", "tiny@1"], ["stop", "areas"], ["evaluate", "tiny@1", "--suite", "none"],
    ["freeze", "areas", "--as", "x"], ["generate", "nobody", "x"], ["pretrain", "none.toml"], ["branch", "none.toml"],
]  # fmt: skip


def test_no_verb_loads_torch(home: Path) -> None:
    code = f"""
import sys
from engine.cli import _run
for verb in {VERBS!r}:
    _run(["--home", {str(home)!r}, *verb])
    assert "torch" not in sys.modules, verb
    assert "textual" not in sys.modules, verb
print("light")
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "light"
    assert "Traceback" not in done.stderr


def test_a_reader_that_leaves_early_hears_no_complaint(home: Path) -> None:
    query = "SELECT * FROM metrics, range(40)"
    command = [sys.executable, "-m", "engine.cli", "--home", str(home), "sql", query, "--csv", "--limit", "100000"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout and process.stderr
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode in (0, 1)


def test_doctor_says_what_it_found_and_asks_torch_elsewhere(home: Path) -> None:
    code = f"import sys; from engine.cli import _run; _run(['doctor', '--home', {str(home)!r}]); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert "torch" not in done.stdout.splitlines()[-1].split()
    for check in ("python", "torch", "device", "memory", "workspace", "disk", "supervisor", "database"):
        assert f" {check} " in done.stdout, done.stdout
    assert f"{len(RUNS)} runs" in done.stdout
