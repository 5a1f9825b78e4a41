"""Held-out J&F of a checkpoint with several configurations, to choose memory and refinement modes.

    python benchmarks/held_out.py CHECKPOINT --store store configs/stills.yaml configs/ablations/stills/*.yaml
    python benchmarks/held_out.py CHECKPOINT --store store --dataset LONGER --sequences 30 A.yaml B.yaml

Of every configuration, only `method.memory` and `propagation` are used. --dataset: held-out sequences of
another dataset of the same photographs, for example longer ones; it need not have passed the gate. The
sequences are spread evenly over all. A J decay above 0 shows that masks drift.
"""

import argparse
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from flows.configuration import load_config
from shls_core.metrics.scores import global_scores
from shls_core.photographs.split import HELD_OUT
from shls_core.propagation.evaluation import by_propagation, evaluate
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import get_record
from storage.references import resolve
from storage.rows.draws import spread
from storage.rows.loader import SequenceLoader
from storage.store import Store
from tasks.checkpoints.load import load_checkpoint
from tasks.scoring.segmenter_choice import PropagationChoice


def main() -> None:
    """Score and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("configs", nargs="+", type=Path)
    parser.add_argument("--store", default="store")
    parser.add_argument("--dataset", help="id of another dataset; by default that of the checkpoint")
    parser.add_argument("--sequences", type=int, default=30)
    parser.add_argument("--threads", type=int, default=1)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    store = Store.open(chosen.store)
    checkpoint = resolve(store, chosen.checkpoint, "checkpoint")
    dataset = get_record(store.objects, checkpoint, CheckpointRecord).dataset
    if chosen.dataset:
        dataset = resolve(store, chosen.dataset, "dataset")
    network = load_checkpoint(store, checkpoint, torch.device("cpu"))
    loader = SequenceLoader(store.objects, dataset, HELD_OUT)
    numbers = spread(len(loader), chosen.sequences)
    table = Table("configuration", title=f"{len(numbers)} held-out sequences of {dataset[:12]}")
    names = ("J&F-Mean", "J-Mean", "F-Mean", "J-Decay")
    for name in names:
        table.add_column(name, justify="right")
    for path in chosen.configs:
        config = load_config(str(path))
        how = PropagationChoice(config.method, config.propagation)
        with torch.inference_mode():
            found = evaluate(by_propagation(how.propagator(network)), map(loader.read, numbers))
        scores = global_scores(found).as_dict()
        table.add_row(path.stem, *(f"{100 * scores[name]:.1f}" for name in names))
    Console().print(table)


if __name__ == "__main__":
    main()
