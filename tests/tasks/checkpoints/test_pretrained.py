"""The checkpoint that comes with the project: it is whole, loads, and follows an object."""

import shutil

import numpy as np
import pytest
import torch

from shls_core.errors import InputError, ObjectCorrupted
from shls_core.methods.shls.propagator import shls_propagator
from shls_core.propagation.video_segmenter import VideoSegmenter
from shls_core.superpixels.division import division
from storage.canonical import digest_bytes
from storage.records.manifests import record_id
from storage.references import resolve
from storage.store import Store
from storage.verification.verify import verify_store
from tasks.checkpoints import pretrained
from tasks.checkpoints.load import load_checkpoint, network_of
from tasks.checkpoints.pretrained import keep_checkpoint, read_pretrained
from tasks.training.learning_config import learning_of

CPU = torch.device("cpu")


def test_it_says_what_made_it():
    record, weights = read_pretrained()
    assert record.kind == "pretrained"
    assert record.made_from
    assert digest_bytes(weights) == record.weights
    assert len(weights) < 30 << 20
    assert learning_of(record).method.name == "shls"
    assert record_id(record) == "54e5a5e94478eebb9914a89f1f8c340c0d7a47650e05a2fd966bc016a2c3d5a5"
    assert record.step == max(record.validations, key=lambda one: one.score).step


def test_it_follows_a_square_over_noise():
    record, weights = read_pretrained()
    memory = learning_of(record).method.memory
    segmenter = VideoSegmenter(shls_propagator(network_of(record, weights, CPU), memory, division()))
    noise = np.random.default_rng(0).integers(0, 90, (96, 128, 3), dtype=np.uint8)
    masks = [np.zeros((96, 128), np.uint8) for _ in range(3)]
    frames = []
    for number, mask in enumerate(masks):
        mask[30:70, 20 + 6 * number : 60 + 6 * number] = 1
        frames.append(np.where(mask[..., None] > 0, np.array([220, 160, 40], np.uint8), noise))
    segmenter.start(frames[0], masks[0])
    for frame, mask in zip(frames[1:], masks[1:], strict=True):
        found = segmenter.step(frame)
        assert (found & mask).sum() / (found | mask).sum() > 0.85


def test_a_store_keeps_it_without_its_dataset(tmp_path):
    store = Store.create(tmp_path / "store")
    record, weights = learned = read_pretrained()
    checkpoint = keep_checkpoint(store, learned)
    assert checkpoint == record_id(record) == resolve(store, checkpoint[:10], "checkpoint")
    assert verify_store(store).problems == ()
    kept = load_checkpoint(store, checkpoint, CPU).state_dict()
    for name, value in network_of(record, weights, CPU).state_dict().items():
        assert torch.equal(kept[name], value)


def test_a_damaged_or_missing_one_is_one_line(tmp_path, monkeypatch):
    damaged = shutil.copytree(pretrained.FOLDER, tmp_path / "damaged")
    data = bytearray((damaged / "weights.safetensors").read_bytes())
    data[len(data) // 2] ^= 1
    (damaged / "weights.safetensors").write_bytes(data)
    monkeypatch.setattr(pretrained, "FOLDER", damaged)
    with pytest.raises(ObjectCorrupted, match=r"expected weights .* in .*damaged.*: the file was changed"):
        read_pretrained()
    shutil.rmtree(damaged)
    with pytest.raises(InputError, match=r"expected a trained checkpoint in .*damaged"):
        read_pretrained()
