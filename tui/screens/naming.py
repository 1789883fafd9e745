"""Notes, tags and names of whatever is under the cursor or marked, and undo for all three.

    key  ->  dialog  ->  change, on a worker  ->  said, and how to reverse it kept in `app.undo`

A frozen model shows the notes and tags of the run that it was frozen from beside its own, so a tag is taken off both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual import work

from engine.errors import InputError
from engine.store.rows import RunRow
from tui.messages import Changed
from tui.screens.ask import AskScreen
from tui.screens.place import Place
from tui.text import one_line


@dataclass(frozen=True)
class Target:
    """Whatever an action is about."""

    id: str
    """A run id, a corpus `name/hash` or a frozen model's `name@n`: what notes, tags and names are kept under."""
    name: str
    run_id: str | None
    state: str
    note: str = ""
    tags: tuple[str, ...] = ()
    kin: tuple[str, ...] = ()
    """Other ids whose notes and tags show here too."""


def target_of(run: RunRow) -> Target:
    """A run of a table as a target."""
    return Target(run.id, run.name, run.id, run.state, run.note, run.tags)


class Naming(Place):
    """A place with something under its cursor. Subclasses give `target()`, and `targets()` where they have marks."""

    def target(self) -> Target | None:
        """What is under the cursor."""
        return None

    def targets(self) -> tuple[Target, ...]:
        """The marked ones; without marks, the one under the cursor."""
        target = self.target()
        return (target,) if target else ()

    def _chosen_targets(self) -> tuple[Target, ...]:
        """As `targets()`; says so when there are none."""
        targets = self.targets()
        if not targets:
            self.graft.say("Nothing is chosen.", severity="warning")
        return targets

    @work(group="dialog")
    async def action_note(self) -> None:
        if targets := self._chosen_targets():
            old = targets[0].note if len(targets) == 1 else ""
            ask = AskScreen(f"Note on {_together(targets)}", hint="Empty: no note.", value=old)
            text = await self.app.push_screen_wait(ask)
            if text is not None:
                self._note(targets, text.strip())

    def _note(self, targets: tuple[Target, ...], text: str) -> None:
        note = self.graft.gateway.note
        changed = tuple(target for target in targets if target.note != text)

        def do() -> None:
            for target in changed:
                for id in (target.id, *(() if text else target.kin)):
                    note(id, text)

        def back() -> None:
            for target in changed:
                note(target.id, target.note)

        said = f"Noted on {_together(targets)}." if text else f"No note on {_together(targets)}."
        self._do(do, said, undo=(f"the note on {_together(targets)}", back) if changed else None)

    @work(group="dialog")
    async def action_tag(self) -> None:
        if targets := self._chosen_targets():
            hint = "One word; with a minus before it, the tag is taken off."
            ask = AskScreen(f"Tag {_together(targets)}", hint=hint, check=_is_tag)
            text = await self.app.push_screen_wait(ask)
            if text is not None:
                self._tag(targets, text.strip().removeprefix("-"), removed=text.strip().startswith("-"))

    def _tag(self, targets: tuple[Target, ...], tag: str, *, removed: bool) -> None:
        gateway = self.graft.gateway
        changed = tuple(target for target in targets if (tag in target.tags) == removed)

        def do() -> None:
            for target in changed:
                for id in (target.id, *(target.kin if removed else ())):
                    gateway.tag(id, tag, removed=removed)

        def back() -> None:
            for target in changed:
                gateway.tag(target.id, tag, removed=not removed)

        what = f"#{tag} {'off' if removed else 'on'} {_together(targets)}"
        self._do(do, f"{what}.", undo=(what, back) if changed else None)

    @work(group="dialog")
    async def action_rename(self) -> None:
        target = self.target()
        if target is None:
            self.graft.say("Nothing is chosen.", severity="warning")
        elif target.id != target.run_id:
            self.graft.say(f"{target.id} keeps its name: others refer to it by it. A tag or a note can say more.")
        else:
            ask = AskScreen(f"Rename {target.name}", hint="Its id stays.", value=target.name, check=_is_name)
            text = await self.app.push_screen_wait(ask)
            if text is not None and text.strip() != one_line(target.name).strip():
                self._rename(target, text.strip())

    def _rename(self, target: Target, name: str) -> None:
        rename = self.graft.gateway.rename
        undo = (f"{name} is {target.name} again", lambda: rename(target.id, target.name))
        self._do(lambda: rename(target.id, name), f"Now called {name}.", undo=undo)

    def action_undo(self) -> None:
        """Take back the newest change of a name, tag, note or of the marks."""
        change = self.graft.undo.take()
        if change is None:
            self.graft.say("Nothing to undo.", severity="warning")
        elif change.blocks:
            self._do(change.back, f"Undone: {change.what}.")
        else:
            change.back()
            self.graft.say(f"Undone: {change.what}.")

    def _do(
        self, call: Callable[[], object], said: str, *, undo: tuple[str, Callable[[], object]] | None = None
    ) -> None:
        """Run a change on a worker; when it is done say so, keep how to reverse it, and look again."""

        def done(_: object) -> None:
            if undo is not None:
                self.graft.undo.add(*undo)
            self.graft.say(said)
            self.post_message(Changed())

        self.graft.ask(call, done)


def _together(targets: tuple[Target, ...]) -> str:
    return targets[0].name if len(targets) == 1 else f"{len(targets)} marked"


def _is_tag(text: str) -> None:
    tag = text.strip().removeprefix("-")
    if not tag or any(c.isspace() for c in tag):
        raise InputError("a tag is one word")


def _is_name(text: str) -> None:
    if not 1 <= len(text.strip()) <= 200:
        raise InputError("a name has 1 to 200 characters")
