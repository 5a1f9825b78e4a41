"""An evaluation to make pages of, and a browser to look at them in."""

import base64
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from storage.records.checkpoints import BenchmarkRecord, CheckpointRecord

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


CONTRASTS = """(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const channels = (colour, below) => {
    canvas.fillStyle = `rgb(${below.join(",")})`;
    canvas.fillRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return Array.from(canvas.getImageData(0, 0, 1, 1).data.slice(0, 3));
  };
  const paper = (one) => one
    ? channels(getComputedStyle(one).backgroundColor, paper(one.parentElement)) : [255, 255, 255];
  const light = (colour) => colour.map((channel) => channel / 255)
    .map((share) => share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4)
    .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (texts.nextNode()) {
    const one = texts.currentNode.parentElement;
    if (!texts.currentNode.textContent.trim() || one.closest("script, title, details:not([open])")) continue;
    const style = getComputedStyle(one);
    const below = paper(one);
    const both = [light(channels(one.closest("svg") ? style.fill : style.color, below)), light(below)];
    found.push([(Math.max(...both) + 0.05) / (Math.min(...both) + 0.05), one.outerHTML.slice(0, 80)]);
  }
  return found;
})()"""
STICKING_OUT = """(() => {
  const width = document.documentElement.clientWidth;  // without the scroll bar
  const out = Array.from(document.querySelectorAll("body *:not(.unseen, .skip)"))
    .filter((one) => !one.closest(".scroll, pre, .unseen"))
    .filter((one) => one.getBoundingClientRect().right > width + 0.5).map((one) => one.outerHTML);
  return document.documentElement.scrollWidth === width ? out : ["the page itself", ...out];
})()"""


@dataclass(frozen=True)
class Evaluated:
    """A record, the benchmark and the masks it is of."""

    record: "BenchmarkRecord"
    davis: Path
    results: Path


@pytest.fixture
def trained() -> "CheckpointRecord":
    from storage.records.checkpoints import CheckpointRecord

    return CheckpointRecord(
        dataset="d" * 64,
        configuration={"training": {"steps": 500, "seed": 7}, "network": {"width_multiplier": 0.5}},
        code_digest="c" * 64,
        versions={"torch": "2.13.0"},
        device_kind="cpu",
        weights="e" * 64,
        final_loss=1.75,
    )


@pytest.fixture
def record_of() -> Callable[..., "BenchmarkRecord"]:
    """Return a function that makes a record of J values by video and object; F is half of J."""
    from shls_core.metrics.scores import ObjectScores, global_scores, scores_over_frames
    from storage.records.checkpoints import BenchmarkObject, BenchmarkRecord

    def record(videos: dict[str, list[list[float]]], **changes: Any) -> "BenchmarkRecord":
        objects = [
            ObjectScores(
                sequence=name,
                object_id=object_id,
                frame_j=tuple(values),
                frame_f=tuple(value / 2 for value in values),
                scores=scores_over_frames(values, [value / 2 for value in values]),
            )
            for name, of_video in videos.items()
            for object_id, values in enumerate(of_video, 1)
        ]
        fields: dict[str, Any] = {
            "checkpoint": "3a2ed9a2f930" + "0" * 52,
            "benchmark": "DAVIS-2017",
            "split": "val",
            "material": "a" * 64,
            "configuration": {"memory": {}, "num_superpixels": 900, "max_side": None},
            "code_digest": "b" * 64,
            "versions": {"numpy": "2.4.6"},
            "device_kind": "cpu",
            "scores": global_scores(objects).as_dict(),
            "objects": tuple(
                BenchmarkObject(
                    sequence=one.sequence,
                    object_id=one.object_id,
                    scores=one.scores.as_dict(),
                    frame_j=one.frame_j,
                    frame_f=one.frame_f,
                )
                for one in objects
            ),
        }
        return BenchmarkRecord(**(fields | changes))

    return record


@pytest.fixture
def evaluated(davis_benchmark: tuple[Path, Path], record_of: Callable[..., Any]) -> Evaluated:
    """The evaluation of the small benchmark; the folder of masks says whose they are."""
    from tasks.scoring.benchmark import FACTS
    from tasks.scoring.benchmark_choice import BenchmarkChoice, material_digest
    from tasks.scoring.davis_scoring import score_results

    davis, results = davis_benchmark
    videos: dict[str, list[list[float]]] = {}
    for one in score_results(davis, results, "val", workers=1):
        videos.setdefault(one.sequence, []).append(list(one.frame_j))
    record = record_of(videos, material=material_digest(BenchmarkChoice("davis", davis, "val").videos()))
    facts = record.model_dump(mode="json", exclude={"schema_version", "kind", "scores", "objects"})
    (results / FACTS).write_text(json.dumps(facts))
    return Evaluated(record, davis, results)


