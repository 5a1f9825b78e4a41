import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from shls_core.errors import GateError
from shls_core.files.skipped_counts import SkippedCount
from shls_core.photographs.crops import CropConfig
from shls_core.photographs.split import HeldOutConfig
from shls_core.saliency.config import SaliencyConfig
from shls_core.superpixels.config import SuperpixelConfig
from shls_core.synthesis.config import SynthesisConfig
from storage.gate import gate
from storage.gate.config import GateConfig
from storage.gate.drift_config import DriftConfig
from storage.gate.gate import _are_present, validate
from storage.gate.scenarios import SCENARIOS, training_column
from storage.gate.stills import _of_scenarios, _of_superpixel_counts
from storage.gate.verdicts import newest_verdict, refuse_failed, require_passed
from storage.objects.objects import object_path
from storage.records.manifests import DatasetManifest, StageManifest, get_record, put_record
from storage.rows.stage_artifact import StageArtifact
from storage.rows.stage_graph import SCHEMAS
from storage.rows.stage_names import OF_STILLS
from storage.store import Store
from tasks.runs.execution_config import ExecutionConfig, StagingConfig
from tasks.stages.saliency import SaliencyStage
from tasks.stages.sequences import SequencesStage
from tasks.stages.superpixels import SuperpixelsStage
from tasks.staging.build_stage import build_stage

BOUNDS = GateConfig(min_held_out_sequences=1)
# With this seed, no photograph of the eight is drawn twice in a row by chance: that would be a clone, too.
CHANCE_CLONES_NOTHING = 38


@pytest.fixture(scope="module")
def expected(staged):
    """Every expectation of the staged dataset, and the tables that it looks at, by stage."""
    dataset = get_record(staged.store.objects, staged.dataset, DatasetManifest)
    artifacts = {stage: StageArtifact(staged.store.objects, dataset.stages[stage]) for stage in OF_STILLS}
    manifests = {stage: artifact.manifest for stage, artifact in artifacts.items()}
    return gate._expectations(manifests, BOUNDS), gate._statistics_tables(artifacts)


def findings(stage, table, expected):
    return gate._findings(stage, table, [item for item in expected if item.stage == stage])


def broken_in_every_column(table, expected):
    """A table in whose every column there is a value that may not be there, and a missing one."""
    broken = table.astype(object)
    for item in expected:
        bounds, column = item.arguments, item.arguments.get("column")
        if item.kind == "ExpectColumnValuesToBeBetween":
            low, high = bounds.get("min_value"), bounds.get("max_value")
            broken[column] = low - 1 if low is not None else high + 1
        elif item.kind == "ExpectColumnValuesToBeInSet":
            broken[column] = False if bounds["value_set"] == [True] else max(bounds["value_set"]) + 1
        elif item.kind == "ExpectColumnSumToBeBetween":
            broken[column] = 0
    for item in expected:
        if item.kind == "ExpectColumnValuesToNotBeNull":
            broken.loc[0, item.arguments["column"]] = None
    broken.loc[1, "sample_id"] = broken.loc[2, "sample_id"]
    return broken.drop(index=len(broken) - 1)  # one row was lost, too


@pytest.mark.parametrize("stage", OF_STILLS)
def test_the_staged_dataset_meets_every_expectation(expected, stage):
    every, tables = expected
    assert all(finding.passed for finding in findings(stage, tables[stage], every))


@pytest.mark.parametrize("stage", OF_STILLS)
def test_every_expectation_can_fail(expected, stage):
    every, tables = expected
    broken = broken_in_every_column(tables[stage], [item for item in every if item.stage == stage])
    met = [str(finding) for finding in findings(stage, broken, every) if finding.passed]
    assert met == [f"{stage}.rows: ExpectTableRowCountToBeBetween(min_value 1), got {len(broken)}"]


