"""Every kind of run, record and key is known wherever somebody looks at kinds."""

import ast
import json
import re
from pathlib import Path
from typing import get_args

import pyarrow as pa
import pytest

from flows.cli.lineage import labels
from storage import garbage_collection
from storage.audit import scope, use, witnesses
from storage.canonical import canonical_json
from storage.files import jobs
from storage.gate.verdicts import Verdict
from storage.kinds import (
    COMPOSED,
    KEY_OF_RECORD,
    MAKES,
    NEEDED_FIELDS,
    SCORES,
    SOURCE_OF_STAGE,
    KeyKind,
    PartKind,
    RecordKind,
    RunKind,
    made_by,
    plans_key,
    shards_key,
    stage_of_shards_key,
)
from storage.lineage import graph
from storage.provenance.code_digest import import_closure
from storage.records.checkpoints import BenchmarkRecord, CheckpointRecord, EvaluationRecord, SubmissionRecord
from storage.records.manifests import DatasetManifest, StageManifest
from storage.records.tombstones import Tombstone
from storage.rows.source_kinds import SOURCE_KINDS
from storage.rows.stage_graph import SCHEMAS
from storage.rows.stage_names import OF_STILLS
from storage.verification.key_owners import KeyOwners
from tasks.openlineage.catalogue import Artifact, Catalogue
from tasks.reports import page_of
from tasks.reports.lineage import descendants
from tasks.upkeep.auditing import videos

PROJECT = Path(__file__).parents[1]
EVERY_KIND = {*RunKind, *RecordKind, *PartKind, *KeyKind}
MODELS = (
    *(StageManifest, DatasetManifest, Verdict, Tombstone),
    *(CheckpointRecord, EvaluationRecord, BenchmarkRecord, SubmissionRecord),
)
SOURCES = [path for name in ("flows", "tasks", "storage") for path in (PROJECT / name).rglob("*.py")]


def page(name):
    return (PROJECT / "docs" / name).read_text(encoding="utf-8")


def kinds_of(model):
    return get_args(model.model_fields["kind"].annotation)


@pytest.mark.parametrize("kind", sorted(EVERY_KIND))
def test_a_kind_is_stored_as_its_plain_string(kind):
    plain = str(kind.value)
    assert type(plain) is str
    assert canonical_json({"kind": kind}) == canonical_json({"kind": plain})
    assert json.dumps([kind, {kind: kind}]) == json.dumps([plain, {plain: plain}])
    assert pa.array([kind], pa.string()).equals(pa.array([plain], pa.string()))


def test_the_ledger_has_plain_strings(store, record_run):
    record_run(store, RunKind.TRAIN, ["a" * 64], {})
    assert type(store.ledger.runs()[0]["kind"]) is str


def test_every_kind_of_record_has_one_model_and_its_needed_fields_are_fields_of_it():
    assert sorted(kind for model in MODELS for kind in kinds_of(model)) == sorted(RecordKind)
    assert set(NEEDED_FIELDS) == set(RecordKind)
    for model in MODELS:
        for kind in set(kinds_of(model)) - {RecordKind.DATASET}:
            assert set(NEEDED_FIELDS[kind]) <= set(model.model_fields), kind
    assert set(NEEDED_FIELDS[RecordKind.DATASET]) & set(DatasetManifest.model_fields)


def test_a_kind_that_is_added_changes_no_id():
    # Of storage, code digests of rows, checkpoints and scores cover what these import.
    stages = (f"tasks.stages.{stage}" for stage in OF_STILLS)
    covered = import_closure("storage.rows.shard_encoding", "storage.rows.loader", *stages)
    assert "storage.records.manifests" in covered
    assert "storage.kinds" not in covered


def test_every_stage_has_the_source_that_its_rows_descend_from():
    assert dict(SOURCE_OF_STAGE) == {stage: kind.part for kind in SOURCE_KINDS for stage in kind.stages}
    assert SOURCE_OF_STAGE.keys() == SCHEMAS.keys()


def test_every_kind_of_run_is_what_some_command_does():
    text = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES if path.parts[-1] != "kinds.py")
    for kind in RunKind:
        assert f"RunKind.{kind.name}" in text, kind


def test_what_runs_make_is_told_in_both_directions():
    assert made_by(RecordKind.CHECKPOINT) == (RunKind.TRAIN, RunKind.IMPORT)
    assert {run for record in RecordKind for run in made_by(record)} == set(MAKES)
    assert set(MAKES) <= set(RunKind) - COMPOSED


def test_every_kind_of_run_is_on_the_page_of_the_ledger_with_what_it_makes():
    table = page("ledger.md").split("| kind | command | reads | makes |")[1].split("\n\n")[0]
    rows = [line.strip("|").split("|") for line in table.splitlines()[2:]]
    makes = {kind: cells[3].strip() for cells in rows for kind in re.findall(r"`(\w+)`", cells[0])}
    assert makes.keys() == set(RunKind) - COMPOSED
    assert {kind for kind, made in makes.items() if made} == {*MAKES, RunKind.TAG, RunKind.ROLL_BACK}


def test_every_kind_of_record_and_key_is_on_the_page_of_the_format():
    section = page("format.md").split("## Records")[1].split("## Names and runs")[0]
    for kind in (*RecordKind, *KeyKind, shards_key(""), plans_key("")):
        assert f"`{kind}`" in section, kind


