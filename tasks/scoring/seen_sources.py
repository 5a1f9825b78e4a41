"""Whether a second checkpoint learned from what is held out from the first."""

from collections.abc import Iterable
from typing import NamedTuple

import pyarrow.compute as pc

from shls_core.photographs.split import HELD_OUT, TRAIN, Split
from storage.rows.dataset import Dataset
from storage.rows.source_kinds import SAMPLE_STAGES
from storage.store import Store


class SeenSources(NamedTuple):
    """Sources of held-out sequences, and those of them that a training may have drawn."""

    num_seen: int
    num_held_out: int


def seen_sources(store: Store, scored_on: str, learned_from: Iterable[str]) -> SeenSources:
    """Return how many sources of the held-out sequences of a dataset other datasets have for training.

    Parameters
    ----------
    store
        Where the datasets are.
    scored_on
        Id of the dataset whose held-out sequences are scored.
    learned_from
        Ids of the datasets that another checkpoint learned from.
    """
    held_out = _sources(store, scored_on, HELD_OUT)
    trained = set().union(*(_sources(store, dataset, TRAIN) for dataset in learned_from))
    return SeenSources(len(held_out & trained), len(held_out))


def _sources(store: Store, dataset: str, split: Split) -> set[str]:
    found: set[str] = set()
    for stage, artifact in Dataset(store.with_stand_ins(), dataset).stages.items():
        if stage in SAMPLE_STAGES:
            table = artifact.table(["split", "source_ids"])
            of_split = table.filter(pc.equal(table["split"], split))
            found.update(pc.unique(pc.list_flatten(of_split["source_ids"])).to_pylist())
    return found
