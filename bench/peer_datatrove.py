"""datatrove as its own examples use it (examples/fineweb.py, examples/minhash_deduplication.py), on local files.

Run in the peer's environment: `peer_datatrove.py filters|dedup|both TEXTS OUT WORKERS`. TEXTS is a folder of JSONL.
Prints the ids that it kept, a line each, into OUT/kept.
Its rules are the ones Graftline's measures have: Gopher's repetition and quality, C4's, FineWeb's. Its language filter
and its list of bad words are fetched from the network, so it does without: less work for it.
"""

import json
import sys
from pathlib import Path

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter
from datatrove.utils.hashing import HashConfig


def run(out, name, steps, tasks, workers):
    LocalPipelineExecutor(
        pipeline=steps, tasks=tasks, workers=workers, logging_dir=str(out / "logs" / name), start_method="forkserver"
    ).run()


def reader(folder):
    return JsonlReader(str(folder), glob_pattern="*.jsonl", text_key="text", id_key="id")


def writer(folder):
    return JsonlWriter(str(folder), output_filename="${rank}.jsonl", compression=None)


def filters(texts, out, tasks, workers):
    rules = [GopherRepetitionFilter(), GopherQualityFilter(), C4QualityFilter(), FineWebQualityFilter()]
    run(out, "filters", [reader(texts), *rules, writer(out / "filtered")], tasks, workers)
    return out / "filtered"


def dedup(texts, out, tasks, workers):
    config = MinhashConfig(hash_config=HashConfig(precision=64), num_buckets=14, hashes_per_bucket=8)
    places = [str(out / "minhash" / name) for name in ("signatures", "buckets", "removed")]
    signatures, buckets, removed = places
    run(out, "1", [reader(texts), MinhashDedupSignature(signatures, config)], tasks, workers)
    run(out, "2", [MinhashDedupBuckets(signatures, buckets, config=config)], config.num_buckets, workers)
    run(out, "3", [MinhashDedupCluster(buckets, removed, config=config)], 1, 1)
    run(out, "4", [reader(texts), MinhashDedupFilter(removed), writer(out / "kept-texts")], tasks, workers)
    return out / "kept-texts"


if __name__ == "__main__":
    stage, told = sys.argv[1], [Path(part) for part in sys.argv[2:4]]
    texts, out, workers = *told, int(sys.argv[4])
    tasks = workers  # each starts a process, which takes seconds: no more of them than are needed
    if stage in ("filters", "both"):
        texts = filters(texts, out, tasks, workers)
    if stage in ("dedup", "both"):
        texts = dedup(texts, out, tasks, workers)
    kept = (json.loads(line)["id"] for path in texts.glob("*.jsonl") for line in path.open())
    (out / "kept").write_text("".join(f"{id}\n" for id in kept))
