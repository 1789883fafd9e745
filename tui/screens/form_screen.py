"""A form on screen: fields at the left, what they mean at the right, problems beside their fields as one types.

every change  ->  launch_form.build (at once)  ->  TOML, command
              ->  after a short rest, on a worker: gateway.check_sweep  ->  problems beside the fields, and the plan
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import TYPE_CHECKING, cast

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from engine.config.describe import tables
from engine.config.estimate import Estimate
from engine.config.load import KINDS
from engine.config.schema import RunConfig
from engine.errors import InputError
from tui import theme
from tui.form_fields import Field, default_name, fields, more_fields
from tui.form_sources import count, fields_of, further
from tui.launch_form import Draft, build, placed
from tui.pace import Paced
from tui.plan_lines import Sweep, plan_lines
from tui.text import page, words
from tui.widgets.form import Completions, FormField
from tui.widgets.key_bar import KeyBar
from tui.widgets.sized import Sized

if TYPE_CHECKING:
    from tui.app import GraftlineApp

REST_SECONDS = 0.25
"""Typing rests so long before the workspace is asked what is wrong."""
_TITLES = {
    "branch": "Branch a variant off a base",
    "pretrain": "Pretrain a new base",
    "evaluate": "Evaluate models on suites",
    "corpus": "Build a corpus",
    "import": "Import open weights as a base",
}


class FormScreen(Paced[None]):
    """The form of one stage. What is done with it is its subclass's."""

    def __init__(
        self, kind: str, base: str = "", models: tuple[str, ...] = (), values: Mapping[str, str] | None = None
    ):
        """`values`: what to fill in as if it had been typed."""
        super().__init__()
        self._given = dict(values or {})
        self._kind = kind
        self._fields = fields(kind, base, models)
        self._tables = tables(KINDS[kind])
        self._draft: Draft | None = None
        self._known: dict[str, list[str]] = {"models": [], "corpora": [], "suites": []}
        self._timer: Timer | None = None
        self._checked: RunConfig | None = None
        """The configuration that the workspace last found nothing wrong with."""

    @property
    def unsaved(self) -> bool:
        """Something was typed here that leaving would lose."""
        return any(one.typed for one in self.query(FormField))

    @property
    def graft(self) -> GraftlineApp:
        return cast("GraftlineApp", self.app)

    def compose(self) -> ComposeResult:
        yield Static(self._title(), id="title")
        with Horizontal(id="columns"):
            with Vertical(id="form"):
                with Vertical(id="fields"):
                    for one in self._fields:
                        yield self._line(one)
                    yield Vertical(id="sources")
                    yield Vertical(id="more")
                yield Static(id="verdict")
                yield Button("Launch", id="launch", variant="success", compact=True)
            with Vertical(id="preview"):
                yield Sized(id="plan")
                yield Static(id="command")
                yield Static(id="toml")
        yield KeyBar()

    def _title(self) -> Content:
        return Content.assemble(("◆ ", theme.GREEN), (_TITLES[self._kind], f"bold {theme.BRIGHT}"))

    def _line(self, one: Field) -> FormField:
        suggester = Completions() if one.suggest == "path" else None
        if one.suggest in self._known:
            suggester = Completions(lambda: self._known[one.suggest])
        return FormField(
            one.key, one.label, one.value, options=one.options, hint=one.hint, default=one.default, several=one.swept,
            suggester=suggester,
        )  # fmt: skip

    def on_mount(self) -> None:
        self.graft.ask(self._look_up, self._looked_up, group="launch.known")
        self._plan(None)
        self._redraft()
        if self._given:
            self.call_after_refresh(self.fill, self._given)
        first = next((f for f in self.query(FormField) if not f.value and _in_sight(f)), None)
        (first or self.query(FormField).first()).editor.focus()

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width < 100, "-narrow")
        self.set_class(event.size.width >= 160, "-wide")

    # --- what can be named ----------------------------------------------------------------------

    def _look_up(self) -> dict[str, list[str]]:
        gateway = self.graft.gateway
        models = [row.id for row in gateway.models()]
        corpora = sorted(gateway.corpora(), key=lambda row: row.train_tokens)
        suites = [file.stem for file in sorted(gateway.workspace.suites.glob("*.toml"))]
        files = [str(file) for file in gateway.configs("suites")]
        names = list(dict.fromkeys(row.name for row in corpora))
        return {"models": models, "corpora": names, "suites": [*suites, *files]}

    @property
    def _left(self) -> bool:
        """Whether the form was left while an answer was on its way; off the stack, its parts go one by one."""
        return self not in self.app.screen_stack or not self.query("#verdict") or not self.query(FormField)

    def _looked_up(self, known: dict[str, list[str]]) -> None:
        """Fill in what is likely meant: the largest corpus for a base, the smallest for a domain, every suite here."""
        if self._left:
            return
        self._known = known
        corpora = known["corpora"]
        likely = {
            "corpus": corpora[-1] if corpora else "",
            "data.corpus": corpora[0] if corpora else "",
            "suites": ", ".join(name for name in known["suites"] if not name.endswith(".toml")),
        }
        for one in self.query(FormField):
            if not one.value and not one.typed and likely.get(one.key):
                one.fill(likely[one.key])
        self._redraft()

    # --- every change ---------------------------------------------------------------------------

    def values(self) -> dict[str, str]:
        return {one.key: one.value for one in self.query(FormField)}

    @on(FormField.Changed)
    def _changed(self) -> None:
        self._redraft()

    def _redraft(self) -> None:
        """Draw what the form says now, and ask soon what the workspace makes of it."""
        values = self.values()
        name = next((one for one in self.query(FormField) if one.key == "name"), None)
        if name is not None and not name.typed and self._kind != "evaluate":
            wanted = default_name(self._kind, values)
            if wanted != name.value:
                name.fill(wanted)
                values["name"] = wanted
        known = {one.key: one for one in fields_of(self._kind, values)}
        for line in self.query(FormField):
            line.display = known[line.key].shown(values)
        self._draft = build(self._kind, values, self.graft.gateway.workspace)
        self._checked = None
        if self._draft.config is None:
            self._plan(None)
        self._show(self._draft.problems)
        self.query_one("#command", Static).update(
            Content.assemble(("the same by hand\n", theme.MUTED), (f"$ {self._draft.command}", theme.GREEN))
        )
        self.query_one("#toml", Static).update(page(self._draft.toml))
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(REST_SECONDS, self._check)

    def _check(self) -> None:
        config, gateway = self._draft.config if self._draft else None, self.graft.gateway
        if config is not None:
            asked, runs = config, self.graft.snapshot.runs if self.graft.snapshot else ()
            every = self._draft.sweep if self._draft and self._draft.sweep else (config,)
            self.graft.ask(
                lambda: gateway.check_sweep(every, runs),
                lambda found: self._judged(asked, *found),
                group="launch.problems",
            )

    def _judged(
        self, config: RunConfig, errors: list[InputError], estimate: Estimate | None, together: float | None
    ) -> None:
        self._found(config, errors)
        if self._draft is not None and config is self._draft.config and not self._left:
            self._plan(estimate, together)

    def _plan(self, estimate: Estimate | None, together: float | None = None) -> None:
        """What it will take; for stages that are not worked out, nothing. `together`: seconds of a whole sweep."""
        plan, draft = self.query_one("#plan", Sized), self._draft
        sweep = Sweep(len(draft.sweep), draft.tag, together) if draft is not None and draft.sweep else None
        plan.display = self._kind in ("pretrain", "branch") or sweep is not None
        plan.show(lambda width, height: plan_lines(estimate, width, sweep))

    def _found(self, config: RunConfig, errors: list[InputError]) -> None:
        if self._draft is None or config is not self._draft.config or self._left:
            return
        self._checked = None if errors else config
        self._show(placed(errors, self._kind, self.values()))

    def _show(self, problems: dict[str, str]) -> None:
        for one in self.query(FormField):
            one.problem = problems.get(one.key, "")
        focused = next((one for one in self.query(FormField) if one.has_focus_within), None)
        self._say(problems, focused)

    def _say(self, problems: dict[str, str], focused: FormField | None) -> None:
        """Below the form: the focused field's problem in full, else the first, else that all is well."""
        count = len(problems)
        text = (focused.problem if focused else "") or next(iter(problems.values()), "")
        if text:
            more = f"  ({count} in all)" if count > 1 else ""
            told = words(f"✗ {text}{more}", theme.RED)
        elif self._checked is not None:
            told = Content.styled("✓ nothing in the way: ctrl+s to launch", theme.GREEN)
        else:
            told = Content.styled("… checking", theme.MUTED)
        about = words(_about(focused), theme.FAINT) if focused else Content("")
        self.query_one("#verdict", Static).update(Content("\n").join([told, about]))

    @on(events.DescendantFocus)
    def _moved(self) -> None:
        problems = {one.key: one.problem for one in self.query(FormField) if one.problem}
        focused = next((one for one in self.query(FormField) if one.has_focus_within), None)
        self._say(problems, focused)

    @on(Input.Submitted)
    def _entered(self) -> None:
        self.focus_next()

    # --- all other keys ---------------------------------------------------------------------------

    async def action_more(self) -> None:
        """Unfold every other key of the stage, table by table, or fold them again; what was typed there stays."""
        box = self.query_one("#more", Vertical)
        if not box.children:
            await self._unfold(box)
        else:
            box.display = not box.display
        if box.display:
            box.query(FormField).first().editor.focus()
        elif self.focused is None or box in self.focused.ancestors:
            self.query(FormField).first().editor.focus()

    async def _unfold(self, box: Vertical) -> None:
        rest = more_fields(self._kind)
        lines: list[Widget] = []
        for table, group in groupby(rest, key=lambda one: one.table):
            about = Content.assemble(
                (f"[{table}]" if table else "more"), (f"  {self._tables.get(table, '')}", theme.FAINT)
            )
            lines.append(Static(about, classes="table"))
            lines += [self._line(one) for one in group]
        await box.mount_all(lines)
        self._redraft()

    async def fill(self, values: dict[str, str]) -> None:
        """Take values as if they had been typed, in the fields that are folded away too."""
        box = self.query_one("#more", Vertical)
        if not box.children:
            box.display = False
            await self._unfold(box)
        await self._sources(count(values))
        for one in self.query(FormField):
            one.take(values.get(one.key, ""))
        self._redraft()

    # --- further sources --------------------------------------------------------------------------

    async def action_source(self) -> None:
        """One more source."""
        if self._kind == "corpus":
            box = self.query_one("#sources", Vertical)
            await self._sources(count(self.values()) + 1)
            list(box.query(FormField))[-len(further(1))].editor.focus()

    async def _sources(self, wanted: int) -> None:
        """Lines for so many sources in all; those that are there stay."""
        box, have = self.query_one("#sources", Vertical), count(self.values())
        for number in range(have, wanted):
            lines = [self._line(one) for one in further(number)]
            await box.mount_all([Static(words(f"[sources] {number + 1}"), classes="table"), *lines])
        self._redraft()

    def action_next(self) -> None:
        self.focus_next()

    def action_previous(self) -> None:
        self.focus_previous()


def _about(line: FormField) -> str:
    """What a field means, and how it takes several values."""
    several = "+ takes one more: a run for each" if line.options else "a | b: a run for each"
    return "  ·  ".join(part for part in (line.hint, several if line.several else "") if part)


def _in_sight(field: FormField) -> bool:
    """Neither left out for what the others say nor folded away."""
    return all(node.display for node in field.ancestors_with_self if isinstance(node, Widget))
