"""Segmenting a benchmark on workers, and after a kill: the masks and the record are the same."""

import signal
import subprocess
import sys

import cv2
import numpy as np
import pytest

from shls_core.files.masks.indexed_png import write_mask
from shls_core.files.masks.label_files import read_mask
from shls_core.methods.network_weights import new_network
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.methods.shls.network.shls_network import ShlsNetwork
from shls_core.training.weights import weights_to_bytes
from storage.records.checkpoints import CheckpointRecord
from storage.records.manifests import put_record

EVALUATE = """
import os, signal, sys
from pathlib import Path
from shls_core.methods.shls.config import ShlsConfig
from shls_core.propagation.config import PropagationConfig
from shls_core.superpixels.config import SuperpixelConfig
from tasks.scoring import benchmark_videos
from tasks.scoring.segmenter_choice import PropagationChoice, SegmenterChoice
from tasks.scoring.benchmark import score_split, segment_split
from tasks.scoring.benchmark_choice import BenchmarkChoice
from tasks.runs.execution_config import ExecutionConfig

store, root, out, checkpoint, backend, masks_left = sys.argv[1:]
masks_left = int(masks_left)
write_mask = benchmark_videos.write_mask

def write_mask_until_killed(path, labels):
    global masks_left
    masks_left -= 1
    if masks_left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    write_mask(path, labels)

if backend == "serial":
    benchmark_videos.write_mask = write_mask_until_killed
how = PropagationChoice(ShlsConfig(), PropagationConfig(num_superpixels=30), SuperpixelConfig())
choice = SegmenterChoice(checkpoint, how)
benchmark = BenchmarkChoice("davis", Path(root), "val")
execution = ExecutionConfig(backend=backend, workers=2, device="cpu")
facts = segment_split.fn(benchmark, choice, store, execution, Path(out))
print(score_split.fn(benchmark, facts, store, Path(out)).evaluation)
"""


@pytest.fixture
def moving_benchmark(tmp_path):
    """A benchmark of four videos of 4 to 7 frames in which a square moves."""
    root = tmp_path / "moving"
    names = ("ant", "bee", "cow", "dog")
    (root / "ImageSets" / "2017").mkdir(parents=True)
    (root / "ImageSets" / "2017" / "val.txt").write_text("\n".join(names))
    for index, name in enumerate(names):
        noise = np.random.default_rng(index).integers(0, 60, (32, 48, 3), dtype=np.uint8)
        annotations, frames = (root / kind / "480p" / name for kind in ("Annotations", "JPEGImages"))
        annotations.mkdir(parents=True)
        frames.mkdir(parents=True)
        for number in range(4 + index):
            mask = np.zeros((32, 48), np.uint8)
            mask[8:20, 4 + 3 * number : 16 + 3 * number] = 1
            write_mask(annotations / f"{number:05d}.png", mask)
            frame = np.where(mask[..., None] > 0, np.uint8(230), noise)
            assert cv2.imwrite(str(frames / f"{number:05d}.jpg"), frame)
    return root


@pytest.fixture
def checkpoint(store):
    config = NetworkConfig(width_multiplier=0.125)
    record = CheckpointRecord(
        dataset="0" * 64,
        configuration={"network": config.model_dump(mode="json")},
        code_digest="0" * 64,
        versions={},
        device_kind="cpu",
        weights=store.objects.put(weights_to_bytes(new_network(ShlsNetwork, config, seed=0).state_dict())),
        final_loss=0.0,
    )
    return put_record(store.objects, record)


def masks_in(out):
    return {
        f"{folder.name}/{path.name}": read_mask(path).tobytes()
        for folder in out.iterdir()
        if folder.is_dir()
        for path in folder.iterdir()
    }


@pytest.mark.slow
def test_two_workers_and_a_run_taken_up_after_kills_give_what_one_gives(
    store, moving_benchmark, checkpoint, tmp_path
):
    def run(out, backend="serial", masks_left=10**9):
        arguments = (store.root, moving_benchmark, tmp_path / out, checkpoint, backend, masks_left)
        script = [sys.executable, "-c", EVALUATE, *map(str, arguments)]
        return subprocess.run(script, capture_output=True, text=True, timeout=180, check=False)

    alone = run("alone")
    assert alone.returncode == 0, alone.stderr
    on_ray = run("ray", backend="ray")
    assert on_ray.returncode == 0, on_ray.stderr
    assert on_ray.stdout == alone.stdout
    expected = masks_in(tmp_path / "alone")
    assert len(expected) == 4 + 5 + 6 + 7
    assert masks_in(tmp_path / "ray") == expected

    # The longest video comes first: 7 masks, then 6. Each time the run dies within the next video.
    for videos_done, masks_left in ((0, 3), (1, 9), (2, 8)):
        assert run("killed", masks_left=masks_left).returncode == -signal.SIGKILL
        whole = [
            path.name for path in (tmp_path / "killed").iterdir() if path.name in ("dog", "cow", "bee", "ant")
        ]
        assert len(whole) == videos_done
    resumed = run("killed", backend="ray")
    assert resumed.stdout == alone.stdout, resumed.stderr
    assert masks_in(tmp_path / "killed") == expected
    assert not [path for path in (tmp_path / "killed").iterdir() if path.name.startswith(".")]
