"""What can be done with a model of the lineage, or with all that are marked: branch, evaluate, compare, talk, freeze,
export; and how a new one comes in.

key  ->  the chosen nodes  ->  a message that opens the place or the form  (freezing and exporting are done here)
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual import work

from engine.paths import safe_name, slug
from engine.store.rows import Node
from tui import messages
from tui.lineage_rows import title
from tui.screens.actions import RunActions, Target
from tui.screens.ask import AskScreen
from tui.text import one_line

if TYPE_CHECKING:
    from engine.freeze.exported import Exported


class ModelActions(RunActions):
    """A place with a node of the lineage under its cursor. Subclasses give `node()`, `chosen()` and `go_to()`."""

    def node(self) -> Node | None:
        """The node under the cursor."""
        return None

    def chosen(self) -> list[Node]:
        """The marked nodes; without marks, the one under the cursor."""
        return [node] if (node := self.node()) else []

    def go_to(self, node_id: str) -> None:
        """Put the cursor on a node, now or as soon as it is there."""

    def target(self) -> Target | None:
        node = self.node()
        return self._as_targets([node])[0] if node else None

    def targets(self) -> tuple[Target, ...]:
        return self._as_targets(self.chosen())

    def _as_targets(self, nodes: list[Node]) -> tuple[Target, ...]:
        """A base is `frozen` as a node; as a target it has the state of its run."""
        snapshot = self.graft.snapshot
        states = {run.id: run.state for run in snapshot.runs} if snapshot else {}
        return tuple(_target(node, states.get(node.run_id or "", node.state)) for node in nodes)

    def action_branch(self) -> None:
        node = self.node()
        if node is None or node.kind == "corpus":
            self.graft.say(
                "Put the cursor on a base, a pretraining run or a variant to branch from.", severity="warning"
            )
            return
        self.post_message(messages.OpenLaunch("branch", base=node.id))

    def action_pretrain(self) -> None:
        node = self.node()
        corpus = node.id if node and node.kind == "corpus" else ""
        self.post_message(messages.OpenLaunch("pretrain", base=corpus))

    def action_import(self) -> None:
        self.post_message(messages.OpenLaunch("import"))

    @work(group="dialog")
    async def action_export(self) -> None:
        node = self.node()
        if node is None or node.kind == "corpus":
            self.graft.say("Put the cursor on a model to export.", severity="warning")
            return
        hint = "A new folder in the Hugging Face layout, which transformers loads with the same logits."
        ask = AskScreen(f"Export {title(node)} to", hint=hint, value=f"exports/{slug(node.name)}")
        folder = await self.app.push_screen_wait(ask)
        if folder and folder.strip():
            path, gateway = Path(folder.strip()).expanduser().absolute(), self.graft.gateway
            self.graft.ask(lambda: gateway.export(node.id, path), self._exported)

    def _exported(self, made: Exported) -> None:
        self.graft.say(f"{one_line(made.model)} is in {one_line(made.folder)}, as {made.architecture}.")

    def action_evaluate(self) -> None:
        models = tuple(node.id for node in self.chosen() if node.kind != "corpus")
        if models:
            self.post_message(messages.OpenLaunch("evaluate", base=models[0], models=models))
        else:
            self.graft.say("Put the cursor on a model to evaluate, or mark some with space.", severity="warning")

    def action_compare(self) -> None:
        models = tuple(node.id for node in self.chosen() if node.kind in ("base", "variant"))
        self.post_message(messages.OpenCompare(models))

    def action_talk(self) -> None:
        models = tuple(node.id for node in self.chosen() if node.kind != "corpus")
        if models:
            self.post_message(messages.OpenPlay(models))
        else:
            self.graft.say("Put the cursor on a model to talk to, or mark some with space.", severity="warning")

    @work(group="dialog")
    async def action_freeze(self) -> None:
        target = self._target(need_run=True)
        node = self.node()
        if target is None or node is None:
            return
        if node.kind not in ("pretrain", "variant") or target.state not in ("finished", "stopped"):
            self.graft.say("Only a finished or stopped run can be frozen.", severity="warning")
            return
        run_id = target.run_id or ""
        hint = "The best checkpoint becomes NAME@1, or the next version: hashed, read-only, never changed again."
        ask = AskScreen(f"Freeze {target.name} as", hint=hint, value=slug(target.name), check=safe_name)
        name = await self.app.push_screen_wait(ask)
        if name is not None:
            self.graft.ask(lambda: self.graft.gateway.freeze(run_id, name), lambda made: self._frozen(made.id))

    def _frozen(self, model_id: str) -> None:
        self.graft.say(f"{model_id} is frozen.")
        self.post_message(messages.Changed())
        self.go_to(model_id)


def _target(node: Node, state: str) -> Target:
    kin = {id for id in (node.run_id, *node.frozen_as) if id and id != node.id}
    return Target(node.id, title(node), node.run_id, state, node.note, node.tags, tuple(sorted(kin)))
