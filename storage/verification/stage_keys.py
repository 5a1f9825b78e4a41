"""The keys of shards and of stages, from the keys of their rows."""

from shls_core.errors import NameUnknown
from storage.canonical import digest_json, short
from storage.objects.objects import ObjectStore
from storage.records.manifests import StageManifest, get_record
from storage.rows.shards import read_columns


class StageKeys:
    """Computes keys; it reads the row keys of every shard once."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects
        self._of_shards: dict[str, str] = {}

    def of_shard(self, digest: str) -> str:
        """Return the key of a shard."""
        if digest not in self._of_shards:
            row_keys = read_columns(self._objects, digest, ["row_key"])["row_key"]
            self._of_shards[digest] = digest_json(row_keys.to_pylist())
        return self._of_shards[digest]

    def of_stage(self, stage: str, digest: str) -> str:
        """Return the key of an artifact of a stage.

        Raises
        ------
        NameUnknown
            If it is an artifact of another stage.
        """
        manifest = get_record(self._objects, digest, StageManifest)
        if manifest.stage != stage:
            raise NameUnknown(
                f"expected an artifact of {stage}, got one of {manifest.stage}: {short(digest)}…"
            )
        return digest_json([self.of_shard(shard.digest) for shard in manifest.shards])
