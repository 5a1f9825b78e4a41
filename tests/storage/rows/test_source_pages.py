"""Pages of sources: lineage has the same answers with them and without."""

import obstore
import pytest

from storage.canonical import digest_bytes, digest_json
from storage.files.inventory import take_inventory
from storage.garbage_collection import plan_collection
from storage.lineage import history as history_module
from storage.lineage.descent import descent
from storage.lineage.history import History
from storage.records.manifests import DatasetManifest, StageManifest, get_record
from storage.rows import source_pages
from storage.rows.source_pages import SourcePages, put_pages, remove_pages
from storage.verification.verify import verify_store


@pytest.fixture(autouse=True)
def _pages_of_two_shards(monkeypatch):
    monkeypatch.setattr(source_pages, "SHARDS", 2)
    monkeypatch.setattr(history_module, "SHARDS", 2)


@pytest.fixture
def manifests(staged_copy, staged):
    stages = get_record(staged_copy.objects, staged.dataset, DatasetManifest).stages
    return {name: get_record(staged_copy.objects, one, StageManifest) for name, one in stages.items()}


@pytest.fixture
def paged(staged_copy, manifests):
    """A store with pages of all its artifacts, and a list of its photographs."""
    for manifest in manifests.values():
        put_pages(staged_copy.backend, staged_copy.objects, manifest.stage, shards_of(manifest))
    return staged_copy


def shards_of(manifest):
    return [shard.digest for shard in manifest.shards]


def photographs(store):
    return sorted(History(store).every_row("ingest")["sample_id"].to_pylist())


def answers(store):
    found = {}
    for image in photographs(store):
        history = History(store)
        assert history.sources.resolve(image) == image
        found[image] = descent(store, image, history)
        name = found[image].of_stage("ingest")[0].notes["file_name"]
        assert image in history.sources.meant_by(name)
    return found


def page_files(store):
    return sorted(entry["path"] for entry in obstore.list(store.backend, "pages").collect())


def test_lineage_is_the_same_with_pages_and_without(paged):
    assert len(page_files(paged)) >= 6
    assert take_inventory(paged.backend).foreign == ()
    with_pages = answers(paged)
    remove_pages(paged.backend)
    assert page_files(paged) == []
    assert with_pages == answers(paged)
    assert len(with_pages) > 3


def test_only_shards_that_name_a_source_are_read(paged, manifests):
    sequences = shards_of(manifests["sequences"])
    table = History(paged).every_row("sequences")
    for image in photographs(paged):
        naming = {
            row["shard"]
            for row in table.select(["shard", "source_ids"]).to_pylist()
            if image in row["source_ids"]
        }
        assert SourcePages(paged.backend).shards_naming(sequences, image) == [
            one for one in sequences if one in naming
        ]


@pytest.mark.parametrize("how", ["lost", "damaged", "of other bytes"])
def test_a_page_that_cannot_be_used_costs_the_reading_of_its_shards(paged, how):
    expected = answers(paged)
    for path in page_files(paged)[::2]:
        file = paged.root / path
        if how == "lost":
            file.unlink()
        elif how == "damaged":
            file.write_bytes(file.read_bytes()[:-1])
        else:
            renamed = f"{file.name[:65]}{digest_bytes(b'no page')}.parquet"
            file.unlink()
            file.with_name(renamed).write_bytes(b"no page")
    assert answers(paged) == expected


def test_small_artifacts_have_no_pages(staged_copy, manifests, monkeypatch):
    monkeypatch.setattr(source_pages, "SHARDS", 1000)
    for manifest in manifests.values():
        put_pages(staged_copy.backend, staged_copy.objects, manifest.stage, shards_of(manifest))
    assert page_files(staged_copy) == []
    shards = shards_of(manifests["saliency"])
    assert SourcePages(staged_copy.backend).shards_naming(shards, "0" * 64) == shards


def test_pages_are_written_once_and_shared(paged, manifests):
    before = page_files(paged)
    shards = shards_of(manifests["saliency"])
    put_pages(paged.backend, paged.objects, "saliency", shards)
    assert page_files(paged) == before
    put_pages(paged.backend, paged.objects, "saliency", [*shards[:2], shards[0]])
    assert len(page_files(paged)) == len(before) + 1


def test_garbage_collection_removes_pages_of_what_is_gone(paged, manifests):
    paged.names.publish("photos", dataset_of(paged))
    assert plan_collection(paged, keep=1).page_paths == ()
    shards = shards_of(manifests["saliency"])
    before = page_files(paged)
    put_pages(paged.backend, paged.objects, "saliency", shards[::-1])
    planned = plan_collection(paged, keep=1).page_paths
    assert set(planned) == set(page_files(paged)) - set(before)


def dataset_of(store):
    return next(iter(History(store).records.of_kind("dataset")))


def test_a_forged_page_is_found_by_verify(paged, manifests):
    assert [one.kind for one in verify_store(paged).problems] == []
    shards = shards_of(manifests["sequences"])[:2]
    forged = page_of(paged, shards)
    other = page_of(paged, shards_of(manifests["sequences"])[2:4])
    data = (paged.root / other).read_bytes()
    (paged.root / forged).unlink()
    named = f"{forged.split('-')[0]}-{digest_bytes(data)}.parquet"
    (paged.root / named).write_bytes(data)
    (problem,) = verify_store(paged).problems
    assert (problem.kind, problem.path) == ("wrong page", named)


def page_of(store, shards):
    (path,) = [path for path in page_files(store) if path.startswith(f"pages/{digest_json(shards)}-")]
    return path
