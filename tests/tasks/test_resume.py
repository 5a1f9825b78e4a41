"""A run that dies at any moment leaves a store that can be read, and is taken up where it stopped."""

import signal
import subprocess
import sys

import pytest

from shls_core.errors import ShlsError
from storage.canonical import digest_bytes
from storage.files import writing
from storage.records.manifests import StageManifest, get_record
from storage.store import Store

STAGE_SLOWLY = """
import sys
from pathlib import Path
from shls_core.photographs.crops import CropConfig
from shls_core.saliency.config import SaliencyConfig
from storage.store import Store
from tasks.runs.execution_config import ExecutionConfig, StagingConfig
from tasks.stages.ingest import IngestConfig, IngestStage
from tasks.stages.saliency import SaliencyStage
from tasks.staging.build_stage import build_stage

store = Store.create(sys.argv[1])
work = (StagingConfig(seed=1, rows_per_shard=1), ExecutionConfig(backend=sys.argv[3], workers=2))
tell = lambda done, total: print(done, flush=True)
ingest = build_stage(store, IngestStage(IngestConfig(images=sys.argv[2], max_side=96)), {}, *work, tell)
stage = SaliencyStage(SaliencyConfig(), CropConfig(crops_per_image=3), max_side=96, seed=1)
print(build_stage(store, stage, {"ingest": ingest.artifact}, *work, tell).artifact)
"""


class Killed(BaseException):
    """Nothing catches it, as nothing catches SIGKILL."""


def assert_everything_there_is_whole(store):
    """Every object hashes to its name, and every manifest's shards are there."""
    for path in (store.root / "objects").rglob("*"):
        if path.is_file() and "#" not in path.name:
            assert digest_bytes(path.read_bytes()) == path.name
            try:
                manifest = get_record(store.objects, path.name, StageManifest)
            except ShlsError:  # a shard, or another record
                continue
            assert all(store.objects.verify(shard.digest) for shard in manifest.shards)


@pytest.mark.parametrize("written", [False, True])
def test_a_run_that_stops_at_any_write_is_taken_up_and_ends_the_same(
    staged, store, photographs, stage_dataset, monkeypatch, written
):
    put, writes_left = writing.obstore.put, 0

    def put_until_killed(*arguments, **options):
        nonlocal writes_left
        writes_left -= 1
        if writes_left < 0:
            if written:
                put(*arguments, **options)
            raise Killed
        return put(*arguments, **options)

    monkeypatch.setattr(writing.obstore, "put", put_until_killed)
    num_entries = []
    for attempt in range(20):
        writes_left = 3 * attempt  # every attempt gets a little further, and stops at another kind of write
        try:
            outcome = stage_dataset(store, photographs)
        except Killed:
            assert_everything_there_is_whole(store)
            num_entries.append(sum(1 for _ in (store.root / "keys").rglob("*")))
        else:
            break
    assert len(num_entries) > 5
    assert num_entries == sorted(num_entries)
    assert outcome.dataset == staged.dataset
    num_rows, num_computed = (
        sum(getattr(done, count) for done in outcome.outcomes.values()) for count in ("rows", "rows_computed")
    )
    assert num_computed < num_rows / 2


@pytest.mark.slow
@pytest.mark.parametrize(("backend", "kill_after_lines"), [("serial", (2, 7, 4, 11)), ("ray", (3, 12))])
def test_a_driver_killed_at_some_shard_is_taken_up_and_ends_the_same(
    tmp_path, photographs, backend, kill_after_lines
):
    def run(store, in_backend, kill_after=None):
        arguments = [sys.executable, "-c", STAGE_SLOWLY, str(store), str(photographs), in_backend]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
            lines = []
            for line in process.stdout:
                lines.append(line.strip())
                if len(lines) == kill_after:
                    process.send_signal(signal.SIGKILL)
                    break
            assert process.wait(timeout=120) == (0 if kill_after is None else -signal.SIGKILL)
        return lines[-1]

    expected = run(tmp_path / "undisturbed", "serial")
    disturbed = tmp_path / "disturbed"
    for kill_after in kill_after_lines:
        run(disturbed, backend, kill_after)
        assert_everything_there_is_whole(Store.open(disturbed))
    assert run(disturbed, backend) == expected
    assert_everything_there_is_whole(Store.open(disturbed))
