import pytest

from flows.regenerate import regenerate
from flows.train import train
from shls_core.errors import NameUnknown
from storage.store import Store


def test_there_must_be_a_store(first_run, tmp_path):
    with pytest.raises(NameUnknown, match=r"expected a store at .*, found none"):
        train(str(first_run.config), str(tmp_path / "nowhere"))


def test_there_must_be_a_dataset_of_the_name(prefect_server, config_file, tmp_path):
    Store.create(tmp_path / "store")
    with pytest.raises(NameUnknown, match="expected the name or id of a dataset, got 'tiny'"):
        train(str(config_file()), str(tmp_path / "store"))
    assert Store.open(tmp_path / "store").ledger.runs() == []


@pytest.mark.parametrize("how", ["by default", "by name", "by version", "by id"])
def test_a_dataset_is_found(first_run, used_store, how):
    dataset = first_run.outcome.dataset
    reference = {"by name": "tiny", "by version": dataset.name, "by id": dataset.dataset[:12]}.get(how)
    outcome = train(str(first_run.config), str(used_store), reference)
    assert (outcome.checkpoint, outcome.status) == (first_run.outcome.training.checkpoint, "cached")


def test_a_checkpoint_is_not_a_dataset(first_run, used_store):
    with pytest.raises(NameUnknown, match="expected the name or id of a dataset"):
        train(str(first_run.config), str(used_store), first_run.outcome.training.checkpoint)


def test_a_run_shows_its_figures_and_its_curve(first_run):
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey

    with get_client(sync_client=True) as client:
        named = ArtifactFilter(key=ArtifactFilterKey(any_=["training"]))
        shown = [artifact.data for artifact in client.read_artifacts(artifact_filter=named)]
    assert shown
    assert all("data:image/svg+xml;base64," in page and "| step | " in page for page in shown)


def test_the_name_moves_on_with_the_photographs(first_run, used_store, config_file, photographs, tmp_path):
    fewer = tmp_path / "fewer"
    fewer.mkdir()
    for path in sorted(photographs.iterdir())[1:]:
        (fewer / path.name).write_bytes(path.read_bytes())
    config = str(config_file(ingest={"images": str(fewer)}))
    assert regenerate(config, str(used_store)).name == "tiny@v2"
    outcome = train(config, str(used_store))
    assert outcome.status == "computed"
    assert Store.open(used_store).ledger.runs()[-1]["inputs"] == [
        Store.open(used_store).names.resolve("tiny")
    ]
