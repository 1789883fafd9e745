"""Each test here works in a copy of a workspace with a frozen base."""

from tests.support.planted import planted, workspace

__all__ = ["planted", "workspace"]
