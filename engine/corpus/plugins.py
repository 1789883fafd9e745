"""What others install beside Graftline and a configuration names: entry points, loaded when they are asked for.

graftline.languages          () -> identifier                    `language.identifier`
graftline.rules              a measure and the rules on it       always on
graftline.document_scores    scores of documents by a model      `toxicity.model`
"""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any

from engine.errors import InputError


def installed(group: str) -> dict[str, EntryPoint]:
    """The entry points of a group, by name."""
    return {point.name: point for point in entry_points(group=group)}


def load(point: EntryPoint, *, where: object = None) -> Any:
    """What an entry point stands for. Raises `InputError` naming the package when it cannot be loaded."""
    try:
        return point.load()
    except (ImportError, AttributeError) as error:
        package = point.dist.name if point.dist else point.value
        problem = f"{point.value} of the installed package {package} cannot be loaded: {error}"
        raise InputError(problem, where=where, key=point.group, fix=f"mend or uninstall {package}") from None
