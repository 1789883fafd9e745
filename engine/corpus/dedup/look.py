"""Pairs to look at when a threshold is chosen: documents of a built corpus that are about so similar.

pairs found by the build + a similarity  ->  the nearest ones, each document once, with both texts
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.config.corpus import CorpusConfig
from engine.corpus.dedup.known import remembered
from engine.corpus.dedup.near import existing_pairs
from engine.corpus.dedup.pairs import Pairs
from engine.corpus.prepared import prepared_at
from engine.corpus.report import CorpusReport, Sample, snippet
from engine.corpus.sources import source_name
from engine.errors import InputError
from engine.paths import Workspace


def pairs_about(
    workspace: Workspace, report: CorpusReport, config: CorpusConfig, similarity: float, count: int
) -> list[Sample]:
    """The later document of each pair, with the earlier one as `kept`: the most similar first.

    `config` is what the corpus was built with. Raises `InputError` where no pairs were kept.
    """
    import duckdb

    prepared, known = prepared_at(workspace, report.prepared), remembered(workspace, config.dedup.against)
    with duckdb.connect() as database:
        pairs = existing_pairs(prepared, known, config.dedup.near, database) if prepared.parts else None
        if pairs is None:
            problem = "no pairs of near duplicates are kept for this corpus"
            raise InputError(problem, where=prepared.path, fix="build it again, with dedup.near above 0")
        chosen = _nearest(pairs, similarity, count)
        numbers = np.concatenate([pairs.earlier[chosen], pairs.later[chosen]]) - len(known)
        query = "SELECT document, id, source FROM read_parquet($1) WHERE document IN (FROM unnest($2))"
        rows = database.execute(query, [prepared.tables(), numbers.tolist()]).fetchall()
    names = [source_name(source) for source in config.sources]
    facts = {number: (id, names[source]) for number, id, source in rows}

    def told(document: int) -> tuple[str, str, str]:
        """id, source and text."""
        if document < 0:
            other = document + len(known)
            return *known.called([other])[other], known.texts(np.array([other]))[0]
        return *facts[document], prepared.text(document)

    def sample(at: int) -> Sample:
        id, source, text = told(int(pairs.later[at]) - len(known))
        kept, where, kept_text = told(int(pairs.earlier[at]) - len(known))
        return Sample(
            id=id,
            source=source,
            text=snippet(text),
            kept=f"{kept} in {where}",
            kept_text=snippet(kept_text),
            similarity=float(pairs.similarity[at]),
            document=int(pairs.later[at]) - len(known),
        )

    return [sample(at) for at in chosen.tolist()]


def _nearest(pairs: Pairs, similarity: float, count: int) -> NDArray[np.int64]:
    """The places of the pairs nearest to a similarity, no later document twice, the most similar first."""
    order = np.argsort(np.abs(pairs.similarity - similarity), kind="stable")
    _, first = np.unique(pairs.later[order], return_index=True)
    chosen = order[np.sort(first)[:count]]
    return chosen[np.argsort(-pairs.similarity[chosen], kind="stable")]
