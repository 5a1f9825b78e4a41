"""What tests of tasks share: a staged dataset that passed the gate, made of small photographs; a browser."""

import base64
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import skimage.data

from shls_core.photographs.crops import CropConfig
from shls_core.photographs.split import HeldOutConfig
from shls_core.saliency.config import SaliencyConfig
from shls_core.superpixels.config import SuperpixelConfig
from shls_core.synthesis.config import SynthesisConfig
from storage.gate.verdicts import Verdict
from storage.kinds import KeyKind
from storage.provenance import code_digest
from storage.records.manifests import DatasetManifest, put_record
from storage.store import Store
from tasks.planning.dataset_plan import DatasetPlan, plan_dataset
from tasks.runs.execution_config import ExecutionConfig, StagingConfig
from tasks.runs.outcomes import StageOutcome
from tasks.stages.ingest import IngestConfig, IngestStage
from tasks.stages.saliency import SaliencyStage
from tasks.stages.sequences import SequencesStage
from tasks.stages.stage import Stage
from tasks.stages.superpixels import SuperpixelsStage
from tasks.staging.build_stage import build_stage

ROWS_PER_SHARD = 4
SIDE_PX = 66


def some_photographs(count: int, seed: int = 0) -> Iterator[np.ndarray]:
    """Parts of one photograph, each with a disc of its own colour: something salient."""
    rng = np.random.default_rng(seed)
    picture = skimage.data.coffee()
    for _ in range(count):
        top, left = rng.integers(0, picture.shape[0] - SIDE_PX), rng.integers(0, picture.shape[1] - SIDE_PX)
        part = picture[top : top + SIDE_PX, left : left + SIDE_PX].copy()
        centre = tuple(int(value) for value in rng.integers(24, SIDE_PX - 24, 2))
        cv2.circle(part, centre, 12, tuple(int(value) for value in rng.integers(0, 256, 3)), -1)
        yield part


@dataclass
class Staging:
    """A folder, a store and the stages over them; build or plan, as often as one likes."""

    folder: Path
    store: Store
    sections: dict

    def stages(self) -> Sequence[Stage]:
        def section(model, name, **defaults):
            return model(**(defaults | self.sections.get(name, {})))

        ingest = section(IngestConfig, "ingest", images=str(self.folder), max_side=96)
        side = ingest.max_side
        synthesis = section(SynthesisConfig, "synthesis", frame_size=32, num_frames=2, crop_jitter_px=2)
        held_out = section(HeldOutConfig, "held_out", share=0.25, num_frames=3)
        return (
            IngestStage(ingest),
            SaliencyStage(section(SaliencyConfig, "saliency"), section(CropConfig, "crops"), side, seed=1),
            SequencesStage(synthesis, held_out, side, seed=1),
            SuperpixelsStage(section(SuperpixelConfig, "superpixels", num_superpixels=16)),
        )

    def staging(self) -> StagingConfig:
        return StagingConfig(
            **({"seed": 1, "rows_per_shard": ROWS_PER_SHARD} | self.sections.get("staging", {}))
        )

    def plan(self) -> DatasetPlan:
        return plan_dataset(self.store, self.stages(), self.staging().rows_per_shard)

    def build(self) -> dict[str, StageOutcome]:
        outcomes: dict[str, StageOutcome] = {}
        for stage in self.stages():
            inputs = {name: outcomes[name].artifact for name in stage.reads}
            outcomes[stage.name] = build_stage(
                self.store, stage, inputs, self.staging(), ExecutionConfig(backend="serial")
            )
        return outcomes

    def publish(self) -> str:
        made = {name: outcome.artifact for name, outcome in self.build().items()}
        dataset = put_record(self.store.objects, DatasetManifest(stages=made))
        self.store.names.publish("photos", dataset)
        return dataset


