"""Every key of the app, by place. Each has an id, so that a user can give it another key."""

from __future__ import annotations

from textual.binding import Binding, BindingType

APP: list[BindingType] = [
    Binding("1", "place('lineage')", "lineage", id="place.lineage", show=False),
    Binding("2", "place('runs')", "runs", id="place.runs", show=False),
    Binding("3", "place('monitor')", "monitor", id="place.monitor", show=False),
    Binding("4", "place('compare')", "compare", id="place.compare", show=False),
    Binding("5", "place('corpus')", "corpus", id="place.corpus", show=False),
    Binding("6", "place('logs')", "logs", id="place.logs", show=False),
    Binding("question_mark", "help", "keys", id="app.help", key_display="?"),
    Binding("q", "quit", "quit", id="app.quit"),
]