def test_no_statistic_may_be_missing(expected):
    guarded = {
        (item.stage, item.arguments["column"])
        for item in expected[0]
        if item.kind == "ExpectColumnValuesToNotBeNull"
    }
    for stage in OF_STILLS:
        names = {field.name for field in SCHEMAS[stage].statistics} | {"sample_id", "row_key", "digest"}
        assert names == {column for of_stage, column in guarded if of_stage == stage}


@pytest.mark.parametrize("stage", OF_STILLS)
def test_a_stage_without_rows_fails(expected, stage):
    every, tables = expected
    first, *_ = findings(stage, tables[stage].iloc[:0], every)
    assert (first.expectation, first.observed, first.passed) == ("ExpectTableRowCountToBeBetween", "0", False)


def test_an_expectation_that_cannot_be_looked_at_fails_without_saying_where_the_code_lies(expected):
    every, tables = expected
    wrong = tables["saliency"].assign(mask_share=["a", *range(7)])
    failed = [finding for finding in findings("saliency", wrong, every) if not finding.passed]
    (failure,) = failed
    assert re.fullmatch("an error: Column values, .* of the same type.", failure.observed)


@pytest.mark.parametrize(("count", "passes"), [(1, True), (2, False)])
def test_notes_that_are_about_no_file_fail_above_a_share(staged_copy, staged, count, passes):
    dataset = get_record(staged_copy.objects, staged.dataset, DatasetManifest)
    ingest = get_record(staged_copy.objects, dataset.stages["ingest"], StageManifest)
    skipped = (SkippedCount(kind="unmatched_note", count=count, of=10), SkippedCount(kind="video", count=9))
    changed = put_record(staged_copy.objects, ingest.model_copy(update={"skipped": skipped}))
    noted = put_record(
        staged_copy.objects, dataset.model_copy(update={"stages": {**dataset.stages, "ingest": changed}})
    )
    verdict = validate(staged_copy, noted, BOUNDS)
    assert verdict.passed == passes
    rows = ingest.rows - ingest.rejected
    assert [str(finding) for finding in verdict.failures] == (
        []
        if passes
        else [
            "ingest.unmatched_note_share: ExpectColumnValuesToBeBetween(max_value 0.1), "
            f"got {rows} of {rows} rows outside, all at 0.2"
        ]
    )
    assert validate(staged_copy, noted, BOUNDS.model_copy(update={"max_unmatched_note_share": 0.2})).passed


@pytest.mark.parametrize(
    ("bounds", "failed"),
    [
        ({"min_train_sequences": 1000}, ["sequences.is_train"]),
        ({"min_held_out_sequences": 1000}, ["sequences.is_held_out"]),
        ({"max_mask_share": 0.0, "min_mask_share": 0.0}, ["saliency.mask_share", "sequences.mask_share"]),
        ({"min_superpixel_px": 4000}, ["superpixels.min_superpixel_px"]),
    ],
)
def test_bounds_come_from_the_configuration(staged_copy, staged, bounds, failed):
    verdict = validate(staged_copy, staged.dataset, BOUNDS.model_copy(update=bounds))
    assert not verdict.passed
    assert [str(finding).split(":")[0] for finding in verdict.failures] == failed


def test_a_few_rows_may_break_a_bound_about_plausibility(staged_copy, staged, expected):
    shares = sorted(expected[1]["sequences"]["mask_share"])
    bounds = {"max_mask_share": (shares[-2] + shares[-1]) / 2}
    for mostly, num_failures in ((0.8, 0), (1.0, 1)):
        verdict = validate(staged_copy, staged.dataset, GateConfig(mostly=mostly, **bounds))
        assert sum(finding.stage == "sequences" for finding in verdict.failures) == num_failures
    assert verdict.failures[-1].observed == "1 of 8 rows outside"


def test_a_finding_names_rows_that_are_not_as_expected(staged_copy, staged, expected):
    table = expected[1]["superpixels"]
    smallest = int(table["min_superpixel_px"].min())
    verdict = validate(staged_copy, staged.dataset, GateConfig(min_superpixel_px=smallest + 1))
    (failure,) = verdict.failures
    outside = list(table["sample_id"][table["min_superpixel_px"] <= smallest])
    assert list(failure.samples) == outside[:5]
    assert str(failure).endswith(f"got {len(outside)} of 8 rows outside")


