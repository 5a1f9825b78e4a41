"""The validation gate: a dataset is published, and trained on, only after its statistics were validated.

Great Expectations validates tables of scalar statistics, never image bytes. Its own results differ on every
run (times, uuids), so a verdict is stored in a form that is the same for the same dataset and bounds.
"""

import importlib
import logging
import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from shls_core.errors import NameUnknown, ObjectCorrupted, ObjectMissing
from storage.canonical import digest_json
from storage.gate import clips, clusters, stills
from storage.gate.config import GateConfig
from storage.gate.expectations import Expectation, of_every_stage
from storage.gate.verdicts import Finding, Verdict
from storage.kinds import KeyKind
from storage.provenance.code_digest import code_digest
from storage.provenance.environment import package_version
from storage.records.manifests import StageManifest, get_record, put_record
from storage.rows.dataset import Dataset
from storage.rows.stage_artifact import StageArtifact
from storage.rows.stage_graph import schema_of
from storage.store import Store

_SAMPLES_NAMED = 5
_LIBRARY = "great_expectations"


def expect_to_judge() -> None:
    """Start to import the validation library in a thread: its seconds pass while rows are made."""
    # Not a daemon thread: stopping one during an import can crash the process.
    threading.Thread(target=importlib.import_module, args=(_LIBRARY,), name="gate").start()


def validate(store: Store, dataset_id: str, config: GateConfig) -> Verdict:
    """Validate a dataset and store the verdict; an existing verdict is reused."""
    bounds = config.model_dump(exclude={"drift"})  # drift is judged where a name is given
    key = digest_json([dataset_id, bounds, code_digest(__name__), package_version("great-expectations")])
    known = store.keys.get(KeyKind.VERDICTS, key)
    if known is None or not _is_verdict_of(store, known, dataset_id, key):
        known = put_record(store.objects, _judge(store, dataset_id, config, key))
        store.keys.put(KeyKind.VERDICTS, key, known)
    store.keys.put(KeyKind.VERDICT_OF_DATASET, dataset_id, known)
    return get_record(store.objects, known, Verdict)


def _is_verdict_of(store: Store, digest: str, dataset_id: str, key: str) -> bool:
    """Return whether an object is a verdict on a dataset, by these bounds where it states them."""
    try:
        verdict = get_record(store.objects, digest, Verdict)
    except (ObjectMissing, ObjectCorrupted, NameUnknown):
        return False
    return verdict.dataset == dataset_id and verdict.key in (key, None)


_PARTS = (stills, clips, clusters)
"""What a dataset may have, each with stages of its own."""


def _judge(store: Store, dataset_id: str, config: GateConfig, key: str) -> Verdict:
    artifacts = Dataset(store.objects, dataset_id).stages
    expected = _expectations({stage: artifact.manifest for stage, artifact in artifacts.items()}, config)
    tables = _statistics_tables(artifacts)
    findings = [
        finding
        for stage in artifacts
        for finding in _findings(stage, tables[stage], [item for item in expected if item.stage == stage])
    ]
    return Verdict(
        dataset=dataset_id,
        passed=all(finding.passed for finding in findings),
        findings=tuple(findings),
        key=key,
    )


def _expectations(stages: Mapping[str, StageManifest], config: GateConfig) -> list[Expectation]:
    """Return all that a dataset of these stages has to fulfil: the common part, and that of each part."""
    of_sources = [
        expected
        for source in _PARTS
        if stages.keys() >= source.STAGES
        for expected in source.expectations(stages, config)
    ]
    return [*of_every_stage(stages), *of_sources]


def _statistics_tables(artifacts: Mapping[str, StageArtifact]) -> dict[str, pd.DataFrame]:
    """Return one table per stage: the accepted rows' identity and statistics, no payload."""
    tables: dict[str, pd.DataFrame] = {}
    # A photograph and its pseudo-mask may have the same id; a row that reads both names it twice.
    present: Counter[str] = Counter()
    for stage, artifact in artifacts.items():
        columns = ["sample_id", "row_key", "digest", "parents", "rejected"]
        columns += [field.name for field in schema_of(stage).statistics]
        is_split = any(field.name == "split" for field in schema_of(stage).content)
        columns += ["split"] if is_split else []
        columns += clips.NOTES.get(stage, ())
        table = artifact.table(columns).to_pandas()
        rejected = table.pop("rejected")
        table = table[rejected.isna()].reset_index(drop=True)
        table["parents_present"] = [_are_present(parents, present) for parents in table.pop("parents")]
        if is_split:
            split = table.pop("split")
            table["is_train"], table["is_held_out"] = (
                (split == side).astype(int) for side in ("train", "held_out")
            )
        for source in _PARTS:
            if artifacts.keys() >= source.STAGES:
                table = source.with_figures(artifact.manifest, table, rejected)
        present.update(table["sample_id"])
        tables[stage] = table
    return tables


def _are_present(parents: Sequence[str], present: Mapping[str, int]) -> bool:
    """Return whether every parent is present, as often as it is named."""
    # Two Counters are not compared: that would iterate over everything present, for every row.
    return all(present.get(parent, 0) >= count for parent, count in Counter(parents).items())


def _findings(stage: str, table: pd.DataFrame, expected: Sequence[Expectation]) -> list[Finding]:
    # Imported here: it takes seconds, and most commands never validate.
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    # This module sets its own level to INFO, to log a temporary folder per context.
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("statistics").add_dataframe_asset(name=stage)
    batch = asset.add_batch_definition_whole_dataframe("rows").get_batch({"dataframe": table})
    suite = gx.ExpectationSuite(
        name=stage,
        # Results come back in another order: each contains its place in the list.
        expectations=[
            getattr(gx.expectations, item.kind)(**item.arguments, meta={"place": place})
            for place, item in enumerate(expected)
        ],
    )
    results: list[dict[str, Any]] = [result.to_json_dict() for result in batch.validate(suite).results]
    ordered = sorted(results, key=lambda result: int(result["expectation_config"]["meta"]["place"]))
    return [
        Finding(
            stage=stage,
            expectation=item.kind,
            arguments=dict(item.arguments),
            observed=_observed(result),
            samples=tuple(map(str, table["sample_id"].iloc[_places_of_unexpected(result)])),
            passed=bool(result["success"]),
        )
        for item, result in zip(expected, ordered, strict=True)
    ]


def _observed(result: Mapping[str, Any]) -> str:
    found = result["result"]
    if "observed_value" in found:
        return f"{float(found['observed_value']):.10g}"
    if "unexpected_count" in found:
        rows = f"{found['unexpected_count']} of {found['element_count']} rows outside"
        values = set(found.get("partial_unexpected_list") or ())
        is_one_figure = len(values) == 1 and found["unexpected_count"] == found["element_count"]
        return f"{rows}, all at {values.pop():.6g}" if is_one_figure and _are_floats(values) else rows
    # One error, or one for each metric. Their tracebacks contain paths, which must not be hashed.
    errors = (result["exception_info"], *result["exception_info"].values())
    messages = {
        str(error["exception_message"])
        for error in errors
        if isinstance(error, dict) and "exception_message" in error
    }
    return f"an error: {'; '.join(sorted(messages))}"


def _are_floats(values: Iterable[object]) -> bool:
    return all(isinstance(value, float) for value in values)


def _places_of_unexpected(result: Mapping[str, Any]) -> list[int]:
    return list(result["result"].get("partial_unexpected_index_list", ()))[:_SAMPLES_NAMED]
