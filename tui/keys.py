"""Every key of the app, by place. Each has an id, so that a user can give it another key, and a tooltip that help and
the command palette show. `show` puts the few most telling into the footer.
"""

from __future__ import annotations

from textual.binding import Binding, BindingType


def _key(
    key: str, action: str, word: str, id: str, why: str, show: bool = False, display: str | None = None
) -> Binding:
    return Binding(key, action, word, show=show, key_display=display, tooltip=why, id=id)


APP: list[BindingType] = [
    _key("1", "place('lineage')", "lineage", "place.lineage", "The tree of corpora, bases and variants"),
    _key("2", "place('runs')", "runs", "place.runs", "Every run in a table"),
    _key("3", "place('monitor')", "monitor", "place.monitor", "Live curves of chosen runs"),
    _key("4", "place('compare')", "compare", "place.compare", "Models side by side on a suite"),
    _key("5", "place('corpus')", "corpus", "place.corpus", "What a corpus kept and dropped"),
    _key("6", "place('play')", "play", "place.play", "One prompt to several models"),
    _key("7", "place('queue')", "queue", "place.queue", "What waits to run, in which order"),
    _key("8", "place('machine')", "machine", "place.machine", "Processors, memory, disk and who uses them"),
    _key("9", "place('logs')", "logs", "place.logs", "The log of one run"),
    _key("question_mark,h", "help", "keys", "app.help", "All keys of this place", True, "?"),
    _key("q", "quit", "quit", "app.quit", "Close the app; runs go on without it", True),
]

RUN: list[BindingType] = [
    _key("l", "logs", "logs", "run.logs", "Read this run's log"),
    _key("S", "stop", "stop", "run.stop", "Checkpoint and stop, or leave the queue"),
    _key("R", "resume", "resume", "run.resume", "Go on from the last checkpoint"),
    _key("i", "note", "note", "run.note", "Write a note about this or all marked"),
    _key("t", "tag", "tag", "run.tag", "Add a tag; a minus before it takes it off"),
    _key("r", "rename", "rename", "run.rename", "Give this another name on screen"),
    _key("u", "undo", "undo", "run.undo", "Take back a note, tag, name or marks"),
    _key("Y", "copy", "copy", "run.copy", "Copy its id; again: the command"),
    _key("D,delete", "remove", "delete", "run.remove", "Delete this run; asks first"),
]
"""For whatever run or model is under the cursor, or all that are marked: in the lineage, the runs and the monitor."""

LINEAGE: list[BindingType] = [
    _key("enter", "monitor", "curves", "lineage.monitor", "Curves of this node, or of all marked", True),
    _key("b", "branch", "branch", "lineage.branch", "Branch a variant off this model", True),
    _key("e", "evaluate", "eval", "lineage.evaluate", "Evaluate this model, or the marked ones", True),
    _key("c", "compare", "compare", "lineage.compare", "Compare the marked models", True),
    _key("F", "freeze", "freeze", "lineage.freeze", "Freeze this run's best checkpoint as a base", True),
    _key("T", "talk", "talk", "lineage.talk", "Give this model a prompt, or the marked ones", True),
    _key("P", "pretrain", "pretrain", "lineage.pretrain", "Pretrain a new base"),
    _key("space", "mark", "mark", "lineage.mark", "Mark for compare, evaluate and the monitor", True),
    _key("ctrl+a", "mark_all", "mark all", "lineage.mark_all", "Mark all that are shown"),
    _key("x", "unmark", "unmark", "lineage.unmark", "Take every mark off"),
    _key("p", "pin", "pin", "lineage.pin", "Keep this above its siblings, or no longer"),
    _key("f,slash", "filter", "filter", "lineage.filter", "Show only what matches", True, "f"),
    _key("escape", "clear", "clear", "lineage.clear", "Out of the card, the filter, the marks"),
    _key("o", "sort", "sort", "lineage.sort", "Sort siblings by age, name, loss, score, cost"),
    _key("O", "turn", "reverse", "lineage.turn", "Turn the order round"),
    _key("right_square_bracket", "details", "card", "lineage.details", "Show the card, or put it away", display="]"),
    *RUN,
]

