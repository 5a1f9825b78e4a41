"""All stages: their schemas, and the order in which they read each other."""

from collections.abc import Collection, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

import pyarrow as pa

from shls_core.errors import StoreError
from storage.rows.schemas import clips, clusters, footage, ingest, saliency, sequences, superpixels
from storage.rows.schemas.stage_schema import StageSchema
from storage.rows.schemas.version_2 import in_version_2
from storage.rows.stage_names import CLIPS, CLUSTERS, FOOTAGE, INGEST, SALIENCY, SEQUENCES, SUPERPIXELS

SCHEMAS: Mapping[str, StageSchema] = {
    INGEST: ingest.SCHEMA,
    SALIENCY: saliency.SCHEMA,
    SEQUENCES: sequences.SCHEMA,
    SUPERPIXELS: superpixels.SCHEMA,
    FOOTAGE: footage.SCHEMA,
    CLIPS: clips.SCHEMA,
    CLUSTERS: clusters.SCHEMA,
}
"""The schema of every stage that this version knows, by its name."""

_EARLIER: Mapping[str, tuple[StageSchema, ...]] = {
    INGEST: (in_version_2(ingest.SCHEMA),),
    SALIENCY: (in_version_2(saliency.SCHEMA),),
    SEQUENCES: (sequences.WITHOUT_WARPS, in_version_2(sequences.WITHOUT_WARPS)),
    SUPERPIXELS: (in_version_2(superpixels.SCHEMA),),
}


def schema_of(stage: str) -> StageSchema:
    """Return the schema of a stage.

    Raises
    ------
    StoreError
        If this version does not know the stage.
    """
    try:
        return SCHEMAS[stage]
    except KeyError:
        raise StoreError(
            f"expected a stage among {', '.join(SCHEMAS)}, got {stage}: another version made it"
        ) from None


def in_reading_order(reads: Mapping[str, Collection[str]]) -> list[str]:
    """Return the names of some stages, each after those it reads, otherwise in the order of `SCHEMAS`.

    The stages of one source stand together; unknown stages come last, by name.

    Parameters
    ----------
    reads
        The stages that each one reads, by its name. Stages that are read but are not keys are left out.

    Raises
    ------
    StoreError
        If stages read each other in a circle.

    Examples
    --------
    >>> in_reading_order({"footage": [], "clips": ["footage"], "saliency": ["ingest"], "ingest": []})
    ['ingest', 'saliency', 'footage', 'clips']
    """
    graph = TopologicalSorter({name: set(read).intersection(reads) for name, read in reads.items()})
    try:
        graph.prepare()
    except CycleError as error:
        raise StoreError(
            f"expected stages that do not read each other in a circle, got {error.args[1]}"
        ) from None
    order: dict[str, None] = {}

    def take(names: Collection[str]) -> None:
        for name in sorted(reads.keys() & names, key=_place):
            if name not in order:
                take(reads[name])
                order[name] = None

    take(reads.keys())
    return list(order)


def _place(stage: str) -> tuple[int, str]:
    names = list(SCHEMAS)
    return (names.index(stage) if stage in SCHEMAS else len(names)), stage


def schemas_ever(stage: str) -> Iterator[StageSchema]:
    """Yield the schemas that shards of a stage have, or had in earlier versions, the newest first."""
    yield schema_of(stage)
    yield from _EARLIER.get(stage, ())


def stage_of(columns: pa.Schema) -> str | None:
    """Return the stage whose shards have, or had, these columns; None for columns that no stage has."""
    return next(
        (stage for stage in SCHEMAS if any(columns.equals(schema.arrow) for schema in schemas_ever(stage))),
        None,
    )


STAGES = tuple(in_reading_order({name: schema.reads for name, schema in SCHEMAS.items()}))
"""The names of these stages, each after those it reads."""
