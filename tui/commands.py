"""The command palette: every action that has a key here, every place, and every node of the lineage by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from textual.binding import Binding
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from tui import theme
from tui.lineage_rows import every
from tui.messages import OpenLineage
from tui.text import one_line

if TYPE_CHECKING:
    from tui.app import GraftlineApp


Action = tuple[str, str, Callable[[], Any]]
"""Title, help, and what to call."""


class Actions(Provider):
    """What can be done now, in the words of the help."""

    async def discover(self) -> Hits:
        for title, help, call in self._actions():
            yield DiscoveryHit(Content(title), call, text=title, help=help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for title, help, call in self._actions():
            score = max(matcher.match(title), matcher.match(help) * 0.8)
            if score > 0:
                yield Hit(score, matcher.highlight(title), call, text=title, help=help)
        app = cast("GraftlineApp", self.app)
        for node in every(app.snapshot.lineage) if app.snapshot else ():
            name = one_line(node.name)
            if (score := matcher.match(f"go to {name}")) > 0:
                go = partial(app.post_message, OpenLineage(node.id))
                shown = Content.assemble(("go to ", theme.MUTED), name)
                yield Hit(score * 0.9, shown, go, text=shown.plain)

    def _actions(self) -> list[Action]:
        """Title, help and call of each binding with a tooltip, once."""
        found: dict[str, Action] = {}
        for node, binding, enabled, _ in self.screen.active_bindings.values():
            if enabled and binding.tooltip and isinstance(binding, Binding):
                call: Callable[[], Any] = partial(self.app.run_action, binding.action, node)
                key = binding.key_display or binding.key.split(",")[0]
                found.setdefault(binding.action, (binding.description, f"{binding.tooltip} ({key})", call))
        return list(found.values())