TREE: list[BindingType] = [
    _key("down,j,s", "move(1)", "down", "tree.down", "Next line", display="↓"),
    _key("up,k,w", "move(-1)", "up", "tree.up", "Line before", display="↑"),
    _key("right,d", "unfold", "unfold", "tree.unfold", "Unfold, or go to the first child", display="→"),
    _key("left,a", "fold", "fold", "tree.fold", "Fold, or go to the parent", display="←"),
    _key("left_curly_bracket", "fold_all", "fold all", "tree.fold_all", "Fold every base", display="{"),
    _key("right_curly_bracket", "unfold_all", "unfold all", "tree.unfold_all", "Unfold everything", display="}"),
    _key("pagedown,n", "page(1)", "page down", "tree.page_down", "A screenful down", display="n"),
    _key("pageup,N", "page(-1)", "page up", "tree.page_up", "A screenful up", display="N"),
    _key("home,g", "edge(False)", "first", "tree.first", "First line"),
    _key("end,G", "edge(True)", "last", "tree.last", "Last line"),
]

RUNS: list[BindingType] = [
    _key("o", "sort", "sort", "runs.sort", "Sort by the next column", True),
    _key("O", "turn", "reverse", "runs.turn", "Turn the order round", True),
    _key("slash", "filter", "filter", "runs.filter", "Show only what matches", True, "/"),
    _key("escape", "clear", "clear", "runs.clear", "Leave the filter"),
    *RUN,
]

LOGS: list[BindingType] = [
    _key("f", "follow", "follow", "logs.follow", "Stay at the newest line, or stop doing so", True),
    _key("slash", "search", "search", "logs.search", "Find text", True, "/"),
    _key("n", "next(1)", "next", "logs.next", "Next match", True),
    _key("N", "next(-1)", "before", "logs.before", "Match before"),
    _key("escape", "clear", "clear", "logs.clear", "Leave the search"),
    _key("left_square_bracket", "run(-1)", "older run", "logs.older", "The run before this one", True, "["),
    _key("right_square_bracket", "run(1)", "newer run", "logs.newer", "The run after this one", True, "]"),
    _key("w", "wrap", "wrap", "logs.wrap", "Break long lines, or cut them"),
]

CORPUS: list[BindingType] = [
    _key("left_square_bracket", "corpus(-1)", "older", "corpus.older", "The corpus before this one", True, "["),
    _key("right_square_bracket", "corpus(1)", "newer", "corpus.newer", "The corpus after this one", True, "]"),
    _key("b", "build", "build", "corpus.build", "Build a corpus", True),
    _key("p", "pretrain", "pretrain", "corpus.pretrain", "Pretrain a base on this corpus", True),
]

MONITOR: list[BindingType] = [
    _key("y", "log_axis", "log y", "monitor.log_axis", "Linear or logarithmic y axis", True),
    _key(
        "plus,equals_sign", "smooth(1)", "smoother", "monitor.smoother", "More smoothing; raw stays behind", True, "+"
    ),
    _key("minus", "smooth(-1)", "rawer", "monitor.rawer", "Less smoothing", display="-"),
    _key("x", "x_axis", "x axis", "monitor.x_axis", "Steps, tokens or time along x", True),
    _key("m", "metric(1)", "metric", "monitor.metric", "The next metric", True),
    _key("M", "metric(-1)", "metric before", "monitor.metric_before", "The metric before"),
    _key("right", "cursor(1)", "read", "monitor.right", "Read values: a column later", True, "←→"),
    _key("left", "cursor(-1)", "read left", "monitor.left", "Read values: a column earlier", display="←"),
    _key("shift+right", "cursor(10)", "far right", "monitor.far_right", "Read values: ten columns later"),
    _key("shift+left", "cursor(-10)", "far left", "monitor.far_left", "Read values: ten columns earlier"),
    _key("escape", "no_cursor", "cursor off", "monitor.no_cursor", "Put the cursor away"),
    _key("space,p", "pick", "runs", "monitor.pick", "Choose the runs to overlay", True, "space"),
    _key("left_square_bracket", "run(-1)", "older run", "monitor.older", "The run before this one", display="["),
    _key("right_square_bracket", "run(1)", "newer run", "monitor.newer", "The run after this one", display="]"),
    _key("f", "follow", "newest", "monitor.follow", "Always show the run that is running"),
    *RUN,
]

COMPARE: list[BindingType] = [
    _key("right_square_bracket", "suite(1)", "next suite", "compare.next_suite", "The next suite", True, "]"),
    _key("left_square_bracket", "suite(-1)", "suite before", "compare.suite_before", "The suite before", display="["),
    _key("b", "baseline", "baseline", "compare.baseline", "Measure the others against this model", True),
    _key("m", "metric", "metric", "compare.metric", "The next metric of this suite", True),
    _key("space", "pick", "models", "compare.pick", "Choose the models to compare", True),
    _key("d", "turn", "answers", "compare.turn", "Narrow: errors of one model, or items they differ on", True),
    _key("tab", "app.focus_next", "items", "compare.items", "Between the table and the items they differ on", True),
]