def test_lineage_shows_every_kind_of_record_but_those_that_are_facts_of_others():
    facts = {RecordKind.PRETRAINED, RecordKind.VERDICT, RecordKind.TOMBSTONE}
    assert set(graph.KINDS) == {*PartKind, *RecordKind, graph.RUN} - facts
    assert set(labels._DESCRIBED) | set(SCORES) == set(graph.KINDS)


def test_openlineage_names_whatever_a_run_makes(store, monkeypatch):
    record = {"dataset": "d", "checkpoint": "c", "benchmark": "b", "split": "s"}
    catalogue = Catalogue(store)
    monkeypatch.setattr(catalogue, "_dataset", lambda *_: iter([Artifact("d", RecordKind.DATASET, "photos")]))
    named = set()
    for kind in RecordKind:
        monkeypatch.setattr(catalogue, "_record", lambda _, kind=kind: record | {"kind": kind})
        named |= {kind for one in catalogue.artifacts("a" * 64) if one.kind != "other"}
    assert named == {*MAKES.values(), RecordKind.PRETRAINED} - {RecordKind.TOMBSTONE}


def test_reports_have_a_page_for_whatever_a_run_makes():
    without = {RecordKind.TOMBSTONE, RecordKind.SUBMISSION}  # a submission is a line on its checkpoint's page
    assert {*page_of.WITH_A_PAGE, *without} == set(MAKES.values())
    assert set(descendants._READ_SCORE) == set(SCORES)


def test_the_audit_knows_every_record_that_can_be_audited_and_every_score():
    assert {*scope.AUDITABLE, RecordKind.TOMBSTONE} == set(MAKES.values())
    assert set(use._SCORES) == set(SCORES)
    assert set(videos._RECORDS) == set(SCORES) - {
        RecordKind.EVALUATION
    }  # of videos that are not in the store


class Looked(Exception):
    pass


class Unread:
    """Objects that nobody can read without being noticed."""

    def __getattr__(self, name):
        raise Looked(name)


@pytest.mark.parametrize(
    "kind", [*KeyKind, *OF_STILLS, *map(shards_key, OF_STILLS), *map(plans_key, OF_STILLS)]
)
def test_the_audit_looks_at_what_an_entry_of_every_kind_of_key_points_at(kind):
    with pytest.raises(Looked):
        KeyOwners(Unread()).key_of(kind, "0" * 64)
    assert KeyOwners(Unread()).key_of("another", "0" * 64) is None


def test_a_record_finds_its_key_but_a_verdict_by_its_bounds():
    assert set(KEY_OF_RECORD.values()) == set(KeyKind) - {KeyKind.VERDICTS}
    assert {stage_of_shards_key(shards_key(stage)) for stage in OF_STILLS} == set(OF_STILLS)
    assert {stage_of_shards_key(kind) for kind in (*KeyKind, *OF_STILLS)} == {None}


def test_garbage_collection_keeps_what_cannot_be_made_from_the_photographs_again():
    assert set(KeyKind) - garbage_collection._STAGING_KEYS == {KeyKind.CHECKPOINTS, KeyKind.EVALUATIONS}
    learned = {RecordKind.CHECKPOINT, RecordKind.PRETRAINED, *SCORES}
    assert set(RecordKind) - garbage_collection._WITH_A_ROOT == learned


def test_jobs_and_witnesses_look_at_kinds_of_runs():
    assert set(jobs._REMOVALS) == {RunKind.COLLECT, RunKind.PURGE}
    assert set(witnesses._NAMING_RUNS.values()) == {RunKind.DATASET, RunKind.TAG, RunKind.ROLL_BACK}


TAKING_A_KIND = {
    *("recorded_run", "recorded", "composed_run", "running_job", "exclusive_removal"),
    *("resolve", "made_once", "that_made", "made_from", "of_kind"),
}


def bare_kinds(path):
    """The lines on which a kind is spelt as a string of its own."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            is_kind = any(
                re.search(r"(\bkind|\[.kind.\]|\.get\(.kind.\))$", ast.unparse(side)) for side in sides
            )
            looked_at = sides if is_kind else []
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            is_kind = called.split(".")[-1] in TAKING_A_KIND or re.search(
                r"\b(keys|KeyIndex\(.*\))\.(get|put)$", called
            )
            looked_at = node.args if is_kind else []
        else:
            continue
        values = [one.value for side in looked_at for one in ast.walk(side) if isinstance(one, ast.Constant)]
        if EVERY_KIND.intersection(value for value in values if isinstance(value, str)) - {"kind"}:
            yield node.lineno


def test_a_bare_kind_is_found(tmp_path):
    path = tmp_path / "bare.py"
    lines = [
        'run["kind"] == "train"',
        'record.kind in ("dataset", "stage")',
        'store.keys.get("checkpoints", key)',
        'recorded_run(store, "gc", {})',
        'resolve(store, reference, "checkpoint")',
        'row["kind"] == RunKind.TRAIN',
        'facts["checkpoint"] == "train"',
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert list(bare_kinds(path)) == [1, 2, 3, 4, 5]


def test_no_kind_is_spelt_as_a_string_of_its_own():
    # The model of a record spells its own: see storage/kinds.py. `FileKind` is none of these.
    others = {("records", "checkpoints.py"), ("photograph_folder", "listing.py")}
    checked = [path for path in SOURCES if path.parts[-2:] not in others]
    assert len(checked) > 200
    assert {str(path): lines for path in checked if (lines := list(bare_kinds(path)))} == {}
