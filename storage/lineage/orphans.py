"""Shards without a stage artifact: a run wrote them, and ended before it wrote its manifest."""

from collections.abc import Iterable

from storage.objects.objects import ObjectStore
from storage.rows.shards import damage_named, open_shard
from storage.rows.stage_graph import stage_of

_PARQUET = b"PAR1"


def stages_of_orphans(objects: ObjectStore, digests: Iterable[str]) -> dict[str, str]:
    """Return the stage of every shard among some objects, by digest.

    Raises
    ------
    ObjectMissing, ObjectCorrupted, StoreUnreadable, StoreUnreachable
    """
    found = ((digest, _stage(objects, digest)) for digest in digests)
    return {digest: stage for digest, stage in found if stage is not None}


def _stage(objects: ObjectStore, digest: str) -> str | None:
    with objects.open(digest) as reader, damage_named(objects, digest):
        if reader.size < len(_PARQUET) or reader.read_range(0, len(_PARQUET)) != _PARQUET:
            return None
        return stage_of(open_shard(reader).schema_arrow)