LIST: list[BindingType] = [
    _key("down,j,s", "cursor_down", "down", "list.down", "Next line", display="↓"),
    _key("up,k,w", "cursor_up", "up", "list.up", "Line before", display="↑"),
    _key("pagedown,n", "page_down", "page down", "list.page_down", "A screenful down", display="n"),
    _key("pageup,N", "page_up", "page up", "list.page_up", "A screenful up", display="N"),
    _key("home,g", "first", "first", "list.first", "First line"),
    _key("end,G", "last", "last", "list.last", "Last line"),
    _key("enter", "select", "open", "list.open", "Open what is under the cursor"),
]
"""Of a plain list that has the focus."""

QUEUE: list[BindingType] = [
    _key("K", "move(-1)", "earlier", "queue.earlier", "Let this run start one place earlier", True),
    _key("J", "move(1)", "later", "queue.later", "Let this run start one place later", True),
    _key("A", "first", "first of all", "queue.first", "Let this run start before all others", True),
    _key("enter", "monitor", "curves", "queue.monitor", "Open this run in the monitor", True),
    _key("P", "pretrain", "pretrain", "queue.pretrain", "Pretrain a new base"),
    *RUN,
]

PROCESSES: list[BindingType] = [
    _key("down,j,s", "cursor_down", "down", "processes.down", "Next line", display="↓"),
    _key("up,k,w", "cursor_up", "up", "processes.up", "Line before", display="↑"),
    _key("pagedown,n", "page_down", "page down", "processes.page_down", "A screenful down", display="n"),
    _key("pageup,N", "page_up", "page up", "processes.page_up", "A screenful up", display="N"),
    _key("home,g", "scroll_top", "first", "processes.first", "First line"),
    _key("end,G", "scroll_bottom", "last", "processes.last", "Last line"),
    _key("enter", "select_cursor", "curves", "processes.open", "Open this process's run in the monitor"),
]

MACHINE: list[BindingType] = [
    _key("o", "sort", "sort", "machine.sort", "Sort by the next column", True),
    _key("O", "turn", "reverse", "machine.turn", "Turn the order round", True),
    _key("f,slash", "ours", "only runs", "machine.ours", "Only processes of runs, or all", True, "f"),
    _key("space", "still", "hold still", "machine.still", "Hold the picture still, or go on", True),
    _key("enter", "monitor", "curves", "machine.monitor", "Open this process's run in the monitor", True),
    _key("l", "logs", "logs", "machine.logs", "Read the log of this process's run"),
    _key("S", "stop", "stop run", "machine.stop", "Checkpoint and stop this process's run", True),
]

PLAY: list[BindingType] = [
    _key("enter", "write", "write", "play.write", "Write a prompt; enter in it asks", True),
    _key("space", "pick", "models", "play.pick", "Choose the models to ask", True),
    _key("escape", "stop", "stop", "play.stop", "Stop the answers; leave the prompt", True, "esc"),
    _key("v", "settings", "settings", "play.settings", "Temperature, top-k, tokens, seed, input", True),
    _key("R", "again", "again", "play.again", "Ask the same once more, with the next seed", True),
    _key("comma", "turn(-1)", "earlier", "play.earlier", "The exchange before this one", display=","),
    _key("full_stop", "turn(1)", "later", "play.later", "The exchange after this one", display="."),
    _key("left,a", "column(-1)", "left", "play.left", "The answer to the left", display="←"),
    _key("right,d", "column(1)", "right", "play.right", "The answer to the right", display="→"),
    _key("x", "drop", "drop", "play.drop", "Ask this model no more"),
    _key("c", "compare", "compare", "play.compare", "Compare these models"),
    _key("Y", "copy", "copy", "play.copy", "Copy this answer", True),
    _key("E", "export", "export", "play.export", "Save the exchange as Markdown", True),
]

LAUNCH: list[BindingType] = [
    _key("ctrl+s", "launch", "launch", "launch.launch", "Check once more, and queue the run", True),
    _key("escape", "leave", "back", "launch.leave", "Leave the form; nothing is launched", True, "esc"),
    _key("down", "next", "next field", "launch.next", "The next field", True, "↓"),
    _key("up", "previous", "field before", "launch.previous", "The field before", display="↑"),
]
