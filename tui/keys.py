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
    _key("ctrl+l", "redraw", "redraw", "app.redraw", "Draw the whole screen anew, when something else wrote on it"),
    _key("ctrl+p", "find", "find", "app.find", "Find any action, theme, model or run by its name"),
]

PLACE: list[BindingType] = [
    _key("tab", "app.focus_next", "next pane", "place.next_pane", "Give the keys to the next pane"),
    _key("shift+tab", "app.focus_previous", "pane before", "place.pane_before", "Give the keys to the pane before"),
]
"""What every place has besides its own."""

FIND: list[BindingType] = [
    _key("escape", "leave", "back", "find.leave", "Back, with nothing done", True),
    _key("down,ctrl+n", "move(1)", "down", "find.down", "The next one", True, "↓"),
    _key("up,ctrl+p", "move(-1)", "up", "find.up", "The one before"),
    _key("pagedown", "move(10)", "page down", "find.page_down", "Ten on"),
    _key("pageup", "move(-10)", "page up", "find.page_up", "Ten back"),
]

HELP: list[BindingType] = [
    _key("escape,question_mark,h,q", "leave", "back", "help.back", "Leave the search, then the help", True),
    _key("slash,f", "search", "search", "help.search", "Show only keys whose words match", True, "/"),
    _key("down,j,s", "scroll(1)", "down", "help.down", "A line down"),
    _key("up,k,w", "scroll(-1)", "up", "help.up", "A line up"),
    _key("pagedown,n,space", "page(1)", "page down", "help.page_down", "A screenful down"),
    _key("pageup,N", "page(-1)", "page up", "help.page_up", "A screenful up"),
    _key("home,g", "edge(False)", "top", "help.top", "To the top"),
    _key("end,G", "edge(True)", "bottom", "help.bottom", "To the bottom"),
]

ASK: list[BindingType] = [
    _key("escape", "dismiss(None)", "cancel", "ask.cancel", "Leave it as it was", True),
]

CONFIRM: list[BindingType] = [
    _key("y", "dismiss(True)", "yes", "confirm.yes", "Do it", True),
    _key("n,escape,enter,q", "dismiss(False)", "no", "confirm.no", "Leave it as it was", True),
]

