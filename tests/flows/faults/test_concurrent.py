"""Two builds at once on one store: both finish, and neither knows of the other."""

import pytest
import yaml

from flows.configuration import load_config
from flows.regenerate import regenerate
from storage.records.manifests import DatasetManifest, get_record
from storage.store import Store

pytestmark = pytest.mark.slow


def test_two_builds_of_one_dataset_at_once_end_in_one_result(
    build, disturbed_config, undisturbed, prefect_server, tmp_path, entries, check_whole
):
    store = tmp_path / "store"
    runs = [build(disturbed_config, store, {"PREFECT_API_URL": prefect_server}) for _ in range(2)]
    assert [run.exit_code() for run in runs] == [0, 0], [run.told() for run in runs]
    assert {run.outcome()["dataset"] for run in runs} == {undisturbed.dataset}
    assert {run.outcome()["name"] for run in runs} == {"disturbed@v1"}
    opened = Store.open(store)
    assert [row["version"] for row in opened.names.rows()] == [1]
    assert [run["status"] for run in opened.ledger.runs()] == ["completed"] * 2
    assert {run["outputs"][0] for run in opened.ledger.runs()} == {undisturbed.dataset}
    # Of either one's work, nothing is missing and nothing is there twice.
    made, expected = (
        {path.name for path in entries(folder) if "objects" in path.parts}
        for folder in (store, undisturbed.store)
    )
    assert made == expected
    check_whole(store)


@pytest.mark.long
def test_two_builds_of_different_datasets_share_what_they_have_in_common(
    build, disturbed_config, undisturbed, prefect_server, tmp_path, check_whole
):
    other_config = tmp_path / "other.yaml"
    other = yaml.safe_load(disturbed_config.read_text()) | {
        "name": "other",
        "superpixels": {"num_superpixels": 40},
    }
    other_config.write_text(yaml.safe_dump(other))
    alone = load_config(str(other_config)).with_changes(execution={"backend": "serial"})
    expected = regenerate(alone, str(tmp_path / "alone")).dataset
    assert expected != undisturbed.dataset

    store = tmp_path / "store"
    runs = [
        build(config, store, {"PREFECT_API_URL": prefect_server})
        for config in (disturbed_config, other_config)
    ]
    assert [run.exit_code() for run in runs] == [0, 0], [run.told() for run in runs]
    assert [run.outcome()["dataset"] for run in runs] == [undisturbed.dataset, expected]
    opened = Store.open(store)
    assert {(row["name"], row["version"]) for row in opened.names.rows()} == {("disturbed", 1), ("other", 1)}
    assert len(opened.ledger.runs()) == 2
    one, two = (get_record(opened.objects, id_, DatasetManifest) for id_ in (undisturbed.dataset, expected))
    assert (one.stages["ingest"], one.stages["saliency"], one.stages["sequences"]) == (
        two.stages["ingest"],
        two.stages["saliency"],
        two.stages["sequences"],
    )
    check_whole(store)
