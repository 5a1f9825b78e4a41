"""Manifests: small canonical-JSON records that describe the parts of an artifact.

The SHA-256 of a manifest is the artifact's id, and a manifest names its shards, its inputs and its code by
digest: a Merkle tree down to the photographs. No manifest contains a time, a host, a path or a duration.
"""

import json
from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from shls_core.errors import NameUnknown, StoreError
from shls_core.files.foreign_file import LARGEST_RECORD
from shls_core.files.foreign_json import strict_json
from shls_core.files.skipped_counts import SkippedCount
from storage.canonical import canonical_json, digest_json, short
from storage.objects.objects import ObjectStore

SCHEMA_VERSION = 3
"""Version of records and of the rows they describe. Records and shards of version 2 are read, too."""

_STAGES_OF_VERSION_2 = ("ingest", "saliency", "sequences", "superpixels")
"""Version 2 named the artifact of each stage in a separate field."""


class Record(BaseModel):
    """A frozen record that is stored as canonical JSON and named by its digest."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    schema_version: int = Field(default=SCHEMA_VERSION, le=SCHEMA_VERSION)


class ShardRef(BaseModel):
    """A reference to a shard: its digest, its numbers of rows and of rejected rows, its size in bytes."""

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
    """Digest of the sample ids and content digests of the accepted rows, independent of who made them."""
    rows: int
    rejected: int
    statistics: dict[str, dict[str, float]]
    """Per numeric column: minimum, mean and maximum over the accepted rows."""
    shards: tuple[ShardRef, ...]
    skipped: tuple[SkippedCount, ...] = Field(default=(), exclude_if=lambda value: not value)
    """Of a stage of sources: what was among them and has no row, counted. No names: a manifest stays when a
    photograph is erased. Not what systems leave: it must not change the id."""


class DatasetManifest(Record):
    """A dataset: the artifact of each of its stages."""

    kind: Literal["dataset"] = "dataset"
    stages: dict[str, str]
    """Id of the artifact, by name of the stage."""

    @model_validator(mode="before")
    @classmethod
    def _read_version_2(cls, said: Any) -> Any:
        if not isinstance(said, dict) or "stages" in said:
            return said
        rest = {name: value for name, value in said.items() if name not in _STAGES_OF_VERSION_2}
        return {**rest, "stages": stages_in(said)}

    @model_serializer(mode="wrap")
    def _as_stored(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Return a manifest of version 2 as version 2 wrote it, so that its digest stays its id."""
        said: dict[str, Any] = dump(self)
        return said if self.schema_version > 2 else said | said.pop("stages")


def stages_in(said: Mapping[str, Any]) -> dict[str, str]:
    """Return the stage artifacts that the JSON of a dataset manifest names, by stage."""
    if "stages" in said:
        return dict(said["stages"])
    return {name: said[name] for name in _STAGES_OF_VERSION_2 if name in said}


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
    StoreError
        If a later version of the project wrote it.
    """
    data = objects.get(digest, LARGEST_RECORD)
    try:
        if b"NaN" in data or b"Infinity" in data:  # pydantic takes them where a field may be anything
            strict_json(data)
        return model.model_validate_json(data)
    except ValueError as error:  # pydantic's ValidationError is one
        refuse_later_version(data, f"record {short(digest)}…")
        expected = model.__name__
        raise NameUnknown(f"expected a {expected}, got another kind of object: {short(digest)}…") from error


def refuse_later_version(data: bytes, what: str) -> None:
    """Raise StoreError for a record of a later version of the format; ignore what is not a record."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        return
    version = said.get("schema_version") if isinstance(said, dict) else None
    if isinstance(version, int) and version > SCHEMA_VERSION:
        raise StoreError(
            f"expected records of version {SCHEMA_VERSION} at most, got {what} of version {version}: a later "
            "version of the project made it; update this one"
        )


def record_id(record: Record) -> str:
    """Return the id a record has, or would have, in any store."""
    return digest_json(record.model_dump(mode="json"))
