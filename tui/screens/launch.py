"""The launch form: one run, or a sweep, queued from a filled-in form; forms as files.

ctrl+s  ->  gateway.submit        ->  the monitor
        ->  gateway.submit_sweep  ->  the queue
ctrl+o  ->  a file that the command line takes        ctrl+r  <-  such a file
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.binding import BindingType
from textual.widgets import Button

from engine.config.schema import RunConfig
from engine.config.sweep import MOST
from engine.errors import GraftlineError, InputError
from engine.paths import slug
from engine.store.rows import Submitted, Swept
from tui import keys
from tui.launch_form import Draft, filled
from tui.messages import Changed, OpenMonitor, OpenQueue
from tui.screens.ask import AskScreen, ConfirmScreen
from tui.screens.form_screen import FormScreen

_NO_FILE = ("evaluate", "import")
_NO_FILE_WORDS = "This has no file: the command beside the form is all of it."


class LaunchScreen(FormScreen):
    """The form of one stage, and what is done with it."""

    PLACE = "launch"
    CSS_PATH = "launch.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.LAUNCH

    def __init__(
        self, kind: str, base: str = "", models: tuple[str, ...] = (), values: Mapping[str, str] | None = None
    ):
        super().__init__(kind, base, models, values)
        self._launching = self._rehearsing = False

    @on(Button.Pressed, "#launch")
    def action_launch(self) -> None:
        """Check once more, then submit; a form with problems stays open and says so."""
        draft = self._draft
        if draft is None or self._launching:
            return
        if draft.config is None:
            self._show(draft.problems)
            self.graft.say("There are problems to mend first.", severity="warning")
            return
        if len(draft.sweep) > MOST:
            self._ask_first(draft)
        elif draft.sweep:
            self._launch_sweep(draft)
        else:
            self._launch(draft.config, draft.command)

    @work(group="dialog")
    async def _ask_first(self, draft: Draft) -> None:
        """A question before more runs than anybody means by accident."""
        title = f"Queue {len(draft.sweep)} runs?"
        if await self.app.push_screen_wait(ConfirmScreen(title, f"They run one after the other, tagged {draft.tag}.")):
            self._launch_sweep(draft)

    def _launch_sweep(self, draft: Draft) -> None:
        gateway = self.graft.gateway

        def done(made: Swept) -> None:
            app = self.graft
            for line in (*made.said, f"{len(made.run_ids)} runs are queued, tagged {made.tag}."):
                app.say(line)
            self.dismiss()
            app.post_message(Changed())
            app.post_message(OpenQueue())

        self._lock()
        self.graft.ask(lambda: gateway.submit_sweep(draft.sweep, draft.tag, draft.command), done, group="launch.submit")

    def _launch(self, config: RunConfig, command: str) -> None:
        gateway = self.graft.gateway

        def launch() -> Submitted | list[InputError]:
            return gateway.problems(config) or gateway.submit(config, command)

        self._lock()
        self.graft.ask(launch, lambda answer: self._answered(config, answer), group="launch.submit")

    def _lock(self) -> None:
        """A second press in the same second launches nothing twice."""
        self._launching = True
        self.set_timer(1.0, self._unlock)

    def _unlock(self) -> None:
        self._launching = False

    def _answered(self, config: RunConfig, answer: Submitted | list[InputError]) -> None:
        self._launching = False
        if isinstance(answer, list):
            self._found(config, answer)
            self.graft.say("There are problems to mend first.", severity="warning")
            return
        for line in answer.said:
            self.graft.say(line)
        self.graft.say(f"{config.name} is queued.")
        app = self.graft
        self.dismiss()
        app.post_message(Changed())
        app.post_message(OpenMonitor((answer.run_id,)))

    # --- rehearsing -------------------------------------------------------------------------------

    def action_rehearse(self) -> None:
        """Time the first steps of what the form says; the plan beside it then tells by them."""
        config, gateway = self._checked, self.graft.gateway
        if self._rehearsing or self._kind not in ("pretrain", "branch"):
            return
        if config is None:
            self.graft.say("There are problems to mend first.", severity="warning")
            return
        runs = self.graft.snapshot.runs if self.graft.snapshot else ()
        self._rehearsing = True
        self.graft.say("Rehearsing: the first steps, which are thrown away.")

        def rehearse() -> str:
            try:
                gateway.rehearse(config, runs)
            except GraftlineError as error:
                return str(error)
            return ""

        self.graft.ask(rehearse, self._rehearsed, group="launch.rehearse")

    def _rehearsed(self, problem: str) -> None:
        self._rehearsing = False
        if problem:
            self.graft.say(problem, severity="error")
        elif self.is_mounted:
            self._check()

    # --- files ------------------------------------------------------------------------------------

    @work(group="dialog")
    async def action_save(self) -> None:
        """Write the configuration as a file that the command beside the form takes."""
        draft = self._draft
        if draft is None or self._kind in _NO_FILE:
            self.graft.say(_NO_FILE_WORDS, severity="warning")
            return
        name = slug(self.values().get("name", "") or self._kind)
        path = await self.app.push_screen_wait(
            AskScreen("Save as a file", hint="Existing files are replaced.", value=f"{name}.toml")
        )
        if path:
            gateway = self.graft.gateway
            self.graft.ask(lambda: gateway.save(Path(path), draft.toml), lambda _: self.graft.say(f"Saved as {path}."))

    @work(group="dialog")
    async def action_load(self) -> None:
        """Fill the form in from a configuration file of this stage."""
        if self._kind in _NO_FILE:
            self.graft.say(_NO_FILE_WORDS, severity="warning")
            return
        hint = f"A {self._kind} file, such as one in configs/{self._kind}."
        path = await self.app.push_screen_wait(AskScreen("Fill in from a file", hint=hint))
        if path:
            gateway, kind = self.graft.gateway, self._kind
            self.graft.ask(lambda: filled(gateway.load(Path(path), kind)), self.fill)

    def action_leave(self) -> None:
        self.dismiss()
