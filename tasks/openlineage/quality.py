"""Facets of data quality: statistics of columns, and the verdict of the gate."""

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from openlineage.client.facet_v2 import (
    DatasetFacet,
    InputDatasetFacet,
    RunFacet,
    data_quality_assertions_dataset,
    data_quality_metrics_dataset,
    data_quality_metrics_input_dataset,
    test_run,
)

from storage.records.manifests import StageManifest
from storage.rows.stage_graph import schema_of
from tasks.openlineage.catalogue import Catalogue

if TYPE_CHECKING:
    from storage.gate.verdicts import Finding

_PREVENTS_PUBLICATION = "error"


def metrics_of_output(manifest: StageManifest) -> DatasetFacet:
    """Return the statistics of a stage that was made."""
    columns = {
        column: data_quality_metrics_dataset.ColumnMetrics(**figures)
        for column, figures in _column_metrics(manifest).items()
    }
    return data_quality_metrics_dataset.DataQualityMetricsDatasetFacet(columns, **_totals(manifest))


def metrics_of_input(manifest: StageManifest) -> InputDatasetFacet:
    """Return the statistics of a stage that was read."""
    columns = {
        column: data_quality_metrics_input_dataset.ColumnMetrics(**figures)
        for column, figures in _column_metrics(manifest).items()
    }
    return data_quality_metrics_input_dataset.DataQualityMetricsInputDatasetFacet(
        columns, **_totals(manifest)
    )


def gate_facet(catalogue: Catalogue, dataset_ids: Iterable[str]) -> RunFacet | None:
    """Return the findings of the gate on the datasets of a run, or None if it judged none of them."""
    findings = [finding for dataset_id in dataset_ids for finding in _findings(catalogue, dataset_id)]
    tests = [
        test_run.TestExecution(
            name=_name(finding),
            status="pass" if finding.passed else "fail",
            severity=_PREVENTS_PUBLICATION,
            type=finding.expectation,
            expected=_bounds(finding),
            actual=finding.observed,
            params=finding.arguments,
        )
        for finding in findings
    ]
    return test_run.TestRunFacet(tests) if tests else None


def assertions_by_stage(catalogue: Catalogue, dataset_id: str) -> dict[str, InputDatasetFacet]:
    """Return, by stage, the findings of the gate on an input dataset; nothing if it was never judged."""
    by_stage: dict[str, list[data_quality_assertions_dataset.Assertion]] = {}
    for finding in _findings(catalogue, dataset_id):
        column = finding.arguments.get("column")
        by_stage.setdefault(finding.stage, []).append(
            data_quality_assertions_dataset.Assertion(
                assertion=finding.expectation,
                success=finding.passed,
                # The gate also checks figures that are not a column of a shard.
                column=column if column in schema_of(finding.stage).arrow.names else None,
                severity=_PREVENTS_PUBLICATION,
                name=_name(finding),
                expected=_bounds(finding),
                actual=finding.observed,
                params=finding.arguments,
            )
        )
    return {
        stage: data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet(assertions)
        for stage, assertions in by_stage.items()
    }


def _column_metrics(manifest: StageManifest) -> dict[str, dict[str, Any]]:
    accepted = manifest.rows - manifest.rejected
    return {
        column: {
            "nullCount": manifest.rejected,  # a rejected row has no statistics
            "count": accepted,
            "sum": figures["mean"] * accepted,
            "min": figures["min"],
            "max": figures["max"],
        }
        for column, figures in manifest.statistics.items()
    }


def _totals(manifest: StageManifest) -> dict[str, Any]:
    return {
        "rowCount": manifest.rows,
        "bytes": sum(shard.bytes for shard in manifest.shards),
        "fileCount": len(manifest.shards),
    }


def _findings(catalogue: Catalogue, dataset_id: str) -> "tuple[Finding, ...]":
    from storage.gate.verdicts import newest_verdict

    verdict = newest_verdict(catalogue.store, dataset_id)
    return verdict.findings if verdict else ()


def _name(finding: "Finding") -> str:
    return f"{finding.stage}.{finding.arguments.get('column', 'rows')}: {finding.expectation}"


def _bounds(finding: "Finding") -> str:
    bounds: Mapping[str, Any] = {key: value for key, value in finding.arguments.items() if key != "column"}
    return json.dumps(bounds, sort_keys=True)
