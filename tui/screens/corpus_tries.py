"""Other thresholds tried out on the corpus that is looked at: typed, nudged, switched off, and taken into a build.

a key  ->  the rule's new bounds  ->  worker: gateway.would(overrides)  ->  a report of what would be kept
                                                                       ->  waterfall, histogram, samples
"""

from __future__ import annotations

import math

from textual import work

from engine.config.bounds import parse, parse_rules, written
from engine.config.corpus import Bound
from engine.corpus.report import CorpusReport
from engine.corpus.thresholds import Answer, nudged, override
from engine.corpus.waterfall import Line
from engine.errors import GraftlineError, InputError
from engine.store.rows import CorpusRow
from tui.launch_form import filled
from tui.messages import OpenLaunch
from tui.screens.ask import AskScreen
from tui.screens.corpus_live import CorpusLive

_HINT = "50..1000, 50.., ..0.3, off, or on for the preset's"


class CorpusTries(CorpusLive):
    """Subclasses give the corpus and the line under the cursor, and draw."""

    def __init__(self) -> None:
        super().__init__()
        self.tried: dict[str, Bound] = {}
        """By rule."""
        self.would: CorpusReport | None = None
        """What the tried thresholds would make of the corpus; without any, the build again with all of its rules."""
        self.base: CorpusReport | None = None
        """The same without any."""
        self._measured: dict[tuple[str, str, tuple[str, ...]], Answer] = {}
        """Of the corpus that is looked at, by measure, source and what was tried."""

    # --- given by the screen --------------------------------------------------------------------

    @property
    def row(self) -> CorpusRow | None:
        raise NotImplementedError

    @property
    def line(self) -> Line | None:
        raise NotImplementedError

    def draw(self) -> None:
        raise NotImplementedError

    # --- asking ---------------------------------------------------------------------------------

    def forget(self) -> None:
        """Another corpus is looked at: nothing is tried on it yet."""
        self.tried, self.would, self.base, self._measured = {}, None, None, {}

    def overrides(self) -> tuple[str, ...]:
        return tuple(override(rule, bound) for rule, bound in self.tried.items())

    def ask_would(self, before: dict[str, Bound] | None = None) -> None:
        """Ask what would be kept. `before`: what was tried until now, and is again when this is refused."""
        row, asked, gateway = self.row, self.overrides(), self.graft.gateway
        if row is None:
            return

        def call() -> tuple[Answer, str]:
            try:
                return gateway.would(row, asked), ""
            except GraftlineError as error:
                return Answer(), str(error)

        def told(found: tuple[Answer, str]) -> None:
            answer, problem = found
            if self.row is not row:
                return
            if problem and before is not None:
                self.graft.say(problem, severity="warning")
                self.tried = before
            elif answer.report is not None:
                self.would = answer.report
                self.base = self.base if asked else answer.report
                self.draw()

        self.graft.ask(call, told, group="thresholds")

    def measure(self, measure: str, source: str) -> Answer | None:
        """How a measure is spread, and who is kept nearest to its bounds; what is not known is asked, then drawn."""
        row, key, gateway = self.row, (measure, source, self.overrides()), self.graft.gateway
        if key in self._measured or row is None or self.would is None:
            return self._measured.get(key)

        def told(found: Answer) -> None:
            if self.row is row and found.histogram is not None:
                self._measured[key] = found
                self.draw()

        self.graft.ask(lambda: gateway.measure(row, *key), told, group="measure")
        return None

    # --- keys -----------------------------------------------------------------------------------

    def action_limits(self) -> None:
        """Type the bounds of the rule under the cursor, or another rule with its bounds."""
        line = self.line
        if self._ready():
            self._type(line.label if line is not None and line.kind == "rule" else "")

    @work(group="dialog")
    async def _type(self, rule: str) -> None:
        if not rule:
            title, hint, value = "Try a rule", f"such as words 50..1000; {_HINT}", ""
            typed = await self.app.push_screen_wait(AskScreen(title, hint=hint, value=value, check=_check_rules))
            self._try(parse_rules(typed)) if typed else None
            return

        def check(text: str) -> None:
            override(rule, parse(text))

        now = self._bounds()
        ask = AskScreen(f"Bounds of {rule}", hint=_HINT, value=written(now) if now else "", check=check)
        typed = await self.app.push_screen_wait(ask)
        if typed is not None and typed.strip():
            self._try({rule: parse(typed)})

    def action_nudge(self, looser: bool) -> None:
        """The bounds of the rule under the cursor a tenth wider, or narrower."""
        line, now = self.line, self._bounds()
        if not self._ready() or line is None:
            return
        if now is None:
            self.graft.say(f"{line.label} {_boundless(line)}", severity="warning")
            return
        low, high = (None if math.isinf(bound) else bound for bound in now)
        self._try({line.label: nudged(low, high, looser=looser)})

    def action_switch(self) -> None:
        """The rule under the cursor off, or on again."""
        line = self.line
        if line is not None and line.kind == "rule" and self._ready():
            if self.tried.get(line.label) is False:
                self._try({}, without=line.label)
            else:
                self._try({line.label: False})

    def action_untry(self) -> None:
        """Everything as it was built."""
        if self.tried:
            self.tried = {}
            self.ask_would()

    async def action_build(self) -> None:
        """The form of a build: with what is tried, filled in as this corpus was built."""
        row, asked, gateway = self.row, self.overrides(), self.graft.gateway
        if row is None or not asked:
            self.post_message(OpenLaunch("corpus"))
            return
        self.graft.ask(
            lambda: filled(gateway.rebuilt(row, asked)),
            lambda values: self.post_message(OpenLaunch("corpus", values=values)),
        )

    def _ready(self) -> bool:
        """Measures are at hand; says why not."""
        if self.would is None:
            self.graft.say(
                "The measures of this corpus are not at hand: build it again to try thresholds.", severity="warning"
            )
        return self.would is not None

    def _bounds(self) -> tuple[float, float] | None:
        """Those of the rule under the cursor, as tried."""
        rule = self.line.rule if self.line is not None else None
        if rule is None or (rule.low is None and rule.high is None):
            return None
        return -math.inf if rule.low is None else rule.low, math.inf if rule.high is None else rule.high

    def _try(self, bounds: dict[str, Bound], without: str = "") -> None:
        before = dict(self.tried)
        try:
            wanted = {rule: bound for rule, bound in {**before, **bounds}.items() if rule != without}
            for rule, bound in wanted.items():
                override(rule, bound)
        except InputError as error:
            self.graft.say(str(error), severity="warning")
            return
        self.tried = wanted
        self.ask_would(before)


def _check_rules(text: str) -> None:
    for rule, bound in parse_rules(text).items():
        override(rule, bound)


def _boundless(line: Line) -> str:
    """Why a line's rule cannot be nudged."""
    if line.rule is not None and line.rule.stays:
        return "differs by source: f chooses one to begin from, v types bounds for all."
    return "has no bounds: choose a rule that has."
