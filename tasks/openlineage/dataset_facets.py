"""Facets of a dataset that was read or made: its version, columns, names and place."""

from collections.abc import Iterable

import pyarrow as pa
from openlineage.client.facet_v2 import (
    DatasetFacet,
    dataset_type_dataset,
    dataset_version_dataset,
    lineage,
    schema_dataset,
    storage_dataset,
    symlinks_dataset,
)
from openlineage.client.naming.dataset import DatasetNaming

from storage.kinds import RecordKind
from storage.rows.stage_graph import schema_of
from tasks.openlineage.catalogue import Artifact, Catalogue

_STORAGE_LAYER = "shls"


def dataset_facets(catalogue: Catalogue, artifact: Artifact) -> dict[str, DatasetFacet]:
    """Return the facets of an artifact that describe what it is and where it is."""
    is_stage = artifact.manifest is not None
    facets: dict[str, DatasetFacet] = {
        "version": dataset_version_dataset.DatasetVersionDatasetFacet(artifact.id),
        "datasetType": dataset_type_dataset.DatasetTypeDatasetFacet(
            "TABLE" if is_stage else "MODEL" if artifact.kind == RecordKind.CHECKPOINT else "FILE",
            artifact.kind,
        ),
        "storage": storage_dataset.StorageDatasetFacet(_STORAGE_LAYER, "parquet" if is_stage else "json"),
    }
    if artifact.manifest:
        facets["schema"] = _schema(artifact.manifest.stage)
    if identifiers := _other_names(catalogue, artifact):
        facets["symlinks"] = symlinks_dataset.SymlinksDatasetFacet(identifiers)
    return facets


def made_from(sources: Iterable[DatasetNaming]) -> DatasetFacet:
    """Return the facet that lists the datasets from which one was made: a run may make several."""
    return lineage.LineageDatasetFacet(
        inputs=[
            lineage.LineageDatasetInput(source.get_namespace(), source.get_name(), "DATASET")
            for source in sources
        ]
    )


def _schema(stage: str) -> DatasetFacet:
    return schema_dataset.SchemaDatasetFacet(
        [
            schema_dataset.SchemaDatasetFacetFields(field.name, _spelt(field.type), ordinal_position=place)
            for place, field in enumerate(schema_of(stage).arrow, start=1)
        ]
    )


def _spelt(kind: pa.DataType) -> str:
    """Return an Arrow type as docs/format.md spells it: ``list<string>``, whatever the element is called."""
    return f"list<{kind.value_type}>" if pa.types.is_list(kind) else str(kind)


def _other_names(catalogue: Catalogue, artifact: Artifact) -> list[symlinks_dataset.Identifier]:
    """Return the names and tags of this version, and where its record is."""
    named = [(catalogue.naming(name), "TABLE") for name in artifact.also]
    if place := catalogue.place(artifact):
        named.append((place, "LOCATION"))
    return [
        symlinks_dataset.Identifier(naming.get_namespace(), naming.get_name(), kind) for naming, kind in named
    ]
