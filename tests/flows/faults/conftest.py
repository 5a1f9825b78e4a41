"""Runs of `shls dataset build` as processes of their own, to be disturbed, and what must hold then."""

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from storage.canonical import digest_bytes
from storage.records.manifests import DatasetManifest, StageManifest, get_record
from storage.rows.stage_names import OF_STILLS
from storage.store import Store

SHLS = str(Path(sys.executable).with_name("shls"))
LONGEST_SECONDS = 240.0
CONFIG: Mapping[str, Any] = {
    "name": "disturbed",
    # Small photographs in many small shards: there is a lot to be killed between.
    "staging": {"seed": 1, "rows_per_shard": 2},
    "crops": {"crops_per_image": 4},
    "synthesis": {"frame_size": 64},
    "held_out": {"share": 0.4, "num_frames": 4},
    "superpixels": {"num_superpixels": 30},
    "execution": {"backend": "ray", "workers": 2, "device": "cpu"},
}


@dataclass
class Build:
    """One `shls dataset build` in a session of its own."""

    config: Path
    store: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self._mark = f"SHLS_TEST_RUN={uuid.uuid4()}"  # all that the run starts inherits it
        self._deadline = time.monotonic() + LONGEST_SECONDS
        folder = self.store.parent
        self._paths = [folder / f"{self._mark[-12:]}.{stream}" for stream in ("out", "err")]
        out, err = (path.open("wb") for path in self._paths)
        with out, err:
            self.process = subprocess.Popen(
                [
                    SHLS,
                    "dataset",
                    "build",
                    "--config",
                    self.config,
                    "--store",
                    self.store,
                    "--json",
                    *self.options,
                ],
                env={**os.environ, **self.environment, **dict([self._mark.split("=")])},
                stdout=out,
                stderr=err,
                start_new_session=True,
                # Who runs tests in the background runs them deaf to Ctrl-C.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )

    def reaches(self, moment: Callable[[], object]) -> bool:
        """Wait for a moment; return False if the run ended before."""
        while not moment():
            if self.process.poll() is not None:
                return False
            self._refuse_to_hang()
            time.sleep(0.002)
        return True

    def exit_code(self) -> int:
        """Wait for the end of the run."""
        while self.process.poll() is None:
            self._refuse_to_hang()
            time.sleep(0.02)
        return self.process.returncode

    def processes(self) -> dict[int, str]:
        """Return the command line of every living process of the run, by process id."""
        return {pid: title for pid, title in _processes() if _has(pid, self._mark)}

    def workers(self) -> list[int]:
        """Return the Ray workers that make shards."""
        return sorted(pid for pid, title in self.processes().items() if title.startswith("ray::Actor"))

    def is_gone(self, only_workers: bool = False, seconds: float = 90.0) -> bool:
        """Return whether nothing of the run is left, or nothing is after some time."""
        until = time.monotonic() + seconds
        while left := self.workers() if only_workers else self.processes():
            if time.monotonic() > until:
                print(left)
                return False
            time.sleep(0.2)
        return True

    def told(self) -> list[str]:
        """Return the lines on standard error."""
        return self._paths[1].read_text().splitlines()

    def outcome(self) -> dict[str, Any]:
        """Return the JSON object on standard output."""
        read: dict[str, Any] = json.loads(self._paths[0].read_text())
        return read

    def end(self) -> None:
        """Leave nothing running, whatever happened."""
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def _refuse_to_hang(self) -> None:
        assert time.monotonic() < self._deadline, f"still running: {self.processes()}, told {self.told()}"


def _processes() -> Iterator[tuple[int, str]]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                yield int(folder.name), (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:  # gone meanwhile
                continue


def _has(pid: int, mark: str) -> bool:
    try:
        return mark.encode() in Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False


@pytest.fixture
def build() -> Iterator[Callable[..., Build]]:
    """Return a function that starts a build, and leave none running."""
    started: list[Build] = []

    def start(*arguments: Any, **options: Any) -> Build:
        started.append(Build(*arguments, **options))
        return started[-1]

    yield start
    for one in started:
        one.end()


@pytest.fixture(scope="session")
def disturbed_config(tmp_path_factory: pytest.TempPathFactory, photographs: Path) -> Path:
    """The configuration of the runs that are disturbed."""
    path = tmp_path_factory.mktemp("disturbed") / "disturbed.yaml"
    path.write_text(yaml.safe_dump({**CONFIG, "ingest": {"images": str(photographs)}}))
    return path


@dataclass(frozen=True)
class Undisturbed:
    """The same build where nothing happened."""

    store: Path
    dataset: str
    num_entries: int
    shards: Mapping[str, int]
    """Rows of every shard, by its path under ``keys/``."""


@pytest.fixture(scope="session")
def undisturbed(
    tmp_path_factory: pytest.TempPathFactory, disturbed_config: Path, prefect_server: str
) -> Undisturbed:
    """The build in this process, without Ray. Look, never write."""
    from flows.configuration import load_config
    from flows.regenerate import regenerate

    path = tmp_path_factory.mktemp("undisturbed") / "store"
    serial = load_config(str(disturbed_config)).with_changes(execution={"backend": "serial"})
    outcome = regenerate(serial, str(path))
    store = Store.open(path)
    manifests = [get_record(store.objects, stage.artifact, StageManifest) for stage in outcome.stages]
    num_rows = {shard.digest: shard.rows for manifest in manifests for shard in manifest.shards}
    shards = {
        str(entry.relative_to(path)): num_rows[entry.read_text()]
        for stage in OF_STILLS
        for entry in (path / "keys" / f"{stage}-shards").iterdir()
    }
    return Undisturbed(path, outcome.dataset, len(_entries(path)), shards)


def _entries(store: Path) -> list[Path]:
    """Return every finished file of a store; what a writer was killed at has a # in its name."""
    return [
        path
        for folder in ("objects", "keys", "ledger")
        for path in (store / folder).rglob("*")
        if path.is_file() and "#" not in path.name
    ]


@pytest.fixture
def entries() -> Callable[[Path], list[Path]]:
    """Return the function that lists every finished file of a store."""
    return _entries


@pytest.fixture
def check_whole() -> Callable[[Path], None]:
    """Return a function that checks that all there is in a store can be read, and is what it was."""

    def check(path: Path) -> None:
        store = Store.open(path)
        for entry in (path / "objects").glob("*/*"):
            if "#" in entry.name:
                continue
            data = entry.read_bytes()
            assert digest_bytes(data) == entry.name
            kind = json.loads(data).get("kind") if data.startswith(b"{") else None
            if kind == "stage":
                shards = get_record(store.objects, entry.name, StageManifest).shards
                assert all(store.objects.verify(shard.digest) for shard in shards)
            elif kind == "dataset":
                dataset = get_record(store.objects, entry.name, DatasetManifest)
                assert all(store.objects.verify(dataset.stages[stage]) for stage in OF_STILLS)
        for row in store.names.rows():
            assert get_record(store.objects, row["digest"], DatasetManifest)
        heads = ["0" * 64, *(run["entry"] for run in store.ledger.runs())]
        assert [run["previous"] for run in store.ledger.runs()] == heads[:-1]

    return check