def test_the_same_dataset_and_bounds_give_the_same_bytes(staged, staged_copy, tmp_path):
    records = []
    for store in (staged_copy, Store.create(tmp_path / "again")):
        if store is not staged_copy:  # the objects alone: nothing that was judged before
            for path in (staged.store.root / "objects").rglob("*"):
                if path.is_file():
                    store.objects.put(path.read_bytes())
        validate(store, staged.dataset, BOUNDS)
        digest = store.keys.get("verdict-of-dataset", staged.dataset)
        records.append((store.root / object_path(digest)).read_bytes())
    assert records[0] == records[1]
    assert b"verdict" in records[0]


def test_what_was_judged_is_not_judged_again(staged_copy, staged, monkeypatch):
    verdict = validate(staged_copy, staged.dataset, BOUNDS)
    monkeypatch.setattr(gate, "_judge", None)
    assert validate(staged_copy, staged.dataset, BOUNDS) == verdict
    assert newest_verdict(staged_copy, staged.dataset) == verdict


def test_only_a_dataset_whose_newest_verdict_is_passed_may_be_used(staged_copy, staged):
    with pytest.raises(GateError, match=f"dataset {staged.dataset[:12]}… was never validated"):
        require_passed(staged_copy, staged.dataset)
    assert newest_verdict(staged_copy, staged.dataset) is None

    failed = validate(staged_copy, staged.dataset, GateConfig(min_train_sequences=1000))
    message = r"failed 1 of \d+ expectations and is kept for inspection.*first: sequences\.is_train.*got \d$"
    with pytest.raises(GateError, match=message):
        require_passed(staged_copy, staged.dataset)
    with pytest.raises(GateError, match=message):
        refuse_failed(failed)

    validate(staged_copy, staged.dataset, BOUNDS)
    require_passed(staged_copy, staged.dataset)

    validate(staged_copy, staged.dataset, GateConfig(min_train_sequences=1000))
    with pytest.raises(GateError):
        require_passed(staged_copy, staged.dataset)


def test_the_share_of_masks_rejected_for_little_confidence_has_a_bound(staged_copy, staged, expected):
    middle = float(expected[1]["saliency"]["confidence"].median())
    stage = SaliencyStage(SaliencyConfig(min_confidence=middle), CropConfig(), max_side=96, seed=1)
    inputs = {"ingest": staged.outcomes["ingest"].artifact}
    made = build_stage(staged_copy, stage, inputs, StagingConfig(), ExecutionConfig(backend="serial"))
    assert made.rejected == 4
    dataset = get_record(staged_copy.objects, staged.dataset, DatasetManifest)
    mixed = put_record(
        staged_copy.objects,
        DatasetManifest(stages=dataset.stages | {"saliency": made.artifact}),
    )
    for bound, fails in ((0.5, False), (0.49, True)):
        verdict = validate(staged_copy, mixed, GateConfig(max_low_confidence_share=bound))
        failures = [str(finding).split(":")[0] for finding in verdict.failures]
        assert ("saliency.low_confidence_share" in failures) is fails
        assert "saliency.confidence" not in failures


def test_a_row_whose_parent_is_not_there_fails(staged_copy, staged, photographs, stage_dataset, tmp_path):
    folder = Path(shutil.copytree(photographs, tmp_path / "fewer"))
    (folder / "rocket.png").unlink()
    fewer = stage_dataset(staged_copy, folder)
    dataset = get_record(staged_copy.objects, staged.dataset, DatasetManifest)
    for stage, broken in (("ingest", "saliency"), ("saliency", "sequences"), ("sequences", "superpixels")):
        mixed = DatasetManifest(stages=dataset.stages | {stage: fewer.outcomes[stage].artifact})
        verdict = validate(staged_copy, put_record(staged_copy.objects, mixed), BOUNDS)
        assert f"{broken}.parents_present" in [str(finding).split(":")[0] for finding in verdict.failures]


