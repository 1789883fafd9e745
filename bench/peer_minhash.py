"""The other tools for near-duplicates, each as its own documentation uses it, at threshold 0.7 on sets of 5 words.

Run in the tool's environment: `peer_minhash.py text-dedup|rensa|datasketch TEXTS OUT WORKERS`. TEXTS is a folder of
JSONL. Writes the ids that it kept, a line each, into OUT/kept.

text-dedup  its command, `python -m text_dedup.minhash`, told below instead of typed
rensa       `RMinHashDeduplicator`, one process: it has no workers (its README, "Keep unique documents")
datasketch  `MinHash` in a pool of workers, `MinHashLSH` in the parent (its documentation, "MinHash LSH")
"""

import json
import re
import sys
from multiprocessing import Pool
from pathlib import Path

THRESHOLD, PERMUTATIONS, N, BATCH = 0.7, 128, 5, 512
WORD = re.compile(r"[^\W_]+")


def documents(texts):
    for path in sorted(texts.glob("*.jsonl")):
        for line in path.open():
            row = json.loads(line)
            yield row["id"], row["text"]


def shingles(text):
    words = WORD.findall(text.lower())
    return [" ".join(words[first : first + N]) for first in range(max(1, len(words) - N + 1))]


def text_dedup(texts, out, workers):
    from datasets import load_from_disk
    from text_dedup.minhash import main

    command = {
        "path": "json", "data_files": str(texts / "*.jsonl"), "split": "train", "cache_dir": str(out / "cache"),
        "output": str(out / "kept-texts"), "column": "text", "ngram": N, "num_perm": PERMUTATIONS,
        "threshold": THRESHOLD, "num_proc": workers,
    }  # fmt: skip
    main([f"--{name}={value}" for name, value in command.items()], standalone_mode=False)
    return load_from_disk(str(out / "kept-texts"))["id"]


def rensa(texts, out, workers):
    from rensa import RMinHashDeduplicator

    dedup = RMinHashDeduplicator(threshold=THRESHOLD, num_perm=PERMUTATIONS, use_lsh=True)
    for batch in batches(documents(texts)):
        kept = dedup.add_pairs((id, shingles(text)) for id, text in batch)
        yield from (id for (id, _), stays in zip(batch, kept, strict=True) if stays)


def batches(rows):
    batch = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch


def signature(row):
    from datasketch import LeanMinHash, MinHash

    id, text = row
    minhash = MinHash(num_perm=PERMUTATIONS)
    minhash.update_batch([one.encode() for one in shingles(text)])
    return id, LeanMinHash(minhash)


def datasketch(texts, out, workers):
    from datasketch import MinHashLSH

    index = MinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS)
    with Pool(workers) as pool:
        for id, minhash in pool.imap(signature, documents(texts), chunksize=64):
            if not index.query(minhash):
                index.insert(id, minhash)
                yield id


if __name__ == "__main__":
    tool = {"text-dedup": text_dedup, "rensa": rensa, "datasketch": datasketch}[sys.argv[1]]
    out = Path(sys.argv[3])
    out.mkdir(parents=True, exist_ok=True)
    kept = list(tool(Path(sys.argv[2]), out, int(sys.argv[4])))
    (out / "kept").write_text("".join(f"{id}\n" for id in kept))
