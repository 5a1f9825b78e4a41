"""A production server of the tests' own: PostgreSQL, Prefect, workers, and a listener for notifications."""

import json
import os
import pwd
import shutil
import signal
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

PROJECT = Path(__file__).parents[3]
PREFECT, SHLS = (str(Path(sys.executable).with_name(name)) for name in ("prefect", "shls"))
CREDENTIALS = ("shls", "for-tests-only")
HEARTBEAT_SECONDS = 30
ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
TINY_DATASET: dict[str, Any] = {
    "config": "quickstart",
    "changes": {
        "name": "tiny",
        # Many small shards: there is a lot to be killed between.
        "staging": {"seed": 1, "rows_per_shard": 2},
        "crops": {"crops_per_image": 4},
        "synthesis": {"frame_size": 64, "sequences_per_template": 1},
        "held_out": {"share": 0.4, "seed": 0, "num_frames": 4},
        "superpixels": {"num_superpixels": 30},
        "gate": {"min_held_out_sequences": 0},
        "method": {"network": {"width_multiplier": 0.125}},
        "training": {"steps": 3, "batch_size": 1, "num_threads": 1},
        "execution": {"backend": "serial", "device": "cpu"},
    },
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def binaries() -> Path:
    """Return the folder of PostgreSQL's programs, or skip."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt install postgresql)")
    return (found[-1] if found else Path(str(on_path)).resolve()).parent


class Database:
    """One server with an empty database called prefect."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"postgresql+asyncpg://prefect@127.0.0.1:{self.port}/prefect"
        self._binaries, self._folder = binaries(), folder
        self._data = folder / "data"
        # It refuses to run as root.
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(folder, user.pw_uid, user.pw_gid)
            self._as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        self._run("initdb", "-D", self._data, "-U", "prefect", "--auth=trust", "-E", "UTF8", "--no-sync")
        self.start()
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "prefect", "prefect")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self._folder,
            "fsync": "off",
        }
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        with (self._folder / "log").open("a") as log:
            self._process = subprocess.Popen(
                [self._binaries / "postgres", "-D", self._data, *options],
                cwd=self._folder,
                stdout=log,
                stderr=log,
                **self._as,
            )
        deadline = time.monotonic() + 60
        while self._call("pg_isready", "-h", "127.0.0.1", "-p", str(self.port)).returncode:
            assert time.monotonic() < deadline, (self._folder / "log").read_text()[-2000:]
            time.sleep(0.2)

    def kill(self) -> None:
        """End it as a fault of the machine does: at once, and without a word to its clients."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        self._process.wait(timeout=30)

    def query(self, sql: str) -> str:
        return self._run(
            "psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "prefect", "-Atc", sql, "prefect"
        )

    def _run(self, program: str, *arguments: Any) -> str:
        done = self._call(program, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def _call(self, program: str, *arguments: Any) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [self._binaries / program, *arguments],
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
            **self._as,
        )


@contextmanager
def database() -> Iterator[Database]:
    """A server, for as long as the block."""
    folder = Path(tempfile.mkdtemp(prefix="shls-postgresql-"))
    folder.chmod(0o755)
    try:
        found = Database(folder)
        try:
            yield found
        finally:
            found.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Listener:
    """Takes what is sent to a webhook, and keeps it."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        received = self.received

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Process:
    """A process in a session of its own, with all that it starts."""

    def __init__(self, command: list[str], site: "Site", log: Path) -> None:
        with log.open("a") as output:
            self.process = subprocess.Popen(
                command,
                cwd=site.folder,
                env=site.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """Kill it alone."""
        self.process.kill()
        self.process.wait()

    def kill_group(self) -> None:
        """Kill it and what it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Site:
    """A production server on PostgreSQL, as docs/operations.md says, with a worker for each pool.

    Only times are shorter: how often a worker asks for work, and between heartbeats the least that Prefect
    allows.
    """

    def __init__(self, folder: Path, database: Database, listener: Listener) -> None:
        port = free_port()
        self.folder, self.database, self.listener = folder, database, listener
        declared = dict(
            line.split("=", 1)
            for line in (PROJECT / "deploy" / "server.env").read_text().splitlines()
            if line and not line.startswith("#")
        )
        self.environment = {
            **os.environ,
            **declared,
            "PREFECT_HOME": str(folder / "prefect"),
            "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
            "PREFECT_SERVER_API_PORT": str(port),
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": database.url,
            "PREFECT_SERVER_API_AUTH_STRING": ":".join(CREDENTIALS),
            "PREFECT_API_AUTH_STRING": ":".join(CREDENTIALS),
            "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_SECONDS),
            "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "5",
            "PREFECT_WORKER_QUERY_SECONDS": "2",
            "PYTHONPATH": str(PROJECT),
            "SHLS_NOTIFY": listener.url,
        }
        self.api = httpx.Client(
            base_url=self.environment["PREFECT_API_URL"], auth=httpx.BasicAuth(*CREDENTIALS), timeout=30
        )
        self.processes: dict[str, Process] = {}

    def start(self, name: str) -> None:
        """Start ``server``, or the worker of a pool; wait for a server."""
        what = ["server", "start"] if name == "server" else ["worker", "start", "--pool", name]
        self.processes[name] = Process([PREFECT, *what], self, self.folder / f"{name}.log")
        if name == "server":
            self.wait(self.is_up, "the server", 180)

    def is_up(self) -> bool:
        try:
            return self.api.get("/health").is_success
        except httpx.TransportError:
            return False

    def wait(self, found: Callable[[], Any], what: str, seconds: float) -> Any:
        """Return the first result of `found` that is true."""
        deadline = time.monotonic() + seconds
        while not (result := found()):
            if time.monotonic() > deadline:
                logs = "".join(
                    f"\n{log.name}\n{log.read_text()[-2500:]}" for log in self.folder.glob("*.log")
                )
                pytest.fail(f"{what}: not after {seconds} s\n{self.runs()}{logs}")
            time.sleep(0.5)
        return result

    def call(self, method: str, path: str, content: Any = None) -> Any:
        """Return what the server answers, when it does: kills leave it without a database for a while."""

        def answer() -> httpx.Response | None:
            with suppress(httpx.TransportError):
                response = self.api.request(method, path, json=content)
                return response if response.status_code < httpx.codes.INTERNAL_SERVER_ERROR else None
            return None

        deadline = time.monotonic() + 90
        while (response := answer()) is None:
            assert time.monotonic() < deadline, path
            time.sleep(0.5)
        return response.raise_for_status().json() if response.content else None

    def apply(self) -> list[dict[str, str]]:
        done = subprocess.run(
            [SHLS, "schedule", "apply", "--json"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        applied: list[dict[str, str]] = json.loads(done.stdout)["applied"]
        return applied

    def deployment(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", f"/deployments/name/{name}")
        return found

    def ask(self, name: str, **parameters: Any) -> httpx.Response:
        """Ask for a run of a deployment."""
        path = f"/deployments/{self.deployment(name)['id']}/create_flow_run"
        return self.api.post(path, json={"parameters": parameters})

    def run(self, run_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", f"/flow_runs/{run_id}")
        return found

    def runs(self, flow: str | None = None) -> list[dict[str, Any]]:
        """Return the runs that are not in the future, oldest first."""
        flows = {"flows": {"name": {"any_": [flow]}}} if flow else {}
        found = self.call("POST", "/flow_runs/filter", {**flows, "sort": "EXPECTED_START_TIME_ASC"})
        return [run for run in found if run["state"]["name"] != "Scheduled"]

    def ended(self, run_id: str, seconds: float = 240) -> dict[str, Any]:
        """Return a run when it has ended."""

        def found() -> dict[str, Any] | None:
            run = self.run(run_id)
            return run if run["state_type"] in ENDED else None

        run: dict[str, Any] = self.wait(found, f"the end of run {run_id}", seconds)
        return run

    def completed(self, flow: str, store: Path, seconds: float = 240) -> dict[str, Any]:
        """Return the first completed run of a flow on a store, when there is one."""

        def found() -> dict[str, Any] | None:
            return next(
                (
                    run
                    for run in self.runs(flow)
                    if run["state_type"] == "COMPLETED" and run["parameters"]["store"] == str(store)
                ),
                None,
            )

        run: dict[str, Any] = self.wait(found, f"a completed {flow}", seconds)
        return run

    def kill_run(self, run_id: str) -> None:
        """Kill the worker of the first pool, and all processes of a run: they have a group of their own."""
        self.processes["shls"].kill_group()
        self._kill_all_with(f"PREFECT__FLOW_RUN_ID={run_id}")

    def _kill_all_with(self, variable: str) -> None:
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                with suppress(OSError):  # gone meanwhile
                    if variable.encode() in (folder / "environ").read_bytes().split(b"\0"):
                        os.kill(int(folder.name), signal.SIGKILL)

    def end(self) -> None:
        self._kill_all_with(f"PREFECT_HOME={self.folder / 'prefect'}")
        for process in self.processes.values():
            process.process.wait()
        self.api.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, photographs: Path) -> Iterator[Site]:
    """The site, with prefect.yaml applied: its nightly run is due every minute, and paused."""
    folder = tmp_path_factory.mktemp("site")
    declared = yaml.safe_load((PROJECT / "prefect.yaml").read_text())
    nightly = declared["deployments"][0]
    nightly["schedules"] = [{"cron": "* * * * *", "timezone": "UTC", "active": False}]
    nightly["parameters"] = {**TINY_DATASET, "images": str(photographs), "store": str(folder / "store")}
    (folder / "prefect.yaml").write_text(yaml.safe_dump(declared))
    listener = Listener()
    with database() as running:
        found = Site(folder, running, listener)
        try:
            found.start("server")
            found.apply()
            for pool in ("shls", "shls-gpu"):
                found.start(pool)
            yield found
        finally:
            found.end()
            listener.close()


@pytest.fixture
def tiny_dataset(photographs: Path) -> dict[str, Any]:
    """Parameters of a deployed flow with which everything is small."""
    return {**TINY_DATASET, "images": str(photographs)}


@pytest.fixture
def project() -> Path:
    return PROJECT


class Mail:
    """Just enough of SMTP to take a message."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        messages = self.messages

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.wfile.write(b"220 ready\r\n")
                while line := self.rfile.readline():
                    verb = line[:4].upper()
                    if verb == b"DATA":
                        self.wfile.write(b"354 go on\r\n")
                        messages.append(b"".join(iter(self.rfile.readline, b".\r\n")).decode())
                    self.wfile.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 fine\r\n")
                    if verb == b"QUIT":
                        return

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def mail() -> Iterator[Mail]:
    """A mail server that keeps what it gets."""
    server = Mail()
    yield server
    server.close()
