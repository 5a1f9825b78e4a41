"""Draws what is made again: samples, and one shard of every stage."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from storage.records.manifests import ShardRef
from storage.rows.stage_names import CLIPS, SEQUENCES, SUPERPIXELS
from tasks.upkeep.auditing.remaking import Remaking

Drawn = TypeVar("Drawn")


class SampleToRemake(NamedTuple):
    """A pseudo-sequence or a clip, and a dataset that has it."""

    dataset: str
    stage: str
    sample_id: str


class ShardToRemake(NamedTuple):
    """A shard of a stage, and a dataset that has it."""

    dataset: str
    stage: str
    ref: ShardRef


def draw_samples(
    rng: np.random.Generator, remakings: Mapping[str, Remaking], count: int
) -> list[SampleToRemake]:
    """Draw samples, all if there are no more; one that several datasets share counts once."""
    by_content: dict[str, SampleToRemake] = {}
    for dataset, remaking in sorted(remakings.items()):
        sequences, maps, clips = (_digests(remaking, stage) for stage in (SEQUENCES, SUPERPIXELS, CLIPS))
        for sample in sorted(sequences.keys() & maps.keys()):
            drawn = SampleToRemake(dataset, SEQUENCES, sample)
            by_content.setdefault(sequences[sample] + maps[sample], drawn)
        for sample in sorted(clips):
            by_content.setdefault(clips[sample], SampleToRemake(dataset, CLIPS, sample))
    return _drawn(rng, list(by_content.values()), count)


def draw_shards(rng: np.random.Generator, remakings: Mapping[str, Remaking]) -> list[ShardToRemake]:
    """Draw one shard of every stage."""
    stages = dict.fromkeys(stage for _, remaking in sorted(remakings.items()) for stage in remaking.artifacts)
    return [shard for stage in stages for shard in _drawn(rng, list(_shards(remakings, stage)), 1)]


def _shards(remakings: Mapping[str, Remaking], stage: str) -> Iterable[ShardToRemake]:
    by_digest: dict[str, ShardToRemake] = {}
    for dataset, remaking in sorted(remakings.items()):
        for ref in remaking.artifacts[stage].manifest.shards if stage in remaking.artifacts else ():
            by_digest.setdefault(ref.digest, ShardToRemake(dataset, stage, ref))
    return by_digest.values()


def _digests(remaking: Remaking, stage: str) -> dict[str, str]:
    if stage not in remaking.artifacts:
        return {}
    return {address.sample_id: address.digest for address, _ in remaking.artifacts[stage].accepted()}


def _drawn(rng: np.random.Generator, items: Sequence[Drawn], count: int) -> list[Drawn]:
    places = rng.choice(len(items), size=min(count, len(items)), replace=False) if items else ()
    return [items[place] for place in places]
