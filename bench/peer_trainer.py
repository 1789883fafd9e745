"""The Hugging Face Trainer on a small branch: a saved base becomes a classifier; one JSON line after the first step.

make FOLDER   write a random GPT-2 of the shape, as `from_pretrained` reads it
run FOLDER    load it with a new head, train on rows that are tokens already, and say when a step is done
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def make(folder: Path, shape: dict[str, int]) -> None:
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        vocab_size=shape["vocabulary"], n_positions=shape["context"], n_embd=shape["width"], n_layer=shape["layers"],
        n_head=shape["heads"], bos_token_id=0, eos_token_id=0, pad_token_id=0,
    )  # fmt: skip
    GPT2LMHeadModel(config).save_pretrained(folder)


def run(folder: Path, rows: list[dict[str, Any]], batch: int, steps: int) -> None:
    import torch
    from transformers import GPT2ForSequenceClassification, Trainer, TrainerCallback, TrainingArguments

    class Tell(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, arguments: Any, state: Any, control: Any, **more: Any) -> None:
            print(json.dumps({"step": state.global_step, "at": time.time()}), flush=True)

    def collate(items: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
        longest = max(len(item["tokens"]) for item in items)
        ids = torch.zeros(len(items), longest, dtype=torch.int64)
        mask = torch.zeros_like(ids)
        for at, item in enumerate(items):
            ids[at, : len(item["tokens"])] = torch.tensor(item["tokens"])
            mask[at, : len(item["tokens"])] = 1
        labels = torch.tensor([item["label"] for item in items])
        return {"input_ids": ids, "attention_mask": mask, "labels": labels}

    model = GPT2ForSequenceClassification.from_pretrained(folder, num_labels=2)
    with tempfile.TemporaryDirectory() as output:
        arguments = TrainingArguments(
            output_dir=output, max_steps=steps, per_device_train_batch_size=batch, report_to=[], save_strategy="no",
            disable_tqdm=True, remove_unused_columns=False, use_cpu=True,
        )  # fmt: skip
        Trainer(model=model, args=arguments, train_dataset=rows, data_collator=collate, callbacks=[Tell()]).train()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["make", "run"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shape", type=json.loads)
    parser.add_argument("--rows", type=Path)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--steps", type=int, default=1)
    told = parser.parse_args()
    if told.what == "make":
        make(told.folder, told.shape)
    else:
        run(told.folder, json.loads(told.rows.read_text()), told.batch, told.steps)


if __name__ == "__main__":
    sys.exit(main())
