import pytest
import torch

from shls_core.errors import InputError
from shls_core.methods.network_weights import new_network
from shls_core.methods.shls.network.config import NetworkConfig
from shls_core.methods.shls.network.shls_network import ShlsNetwork
from shls_core.methods.shls.refinement.config import RefinementConfig
from shls_core.methods.shls.section import ShlsSection
from shls_core.propagation.fusion.config import FusedMemoryConfig
from shls_core.training.weights import weights_from_bytes, weights_to_bytes
from storage.records.checkpoints import CheckpointRecord
from storage.records.links import links_of
from storage.records.manifests import get_record, put_record, record_id
from tasks.checkpoints.exporting import export_checkpoint, export_pretrained, rounded
from tasks.checkpoints.importing import import_checkpoint
from tasks.checkpoints.load import network_of
from tasks.training.learning_config import LearningConfig, learning_of
from tasks.training.trained_folder import read_trained

CPU = torch.device("cpu")
NETWORK = NetworkConfig(
    width_multiplier=0.125, refinement=RefinementConfig(mode="whole_frame", decoder_width=0.0625)
)
COARSE = NetworkConfig(width_multiplier=0.125)
VOTE = FusedMemoryConfig(pre_segmentation="knn_vote")
USED = ShlsSection(network=COARSE, memory=VOTE)


@pytest.fixture
def checkpoint(store):
    record = CheckpointRecord(
        dataset="0" * 64,
        method="shls",
        configuration=LearningConfig(method=ShlsSection(network=NETWORK)).deciding(),
        code_digest="0" * 64,
        versions={},
        device_kind="cpu",
        weights=store.objects.put(weights_to_bytes(new_network(ShlsNetwork, NETWORK, seed=0).state_dict())),
        final_loss=0.0,
    )
    return put_record(store.objects, record)


@pytest.fixture
def pretrained(store, checkpoint, tmp_path):
    """A folder with the checkpoint as it might come with the project."""
    export_pretrained(store, checkpoint, tmp_path / "pretrained", USED)
    return tmp_path / "pretrained"


def test_as_it_is_it_keeps_its_id_and_its_bytes(store, checkpoint, tmp_path):
    assert export_checkpoint(store, checkpoint, tmp_path / "out") == checkpoint
    record, weights = read_trained(tmp_path / "out")
    assert record == get_record(store.objects, checkpoint, CheckpointRecord)
    assert weights == store.objects.get(record.weights)


def test_a_pretrained_one_is_half_as_large_and_says_what_it_was_made_from(store, checkpoint, tmp_path):
    made = export_pretrained(store, checkpoint, tmp_path / "out", ShlsSection(network=NETWORK, memory=VOTE))
    record, weights = read_trained(tmp_path / "out")
    assert made == record_id(record) != checkpoint
    assert (record.kind, record.made_from) == ("pretrained", checkpoint)
    exact = store.objects.get(get_record(store.objects, checkpoint, CheckpointRecord).weights)
    assert len(weights) < 0.6 * len(exact)

    before, after = weights_from_bytes(exact), network_of(record, weights, CPU).state_dict()
    assert before.keys() == after.keys()
    for name, value in before.items():
        torch.testing.assert_close(after[name], value, rtol=2**-8, atol=0)
    assert any(not torch.equal(after[name], value) for name, value in before.items())


def test_it_says_how_it_is_used_and_leaves_out_refinement_that_is_not(pretrained):
    record, weights = read_trained(pretrained)
    assert learning_of(record).method == USED
    assert not [name for name in weights_from_bytes(weights) if name.startswith("refinement")]
    assert network_of(record, weights, CPU).refinement is None


def test_weights_of_another_network_are_refused(store, checkpoint, tmp_path):
    other = ShlsSection(network=NetworkConfig(width_multiplier=0.25), memory=VOTE)
    with pytest.raises(InputError, match="expected weights of a network with NetworkConfig"):
        export_pretrained(store, checkpoint, tmp_path / "out", other)
    assert not (tmp_path / "out").exists()


def test_kernels_are_rounded_and_counters_are_not():
    state = {"kernel": torch.full((2, 2), 1.001), "bias": torch.tensor([1.001]), "steps": torch.tensor(300)}
    assert {name: value.dtype for name, value in rounded(state).items()} == {
        "kernel": torch.bfloat16,
        "bias": torch.float32,
        "steps": torch.int64,
    }
    assert rounded(state)["kernel"].float().unique().tolist() == [1.0]


def test_a_checkpoint_needs_its_dataset_and_a_pretrained_one_does_not(store, checkpoint, pretrained):
    trained = get_record(store.objects, checkpoint, CheckpointRecord)
    assert links_of(store.objects.get(checkpoint)).needed == (trained.dataset, trained.weights)
    record, _ = read_trained(pretrained)
    kept = store.objects.get(put_record(store.objects, record))
    assert links_of(kept).needed == (record.weights,)


def test_records_of_other_checkpoints_have_no_field_more(store, checkpoint):
    assert b"made_from" not in store.objects.get(checkpoint)


def test_no_training_may_find_rounded_weights(store, pretrained):
    with pytest.raises(InputError, match=r"expected weights as they were trained, got rounded ones, in "):
        import_checkpoint(pretrained, store)


def test_nothing_is_rounded_twice(store, pretrained, tmp_path):
    record, weights = read_trained(pretrained)
    store.objects.put(weights)
    again = put_record(store.objects, record)
    with pytest.raises(InputError, match="expected a checkpoint as it was trained, got a pretrained one"):
        export_pretrained(store, again, tmp_path / "out", USED)


def test_nothing_is_written_over(store, checkpoint, tmp_path):
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(InputError, match="expected a new or empty folder"):
        export_checkpoint(store, checkpoint, tmp_path)
