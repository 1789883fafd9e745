"""Everything that can be done, by name: what the finder (ctrl+p) searches.

    here        every action of this place and of the widget that has the keys
    places      the nine places; elsewhere: every action of the others, done after going there
    themes      each shown while the cursor is on it
    names       every model and run of the workspace

A command's words are ours or have been through `tui.text`; its call does what the key would.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.binding import Binding
from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget

from tui import messages
from tui.key_words import first, spoken
from tui.keymap import PARTS, sections
from tui.lineage_rows import every
from tui.palettes import PALETTES
from tui.text import one_line
from tui.widgets.place_bar import PLACES

if TYPE_CHECKING:
    from tui.app import GraftlineApp


@dataclass(frozen=True)
class Command:
    title: str
    about: str
    call: Callable[[], Any]
    """What to do; may return something to await."""
    key: str = ""
    group: str = ""
    """Where it belongs, for what is not here."""
    palette: str = ""
    """A theme to show while the cursor is on this."""


def commands(app: GraftlineApp, screen: Screen[Any]) -> list[Command]:
    """All of them, the nearest first. `screen`: where the finder was opened; a dialog keeps one where one is."""
    found = [*_here(app, screen), *_manners(app)]
    if getattr(screen, "PLACE", "") in PLACES:
        found += [*_elsewhere(app, screen), *_names(app)]
    return found


def _here(app: GraftlineApp, screen: Screen[Any]) -> Iterator[Command]:
    """What the place can do, then what is the same everywhere, then how to move about in a widget."""
    seen: set[str] = set()
    order: dict[object, int] = {screen: 0, app: 1}
    active = sorted(
        screen.active_bindings.values(),
        key=lambda one: order.get(one.node, 2) or one.binding.action.startswith("app.focus_"),
    )
    for node, binding, enabled, _ in active:
        if enabled and binding.tooltip and binding.id and binding.action not in seen:
            seen.add(binding.action)
            call = partial(app.run_action, binding.action, node)
            yield Command(binding.description, binding.tooltip, call, first(binding))


def _elsewhere(app: GraftlineApp, screen: Screen[Any]) -> Iterator[Command]:
    """The actions of the places that are not on screen."""
    known = sections()
    for place in PLACES:
        if place == getattr(screen, "PLACE", ""):
            continue
        of_place = [binding for name in (place, *PARTS.get(place, ())) for binding in known.get(name, ())]
        for binding in of_place:
            if binding.tooltip and binding.action:
                call = partial(go_and_do, app, place, binding)
                own = app.own_keys.get(binding.id or "", "")
                key = spoken(own.split(",")[0]) if own else first(binding)
                yield Command(binding.description, binding.tooltip, call, key, group=place)


async def go_and_do(app: GraftlineApp, place: str, binding: Binding) -> None:
    """Go to a place, and do there what the binding does, on whichever node it belongs to."""
    await app.switch_mode(place)
    owner = next((node for node in app.screen.walk_children() if _has(node, binding)), app.screen)
    if isinstance(owner, Widget) and owner.focusable:
        owner.focus()
    await app.run_action(binding.action, owner)


def _has(node: DOMNode, binding: Binding) -> bool:
    return any(isinstance(one, Binding) and one.id == binding.id for one in type(node).BINDINGS)


def _manners(app: GraftlineApp) -> Iterator[Command]:
    """Looks and settings."""
    for palette in PALETTES.values():
        call = partial(app.choose_palette, palette.name)
        yield Command(f"theme {palette.name}", palette.about, call, group="looks", palette=palette.name)
    slow = "fast line" if app.slow else "slow line"
    about = "Repaint as often as it goes" if app.slow else "Repaint every 2 s and animate nothing, to spare the line"
    yield Command(slow, about, app.turn_slow, group="looks")
    yield Command("settings file", "Where yours is; copies its path", app.show_settings_path, group="looks")


def _names(app: GraftlineApp) -> Iterator[Command]:
    """Every node of the tree, and the runs that made none of them."""
    if app.snapshot is None:
        return
    runs = {run.id: run for run in app.snapshot.runs}
    for node in every(app.snapshot.lineage):
        if node.run_id:
            runs.pop(node.run_id, None)
        yield Command(one_line(node.name), f"{node.kind} in the lineage", partial(_post, app, node.id), group="go to")
    for run in reversed(runs.values()):
        call = partial(app.post_message, messages.OpenMonitor((run.id,)))
        yield Command(one_line(run.name), f"{run.kind} run, {run.state}: {run.id}", call, group="go to")


def _post(app: GraftlineApp, node_id: str) -> None:
    app.post_message(messages.OpenLineage(node_id))


def ranked(query: str, found: Iterable[Command], most: int) -> list[Command]:
    """The best `most` commands for what was typed; without a query, the first ones as they come."""
    words = query.casefold().split()
    if not words:
        return [command for command, _ in zip(found, range(most))]
    scored = [(score, at, command) for at, command in enumerate(found) if (score := _score(words, command)) > 0]
    scored.sort(key=lambda one: (-one[0], one[1]))
    return [command for _, _, command in scored[:most]]


def _score(words: list[str], command: Command) -> float:
    """0 unless every word is found: as the title's beginning, a word's beginning, inside it, or in what it is about."""
    title, rest = command.title.casefold(), f"{command.group} {command.about}".casefold()
    total = 0.0
    for word in words:
        at = title.find(word)
        if at == 0:
            total += 4.0
        elif at > 0:
            total += 3.0 if not title[at - 1].isalnum() else 2.0
        elif word in rest:
            total += 1.0
        elif _in_order(word, title):
            total += 0.5
        else:
            return 0.0
    return total


def _in_order(word: str, title: str) -> bool:
    """Whether the letters of `word` stand in `title` in this order, however far apart."""
    letters = iter(title)
    return all(letter in letters for letter in word)
