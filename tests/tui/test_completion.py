"""What may come next in a query."""

from __future__ import annotations

import pytest

from tui.completion import completed, completions

KEYS = {
    "kind": ("branch", "pretrain"),
    "state": ("finished", "failed"),
    "lr": ("0.003", "0.0003"),
    "loss": ("2.1",),
    "layers": ("4",),
    "name": ("two words", "areas"),
    "grad_norm": (),
}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        ("k", ["kind"]),
        ("l", ["lr", "loss", "layers"]),
        ("norm", ["grad_norm"]),
        ("kind:branch s", ["state", "loss", "layers"]),
        ("-st", ["state"]),
        ("(st", ["state"]),
        ("kind:", ["kind:branch", "kind:pretrain"]),
        ("KIND:b", ["KIND:branch"]),
        ("a -state:fa", ["state:failed"]),
        ("state:finished|f", ["state:finished|finished", "state:finished|failed"]),
        ("lr>=0.0", ["lr>=0.003", "lr>=0.0003"]),
        ("name:two", ['name:"two words"']),
        ("nothing:x", []),
        ('"kin', []),
        ("kind:branch ", []),
    ],
)
def test_what_may_come_next(text: str, found: list[str]) -> None:
    assert completions(text, KEYS) == found


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("k", "kind:"),
        ("l", "lr"),
        ("KI", "KInd:"),
        ("kind:br", "kind:branch"),
        ("areas -st", "areas -state:"),
        ("norm", None),
        ("kind:branch", None),
        ("", None),
    ],
)
def test_the_text_that_tab_makes(text: str, whole: str | None) -> None:
    assert completed(text, KEYS) == whole
