"""What a run read and made, as OpenLineage's datasets with their facets."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openlineage.client.event_v2 import InputDataset, OutputDataset
from openlineage.client.facet_v2 import (
    InputDatasetFacet,
    OutputDatasetFacet,
    dataset_type_dataset,
    output_statistics_output_dataset,
)
from openlineage.client.naming.dataset import DatasetNaming, LocalFileSystem

from storage.kinds import RunKind
from storage.rows.source_kinds import KIND_OF_STAGE, PHOTOGRAPHS, SOURCE_KINDS, VIDEOS, SourceKind
from storage.sources.bucket import is_address
from storage.tables.ledger import Run
from tasks.openlineage.catalogue import Artifact, Catalogue
from tasks.openlineage.dataset_facets import dataset_facets, made_from
from tasks.openlineage.quality import assertions_by_stage, metrics_of_input, metrics_of_output

_CONFIGURED = {PHOTOGRAPHS: ("ingest", "images"), VIDEOS: ("footage", "videos")}
"""Section and key of a configuration that name the folder of sources."""


def input_datasets(catalogue: Catalogue, run: Run) -> list[InputDataset]:
    """Return what a run has read so far: the inputs for the ledger, and the sources of a new dataset."""
    found = [
        InputDataset(
            folder.get_namespace(),
            folder.get_name(),
            facets={"datasetType": dataset_type_dataset.DatasetTypeDatasetFacet("FILE", kind.plural)},
        )
        for kind in SOURCE_KINDS
        for folder in _folders(run, kind)
    ]
    for artifact_id in run.inputs:
        assertions = assertions_by_stage(catalogue, artifact_id)
        for artifact in catalogue.artifacts(artifact_id):
            naming = catalogue.naming(artifact.name)
            facets: dict[str, InputDatasetFacet] = {}
            if artifact.manifest:
                facets["dataQualityMetrics"] = metrics_of_input(artifact.manifest)
            if artifact.kind in assertions:
                facets["dataQualityAssertions"] = assertions[artifact.kind]
            found.append(
                InputDataset(
                    naming.get_namespace(),
                    naming.get_name(),
                    facets,
                    facets=dataset_facets(catalogue, artifact),
                )
            )
    return found


def output_datasets(catalogue: Catalogue, run: Run) -> list[OutputDataset]:
    """Return what a run has made or reused so far."""
    built = {stage["name"]: stage for stage in run.details.get("stages", ())}
    found = []
    for artifact_id in run.outputs:
        for artifact in catalogue.artifacts(artifact_id):
            naming = catalogue.naming(artifact.name)
            sources = [catalogue.naming(name) for name in artifact.made_from]
            facets = dataset_facets(catalogue, artifact)
            facets["lineage"] = made_from(
                _folders(run, KIND_OF_STAGE[artifact.kind]) if artifact.kind in KIND_OF_STAGE else sources
            )
            if artifact.manifest:
                facets["dataQualityMetrics"] = metrics_of_output(artifact.manifest)
            written: dict[str, OutputDatasetFacet] = {}
            if artifact.kind in built:
                written["outputStatistics"] = _written(artifact, built[artifact.kind])
            found.append(OutputDataset(naming.get_namespace(), naming.get_name(), written, facets=facets))
    return found


def _folders(run: Run, kind: SourceKind) -> list[DatasetNaming]:
    """Return the folder of sources of a kind that a run makes a dataset from; none for other runs."""
    section, key = _CONFIGURED[kind]
    folder = run.configuration.get(section, {}).get(key)
    if run.kind != RunKind.DATASET or not folder:
        return []
    from tasks.stages.ingest import SKIMAGE  # imports OpenCV

    if kind == PHOTOGRAPHS and folder == SKIMAGE:
        return [_BundledPhotographs()]
    if is_address(folder):
        return [_Prefix(folder)]
    return [LocalFileSystem(str(Path(folder).absolute()))]


class _Prefix(DatasetNaming):
    """A prefix in a bucket, named as OpenLineage names objects: ``s3://bucket`` and the key."""

    def __init__(self, address: str) -> None:
        scheme, _, place = address.partition("://")
        bucket, _, self._prefix = place.partition("/")
        self._namespace = f"{scheme}://{bucket}"

    def get_namespace(self) -> str:
        return self._namespace

    def get_name(self) -> str:
        return self._prefix.strip("/") or "/"


class _BundledPhotographs(DatasetNaming):
    """The photographs in scikit-image: the same wherever it is installed."""

    def get_namespace(self) -> str:
        return "pkg:pypi/scikit-image"

    def get_name(self) -> str:
        return "skimage/data"


def _written(artifact: Artifact, built: Mapping[str, Any]) -> OutputDatasetFacet:
    """Return how much of a stage the run wrote itself: the rest was in the store."""
    assert artifact.manifest is not None
    whole = sum(shard.bytes for shard in artifact.manifest.shards)
    return output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
        rowCount=built["rows_computed"],
        size={"computed": whole, "cached": 0}.get(built["status"]),  # unknown for a part of it
        fileCount=built["shards_computed"],
    )
