"""docs/keys.md, from `tui.keys`: every key by place, with the id that settings call it by.

`python -m tui.key_page > docs/keys.md` writes it.
"""

from __future__ import annotations

from textual.binding import Binding

from tui.key_words import spoken
from tui.keymap import sections

_HEAD = """# Keys

`?` lists the keys of where one is, `ctrl+p` finds every action by name. One key means one thing everywhere. Any of them
can be another, by its id, in `settings.toml` (see [settings](settings.md)):

```toml
[keys]
app.quit = "ctrl+q"
lineage.mark = "space,v"
```
"""
_TITLES = {
    "app": "Everywhere",
    "place": "In every place",
    "find": "In the finder",
    "help": "In the help",
    "ask": "In a question for text",
    "confirm": "In a question for yes or no",
    "run": "On a run or model",
    "tree": "In the lineage's tree",
    "welcome": "In an empty workspace",
    "card": "In the lineage's card",
    "choose": "In a list to choose from",
    "columns": "In the choice of columns",
    "views": "In the list of views",
    "log_view": "In a log",
    "lines": "In the corpus's lines",
    "watch_list": "In the monitor's list of runs",
    "list": "In any list",
    "table": "In the table of runs",
    "processes": "In the list of processes",
    "scores": "In the table of scores",
    "items": "In the list of items",
    "search": "In a search line",
    "reader": "In one item or sample",
    "prompt": "In the prompt",
    "answer": "In an answer",
    "sampling": "In the sampling form",
    "options": "In the launch form's choices",
    "launch": "In the launch form",
}


def page() -> str:
    """All of it. A list that others include, such as what can be done to a run, stands once."""
    seen: set[str] = set()
    parts = [_HEAD]
    for name, bindings in sections().items():
        fresh = [binding for binding in bindings if binding.id and binding.id not in seen]
        seen |= {binding.id for binding in fresh if binding.id}
        if fresh:
            parts.append(_section(_TITLES.get(name, name.replace("_", " ").capitalize()), fresh))
    return "\n".join(parts)


def _section(title: str, bindings: list[Binding]) -> str:
    rows = [f"| {_keys(one)} | {one.description} | {one.tooltip} | `{one.id}` |" for one in bindings]
    return "\n".join([f"## {title}", "", "| key | does | | id |", "| --- | --- | --- | --- |", *rows, ""])


def _keys(binding: Binding) -> str:
    return " ".join(f"`{spoken(key)}`" if spoken(key) != "|" else "`\\|`" for key in binding.key.split(","))


if __name__ == "__main__":
    print(page(), end="")
