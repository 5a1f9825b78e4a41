"""How the rows of a stage are made, and what differs between two ways of making them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shls_core.errors import ObjectMissing
from storage.canonical import canonical_json, digest_json
from storage.objects.objects import ObjectStore
from storage.provenance.code_digest import code_digest, syntax_digests
from storage.provenance.environment import package_versions
from storage.records.manifests import SCHEMA_VERSION, StageManifest
from tasks.planning.reasons import Reason
from tasks.stages.stage import Stage

_ENCODER = "storage.rows.shard_encoding"


def entry_modules(stage: Stage) -> tuple[str, ...]:
    """Return the modules whose code, with all that they import, decides the rows of a stage."""
    return type(stage).__module__, _ENCODER


@dataclass(frozen=True)
class Making:
    """Everything that decides the bytes of a stage's rows, except the rows that they read."""

    stage: str
    parameters: Mapping[str, Any]
    code_digest: str
    modules: Mapping[str, str] | None
    """Syntax digest by module; None if the modules of the code digest were not recorded."""
    versions: Mapping[str, str]
    schema_version: int

    @classmethod
    def of(cls, stage: Stage) -> Making:
        """Return how a stage is made now, by the code and the packages that are installed."""
        entries = entry_modules(stage)
        return cls(
            stage=stage.name,
            parameters=stage.parameters,
            code_digest=code_digest(*entries),
            modules=syntax_digests(*entries),
            versions=package_versions(stage.packages),
            schema_version=SCHEMA_VERSION,
        )

    @classmethod
    def recorded(cls, objects: ObjectStore, manifest: StageManifest) -> Making:
        """Return how an artifact was made, as its manifest records it."""
        try:
            modules = json.loads(objects.get(manifest.code_digest))
        except ObjectMissing:
            modules = None
        return cls(
            stage=manifest.stage,
            parameters=manifest.parameters,
            code_digest=manifest.code_digest,
            modules=modules,
            versions=manifest.versions,
            schema_version=manifest.schema_version,
        )

    @property
    def facts(self) -> dict[str, Any]:
        """The fields of the manifest that record it."""
        return {
            "stage": self.stage,
            "parameters": dict(self.parameters),
            "code_digest": self.code_digest,
            "versions": dict(self.versions),
            "schema_version": self.schema_version,
        }

    @property
    def digest(self) -> str:
        """The part of a row's key that all rows of the stage share."""
        return digest_json([self.stage, self.parameters, self.code_digest, self.versions])

    def put_modules(self, objects: ObjectStore) -> None:
        """Store the modules of the code digest, as the object with that digest."""
        stored = objects.put(canonical_json(self.modules))
        assert stored == self.code_digest, f"{self.stage}: the code digest does not name its modules"


def changes(before: Making, after: Making) -> list[Reason]:
    """Return what differs between two ways of making one stage, each difference by its name."""
    reasons = [
        Reason(kind="parameter", name=name, before=old, after=new)
        for name, old, new in _differences(_dotted(before.parameters), _dotted(after.parameters))
    ]
    if before.modules is not None and after.modules is not None:
        reasons += [
            Reason(kind="module", name=name, before=old, after=new)
            for name, old, new in _differences(before.modules, after.modules)
        ]
    elif before.code_digest != after.code_digest:
        reasons.append(Reason(kind="code", name="code", before=before.code_digest, after=after.code_digest))
    reasons += [
        Reason(kind="package", name=name, before=old, after=new)
        for name, old, new in _differences(before.versions, after.versions)
    ]
    if before.schema_version != after.schema_version:
        reasons.append(
            Reason(kind="schema", name="version", before=before.schema_version, after=after.schema_version)
        )
    return reasons


def _differences(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[tuple[str, Any | None, Any | None]]:
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield name, before.get(name), after.get(name)


def _dotted(parameters: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return every leaf of nested parameters by its path: ``saliency.border_radius_px``."""
    leaves: dict[str, Any] = {}
    for name, value in parameters.items():
        leaves |= (
            _dotted(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
        )
    return leaves
