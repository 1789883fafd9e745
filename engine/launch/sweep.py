"""Queue all runs of a sweep: all are checked before the first is queued, and all carry the sweep's tag."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from engine.config.schema import BranchConfig, RunConfig
from engine.config.sweep import MOST
from engine.errors import InputError
from engine.launch.client import Client
from engine.launch.prepare import prepare, problems
from engine.store.rows import Swept


def submit_all(
    client: Client,
    configs: Sequence[RunConfig],
    tag: str,
    command: str = "",
    where: object = None,
    *,
    sure: bool = False,
) -> Swept:
    """Raises `InputError` for more than `MOST` runs, unless `sure`, and for the first thing wrong with any of them;
    then none is queued."""
    if len(configs) > MOST and not sure:
        raise InputError(
            f"would be {len(configs)} runs", where="--sweep", fix=f"give fewer values, or --yes for more than {MOST}"
        )
    for config in configs:
        if found := problems(client.workspace, config):
            raise InputError(found[0].problem, where=where, key=found[0].key, fix=found[0].fix)
    ready = prepare(client.workspace, configs[0], where)  # a base that is not frozen is frozen once, for all
    run_ids = []
    for config in configs:
        if isinstance(config, BranchConfig) and isinstance(ready.config, BranchConfig):
            config = replace(config, base=ready.config.base)
        run_ids.append(client.submit(config, command, where).run_id)
        client.tag(run_ids[-1], tag)
    return Swept(run_ids=tuple(run_ids), tag=tag, said=ready.said)
