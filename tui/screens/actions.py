"""What can be done to the run or model under the cursor, the same from every place that lists them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, cast

from textual import work

from engine.errors import InputError
from tui.messages import Changed, OpenLogs
from tui.screens.ask import AskScreen
from tui.screens.place import Place


@dataclass(frozen=True)
class Target:
    """Whatever an action is about."""

    id: str
    """A run id, or a frozen model's `name@n`: what notes, tags and names are kept under."""
    name: str
    run_id: str | None
    state: str


class _Targets(Protocol):
    def target(self) -> Target | None: ...


class RunActions(Place):
    """A place with a run under its cursor. Subclasses give `target()`."""

    def _target(self, need_run: bool = False) -> Target | None:
        target = cast(_Targets, self).target()
        if target is None:
            self.graft.say("Nothing is chosen.", severity="warning")
        elif need_run and target.run_id is None:
            self.graft.say(f"{target.name} was not made by a run here.", severity="warning")
            return None
        return target

    def action_logs(self) -> None:
        if (target := self._target(need_run=True)) and target.run_id:
            self.post_message(OpenLogs(target.run_id))

    def action_stop(self) -> None:
        target = self._target(need_run=True)
        if target is None or target.run_id is None:
            return
        run_id = target.run_id
        if target.state == "queued":
            self._do(lambda: self.graft.gateway.stop(run_id), f"{target.name} left the queue.")
        elif target.state == "running":
            self._do(lambda: self.graft.gateway.stop(run_id), f"{target.name}: checkpointing, then stopping.")
        else:
            self.graft.say(f"{target.name} is {target.state}: nothing to stop.", severity="warning")

    def action_resume(self) -> None:
        target = self._target(need_run=True)
        if target is None or target.run_id is None:
            return
        run_id = target.run_id
        if target.state in ("stopped", "failed"):
            self._do(lambda: self.graft.gateway.resume(run_id), f"{target.name} is queued again.")
        else:
            self.graft.say(f"{target.name} is {target.state}: only stopped or failed runs resume.", severity="warning")

    @work(group="dialog")
    async def action_note(self) -> None:
        if target := self._target():
            text = await self.app.push_screen_wait(AskScreen(f"Note on {target.name}", hint="Empty: no note."))
            if text is not None:
                self._do(lambda: self.graft.gateway.note(target.id, text.strip()), f"Noted on {target.name}.")

    @work(group="dialog")
    async def action_tag(self) -> None:
        if target := self._target():
            hint = "One word; with a minus before it, the tag is taken off."
            text = await self.app.push_screen_wait(AskScreen(f"Tag {target.name}", hint=hint, check=_is_tag))
            if text is not None:
                tag, removed = text.strip().removeprefix("-"), text.strip().startswith("-")
                said = f"#{tag} {'off' if removed else 'on'} {target.name}."
                self._do(lambda: self.graft.gateway.tag(target.id, tag, removed=removed), said)

    @work(group="dialog")
    async def action_rename(self) -> None:
        if target := self._target():
            ask = AskScreen(f"Rename {target.name}", hint="Its id stays.", value=target.name, check=_is_name)
            text = await self.app.push_screen_wait(ask)
            if text is not None and text.strip() != target.name:
                self._do(lambda: self.graft.gateway.rename(target.id, text.strip()), f"Now called {text.strip()}.")

    def _do(self, call: Callable[[], object], said: str) -> None:
        """Run a change on a worker; say so when it is done, and look again."""

        def done(_: object) -> None:
            self.graft.say(said)
            self.post_message(Changed())

        self.graft.ask(call, done)


def _is_tag(text: str) -> None:
    tag = text.strip().removeprefix("-")
    if not tag or any(c.isspace() for c in tag):
        raise InputError("a tag is one word")


def _is_name(text: str) -> None:
    if not 1 <= len(text.strip()) <= 200:
        raise InputError("a name has 1 to 200 characters")
