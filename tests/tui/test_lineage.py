"""Every key of the home screen, on the demo workspace."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from engine.corpus.vocabulary import train_bpe
from tests.support.screen import screen_text, settle
from tests.support.workspace import BASE, DOCS, RUNS
from tui.app import GraftlineApp
from tui.screens.ask import AskScreen, ConfirmScreen
from tui.screens.lineage import LineageScreen
from tui.widgets.filter_box import FilterBox
from tui.widgets.lineage_columns import GUTTER, columns
from tui.widgets.lineage_tree import LineageTree
from tui.widgets.node_card import NodeCard

WIDE = (120, 40)


def tree(app: GraftlineApp) -> LineageTree:
    return app.screen.query_one(LineageTree)


def under_cursor(app: GraftlineApp) -> str:
    line = tree(app).line
    assert line is not None
    return line.node.name


def said(app: GraftlineApp) -> list[str]:
    return [str(notification.message) for notification in app._notifications]


async def test_the_tree_opens_on_the_base_with_its_card(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert under_cursor(demo) == "tiny"
        shown = screen_text(pilot)
    for words in (BASE, "areas-scratch", "held-out", "token f1", "from scratch", "12m15s", "helper-long"):
        assert words in shown


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        (("down",), "areas"),
        (("j", "j", "k"), "areas"),
        (("up",), "python-docs"),
        (("home", "up"), "python-docs"),
        (("end",), "email-docs"),
        (("G", "g"), "python-docs"),
        (("pagedown",), "email-docs"),
        (("end", "pageup"), "python-docs"),
        (("j", "left"), "tiny"),
        (("j", "a", "a", "s"), "email-docs"),
        (("left", "right", "d", "s", "w"), "areas"),
    ],
)
async def test_moving(demo: GraftlineApp, keys: tuple[str, ...], name: str) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press(*keys)
        await settle(pilot)
        assert under_cursor(demo) == name
        assert name in str(screen_text(pilot))


async def test_the_card_follows_the_cursor(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("j")
        await settle(pilot)
        card = demo.screen.query_one(NodeCard)
        assert card._details is not None
        assert card._details.run_id == RUNS["areas"]
        assert "accuracy" in screen_text(pilot)


async def test_the_card_is_read_by_keys_and_left_again(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await settle(pilot)
        card, cursor = demo.screen.query_one(NodeCard), tree(demo).cursor
        await pilot.press("tab")
        assert demo.focused is card
        for keys, there in (("G", card.max_scroll_y), ("g", 0), ("j", 1), ("s", 2), ("w", 1), ("k", 0)):
            await pilot.press(keys)
            await settle(pilot, lambda there=there: card.scroll_y == there)  # type: ignore[misc]
        assert card.max_scroll_y > 2
        for keys in ("n", "pagedown", "N", "pageup", "end", "home", "down", "up"):
            await pilot.press(keys)
        assert tree(demo).cursor == cursor
        await pilot.press("escape")
        assert demo.focused is tree(demo)
        await pilot.press("tab", "shift+tab")
        assert demo.focused is tree(demo)


async def test_sort_reverse_and_pin(demo: GraftlineApp) -> None:
    def names() -> list[str]:
        first = (tree(demo).outline.row(BASE) or 0) + 1
        return [line.node.name for line in tree(demo).outline.lines()[first : first + 3]]

    async with demo.run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert names() == ["areas", "helper", "reference"]
        await pilot.press("o")
        assert (tree(demo).view.sort, names()) == ("name", ["areas", "areas-head", "areas-last"])
        await settle(pilot)
        assert "lineage ▾" in screen_text(pilot)
        await pilot.press("O")
        assert names() == ["reference", "helper-long", "helper"]
        await pilot.press("o")
        assert (tree(demo).view.sort, names()) == ("loss", ["areas", "areas-scratch", "areas-head"])
        assert tree(demo).go_to(RUNS["areas-last"])
        await pilot.press("p")
        assert names()[0] == "areas-last"
        assert under_cursor(demo) == "areas-last"
        await settle(pilot)
        assert "▴" in screen_text(pilot)
        await pilot.press("p", "o", "o", "o")
        assert (tree(demo).view.sort, names()) == ("age", ["areas", "helper", "reference"])


async def test_fold_all_and_unfold_all(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("j", "left_curly_bracket")
        assert [line.node.name for line in tree(demo).outline.lines()] == ["python-docs", "tiny", "email-docs"]
        assert under_cursor(demo) == "tiny"
        await pilot.press("right_curly_bracket")
        assert len(tree(demo).outline) == 10


async def test_copy_the_id_then_the_command(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("j", "Y")
        await settle(pilot)
        assert demo.clipboard == RUNS["areas"]
        await pilot.press("Y")
        await settle(pilot, lambda: demo.clipboard == "graftline branch")


async def test_talk_to_what_is_marked(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("j", "space", "space", "T")
        await settle(pilot)
        assert (demo.current_mode, demo.asked) == ("play", (RUNS["areas"], RUNS["helper"]))


async def test_a_newer_lineage_sends_only_the_lines_that_changed(demo: GraftlineApp) -> None:
    from msgspec.structs import replace
    from textual.geometry import Region

    from engine.store.rows import Node

    def with_loss(node: Node, id: str, loss: float) -> Node:
        if node.id == id:
            return replace(node, heldout_loss=loss)
        return replace(node, children=tuple(with_loss(child, id, loss) for child in node.children))

    sent: list[Region] = []
    async with demo.run_test(size=WIDE) as pilot:
        await settle(pilot)
        shown = tree(demo)
        row = shown.outline.row(RUNS["helper"])
        assert row is not None
        refresh = shown.refresh

        def spy(*regions: Region, **more: bool) -> LineageTree:
            sent.extend(regions)
            return refresh(*regions, **more)

        shown.refresh = spy  # type: ignore[method-assign, assignment]
        roots = tuple(with_loss(root, RUNS["helper"], 9.876) for root in shown.lineage.roots)
        shown.show(replace(shown.lineage, roots=roots), now=shown.now, progress=shown.progress)
        assert [(region.y, region.height) for region in sent] == [(row + 1, 1)]
        await settle(pilot)
        assert "9.876" in screen_text(pilot)
        sent.clear()
        shown.show(shown.lineage, now=shown.now, progress=shown.progress)
        assert sent == []


async def test_details_turns_the_card_and_the_tree(demo: GraftlineApp) -> None:
    async with demo.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        side = demo.screen.query_one("#tree-side")
        assert side.display
        await pilot.press("right_square_bracket")
        await settle(pilot)
        assert not side.display
        await pilot.press("escape")
        await settle(pilot)
        assert side.display


async def test_filter_and_clear(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"scratch", "enter")
        await settle(pilot)
        assert [line.node.name for line in tree(demo).outline.lines()] == ["python-docs", "tiny", "areas-scratch"]
        assert demo.focused is tree(demo)
        assert under_cursor(demo) == "areas-scratch"
        await pilot.press("escape")
        await settle(pilot)
        assert len(tree(demo).outline) == 10
        assert not demo.screen.query_one(FilterBox).display
        await pilot.press("f", *"nothing-like-it")
        await settle(pilot, lambda: "Nothing here matches" in screen_text(pilot))
        assert tree(demo).node is None
        await pilot.press("enter", "b", "space", "T", "enter")
        assert isinstance(demo.screen, LineageScreen)


async def test_mark_then_clear(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("j", "space", "space")
        assert demo.selection == {RUNS["areas"], RUNS["helper"]}
        await pilot.press("k", "space")
        assert demo.selection == {RUNS["areas"]}
        assert "● " in screen_text(pilot)
        await pilot.press("escape")
        assert demo.selection == frozenset()


async def test_mark_all_unmark_and_undo(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("f", *"name:helper*")
        await settle(pilot, lambda: len(tree(demo).outline) == 4)
        await pilot.press("enter", "ctrl+a")
        assert demo.selection == {RUNS["helper"], RUNS["helper-long"]}
        await pilot.press("x")
        assert demo.selection == frozenset()
        await pilot.press("u")
        assert demo.selection == {RUNS["helper"], RUNS["helper-long"]}
        await pilot.press("u", "u")
        assert demo.selection == frozenset()
        assert said(demo)[-2:] == ["Undone: the marks.", "Nothing to undo."]


async def test_enter_opens_curves_of_what_is_marked(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("j", "space", "space", "enter")
        await settle(pilot)
        assert demo.current_mode == "monitor"
        assert demo.watched == (RUNS["areas"], RUNS["helper"])


async def test_enter_on_a_corpus_opens_its_report(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("home", "enter")
        await settle(pilot)
        assert (demo.current_mode, demo.reported) == ("corpus", DOCS)


async def test_compare_opens_what_is_marked(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("j", "space", "j", "j", "space", "c")
        await settle(pilot)
        assert demo.current_mode == "compare"
        assert demo.compared == (RUNS["areas"], RUNS["areas-scratch"])


async def test_logs_opens_the_run_of_the_node(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("l")
        await settle(pilot)
        assert (demo.current_mode, demo.logged) == ("logs", RUNS["tiny"])
        assert "started tiny" in screen_text(pilot)


@pytest.mark.parametrize(
    ("keys", "kind", "base"),
    [(("b",), "branch", BASE), (("e",), "evaluate", BASE), (("home", "P"), "pretrain", DOCS)],
)
async def test_the_launch_form_opens_on_the_node(
    demo: GraftlineApp, keys: tuple[str, ...], kind: str, base: str
) -> None:
    from tui.messages import OpenLaunch
    from tui.screens.launch import LaunchScreen

    asked: list[OpenLaunch] = []

    def hook(message: object) -> None:
        if isinstance(message, OpenLaunch) and message not in asked:
            asked.append(message)

    async with demo.run_test(size=WIDE, message_hook=hook) as pilot:
        await settle(pilot)
        await pilot.press(*keys)
        await settle(pilot)
        assert isinstance(demo.screen, LaunchScreen)
    assert [(message.kind, message.base) for message in asked] == [(kind, base)]


async def test_a_corpus_cannot_be_branched(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("home", "b")
        await pilot.press("e")
        await settle(pilot)
        assert isinstance(demo.screen, LineageScreen)
        assert len(said(demo)) == 2


async def test_places_by_number(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await settle(pilot)
        for key, place in (("2", "runs"), ("5", "corpus"), ("9", "logs"), ("1", "lineage")):
            await pilot.press(key)
            await settle(pilot)
            assert demo.current_mode == place


async def test_help_lists_every_key_of_the_place(demo: GraftlineApp) -> None:
    from textual.binding import Binding

    from tui import keys

    async with demo.run_test(size=(200, 60)) as pilot:
        await settle(pilot)
        await pilot.press("question_mark")
        await settle(pilot)
        shown = screen_text(pilot)
        await pilot.press("escape")
        assert isinstance(demo.screen, LineageScreen)
    for binding in [*keys.LINEAGE, *keys.TREE, *keys.APP]:
        assert isinstance(binding, Binding)
        assert binding.tooltip in shown


async def test_the_palette_offers_actions_and_nodes(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("ctrl+p", *"go to helper-long")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert under_cursor(demo) == "helper-long"
        await pilot.press("ctrl+p", *"freeze")
        await settle(pilot)
        await pilot.press("enter")
        await settle(pilot)
        assert "Only a finished or stopped run can be frozen." in said(demo)


async def test_quit(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("q")
        await pilot.pause()
        assert not demo.is_running


# --- what changes something -----------------------------------------------------------------------


async def _ask(pilot: Pilot[None], key: str, text: str) -> None:
    await pilot.press(key)
    await settle(pilot, lambda: isinstance(pilot.app.screen, AskScreen))
    pilot.app.screen.query_one(Input).value = text
    await pilot.press("enter")
    await settle(pilot, lambda: isinstance(pilot.app.screen, LineageScreen))


async def test_note_tag_and_rename(own: GraftlineApp) -> None:
    async with own.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("j", "j")
        await _ask(pilot, "i", "answers too long")
        await _ask(pilot, "t", "draft")
        await _ask(pilot, "r", "talker")
        await settle(pilot, lambda: under_cursor(own) == "talker" and "#draft" in screen_text(pilot))
        await _ask(pilot, "t", "-draft")
        await settle(pilot, lambda: "#draft · " not in screen_text(pilot))
        line = tree(own).line
        assert line is not None
        assert (line.node.note, line.node.tags) == ("answers too long", ())
        assert line.node.id == RUNS["helper"]


async def test_undo_takes_back_a_note_a_tag_and_a_name(own: GraftlineApp) -> None:
    def node() -> tuple[str, str, tuple[str, ...]]:
        line = tree(own).line
        assert line is not None
        return line.node.name, line.node.note, line.node.tags

    async with own.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("j")
        await settle(pilot, lambda: node() == ("areas", "", ("keep",)))
        await _ask(pilot, "i", "first")
        await settle(pilot, lambda: node()[1] == "first")
        await _ask(pilot, "i", "second")
        await settle(pilot, lambda: node()[1] == "second")
        await _ask(pilot, "t", "-keep")
        await settle(pilot, lambda: node()[2] == ())
        await _ask(pilot, "r", "sorter")
        await settle(pilot, lambda: node() == ("sorter", "second", ()))
        for after in (("areas", "second", ()), ("areas", "second", ("keep",)), ("areas", "first", ("keep",))):
            await pilot.press("u")
            await settle(pilot, lambda after=after: node() == after)  # type: ignore[misc]
        await pilot.press("u")
        await settle(pilot, lambda: node() == ("areas", "", ("keep",)))


async def test_a_tag_on_all_marked_is_undone_on_those_that_had_it_not(own: GraftlineApp) -> None:
    def tags() -> list[tuple[str, ...]]:
        return [line.node.tags for line in tree(own).outline.lines()[2:4]]

    async with own.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("j", "space", "space")
        await _ask(pilot, "t", "keep")
        await settle(pilot, lambda: tags() == [("keep",), ("keep",)])
        await pilot.press("u")
        await settle(pilot, lambda: tags() == [("keep",), ()])


async def test_a_frozen_base_keeps_its_name(demo: GraftlineApp) -> None:
    async with demo.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("r")
        await settle(pilot)
        assert isinstance(demo.screen, LineageScreen)
        assert said(demo) == [f"{BASE} keeps its name: others refer to it by it. A tag or a note can say more."]


async def test_delete_asks_and_refuses_what_others_came_from(own: GraftlineApp, own_home: Path) -> None:
    async with own.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("D")
        await settle(pilot)
        assert said(own)[-1] == f"{BASE} stays: only runs can be deleted."
        await pilot.press("j", "D")
        await settle(pilot)
        assert said(own)[-1] == "areas stays: evaluate came from it. Delete those first."
        assert tree(own).go_to(RUNS["helper-long"])
        await pilot.press("D")
        await settle(pilot)
        assert said(own)[-1] == "helper-long: running. Stop it with S first."
        assert tree(own).go_to(RUNS["areas-head"])
        await pilot.press("space", "j", "space", "D")
        await settle(pilot, lambda: isinstance(own.screen, ConfirmScreen))
        assert "Delete 2 runs?" in screen_text(pilot)
        await pilot.press("y")
        await settle(pilot, lambda: "areas-head" not in screen_text(pilot))
        assert not (own_home / RUNS["areas-head"]).exists()
        assert not (own_home / RUNS["areas-last"]).exists()


async def test_a_name_that_cannot_be_is_refused_in_the_dialog(own: GraftlineApp) -> None:
    async with own.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("j", "F")
        await settle(pilot)
        own.screen.query_one(Input).value = "../up"
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(own.screen, AskScreen)
        assert "cannot be a name here" in screen_text(pilot)
        await pilot.press("escape")
        await settle(pilot)
        assert isinstance(own.screen, LineageScreen)


async def test_freeze_makes_a_version_and_goes_there(own: GraftlineApp, own_home: Path) -> None:
    train_bpe(["one base, many variants"], 257).save(own_home / RUNS["areas"] / "tokenizer")
    async with own.run_test(size=WIDE) as pilot:
        await settle(pilot)
        await pilot.press("j")
        await _ask(pilot, "F", "sorter")
        await settle(pilot, lambda: "sorter@1 is frozen." in said(own))
        frozen = own_home / "bases" / "sorter@1" / "manifest.json"
        assert frozen.exists()
        await settle(pilot, lambda: tree(own).line is not None and "sorter@1" in tree(own).line.node.frozen_as)  # type: ignore[union-attr]


async def test_stop_takes_a_waiting_run_out_of_the_queue(own: GraftlineApp) -> None:
    async with own.run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert tree(own).go_to(RUNS["areas-last"])
        await pilot.press("S")
        await settle(pilot, lambda: tree(own).line.node.state == "cancelled")  # type: ignore[union-attr]


async def test_resume_queues_a_failed_run_again(own: GraftlineApp) -> None:
    async with own.run_test(size=WIDE) as pilot:
        await settle(pilot)
        assert tree(own).go_to(RUNS["areas-head"])
        await pilot.press("R")
        await settle(pilot, lambda: tree(own).line.node.state == "queued")  # type: ignore[union-attr]
        assert tree(own).go_to(RUNS["areas"])
        await pilot.press("R", "S")
        await settle(pilot)
        assert "areas is finished: only stopped or failed runs resume." in said(own)
        assert "areas is finished: nothing to stop." in said(own)


# --- room -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", range(20, 220, 7))
def test_columns_fill_the_width_and_leave_room_for_a_name(width: int) -> None:
    wide = columns(width)
    used = GUTTER + sum(asdict(wide).values())
    assert used == max(width, GUTTER + 8)
    assert wide.name >= min(16, width - GUTTER)


async def test_a_hundred_bases_scroll_with_the_cursor(tmp_path: Path) -> None:
    from engine.store.rows import Lineage, Node
    from tests.tui.conftest import open_app
    from tui.messages import Snapshot

    nodes = tuple(Node(id=f"b{n}@1", kind="base", name=f"b{n}", state="frozen") for n in range(100))
    app = open_app(tmp_path)
    app.gateway.snapshot = lambda: Snapshot(Lineage(roots=nodes, costs=()), ())  # type: ignore[method-assign]
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for key, name in (("end", "b99@1"), ("home", "b0@1"), ("pagedown", "b")):
            await pilot.press(key)
            await settle(pilot)
            assert name in screen_text(pilot)
            assert under_cursor(app) in screen_text(pilot)
