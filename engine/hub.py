"""The hub's own client, where it is installed, with what can go wrong said in one line.

Imported when something is really fetched: it takes half a second.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from engine.errors import InputError


class HubPlace(NamedTuple):
    """From where things are fetched, and where they are kept. Empty: as the client finds it."""

    endpoint: str = ""
    cache: str = ""
    offline: bool = False
    """Look into the cache alone."""

    @property
    def name(self) -> str:
        """For messages."""
        return "the cache alone" if self.offline else self.endpoint or "the public hub"


def asked_here(place: HubPlace) -> HubPlace:
    """The place with this process's environment filled in where it says nothing itself.

    It is written down with whatever is asked for, because runs are carried out by another process, which has an
    environment of its own.
    """
    home = os.environ.get("HF_HOME")
    cache = os.environ.get("HF_HUB_CACHE") or (str(Path(home) / "hub") if home else "")
    offline = os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}
    endpoint = place.endpoint or os.environ.get("HF_ENDPOINT", "")
    return HubPlace(endpoint, place.cache or cache, place.offline or offline)


@contextmanager
def client(id: str, *, instead: str) -> Iterator[ModuleType]:
    """The module `huggingface_hub`, for asking about a repository. Raises `InputError` for what the hub refuses.

    `instead`: what else the user may give than an id.
    """
    try:
        import huggingface_hub as hub
        from huggingface_hub import errors
    except ModuleNotFoundError:
        fix = f"pip install 'graftline[hub]', or give {instead}"
        raise InputError("a hub id needs the package huggingface_hub", where=id, fix=fix) from None
    try:
        yield hub
    except (errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled, errors.CachedRepoTreeNotFoundError):
        fix = f"connect once, or give {instead}"
        raise InputError("is not in the hub's cache and could not be fetched", where=id, fix=fix) from None
    except (errors.HfHubHTTPError, errors.HFValidationError) as error:
        first = str(error).strip().splitlines()[0]
        # A hub says 401 for what is private, and also for what is not there, so that nobody learns which.
        login = isinstance(error, errors.HfHubHTTPError) and error.response.status_code in (401, 403)
        fix = "check the id; what is private or gated needs `hf auth login`" if login else "check the id and revision"
        raise InputError(f"the hub refuses: {first}", where=id, fix=fix) from None
