"""How well a tool did on the generated corpus: what it kept, against what is known of every document.

A pair of near-duplicates counts as caught when not both of it were kept. A document is dropped wrongly when its true
similarity with every other one is below the threshold that the tools were given.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Set

from bench.planted import BINS, Planted

THRESHOLD = 0.7


def near_duplicates(planted: Planted, kept: Set[str]) -> dict[str, float]:
    """Of removal alone, of all documents: shares from 0 to 1, by true similarity."""
    nearest, found = _nearest(planted), {}
    for low, high in BINS:
        inside = [(a, b) for a, b, similar in planted.pairs if low <= similar < high or similar == high == 1.0]
        if high <= THRESHOLD:  # wrong only where nothing else is a reason
            inside = [(a, b) for a, b in inside if max(nearest[a], nearest[b]) < THRESHOLD]
        hit = sum(not (a in kept and b in kept) for a, b in inside)
        found[f"{'caught' if low >= THRESHOLD else 'hit'}, similarity {low} to {high}"] = hit / max(1, len(inside))
    strong = [(a, b) for a, b, similar in planted.pairs if similar >= 0.8]
    found["caught, similarity 0.8 to 1.0"] = sum(not (a in kept and b in kept) for a, b in strong) / max(1, len(strong))
    found |= exact_duplicates(planted, kept)
    dropped = [one.id for one in planted.documents if one.id not in kept]
    rightly = sum(nearest[id] >= THRESHOLD for id in dropped)
    found["precision: of those dropped, similarity 0.7 or more"] = rightly / max(1, len(dropped))
    found["dropped although nothing is as similar as 0.6, documents"] = sum(nearest[id] < 0.6 for id in dropped)
    return found


def exact_duplicates(planted: Planted, kept: Set[str]) -> dict[str, float]:
    """A copy counts as caught when not both, it and its original, were kept."""
    copies = [one for one in planted.documents if one.kind == "exact"]
    found = {}
    for sort in ("identical", "white space"):
        some = [one for one in copies if one.sort == sort]
        caught = sum(not (one.id in kept and one.of in kept) for one in some)
        found[f"exact copies caught, {sort}"] = caught / max(1, len(some))
    return found


def kinds(planted: Planted, kept: Set[str]) -> dict[str, float]:
    """Of each planted kind, the share that was dropped, 0 to 1; of good text, that is without copies, too."""
    copied = {one.of for one in planted.documents}
    total: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    for one in planted.documents:
        if one.kind in ("near", "exact") or (one.kind == "clean" and one.id in copied):
            continue
        for name in _names(one.kind, one.sort):
            total[name] += 1
            dropped[name] += one.id not in kept
    return {name: dropped[name] / total[name] for name in sorted(total, key=_rank)}


def removed(planted: Planted, texts: dict[str, str]) -> dict[str, float]:
    """Of passages that should be gone from kept documents (boilerplate, personal data), the share that is."""
    total: Counter[str] = Counter()
    gone: Counter[str] = Counter()
    for one in planted.documents:
        if one.kind in ("boilerplate", "personal") and one.id in texts:
            title = "removed wrongly: what only looks personal" if one.sort == "harmless" else f"removed: {one.sort}"
            total[title] += len(one.planted)
            gone[title] += sum(passage not in texts[one.id] for passage in one.planted)
    return {name: gone[name] / total[name] for name in sorted(total)}


def _names(kind: str, sort: str) -> tuple[str, ...]:
    """Under which names a document is counted."""
    keep = kind in ("clean", "boilerplate", "personal") or sort == "one"
    side = "should stay" if keep else "should go"
    title = {"listed": "listed words", "leaked": "leaked test items", "personal": "personal data"}.get(kind, kind)
    whole = f"{side}: {title}"
    if kind in ("foreign", "navigation", "personal"):
        return (whole,)
    return (whole, f"{whole}, {sort}") if kind == "clean" else (f"{whole}, {sort}",)


def _rank(name: str) -> tuple[bool, str]:
    return name.startswith("should go"), name


def _nearest(planted: Planted) -> dict[str, float]:
    """Each document's true similarity with the most similar other one; below 0.5 it is 0 here."""
    nearest: dict[str, float] = defaultdict(float)
    for a, b, similar in planted.pairs:
        nearest[a], nearest[b] = max(nearest[a], similar), max(nearest[b], similar)
    for one in planted.documents:
        if one.kind == "exact":
            nearest[one.id] = nearest[one.of] = 1.0
    return nearest
