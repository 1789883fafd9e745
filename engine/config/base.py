"""What every configuration struct is made of."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

Positive = Annotated[int, Meta(ge=1)]
Count = Annotated[int, Meta(ge=0)]
Fraction = Annotated[float, Meta(ge=0.0, le=1.0)]
Rate = Annotated[float, Meta(gt=0.0)]
Text = Annotated[str, Meta(min_length=1, max_length=200)]


class Config(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=False, kw_only=True):
    """Frozen, since a run's configuration never changes once it is resolved; unknown keys are errors."""
