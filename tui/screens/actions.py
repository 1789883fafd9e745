"""What can be done to the run under the cursor, or to all marked, the same from every place that lists them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import work

from tui.lineage_rows import heirs
from tui.messages import OpenLogs
from tui.screens.ask import ConfirmScreen
from tui.screens.naming import Naming, Target, target_of

__all__ = ["RunActions", "Target", "target_of"]
_NAMED = 6
"""Names that a question lists; what is more is counted."""


class RunActions(Naming):
    """Keys of `keys.RUN`."""

    _copied = ""

    def _target(self, need_run: bool = False) -> Target | None:
        target = self.target()
        if target is None:
            self.graft.say("Nothing is chosen.", severity="warning")
        elif need_run and target.run_id is None:
            self.graft.say(f"{target.name} was not made by a run here.", severity="warning")
            return None
        return target

    def action_logs(self) -> None:
        if (target := self._target(need_run=True)) and target.run_id:
            self.post_message(OpenLogs(target.run_id))

    # --- stop, resume ---------------------------------------------------------------------------

    def action_stop(self) -> None:
        ends = {"queued": "{} left the queue.", "running": "{}: checkpointing, then stopping."}
        self._each(ends, self.graft.gateway.stop, "nothing to stop")

    def action_resume(self) -> None:
        ends = dict.fromkeys(("stopped", "failed"), "{} queued again.")
        self._each(ends, self.graft.gateway.resume, "only stopped or failed runs resume")

    def action_profile(self) -> None:
        ends = {"running": "{}: its next five steps will be in its folder's profiles/."}
        self._each(ends, self.graft.gateway.profile, "only running runs are profiled")

    def _each(self, said: dict[str, str], call: Callable[[str], object], otherwise: str) -> None:
        """Do something to every chosen run whose state is a key of `said`; its value says that it was done."""
        targets = self._chosen_targets()
        able = [target for target in targets if target.run_id and target.state in said]
        if able:
            who = able[0].name if len(able) == 1 else f"{len(able)} runs"
            ids = [target.run_id or "" for target in able]
            self._do(lambda: _all(call, ids), said[able[0].state].format(who))
        elif len(targets) == 1:
            self.graft.say(f"{targets[0].name} is {targets[0].state}: {otherwise}.", severity="warning")
        elif targets:
            self.graft.say(f"None of the {len(targets)} marked: {otherwise}.", severity="warning")

    # --- delete ---------------------------------------------------------------------------------

    @work(group="dialog")
    async def action_remove(self) -> None:
        """Ask, then delete run folders, what descends before what it descends from."""
        targets = self._chosen_targets()
        runs = [target for target in targets if target.id == target.run_id]
        if not runs:
            if targets:
                self.graft.say(f"{targets[0].id} stays: only runs can be deleted.", severity="warning")
            return
        if said := self._in_the_way(runs):
            self.graft.say(said, severity="warning")
            return
        if await self.app.push_screen_wait(_question(runs)):
            ids = [target.id for target in runs]
            ids.sort(reverse=True)  # ids sort by time, and what descends is always newer
            who = runs[0].name if len(runs) == 1 else f"{len(runs)} runs"
            self._do(lambda: _all(self.graft.gateway.remove, ids), f"Deleted {who}.")

    def _in_the_way(self, runs: Sequence[Target]) -> str:
        """Why these cannot be deleted now; empty when they can."""
        busy = [target.name for target in runs if target.state in ("running", "stopping")]
        if busy:
            return f"{_list(busy)}: running. Stop it with S first."
        snapshot, going = self.graft.snapshot, {target.id for target in runs}
        for target in runs if snapshot else ():
            left = [name for id, name in heirs(snapshot.lineage, snapshot.runs, target.id) if id not in going]  # type: ignore[union-attr]
            if left:
                return f"{target.name} stays: {_list(left)} came from it. Delete those first."
        return ""

    # --- copy -----------------------------------------------------------------------------------

    def action_copy(self) -> None:
        """The id; once more, the command that made it."""
        target = self._target()
        if target is None:
            return
        if self._copied == target.id and target.run_id:
            run_id = target.run_id
            self.graft.ask(lambda: self.graft.gateway.command(run_id), self._copy_command)
            self._copied = ""
            return
        self._copied = target.id
        self.graft.copy(target.id, f"{target.id}; Y again: the command" if target.run_id else target.id)

    def _copy_command(self, command: str) -> None:
        if command:
            self.graft.copy(command, command)
        else:
            self.graft.say("Nobody recorded the command that made this.", severity="warning")


def _all(call: Callable[[str], object], ids: Sequence[str]) -> None:
    for id in ids:
        call(id)


def _question(runs: Sequence[Target]) -> ConfirmScreen:
    gone = "Its checkpoints, journal and log are gone for good."
    if len(runs) == 1:
        return ConfirmScreen(f"Delete {runs[0].name}?", f"{runs[0].id}\n{gone}")
    names = _list([target.name for target in runs])
    return ConfirmScreen(f"Delete {len(runs)} runs?", f"{names}\n{gone.replace('Its', 'Their')}")


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