class Tab:
    """A tab of a browser, spoken to in the Chrome DevTools Protocol; it keeps every event that it hears."""

    def __init__(self, connection: Any, session: str) -> None:
        self._connection, self._session, self._numbers = connection, session, itertools.count(1)
        self.events: list[tuple[str, dict[str, Any]]] = []
        for domain in ("Page", "Runtime", "Log", "Network", "Audits"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and return what the browser answers."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters, "sessionId": self._session}
        self._connection.send(json.dumps(message))
        while (answer := self._hear()).get("id") != number:
            pass
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def open(self, page: Path, width: int = 1280, **media: str) -> None:
        """Load a file at a width, with media features such as ``prefers_color_scheme="dark"``."""
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
        features = [{"name": name.replace("_", "-"), "value": value} for name, value in media.items()]
        self.call("Emulation.setDeviceMetricsOverride", **size)
        self.call("Emulation.setEmulatedMedia", features=features)
        self.events.clear()
        self.call("Page.navigate", url=page.as_uri())
        while not self.heard("Page.loadEventFired"):
            self._hear()
        # A page may still ask for things after it has loaded.
        self.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)))")

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression of JavaScript; a promise is waited for."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def heard(self, *methods: str) -> list[dict[str, Any]]:
        """Return the events of these kinds since the page was opened."""
        return [parameters for method, parameters in self.events if method in methods]

    def requested(self) -> list[str]:
        """Return what the page asked for, itself included and what it holds left out."""
        addresses = [event["request"]["url"] for event in self.heard("Network.requestWillBeSent")]
        return [address for address in addresses if not address.startswith("data:")]

    def complaints(self) -> list[dict[str, Any]]:
        """Return what the browser has to say against the page."""
        return self.heard(
            "Runtime.exceptionThrown",
            "Runtime.consoleAPICalled",
            "Log.entryAdded",
            "Audits.issueAdded",
            "Network.loadingFailed",
        )

    def contrasts(self) -> list[tuple[float, str]]:
        """Return the contrast of every text that is shown with what is below it, and where it stands."""
        return self.evaluate(CONTRASTS)

    def sticking_out(self) -> list[str]:
        """Return what is wider than the page, other than in parts that scroll."""
        return self.evaluate(STICKING_OUT)

    def screenshot(self, path: Path) -> None:
        """Keep what the whole page looks like."""
        taken = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(taken["data"]))

    def _hear(self) -> dict[str, Any]:
        message = json.loads(self._connection.recv(timeout=60))
        if "method" in message:
            self.events.append((message["method"], message["params"]))
        return message


@pytest.fixture(scope="session")
def devtools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A connection to a real browser; tests that need one are skipped where none is installed."""
    from websockets.sync.client import connect

    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip(f"no browser is installed; looked for {', '.join(BROWSERS)}")
    profile = tmp_path_factory.mktemp("browser")
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0")
    # A file, not a pipe: a pipe that nobody empties stops the browser once it is full.
    told = profile / "told.txt"
    with (
        told.open("w") as stderr,
        subprocess.Popen(
            # A group of its own: what is started may be a script that starts the browser.
            [program, *options, f"--user-data-dir={profile}", "about:blank"],
            stderr=stderr,
            start_new_session=True,
        ) as process,
    ):
        try:
            with connect(_address(told, process), max_size=None, proxy=None) as connection:
                yield connection
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def _address(told: Path, process: "subprocess.Popen[bytes]") -> str:
    """Wait until the browser has said where it listens."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if found := re.search(r"ws://127\.0\.0\.1\S+", told.read_text()):
            return found[0]
        time.sleep(0.02)
    raise AssertionError(f"the browser did not start: {told.read_text()}")


@pytest.fixture
def tab(devtools: Any) -> Iterator[Tab]:
    """A fresh tab."""

    def call(method: str, **parameters: Any) -> dict[str, Any]:
        devtools.send(json.dumps({"id": 0, "method": method, "params": parameters}))
        while (answer := json.loads(devtools.recv(timeout=60))).get("id") != 0:
            pass
        return answer["result"]

    target = call("Target.createTarget", url="about:blank")["targetId"]
    session = call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    yield Tab(devtools, session)
    call("Target.closeTarget", targetId=target)


@pytest.fixture
def _picture_of_a_failure(request: pytest.FixtureRequest, tab: Tab, tmp_path: Path) -> Iterator[None]:
    failed_before = request.session.testsfailed
    yield
    if request.session.testsfailed > failed_before:
        tab.screenshot(tmp_path / "failed.png")
