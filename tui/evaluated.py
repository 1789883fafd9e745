"""Which models stand in the comparison of a suite: those asked for, else the newest. No widget, no store.

A table holds a few models at a time however many a workspace has, since each costs its whole list of answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.store.rows import Evaluation

LANGUAGE = "language-model"
MOST = 12
"""Most models in a table."""
_GLANCE = 96
"""Evaluations that are taken in at a glance, the newest, when nobody was asked for."""


@dataclass(frozen=True)
class Evaluated:
    """All evaluations, and the models asked for; none: all."""

    evals: Sequence[Evaluation] = field(default_factory=tuple)
    asked: tuple[str, ...] = ()

    def suites(self) -> list[tuple[str, str]]:
        """(suite, task): tasks first, language models after them; by name."""
        found = {(row.suite, row.task) for row in self.evals}
        return sorted(found, key=lambda pair: (pair[1] == LANGUAGE, pair[0]))

    def wanted(self, suite: str) -> list[Evaluation]:
        """The evaluations on a suite of the models asked for, in their order; of all when nobody was."""
        rows = {row.model_id: row for row in self.evals if row.suite == suite}
        return [rows[model] for model in self.asked if model in rows] if self.asked else list(rows.values())

    def models(self, suite: str) -> list[str]:
        """Who stands in the table: at most `MOST`, the first ones asked for, or the newest as the store has them."""
        rows = self.wanted(suite)
        if not self.asked and len(rows) > MOST:
            newest = {row.model_id for row in sorted(rows, key=lambda row: row.time)[-MOST:]}
            rows = [row for row in rows if row.model_id in newest]
        return [row.model_id for row in rows[:MOST]]

    def left_out(self, suite: str) -> int:
        """How many that were wanted find no room."""
        return max(0, len(self.wanted(suite)) - MOST)

    def missing(self, suite: str) -> list[str]:
        """Models asked for that were not evaluated on a suite."""
        here = {row.model_id for row in self.evals if row.suite == suite}
        return [model for model in self.asked if model not in here]

    def suite(self, now: str) -> str:
        """The suite to show: `now` while it knows somebody asked for, else the one that knows the most of them."""
        suites = [suite for suite, _ in self.suites()]
        fits = {suite: len(self.wanted(suite)) if self.asked else 0 for suite in suites}
        if now in suites and (fits[now] or not self.asked):
            return now
        return max(suites, key=lambda suite: fits[suite], default="")

    def at_a_glance(self) -> list[str]:
        """The models of the table of all suites."""
        if self.asked:
            return list(dict.fromkeys(self.asked))[:_GLANCE]
        newest = sorted(self.evals, key=lambda row: row.time)[-_GLANCE:]
        return list(dict.fromkeys(row.model_id for row in newest))