RUN: list[BindingType] = [
    _key("l", "logs", "logs", "run.logs", "Read this run's log"),
    _key("S", "stop", "stop", "run.stop", "Checkpoint and stop, or leave the queue"),
    _key("R", "resume", "resume", "run.resume", "Go on from the last checkpoint"),
    _key("ctrl+t", "profile", "profile", "run.profile", "Trace its next five steps, for ui.perfetto.dev"),
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
    _key("T", "talk", "talk", "lineage.talk", "Give this model a prompt, or the marked ones"),
    _key("P", "pretrain", "pretrain", "lineage.pretrain", "Pretrain a new base"),
    _key("I", "import", "import", "lineage.import", "Import open weights as a base"),
    _key("E", "export", "export", "lineage.export", "Export this model as a folder that transformers loads"),
    _key("space", "mark", "mark", "lineage.mark", "Mark for compare, evaluate and the monitor", True),
    _key("ctrl+a", "mark_all", "mark all", "lineage.mark_all", "Mark all that are shown"),
    _key("x", "unmark", "unmark", "lineage.unmark", "Take every mark off"),
    _key("p", "pin", "pin", "lineage.pin", "Keep this above its siblings, or no longer"),
    _key("f,slash", "filter", "filter", "lineage.filter", "Show only what matches", True, "f"),
    _key("escape", "clear", "clear", "lineage.clear", "Out of the card, the filter, the marks"),
    _key("o", "sort", "sort", "lineage.sort", "Sort siblings by age, name, loss, score, cost"),
    _key("O", "turn", "reverse", "lineage.turn", "Turn the order round"),
    _key("right_square_bracket", "details", "card", "lineage.details", "Show the card, or put it away", display="]"),
    _key("tab", "app.focus_next", "pane", "lineage.pane", "Between the tree and the card"),
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

WELCOME: list[BindingType] = [
    _key("down,j,s", "cursor_down", "down", "welcome.down", "The next way to begin", display="↓"),
    _key("up,k,w", "cursor_up", "up", "welcome.up", "The way before", display="↑"),
    _key("enter", "select", "begin", "welcome.begin", "Begin this way", True),
]

CARD: list[BindingType] = [
    _key("down,j,s", "scroll_down", "down", "card.down", "Read on"),
    _key("up,k,w", "scroll_up", "up", "card.up", "Read back"),
    _key("pagedown,n", "page_down", "page down", "card.page_down", "A screenful down"),
    _key("pageup,N", "page_up", "page up", "card.page_up", "A screenful up"),
    _key("home,g", "scroll_home", "top", "card.top", "The card's first line"),
    _key("end,G", "scroll_end", "bottom", "card.bottom", "The card's last line"),
]

RUNS: list[BindingType] = [
    _key("f,slash", "filter", "filter", "runs.filter", "Show only what a query finds", True, "f"),
    _key("space", "mark", "mark", "runs.mark", "Mark, to do things to many at once", True),
    _key("ctrl+a", "mark_all", "mark all", "runs.mark_all", "Mark all that are shown"),
    _key("x", "unmark", "unmark", "runs.unmark", "Take every mark off"),
    _key("o", "sort", "sort", "runs.sort", "Sort by the next column", True),
    _key("O", "turn", "reverse", "runs.turn", "Turn the order round"),
    _key("C", "columns", "columns", "runs.columns", "Choose columns: configuration keys and metrics too", True),
    _key("H", "group", "group", "runs.group", "Gather the runs under headings, by any key", True),
    _key("V", "views", "views", "runs.views", "Saved views: query, columns, order and groups", True),
    _key("p", "pin", "pin", "runs.pin", "Keep this run on top, or let it go"),
    _key("b", "branch", "branch", "runs.branch", "Branch a variant off this run's model"),
    _key("e", "evaluate", "eval", "runs.evaluate", "Evaluate this run's model, or the marked ones"),
    _key("c", "compare", "compare", "runs.compare", "Compare the models of the marked runs"),
    _key("T", "talk", "talk", "runs.talk", "Talk to this run's model, or the marked ones"),
    _key("right_square_bracket", "facts", "facts", "runs.facts", "What the run says of itself", display="]"),
    _key("escape", "clear", "clear", "runs.clear", "Leave the filter, then the marks"),
    *RUN,
]

CHOOSE: list[BindingType] = [
    _key("f,slash", "narrow", "narrow", "choose.narrow", "Show only what holds a text"),
    _key("escape", "back", "leave", "choose.back", "Out of the dialog"),
]

PICK: list[BindingType] = [
    *CHOOSE,
    _key("space", "mark", "choose", "pick.choose", "Choose this one, or leave it"),
    _key("ctrl+a", "mark_all", "all", "pick.all", "Choose all that are shown"),
    _key("x", "clear", "none", "pick.none", "Choose none"),
]

COLUMNS: list[BindingType] = [
    *CHOOSE,
    _key("space", "mark", "take", "columns.take", "Take this column, or leave it"),
    _key("K", "move(-1)", "left", "columns.left", "Move this column to the left"),
    _key("J", "move(1)", "right", "columns.right", "Move this column to the right"),
    _key("0", "default", "as shipped", "columns.default", "The columns as shipped"),
]

VIEWS: list[BindingType] = [
    *CHOOSE,
    _key("plus", "save", "save", "views.save", "Save how the runs are looked at now", display="+"),
    _key("D,delete", "delete", "delete", "views.delete", "Delete this view"),
]

LOGS: list[BindingType] = [
    _key("F", "follow", "follow", "logs.follow", "Stay at the newest line, or stop doing so", True),
    _key("slash,f", "search", "search", "logs.search", "Find text, in all of the log", True, "/"),
    _key("n", "next(1)", "next", "logs.next", "Next match, further down", True),
    _key("N", "next(-1)", "before", "logs.before", "Match before, further up"),
    _key("escape", "clear", "clear", "logs.clear", "Leave the search"),
    _key("comma", "run(-1)", "older run", "logs.older", "The run before this one", True, ","),
    _key("full_stop", "run(1)", "newer run", "logs.newer", "The run after this one", True, "."),
    _key("W", "wrap", "wrap", "logs.wrap", "Break long lines, or cut them", True),
    _key("Y", "copy", "copy", "logs.copy", "Copy the lines on screen"),
]

LOG_VIEW: list[BindingType] = [
    _key("down,j,s", "scroll_down", "down", "log.down", "A line down", display="↓"),
    _key("up,k,w", "scroll_up", "up", "log.up", "A line up", display="↑"),
    _key("right,d", "scroll_right", "right", "log.right", "Right, where lines are long", display="→"),
    _key("left,a", "scroll_left", "left", "log.left", "Left again", display="←"),
    _key("pagedown", "page_down", "page down", "log.page_down", "A screenful down"),
    _key("pageup,b", "page_up", "page up", "log.page_up", "A screenful up"),
    _key("home,g", "first", "first", "log.first", "The first line of the log"),
    _key("end,G", "newest", "newest", "log.last", "The newest line, and follow it"),
]
"""For a log that has the keys: in logs, and at the bottom of the monitor."""

CORPUS: list[BindingType] = [
    _key("enter", "read", "read", "corpus.read", "The samples of this line; from a sample, all of it", True),
    _key("n", "sample(1)", "sample", "corpus.sample", "The next sample", True),
    _key("N", "sample(-1)", "sample before", "corpus.sample_before", "The sample before"),
    _key("slash", "search", "search", "corpus.search", "Search every sample", True, "/"),
    _key("f", "source(1)", "source", "corpus.source", "Only the next source, and after the last all again", True),
    _key("m", "turn(1)", "figures", "corpus.figures", "Other figures: sources, lengths, languages, stages", True),
    _key("M", "turn(-1)", "figures before", "corpus.figures_before", "The figures before"),
    _key("y", "log_axis", "log y", "corpus.log_axis", "Counts of a measure as they are, or their logarithm"),
    _key(
        "v", "limits", "bounds", "corpus.limits", "Try other bounds for this rule; on another line, for any rule", True
    ),
    _key("plus,equals_sign", "nudge(True)", "keep more", "corpus.looser", "Try this rule a tenth looser", display="+"),
    _key("minus", "nudge(False)", "keep fewer", "corpus.stricter", "Try this rule a tenth stricter", display="-"),
    _key("space", "switch", "off, on", "corpus.switch", "Try without this rule; again: with it"),
    _key("0", "untry", "as built", "corpus.untry", "Leave what was tried: everything as it was built"),
    _key("z", "every_rule", "all rules", "corpus.every_rule", "Show rules that dropped nothing too, or hide them"),
    _key("full_stop", "corpus(1)", "corpus", "corpus.newer", "The corpus after this one", True, "."),
    _key("comma", "corpus(-1)", "corpus before", "corpus.older", "The corpus before this one", display=","),
    _key("b", "build", "build", "corpus.build", "Build a corpus; with what is tried, if anything", True),
    _key("P", "pretrain", "pretrain", "corpus.pretrain", "Pretrain a base on this corpus", True),
    _key("S", "stop", "stop", "corpus.stop", "Stop the build that is shown above; what is done is kept"),
    _key("R", "resume", "resume", "corpus.resume", "Go on with the build that is shown above"),
    _key("l", "logs", "logs", "corpus.logs", "The log of the run that built it"),
    _key("Y", "copy", "copy", "corpus.copy", "Copy the report as Markdown"),
    _key("E", "export", "export", "corpus.export", "Save the report as Markdown", True),
]

LINES: list[BindingType] = [
    _key("down,j,s", "cursor_down", "down", "lines.down", "Next line", display="↓"),
    _key("up,k,w", "cursor_up", "up", "lines.up", "Line before", display="↑"),
    _key("home,g", "first", "first", "lines.first", "First line"),
    _key("end,G", "last", "last", "lines.last", "Last line"),
]
"""Of the rules and of the samples of a corpus, where n and N are the samples'."""

MONITOR: list[BindingType] = [
    _key("left", "cursor(-1)", "read", "monitor.left", "Read values: a column earlier", True, "←→"),
    _key("right", "cursor(1)", "read later", "monitor.right", "Read values: a column later", display="→"),
    _key("w,up,k", "chart(0, -1)", "chart above", "monitor.chart_above", "The chart above, or before", display="w"),
    _key("s,down,j", "chart(0, 1)", "chart below", "monitor.chart_below", "The chart below, or after", display="s"),
    _key("a", "chart(-1, 0)", "chart left", "monitor.chart_left", "The chart to the left"),
    _key("d", "chart(1, 0)", "chart right", "monitor.chart_right", "The chart to the right"),
    _key("home", "edge(False)", "first", "monitor.first", "Read values: the first"),
    _key("end", "edge(True)", "last", "monitor.last", "Read values: the newest"),
    _key("number_sign", "grid", "grid", "monitor.grid", "One chart, or a page of them", True, "#"),
    _key("enter", "enlarge", "enlarge", "monitor.enlarge", "The chosen chart alone; again: back to all"),
    _key("n,pagedown", "page(1)", "next page", "monitor.next_page", "The next page of charts", display="n"),
    _key("N,pageup", "page(-1)", "page before", "monitor.page_before", "The page before", display="N"),
    _key("m", "metric(1)", "metric", "monitor.metric", "The next metric", True),
    _key("M", "metric(-1)", "metric before", "monitor.metric_before", "The metric before"),
    _key("X", "x_axis", "x axis", "monitor.x_axis", "Steps, tokens, time, FLOPs or steps since the branch", True),
    _key("y", "log_axis", "log y", "monitor.log_axis", "Linear or logarithmic y axis", True),
    _key("L", "log_x", "log x", "monitor.log_x", "Linear or logarithmic x axis"),
    _key("plus,equals_sign", "smooth(1)", "smoother", "monitor.smoother", "More smoothing; raw behind", True, "+"),
    _key("minus", "smooth(-1)", "rawer", "monitor.rawer", "Less smoothing", display="-"),
    _key("z", "zoom(1)", "zoom", "monitor.zoom_in", "Nearer, about the cursor or the newest point", True),
    _key("Z", "zoom(-1)", "zoom out", "monitor.zoom_out", "Further away"),
    _key("shift+right", "pan(1)", "pan right", "monitor.pan_right", "Along the axis: later"),
    _key("shift+left", "pan(-1)", "pan left", "monitor.pan_left", "Along the axis: earlier"),
    _key("v", "limits", "limits", "monitor.limits", "Type limits: x 100..2000 y 1..3"),
    _key("0", "reset", "reset", "monitor.reset", "See everything again", True),
    _key("g", "guides", "guides", "monitor.guides", "Guide lines, or none"),
    _key("A", "spread", "mean", "monitor.spread", "Runs that differ in seed: mean and range, mean and sd, each"),
    _key("H", "projection", "heading", "monitor.projection", "Where a running loss heads, dotted"),
    _key("escape", "back", "back", "monitor.back", "Back: filter, cursor, zoom, enlarged chart"),
    _key("slash", "filter_metrics", "metrics", "monitor.filter_metrics", "Only the metrics that match", display="/"),
    _key("f", "filter_runs", "filter", "monitor.filter_runs", "Only the runs that match, in the list"),
    _key("left_square_bracket", "runs_bar", "runs", "monitor.runs_bar", "The list of runs, or not", True, "["),
    _key("right_square_bracket", "facts_bar", "facts", "monitor.facts_bar", "The facts, or not", display="]"),
    _key("space", "pick", "choose runs", "monitor.pick", "To the list of runs, to choose some"),
    _key("p", "pin", "pin", "monitor.pin", "Pin the foremost run: it stays first"),
    _key("ctrl+a", "watch_all", "all runs", "monitor.all", "Draw all runs of the list"),
    _key("x", "clear", "clear", "monitor.clear", "Draw only the foremost or the pinned run"),
    _key("comma", "run(-1)", "older run", "monitor.older", "The run before this one", display=","),
    _key("full_stop", "run(1)", "newer run", "monitor.newer", "The run after this one", display="."),
    _key("F", "follow", "follow", "monitor.follow", "Always show the run that is running"),
    _key("tab", "pane(1)", "pane", "monitor.pane", "Between charts, runs and log"),
    _key("shift+tab", "pane(-1)", "pane before", "monitor.pane_before", "The pane before"),
    _key("E", "export", "export", "monitor.export", "This chart as SVG, PNG or CSV"),
    *RUN,
]

WATCH_LIST: list[BindingType] = [
    _key("down,j,s", "move(1)", "down", "watch.down", "Next run", display="↓"),
    _key("up,k,w", "move(-1)", "up", "watch.up", "Run before", display="↑"),
    _key("home,g", "edge(False)", "first", "watch.first", "First run"),
    _key("end,G", "edge(True)", "last", "watch.last", "Last run"),
    _key("pagedown,n", "page(1)", "page down", "watch.page_down", "A screenful down", display="n"),
    _key("pageup,N", "page(-1)", "page up", "watch.page_up", "A screenful up", display="N"),
    _key("space", "want('toggle')", "draw", "watch.toggle", "Draw this run, or not", True),
    _key("p", "want('pin')", "pin", "watch.pin", "This run stays first", True),
    _key("enter", "want('only')", "only this", "watch.only", "Draw this run alone", True),
]
"""For the list of runs beside the curves."""

COMPARE: list[BindingType] = [
    _key("tab", "pane(1)", "panes", "compare.pane", "The next pane: errors, items, recipes, suites", True),
    _key("shift+tab", "pane(-1)", "pane before", "compare.pane_before", "The pane before"),
    _key("full_stop", "suite(1)", "suite", "compare.next_suite", "The next suite", True, "."),
    _key("comma", "suite(-1)", "suite before", "compare.suite_before", "The suite before", display=","),
    _key("B", "baseline", "baseline", "compare.baseline", "Measure the others against this model", True),
    _key("m", "metric(1)", "metric", "compare.metric", "The next metric of this suite", True),
    _key("M", "metric(-1)", "metric before", "compare.metric_before", "The metric before"),
    _key("space", "pick", "models", "compare.pick", "Choose the models to compare", True),
    _key("x", "drop", "leave out", "compare.drop", "Compare without the model under the cursor"),
    _key("ctrl+a", "everyone", "all", "compare.all", "Compare every model that is evaluated here"),
    _key(
        "f",
        "kind",
        "which items",
        "compare.kind",
        "Items: all, differing, one right, all wrong, known",
        True,
    ),
    _key("slash", "search", "search", "compare.search", "Search items and answers", True, "/"),
    _key("e", "evaluate", "eval", "compare.evaluate", "Evaluate what is missing here"),
    _key("T", "play", "talk", "compare.play", "Ask these models something"),
    _key("Y", "copy", "copy", "compare.copy", "Copy the table as Markdown"),
    _key("E", "export", "export", "compare.export", "Save as Markdown, LaTeX or CSV", True),
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

TABLE: list[BindingType] = [
    *LIST,
    _key(
        "right,d",
        "shift(1)",
        "unfold, columns",
        "table.right",
        "Unfold a group; show columns further right",
        display="→",
    ),
    _key("left,a", "shift(-1)", "fold", "table.left", "Fold a group; show columns further left", display="←"),
]
"""Of a table that has the focus."""

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

SCORES: list[BindingType] = [
    _key("down,j,s", "move(1)", "down", "scores.down", "Next model", display="↓"),
    _key("up,k,w", "move(-1)", "up", "scores.up", "Model before", display="↑"),
    _key("home,g", "move(-9999)", "first", "scores.first", "First model"),
    _key("end,G", "move(9999)", "last", "scores.last", "Last model"),
]

ITEMS: list[BindingType] = [
    _key("down,j,s", "move(1)", "down", "items.down", "Next item", display="↓"),
    _key("up,k,w", "move(-1)", "up", "items.up", "Item before", display="↑"),
    _key("pagedown,n", "page(1)", "page down", "items.page_down", "A screenful down", display="n"),
    _key("pageup,N", "page(-1)", "page up", "items.page_up", "A screenful up", display="N"),
    _key("home,g", "edge(False)", "first", "items.first", "First item"),
    _key("end,G", "edge(True)", "last", "items.last", "Last item"),
    _key("enter", "open", "read", "items.open", "Read this item and every answer, full screen", True),
]

SEARCH: list[BindingType] = [
    _key("escape", "clear", "clear", "search.clear", "Leave the search"),
]

READER: list[BindingType] = [
    _key("escape,enter,q", "dismiss(None)", "back", "reader.back", "Back to the list", True, "esc"),
    _key("n,full_stop", "turn(1)", "next", "reader.next", "The next one", True, "n"),
    _key("N,comma", "turn(-1)", "before", "reader.before", "The one before", True, "N"),
    _key("j,s", "scroll(1)", "down", "reader.down", "A line down", display="↓"),
    _key("k,w", "scroll(-1)", "up", "reader.up", "A line up", display="↑"),
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

PROMPT: list[BindingType] = [
    Binding("enter", "ask", "ask", id="prompt.ask", tooltip="Ask every model", priority=True),
    Binding("ctrl+j,shift+enter", "newline", "new line", id="prompt.newline", tooltip="A new line", priority=True),
]

ANSWER: list[BindingType] = [
    _key("j,s", "scroll(1)", "down", "answer.down", "Read on", display="↓"),
    _key("k,w", "scroll(-1)", "up", "answer.up", "Read back", display="↑"),
    _key("n", "scroll(10)", "page down", "answer.page_down", "Ten lines down"),
    _key("N", "scroll(-10)", "page up", "answer.page_up", "Ten lines up"),
    _key("g", "edge(False)", "first", "answer.first", "Its beginning"),
    _key("G", "edge(True)", "last", "answer.last", "Its end"),
]

SAMPLING: list[BindingType] = [
    Binding("escape", "dismiss(None)", "cancel", id="sampling.cancel", tooltip="Leave it as it was"),
    Binding("enter", "done", "done", id="sampling.done", tooltip="Ask like this from now on", priority=True),
    Binding("down", "app.focus_next", "next", id="sampling.next", tooltip="The next field", priority=True),
    Binding("up", "app.focus_previous", "before", id="sampling.before", tooltip="The field before", priority=True),
]

OPTIONS: list[BindingType] = [
    _key("right,space", "choose(1)", "next", "options.next", "Choose the next option", display="→"),
    _key("left", "choose(-1)", "before", "options.before", "Choose the option before", display="←"),
    _key("plus", "add", "one more", "options.add", "Take one more option: a sweep, with a run for each", display="+"),
]
"""Of a choice of a few in a form."""

LAUNCH: list[BindingType] = [
    _key("ctrl+s", "launch", "launch", "launch.launch", "Check once more, and queue the run", True),
    _key(
        "ctrl+t", "more", "all keys", "launch.more", "Unfold every other key of the configuration, or fold them", True
    ),
    _key("ctrl+o", "save", "save", "launch.save", "Save the form as a configuration file", True),
    _key("ctrl+r", "load", "read", "launch.load", "Fill the form in from a configuration file", True),
    _key(
        "ctrl+g",
        "rehearse",
        "rehearse",
        "launch.rehearse",
        "Do the first steps to tell the time, and throw them away",
        True,
    ),
    _key("ctrl+n", "source", "source", "launch.source", "One more source, in the form of a corpus"),
    _key("escape", "leave", "back", "launch.leave", "Leave the form; nothing is launched", True, "esc"),
    _key("down", "next", "next field", "launch.next", "The next field", True, "↓"),
    _key("up", "previous", "field before", "launch.previous", "The field before", display="↑"),
]
