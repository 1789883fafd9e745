"""One prompt to several models, their answers side by side as they are made.

models      who is asked, and how
prompt      a box to write in: enter asks everybody
panes       a column a model (rows where the terminal is narrow): state, speed, the words, or a classifier's chances

Each answer is listened to by a thread of its own; at most two processes speak at once, the others wait for a turn.
Leaving the place stops nothing, and the app's end ends every process.
"""

from __future__ import annotations

from functools import partial
from typing import ClassVar

import msgspec
from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from engine.dialogue import Sampling
from engine.errors import GraftlineError, machine_error
from tui import keys, theme
from tui.exchange import Answer, Exchange, Question, markdown
from tui.messages import OpenCompare, Snapshot
from tui.screens.pick import Choice, PickScreen
from tui.screens.place import Place
from tui.screens.sampling import SamplingScreen
from tui.screens.save import save_as
from tui.speakers import Speaker, by_default, speakers_of
from tui.text import cut
from tui.widgets.answer_grid import AnswerGrid
from tui.widgets.prompt_box import PromptBox

_DRAW_SECONDS = 0.2


class PlayScreen(Place):
    """`app.asked`, or a base and its newest variant when nobody was chosen."""

    PLACE = "play"
    CSS_PATH = "play.tcss"
    BINDINGS: ClassVar[list[BindingType]] = keys.PLAY

    def __init__(self) -> None:
        super().__init__()
        self._speakers: dict[str, Speaker] = {}
        self._exchanges: list[Exchange] = []
        self._at = 0
        self._sampling, self._given = Sampling(), ""
        self._timer: Timer | None = None

    def body(self) -> ComposeResult:
        yield Static(id="who")
        yield PromptBox(id="prompt")
        yield Static(id="asked")
        yield AnswerGrid(id="answers")
        yield Static(id="none")

    def on_mount(self) -> None:
        super().on_mount()
        self._timer = self.set_interval(_DRAW_SECONDS, self._draw_answers, pause=True)
        self.query_one("#none").display = False
        self.watch(self.app, "asked", self._lay_out, init=False)
        self.query_one(PromptBox).focus()

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.height < 30, "-short")

    # --- who is asked ---------------------------------------------------------------------------

    def show_snapshot(self, snapshot: Snapshot) -> None:
        self._speakers = speakers_of(snapshot.lineage)
        self._lay_out()

    def models(self) -> tuple[str, ...]:
        """Who would be asked now."""
        return self.graft.asked or by_default(self._speakers)

    def _exchange(self) -> Exchange | None:
        return self._exchanges[self._at] if self._at < len(self._exchanges) else None

    def _lay_out(self, _: object = None) -> None:
        """A pane for each model asked now; those of an earlier exchange while that is shown."""
        exchange = self._exchange()
        columns = tuple(exchange.answers) if exchange else self.models()
        nobody = not columns
        self.query_one("#none").display = nobody
        self.query_one("#answers").display = not nobody
        if nobody:
            self.query_one("#none", Static).update(_nobody())
        if columns != self._grid.models:
            self._replace(columns)
        else:
            self._draw()

    @work(exclusive=True, group="panes")
    async def _replace(self, columns: tuple[str, ...]) -> None:
        await self._grid.put(columns)
        self._draw()

    @property
    def _grid(self) -> AnswerGrid:
        return self.query_one(AnswerGrid)

    # --- asking ---------------------------------------------------------------------------------

    @on(PromptBox.Asked)
    def _asked(self, message: PromptBox.Asked) -> None:
        self._ask(Question(message.text, self._given, self._sampling))

    def _ask(self, question: Question) -> None:
        models = self.models()
        if not models:
            self.graft.say("Nobody to ask yet: a base or a variant comes first.", severity="warning")
            return
        for exchange in self._exchanges:
            exchange.stop()
        now = self.graft.clock()
        self._exchanges.append(Exchange(question, {model: Answer(model, began=now) for model in models}))
        self._at = len(self._exchanges) - 1
        for answer in self._exchanges[-1].answers.values():
            self.run_worker(partial(self._listen, question, answer), thread=True, group="answers")
        self._lay_out()
        if self._timer is not None:
            self._timer.resume()

    def _listen(self, question: Question, answer: Answer) -> None:
        """On a thread: everything one model says, into its answer."""
        problem = ""
        try:
            for said in self.graft.gateway.answer(answer.model, question, answer.stop):
                answer.hear(said, self.graft.clock())
        except GraftlineError as error:
            problem = str(error)
        except OSError as error:
            known = machine_error(error)
            if known is None:
                raise
            problem = str(known)
        answer.end(problem)

    # --- drawing --------------------------------------------------------------------------------

    def _draw(self) -> None:
        self._draw_words()
        for pane in self._grid.panes:
            if speaker := self._speakers.get(pane.model):
                pane.introduce(speaker.name, speaker.about, speaker.glyph, speaker.does)
            else:
                pane.introduce(pane.model, "not in the lineage any more", "?")
        self._draw_answers()

    def _draw_words(self) -> None:
        exchange, width = self._exchange(), self.size.width
        asked = self.models()
        count = f"asking {len(asked)} model{'s' * (len(asked) != 1)}"
        how = Question("", self._given, self._sampling).words() + " · with an input" * bool(self._given)
        self.query_one("#who", Static).update(Content.assemble((count, theme.BRIGHT), (f"  {how}", theme.MUTED)))
        line = self.query_one("#asked", Static)
        line.display = exchange is not None
        if exchange is not None:
            many = len(self._exchanges)
            place = f"  {self._at + 1} of {many}, seed {exchange.question.sampling.seed}" if many > 1 else ""
            text = cut(exchange.question.prompt, max(10, width - 6 - len(place)))
            line.update(Content.assemble(("❯ ", theme.GREEN), (text, f"bold {theme.BRIGHT}"), (place, theme.MUTED)))

    def _draw_answers(self) -> None:
        exchange, now = self._exchange(), self.graft.clock()
        for pane in self._grid.panes:
            pane.show(exchange.answers.get(pane.model) if exchange else None, now)
        if self._timer is not None and all(one.over for one in self._exchanges):
            self._timer.pause()

    # --- keys -----------------------------------------------------------------------------------

    def action_write(self) -> None:
        self.query_one(PromptBox).focus()

    def action_stop(self) -> None:
        """Stops what speaks; with nothing to stop, leaves the prompt for the answers."""
        going = [exchange for exchange in self._exchanges if not exchange.over]
        for exchange in going:
            exchange.stop()
        pane = self._grid.focused()
        if not going and pane is not None and self.query_one(PromptBox).has_focus:
            pane.scroll.focus()

    def action_again(self) -> None:
        if exchange := self._exchange():
            question = exchange.question
            seed = max(one.question.sampling.seed for one in self._exchanges) + 1
            sampling = msgspec.structs.replace(question.sampling, seed=seed)
            self._ask(Question(question.prompt, question.given, sampling))

    def action_turn(self, by: int) -> None:
        if self._exchanges:
            self._at = max(0, min(self._at + by, len(self._exchanges) - 1))
            self._lay_out()

    def action_column(self, by: int) -> None:
        self._grid.focus_beside(by)

    def action_drop(self) -> None:
        pane = self._grid.focused()
        if pane is not None and len(self.models()) > 1:
            self.graft.asked = tuple(model for model in self.models() if model != pane.model)

    def action_compare(self) -> None:
        self.post_message(OpenCompare(self.models()))

    def action_pick(self) -> None:
        choices = [Choice(one.id, one.name, one.about, one.state) for one in self._speakers.values()]

        def chosen(models: tuple[str, ...] | None) -> None:
            if models:
                self._at = len(self._exchanges)  # an empty exchange: the panes are theirs who are asked next
                self.graft.asked = models
                self._lay_out()

        self.app.push_screen(PickScreen("Models to ask", choices, self.models()), chosen)

    def action_settings(self) -> None:
        def chosen(how: tuple[Sampling, str] | None) -> None:
            if how is not None:
                self._sampling, self._given = how
                self._draw_words()

        self.app.push_screen(SamplingScreen(self._sampling, self._given), chosen)

    def action_copy(self) -> None:
        pane = self._grid.focused()
        if pane is None or pane.answer is None:
            self.graft.say("Nothing is answered yet.", severity="warning")
            return
        self.graft.copy(pane.answer.words(), f"what {self._called(pane.model)} said")

    def _called(self, model: str) -> str:
        return self._speakers[model].name if model in self._speakers else model

    @work(group="dialog")
    async def action_export(self) -> None:
        exchange = self._exchange()
        if exchange is None:
            self.graft.say("Nothing is answered yet.", severity="warning")
            return
        names = {model: self._called(model) for model in exchange.answers}
        await save_as(self, "Save the exchange as Markdown", "exchange.md", lambda _: markdown(exchange, names))


def _nobody() -> Content:
    return Content.assemble(
        ("There is no model to talk to yet.\n\n", f"bold {theme.BRIGHT}"),
        ("Pretrain a base (1, then P), or see the whole method at work:\n", theme.MUTED),
        ("graftline demo", theme.GREEN),
    )
