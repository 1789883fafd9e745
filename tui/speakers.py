"""Which nodes of the lineage can be asked something, and how each is introduced."""

from __future__ import annotations

from dataclasses import dataclass

from engine.store.rows import Lineage, Node
from tui import theme
from tui.lineage_rows import title


@dataclass(frozen=True)
class Speaker:
    """A model that can be asked."""

    id: str
    """`name@n`, or the id of the run whose best checkpoint speaks."""
    name: str
    about: str
    """`base`, or `instruct of tiny@1`."""
    state: str
    does: str
    """With a prompt, in a few words."""
    parent: str
    created: float

    @property
    def glyph(self) -> str:
        return theme.STATES.get(self.state, ("·", ""))[0]


_WITH_WEIGHTS = {"finished", "stopped", "running", "stopping", "frozen"}


def speakers_of(lineage: Lineage) -> dict[str, Speaker]:
    """Every model that has or may have weights, by id, in the order of the tree."""
    found: dict[str, Speaker] = {}
    for root in lineage.roots:
        _visit(root, None, found)
    return found


def _visit(node: Node, parent: Node | None, found: dict[str, Speaker]) -> None:
    if node.kind != "corpus" and node.state in _WITH_WEIGHTS:
        about = _about(node, parent)
        for model, name in [(node.id, title(node)), *((frozen, frozen) for frozen in node.frozen_as)]:
            found[model] = Speaker(
                model, name, about, node.state, _does(node), parent.id if parent else "", node.created
            )
    for child in node.children:
        _visit(child, node, found)


def _about(node: Node, parent: Node | None) -> str:
    if node.kind == "base":
        return "base"
    if node.kind == "pretrain":
        return "pretraining, not frozen"
    scratch = " from scratch" if node.scratch else f" of {title(parent)}" if parent else ""
    return f"{node.method or 'variant'}{scratch}"


def _does(node: Node) -> str:
    if node.method == "classify":
        return "gives every class a probability"
    return "answers by its prompt template" if node.method == "instruct" else "goes on where the prompt ends"


def by_default(speakers: dict[str, Speaker]) -> tuple[str, ...]:
    """The newest base and the newest finished variant of it, instructed ones first: what branching changed."""
    bases = [one for one in speakers.values() if one.about == "base"]
    if not bases:
        return tuple(speakers)[-1:]
    base = max(bases, key=lambda one: one.created)
    variants = [one for one in speakers.values() if one.parent == base.id and one.state in ("finished", "stopped")]
    best = max(variants, key=lambda one: (one.about.startswith("instruct"), one.created), default=None)
    return (base.id, best.id) if best else (base.id,)