def stage_folder(folder: Path, store: Path, count: int) -> Staging:
    """Some photographs, staged and published as ``photos``."""
    for number, pixels in enumerate(some_photographs(count)):
        assert cv2.imwrite(str(folder / f"{number:02}.png"), pixels)
    staging = Staging(folder, Store.create(store), {})
    staging.publish()
    return staging


def copied(staging: Staging, folder: Path) -> Staging:
    photographs = shutil.copytree(staging.folder, folder / "photographs")
    return Staging(Path(photographs), Store.open(shutil.copytree(staging.store.root, folder / "copy")), {})


@pytest.fixture(scope="session")
def forty(tmp_path_factory: pytest.TempPathFactory) -> Staging:
    """Forty photographs, staged and published. Never write to it."""
    return stage_folder(tmp_path_factory.mktemp("forty"), tmp_path_factory.mktemp("forty-store"), 40)


@pytest.fixture(scope="session")
def ten(tmp_path_factory: pytest.TempPathFactory) -> Staging:
    """Ten of them, staged and published. Never write to it."""
    return stage_folder(tmp_path_factory.mktemp("ten"), tmp_path_factory.mktemp("ten-store"), 10)


@pytest.fixture
def large(forty: Staging, tmp_path: Path) -> Staging:
    """A copy of the forty, to change."""
    return copied(forty, tmp_path)


@pytest.fixture
def staging(ten: Staging, tmp_path: Path) -> Staging:
    """A copy of the ten, to change."""
    return copied(ten, tmp_path)


@pytest.fixture
def new_photograph() -> Callable[[Path], None]:
    """Return a function that writes a photograph that is none of the forty."""

    def write(path: Path, seed: int = 1) -> None:
        assert cv2.imwrite(str(path), next(some_photographs(1, seed)))

    return write


@pytest.fixture
def change_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[str, str], None]]:
    """Return a function that lets a module of the project have other text, for the code digest."""
    source_path = code_digest._source_path
    changed: dict[str, Path] = {}

    def forget() -> None:
        for value in vars(code_digest).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()

    def change(module: str, addition: str) -> None:
        original = source_path(module)
        assert original is not None
        changed[module] = tmp_path / f"{module}.py"
        changed[module].write_text(original.read_text(encoding="utf-8") + addition, encoding="utf-8")
        forget()

    monkeypatch.setattr(
        code_digest, "_source_path", lambda module: changed.get(module) or source_path(module)
    )
    forget()
    yield change
    monkeypatch.undo()
    forget()


@pytest.fixture(scope="session")
def pass_gate() -> Callable[[Store, str], None]:
    """Return a function that puts a passed verdict on a dataset into a store."""

    def put(store, dataset):
        verdict = put_record(store.objects, Verdict(dataset=dataset, passed=True, findings=()))
        store.keys.put(KeyKind.VERDICT_OF_DATASET, dataset, verdict)

    return put


@pytest.fixture
def passed_store(staged, pass_gate, tmp_path: Path) -> Store:
    """A store with the staged dataset and a passed verdict on it, to write to."""
    store = Store.open(shutil.copytree(staged.store.root, tmp_path / "store"))
    pass_gate(store, staged.dataset)
    return store


@pytest.fixture
def stopped_clock(monkeypatch):
    """Return a function that gives a module a clock that stands still unless it is set."""

    def stop(module):
        class Clock:
            now = 100.0

            @classmethod
            def monotonic(cls):
                return cls.now

        monkeypatch.setattr(module, "time", Clock)
        return Clock

    return stop


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

    def open(self, page: Path | str, width: int = 1280, height: int = 800, **media: str) -> None:
        """Load a file or an address, with media features such as ``prefers_color_scheme="dark"``."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        features = [{"name": name.replace("_", "-"), "value": value} for name, value in media.items()]
        self.call("Emulation.setDeviceMetricsOverride", **size)
        self.call("Emulation.setEmulatedMedia", features=features)
        self.events.clear()
        self.call("Page.navigate", url=page.as_uri() if isinstance(page, Path) else page)
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