def scenarios_asked_for(config, rows, num_frames=3):
    """The columns of scenarios that the gate looks at, for a dataset of so many sequences."""
    parameters = {"synthesis": {"num_frames": num_frames}}
    sequences = SimpleNamespace(rows=rows + 5, rejected=5, parameters=parameters)
    return [item.arguments["column"] for item in _of_scenarios(sequences, config)]


def test_scenarios_are_asked_for_from_some_size_on():
    config = GateConfig(scenarios_from_sequences=100)
    assert scenarios_asked_for(config, 99) == []
    assert scenarios_asked_for(config, 100) == [training_column(scenario) for scenario in SCENARIOS]
    assert "returning" not in " ".join(scenarios_asked_for(config, 100, num_frames=2))
    assert scenarios_asked_for(GateConfig(scenarios=("clone",)), 400) == ["train_sequences_with_clone"]


def test_a_synthesis_without_clones_fails_a_gate_that_wants_them(staged, photographs, tmp_path):
    def failures(clone_probability):
        store = Store.open(shutil.copytree(staged.store.root, tmp_path / str(clone_probability)))
        shares = {"single_object_share": 0, "clone_probability": clone_probability}
        synthesis = SynthesisConfig(frame_size=64, **shares)
        stages = {name: outcome.artifact for name, outcome in staged.outcomes.items()}
        for stage, read in (
            (
                SequencesStage(synthesis, HeldOutConfig(share=0), 96, CHANCE_CLONES_NOTHING),
                ("ingest", "saliency"),
            ),
            (SuperpixelsStage(SuperpixelConfig(num_superpixels=40)), ("sequences",)),
        ):
            inputs = {name: stages[name] for name in read}
            done = build_stage(store, stage, inputs, StagingConfig(seed=1), ExecutionConfig(backend="serial"))
            stages[stage.name] = done.artifact
        bounds = GateConfig(scenarios=("clone", "several-objects"), scenarios_from_sequences=8)
        dataset = put_record(store.objects, DatasetManifest(stages=stages))
        return [str(failure) for failure in validate(store, dataset, bounds).failures]

    assert failures(0.0) == [
        "sequences.train_sequences_with_clone: ExpectColumnSumToBeBetween(min_value 1), got 0"
    ]
    assert failures(1.0) == []


def test_the_number_of_superpixels_is_bounded_by_what_decides_it():
    def bounds(**settings):
        manifest = SimpleNamespace(parameters=SuperpixelConfig(**settings).model_dump(mode="json"))
        fewest, most = _of_superpixel_counts(manifest, 64 * 64, GateConfig(mostly=0.9))
        assert most.arguments["column"] == "max_superpixels"
        return {**fewest.arguments, "most": most.arguments["max_value"]}

    asked = bounds(segmenter="skimage-slic", num_superpixels=100)
    assert (asked["min_value"], asked["max_value"], asked["most"]) == (40, 160, 160)
    assert "mostly" not in asked
    found = bounds(segmenter="watershed")
    assert (found["min_value"], found["max_value"], found["most"], found["mostly"]) == (10, 4096, 4096, 0.9)


def test_parents_are_looked_up_and_not_searched_for():
    class OnlyLookedUp(dict):
        def __iter__(self):
            raise AssertionError("walked through all that is present, for one row")

    present = OnlyLookedUp(photograph=2, mask=1)
    assert _are_present(["photograph", "mask", "photograph"], present)
    assert _are_present([], present)
    assert not _are_present(["mask", "mask"], present)
    assert not _are_present(["photograph", "other"], present)


def test_bounds_on_drift_are_no_part_of_a_verdict(staged, staged_copy):
    keys = {
        validate(staged_copy, staged.dataset, GateConfig(drift=DriftConfig(enforced=enforced))).key
        for enforced in (True, False)
    }
    assert len(keys) == 1
