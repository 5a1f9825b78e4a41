"""A random part of what datasets hold, made again: rows from recipes and sources, shards from inputs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path

import numpy as np

from shls_core.errors import InputError, ObjectCorrupted, ObjectMissing
from storage.canonical import short
from storage.objects.objects import ObjectStore, object_path
from storage.records.manifests import ShardRef
from storage.rows.shards import RowReader
from storage.rows.source_kinds import SAMPLE_STAGES
from storage.rows.stage_artifact import RowAddress
from storage.rows.stage_graph import schema_of
from storage.rows.stage_names import SEQUENCES, SUPERPIXELS
from storage.tables.append_only import Row
from tasks.staging.replay import Replayer, changed_since
from tasks.terminal import Advance
from tasks.upkeep.auditing.drawing import draw_samples, draw_shards
from tasks.upkeep.auditing.films import Films
from tasks.upkeep.auditing.judging import Again, other_platforms
from tasks.upkeep.auditing.recorded_stages import NotComparable
from tasks.upkeep.auditing.remaking import Remaking

_NOT_MADE = ("it was not made again",)


def replay_at_random(
    objects: ObjectStore,
    datasets: Sequence[str],
    runs: Sequence[Row],
    count: int,
    seed: int,
    advance: Advance,
    footage: Sequence[Path] = (),
) -> list[Again]:
    """Draw samples and shards, make them again, and return for each whether it is the same.

    Parameters
    ----------
    objects
        Where they are; nothing is written.
    datasets
        Ids of the datasets to draw from.
    runs
        Of the ledger: they record the kinds of machine on which the datasets were made.
    count
        Samples to draw. A pseudo-sequence is rendered from its recipe; its superpixel maps, and the
        pseudo-masks and photographs that it was made from, are made again, too. A clip is cut out of its
        footage, and that is taken from its film, if the film is at hand. Of every stage, one whole shard is
        made again from its inputs.
    seed
        Of the draw.
    advance
        Called with the number of draws that were made again, and the number of all draws.
    footage
        Folders of films, besides those that the runs name.
    """
    rng = np.random.default_rng(seed)
    remakings, found = _opened(objects, datasets, Films.known_from(runs, footage))
    replays = _Replays(objects, remakings, runs)
    work: list[Callable[[], Iterator[Again]]] = [
        *(partial(replays.of_sample, *drawn) for drawn in draw_samples(rng, remakings, count)),
        *(partial(replays.of_shard, *drawn) for drawn in draw_shards(rng, remakings)),
    ]
    for done, made_again in enumerate(work, 1):
        found += made_again()
        advance(done, len(work))
    return found


def _opened(
    objects: ObjectStore, datasets: Sequence[str], films: Films
) -> tuple[dict[str, Remaking], list[Again]]:
    """Return the complete datasets; for each of the others, that it cannot be made again."""
    remakings, lost = {}, []
    for dataset in datasets:
        stage = SEQUENCES
        try:
            remaking = Remaking(objects, dataset, films)
            stage = next((one for one in SAMPLE_STAGES if one in remaking.artifacts), SEQUENCES)
            remaking.require_whole()
            remakings[dataset] = remaking
        except (ObjectMissing, ObjectCorrupted) as error:
            place = object_path(dataset)
            lost.append(Again(dataset, stage, "every row", place, _NOT_MADE, (str(error),)))
    return remakings, lost


class _Replays:
    def __init__(self, objects: ObjectStore, remakings: Mapping[str, Remaking], runs: Sequence[Row]) -> None:
        self._rows = RowReader(objects)
        self._remakings = remakings
        self._replayer = cache(partial(Replayer, objects))
        self._platforms = cache(partial(other_platforms, runs))
        self._addresses = cache(self._addresses_of)
        self._done: set[RowAddress] = set()

    def of_sample(self, dataset: str, stage: str, sample: str) -> Iterator[Again]:
        """Make a pseudo-sequence or a clip again, and all that it was made from."""
        address = self._addresses(dataset, stage)[sample]
        parents = self._rows.row(address.shard, address.index, ["parents"])["parents"]
        if stage == SEQUENCES:
            yield from self._rendered_again(dataset, address)
        else:
            yield self._row_again(dataset, address)
        for read in schema_of(stage).reads[::-1]:
            rows = self._addresses(dataset, read)
            for row in (rows[parent] for parent in parents if parent in rows):
                if row not in self._done:  # others were made from it, too
                    self._done.add(row)
                    yield self._row_again(dataset, row)

    def of_shard(self, dataset: str, stage: str, ref: ShardRef) -> Iterator[Again]:
        """Make a shard again from its inputs, and check whether its stage has the rows that are planned."""
        remaking = self._remakings[dataset]

        def differing() -> list[str]:
            digest, rows = remaking.shard_again(stage, ref)
            unplanned = [f"planned or stored alone: row {short(row)}…" for row in remaking.unplanned(stage)]
            found = [*(f"row {short(row)}…" for row in rows), *sorted(unplanned)]
            return found or ([] if digest == ref.digest else ["its bytes"])

        yield self._judged(dataset, stage, f"shard {short(ref.digest)}…", ref.digest, differing)

    def _rendered_again(self, dataset: str, address: RowAddress) -> Iterator[Again]:
        sample = address.sample_id

        @cache
        def differing() -> Mapping[str, Sequence[str]]:
            for stage in (SEQUENCES, SUPERPIXELS):
                self._remakings[dataset].stage(stage)  # raises if today's code does not know its parameters
            try:
                replayed = self._replayer(dataset).replay(sample)
            except InputError as error:  # of its recipe
                return {SEQUENCES: (str(error),), SUPERPIXELS: ()}
            return {stage.stage: stage.differing for stage in replayed.stages}

        for row in (address, self._addresses(dataset, SUPERPIXELS)[sample]):
            of_stage = partial(lambda stage: differing()[stage], row.stage)
            yield self._judged(dataset, row.stage, f"row {short(sample)}…", row.shard, of_stage)

    def _row_again(self, dataset: str, row: RowAddress) -> Again:
        columns = schema_of(row.stage).arrow.names

        def differing() -> list[str]:
            stored = self._rows.row(row.shard, row.index, columns)
            again = self._remakings[dataset].row_again(row.stage, stored)
            if again is None:
                return ["no plan has it"]
            return [column for column in columns if stored[column] != again[column]]

        return self._judged(dataset, row.stage, f"row {short(row.sample_id)}…", row.shard, differing)

    def _judged(
        self, dataset: str, stage: str, what: str, shard: str, differing: Callable[[], Sequence[str]]
    ) -> Again:
        """Make something again and return the result."""
        manifest = self._remakings[dataset].artifacts[stage].manifest
        try:
            found, changed = tuple(differing()), (*changed_since(manifest), *self._platforms(dataset))
        except (NotComparable, ObjectMissing, ObjectCorrupted) as error:
            found, changed = _NOT_MADE, (" ".join(str(error).split()),)
        return Again(dataset, stage, what, object_path(shard), found, changed)

    def _addresses_of(self, dataset: str, stage: str) -> dict[str, RowAddress]:
        accepted = self._remakings[dataset].artifacts[stage].accepted()
        return {address.sample_id: address for address, _ in accepted}
