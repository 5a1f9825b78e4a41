"""Manifests: the small canonical-JSON records that say what an artifact is made of.

The SHA-256 of a manifest is the artifact's id, and a manifest names its shards, its inputs and its code by
digest: a Merkle tree down to the photographs. No manifest holds a time, a host, a path or a duration.
"""

from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from shls_core.errors import NameUnknown
from storage.canonical import canonical_json, digest_json
from storage.objects.objects import ObjectStore

SCHEMA_VERSION = 2
"""Of records and of the rows that they name."""


class Record(BaseModel):
    """A frozen record that is stored as canonical JSON and named by its digest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = SCHEMA_VERSION


class ShardRef(BaseModel):
    """A pointer to a shard: its digest, the rows in it, those of them rejected, its size in bytes."""

    model_config = ConfigDict(frozen=True)

    digest: str
    rows: int
    rejected: int
    bytes: int


class StageManifest(Record):
    """The artifact of one stage."""

    kind: Literal["stage"] = "stage"
    stage: str
    parameters: dict[str, Any]
    code_digest: str
    """Digest of the code that makes the stage's bytes."""
    versions: dict[str, str]
    """Third-party packages that change the stage's bytes."""
    inputs: dict[str, str]
    """Content digest of each stage this one read."""
    content_digest: str
    """Digest of the sample ids and content digests of the accepted rows: what was made, whoever made it."""
    rows: int
    rejected: int
    statistics: dict[str, dict[str, float]]
    """Per numeric column: minimum, mean and maximum over the accepted rows."""
    shards: tuple[ShardRef, ...]


class DatasetManifest(Record):
    """A dataset: the artifacts of the four staging stages."""

    kind: Literal["dataset"] = "dataset"
    ingest: str
    saliency: str
    sequences: str
    superpixels: str


AnyRecord = TypeVar("AnyRecord", bound=Record)


def put_record(objects: ObjectStore, record: Record) -> str:
    """Store a record and return its digest, which is its id."""
    return objects.put(canonical_json(record.model_dump(mode="json")))


def get_record(objects: ObjectStore, digest: str, model: type[AnyRecord]) -> AnyRecord:
    """Read a record of a known kind.

    Raises
    ------
    ObjectMissing, ObjectCorrupted
    NameUnknown
        If the object is not a record of that kind.
    """
    try:
        return model.model_validate_json(objects.get(digest))
    except ValidationError as error:
        expected = model.__name__
        raise NameUnknown(f"expected a {expected}, got another kind of object: {digest[:12]}…") from error


def record_id(record: Record) -> str:
    """Return the id a record has, or would have, in any store."""
    return digest_json(record.model_dump(mode="json"))
