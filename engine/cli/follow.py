"""Wait for a run and show how far it has come: a live bar on a terminal, its sentences elsewhere.

The bar is drawn from the journal's tail, which costs nobody anything; whether the run is over is asked of the
supervisor once a second, because only it knows of an engine that died without a word.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.cli.base import say
from engine.cli.render import console, number, text
from engine.errors import InputError, RunFailedError
from engine.journal.events import Decision, Failed, Finished, Metrics, Planned, Progress, Record, Said, Started, Stopped
from engine.journal.pace import pace
from engine.journal.reader import Tail
from engine.plain import one_line

if TYPE_CHECKING:
    from engine.launch.client import Client
    from engine.store.rows import RunRow

OVER = frozenset({"finished", "failed", "stopped", "cancelled"})
_LOOK_SECONDS = 0.2
_ASK_SECONDS = 1.0


@dataclass
class Picture:
    """What the bar shows of a run."""

    phase: str = "waiting"
    done: int = 0
    total: int = 0
    """0: not known."""
    train_loss: float | None = None
    heldout_loss: float | None = None
    pace: Sequence[tuple[str, str]] = ()
    """Of a corpus that is built: how fast, by label."""
    user_error: bool = False
    """The last attempt failed, and the input was at fault."""

    def take(self, record: Record) -> str | None:
        """Bring the picture up to date with one record; the sentence it says, if any."""
        match record.event:
            case Started():
                self.phase, self.user_error = "starting", False
            case Planned(steps=steps):
                self.phase, self.total = "training", steps
            case Progress(phase=phase, done=done, total=total) as progress:
                self.phase, self.done, self.total, self.pace = phase, done, total, pace(progress)
            case Metrics(step=step, values=values):
                self.done = step
                self.train_loss = values.get("train_loss", self.train_loss)
                self.heldout_loss = values.get("heldout_loss", self.heldout_loss)
            case Decision(what=what, step=step, why=why):
                return f"step {step}: {what}: {why}"
            case Said(text=sentence):
                return sentence
            case Failed(user_error=user_error):
                self.user_error = user_error
        return None

    def words(self) -> str:
        losses = [("train", self.train_loss), ("held-out", self.heldout_loss)]
        figures = [(name, number(value)) for name, value in losses if value]
        rates = [one for one in self.pace if one[0] in ("MB/s", "memory")]
        return "  ".join([one_line(self.phase), *(f"{name} {value}" for name, value in (*figures, *rates))])


def follow(client: Client, run_id: str, *, loud: bool = True) -> tuple[RunRow, Picture]:
    """Wait until a run is over, and return how it ended. `loud`: show the way there on stderr.

    An interrupt ends the waiting, not the run; that is said.
    """
    picture, tail = Picture(), Tail(client.workspace.run(run_id).journal)
    try:
        if not loud:
            return _wait(client, run_id, tail, picture, lambda sentence: None), picture
        if sys.stderr.isatty():
            return _with_bar(client, run_id, tail, picture), picture
        return _wait(client, run_id, tail, picture, lambda s: say(s) if s else None), picture
    except KeyboardInterrupt:
        say(f"{run_id} goes on without you; see it again with: graftline watch {run_id}")
        raise


def _wait(client: Client, run_id: str, tail: Tail, picture: Picture, tell: Callable[[str | None], None]) -> RunRow:
    asked = 0.0
    while True:
        records = tail.poll()
        for record in records:
            tell(picture.take(record))
        tell(None)
        ending = any(isinstance(r.event, Finished | Failed | Stopped) for r in records)
        if ending or time.monotonic() - asked >= _ASK_SECONDS:
            row = client.run(run_id)
            asked = time.monotonic()
            if row.state in OVER:
                for record in tail.poll():
                    tell(picture.take(record))
                return row
            if row.state == "queued":
                picture.phase = "queued"
        time.sleep(_LOOK_SECONDS)


def _with_bar(client: Client, run_id: str, tail: Tail, picture: Picture) -> RunRow:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(elapsed_when_finished=False),
    )
    with Bar(*columns, console=console(error=True), transient=True) as bar:
        task = bar.add_task(picture.words(), total=None, phase="")

        def tell(sentence: str | None) -> None:
            if sentence:
                bar.console.print(text(sentence, "dim"))
            if bar.tasks[0].fields["phase"] != picture.phase:  # another pace: the time left is guessed anew
                bar.reset(task, phase=picture.phase)
            bar.update(task, description=picture.words(), completed=picture.done, total=picture.total or None)

        return _wait(client, run_id, tail, picture, tell)


def ended(row: RunRow, picture: Picture) -> None:
    """Raise for a run that did not finish: `InputError` when the input was at fault, else `RunFailedError`."""
    if row.state == "finished":
        return
    if row.state == "failed":
        error = row.error or "failed without saying why"
        if picture.user_error:
            raise InputError(error, fix=None)
        raise RunFailedError(f"{row.id} failed: {error} (graftline logs {row.id}; graftline resume {row.id})")
    hint = f" (graftline resume {row.id})" if row.state == "stopped" else ""
    raise RunFailedError(f"{row.id} was {row.state} at step {row.step}{hint}")
